// What the scripts of a mini-program say: what they import and define, which functions of `wx` they call, which texts
// they name.

import { parse } from "acorn";

/** @param {any} node @param {(node: any, parents: any[]) => void} visit @param {any[]} parents the nearest last */
export function walk(node, visit, parents = []) {
  if (Array.isArray(node)) for (const each of node) walk(each, visit, parents);
  else if (node && typeof node.type === "string") {
    visit(node, parents);
    const within = [...parents, node];
    for (const value of Object.values(node)) if (value && typeof value === "object") walk(value, visit, within);
  }
}

/**
 * @typedef {object} Script
 * @property {any} tree
 * @property {{ from: string, names: string[], line: number }[]} imports
 * @property {Set<string>} exports
 * @property {{ name: string, options: any }[]} calls of App, Page and Component
 * @property {{ name: string, line: number }[]} wx the functions of it that are used
 * @property {{ text: string, line: number }[]} strings
 * @property {Set<string>} keys of objects
 * @property {Set<string>} members what stands after a dot
 * @property {string[]} problems
 */

/** @param {string} source @param {string} file @returns {Script} */
export function read(source, file) {
  const problems = [];
  let tree;
  try {
    tree = parse(source, { ecmaVersion: 2020, sourceType: "module", locations: true });
  } catch (error) {
    return { ...empty(), problems: [`${file}: ${error.message}`] };
  }
  const script = { ...empty(), tree, problems };
  walk(tree, (node, parents) => note(script, node, parents, file));
  return script;
}

function empty() {
  const lists = { imports: [], calls: [], wx: [], strings: [], problems: [] };
  return { tree: null, ...lists, exports: new Set(), keys: new Set(), members: new Set() };
}

function note(script, node, parents, file) {
  const parent = parents.at(-1);
  const line = node.loc.start.line;
  const problem = (text) => script.problems.push(`${file}:${line}: ${text}`);
  switch (node.type) {
    case "ImportDeclaration":
      script.imports.push({
        from: node.source.value,
        line,
        names: node.specifiers.map((each) => imported(each)).filter(Boolean),
      });
      break;
    case "ImportExpression":
      problem("import() is not in the agreed subset");
      break;
    case "ExportDefaultDeclaration":
      script.exports.add("default");
      break;
    case "ExportAllDeclaration":
      problem("export * is not in the agreed subset");
      break;
    case "ExportNamedDeclaration":
      for (const name of exported(node)) script.exports.add(name);
      if (node.source)
        script.imports.push({ from: node.source.value, line, names: node.specifiers.map(({ local }) => local.name) });
      break;
    case "CallExpression":
      if (["App", "Page", "Component"].includes(node.callee.name))
        script.calls.push({ name: node.callee.name, options: node.arguments[0] });
      if (node.callee.name === "require") problem("require is not in the agreed subset");
      break;
    case "Identifier":
      if (node.name === "wx") noteWx(script, node, parent, problem);
      break;
    case "Literal":
      if (typeof node.value === "string" && !/Declaration$/.test(parent.type))
        script.strings.push({ text: node.value, line });
      break;
    case "TemplateElement":
      script.strings.push({ text: node.value.cooked, line, open: true });
      break;
    case "Property":
      if (!node.computed) script.keys.add(node.key.name ?? String(node.key.value));
      break;
    case "MemberExpression":
      if (!node.computed) script.members.add(node.property.name);
      if (node.object.property?.name === "_wx" && !node.computed) script.wx.push({ name: node.property.name, line });
      break;
    default:
  }
}

function imported(specifier) {
  if (specifier.type === "ImportNamespaceSpecifier") return "";
  return specifier.type === "ImportDefaultSpecifier" ? "default" : specifier.imported.name;
}

function exported({ declaration, specifiers }) {
  if (!declaration) return specifiers.map(({ exported: name }) => name.name);
  return declaration.declarations ? declaration.declarations.map(({ id }) => id.name) : [declaration.id.name];
}

/** `wx.name`; anything else hands it over, and is to be where what is called is seen too: `this._wx.name`. */
function noteWx(script, node, parent, problem) {
  if (parent.type !== "MemberExpression" || parent.object !== node) return;
  if (parent.computed) problem("wx[…] names nothing that can be checked");
  else script.wx.push({ name: parent.property.name, line: node.loc.start.line });
}

/** The properties of an object that stands in a script, by name. @returns {Map<string, any>} */
export function members(object) {
  if (object?.type !== "ObjectExpression") return new Map();
  const named = object.properties.filter(({ type, computed }) => type === "Property" && !computed);
  return new Map(named.map(({ key, value }) => [key.name ?? String(key.value), value]));
}

/** @param {any} value a property's definition: a type, or an object with one */
export function typeOf(value) {
  if (value.type === "Identifier") return value.name;
  return members(value).get("type")?.name ?? "null";
}
