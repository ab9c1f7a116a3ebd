// The expressions between `{{` and `}}`: member, index, unary, binary, ternary and logical expressions, literals and
// lists. No calls, no objects: what the mini-program's templates keep to. Anything else is an error with file and line.

export class TemplateError extends Error {
  /** @param {string} message @param {{ file: string, line: number }} where */
  constructor(message, where) {
    super(`${where.file}:${where.line}: ${message}`);
    this.name = "TemplateError";
  }
}

// A number, a name, a string, a sign.
const TOKENS = [
  /\d+(?:\.\d+)?|\.\d+/,
  /[A-Za-z_$][\w$]*/,
  /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/,
  /===|!==|==|!=|<=|>=|&&|\|\||[-+*/%<>!?:.,()[\]]/,
];
const TOKEN = new RegExp(`\\s*(?:${TOKENS.map(({ source }) => `(${source})`).join("|")})`, "y");
const ESCAPES = { n: "\n", t: "\t", r: "\r" };
const WORDS = { true: true, false: false, null: null, undefined: undefined };
// Left to right, each line binding closer than the one before.
const BINARY = [["||"], ["&&"], ["==", "!=", "===", "!=="], ["<", ">", "<=", ">="], ["+", "-"], ["*", "/", "%"]];
const OPERATIONS = {
  "||": (a, b, scope) => a(scope) || b(scope),
  "&&": (a, b, scope) => a(scope) && b(scope),
  "==": (a, b, scope) => a(scope) == b(scope),
  "!=": (a, b, scope) => a(scope) != b(scope),
  "===": (a, b, scope) => a(scope) === b(scope),
  "!==": (a, b, scope) => a(scope) !== b(scope),
  "<": (a, b, scope) => a(scope) < b(scope),
  ">": (a, b, scope) => a(scope) > b(scope),
  "<=": (a, b, scope) => a(scope) <= b(scope),
  ">=": (a, b, scope) => a(scope) >= b(scope),
  "+": (a, b, scope) => a(scope) + b(scope),
  "-": (a, b, scope) => a(scope) - b(scope),
  "*": (a, b, scope) => a(scope) * b(scope),
  "/": (a, b, scope) => a(scope) / b(scope),
  "%": (a, b, scope) => a(scope) % b(scope),
};
const UNARY = {
  "!": (a, scope) => !a(scope),
  "-": (a, scope) => -a(scope),
  "+": (a, scope) => +a(scope),
};

/**
 * @typedef {object} Expression
 * @property {(scope: any) => any} evaluate
 * @property {Set<string>} names what it reads of the data, by the first name
 * @property {Set<string>} words the strings that stand in it
 */

/** @param {string} source @param {{ file: string, line: number }} where @returns {Expression} */
export function compile(source, where) {
  const tokens = tokensOf(source, where);
  const names = new Set();
  const words = new Set();
  let at = 0;

  const fail = (message) => {
    throw new TemplateError(`${message} in {{${source}}}`, where);
  };
  const is = (text) => tokens[at]?.kind === "sign" && tokens[at].text === text;
  const take = (text) => is(text) && Boolean((at += 1));
  const need = (text) => take(text) || fail(`expected "${text}"`);

  function ternary() {
    const condition = binary(0);
    if (!take("?")) return condition;
    const yes = ternary();
    need(":");
    const no = ternary();
    return (scope) => (condition(scope) ? yes(scope) : no(scope));
  }

  function binary(level) {
    if (level === BINARY.length) return unary();
    let left = binary(level + 1);
    for (;;) {
      const sign = BINARY[level].find(is);
      if (!sign) return left;
      at += 1;
      const [a, b, operation] = [left, binary(level + 1), OPERATIONS[sign]];
      left = (scope) => operation(a, b, scope);
    }
  }

  function unary() {
    const sign = Object.keys(UNARY).find(is);
    if (!sign) return member();
    at += 1;
    const operand = unary();
    return (scope) => UNARY[sign](operand, scope);
  }

  function member() {
    let object = primary();
    for (;;) {
      if (take(".")) {
        const token = tokens[at++];
        if (token?.kind !== "name") fail("expected a name after the dot");
        object = property(object, () => token.text);
      } else if (take("[")) {
        object = property(object, ternary());
        need("]");
      } else if (is("(")) fail("a template calls nothing");
      else return object;
    }
  }

  function primary() {
    if (take("(")) {
      const inner = ternary();
      need(")");
      return inner;
    }
    if (take("[")) return list();
    const token = tokens[at++];
    if (token === undefined) fail("something is missing");
    if (token.kind === "number") return () => Number(token.text);
    if (token.kind === "string") return string(token.text);
    if (token.kind !== "name") fail(`"${token.text}" was not expected`);
    if (Object.hasOwn(WORDS, token.text)) return () => WORDS[token.text];
    names.add(token.text);
    return (scope) => scope[token.text];
  }

  function string(text) {
    const value = text.slice(1, -1).replace(/\\(.)/g, (_, sign) => ESCAPES[sign] ?? sign);
    words.add(value);
    return () => value;
  }

  function list() {
    const items = [];
    while (!is("]")) {
      items.push(ternary());
      if (!take(",")) break;
    }
    need("]");
    return (scope) => items.map((item) => item(scope));
  }

  const evaluate = ternary();
  if (at < tokens.length) fail(`"${tokens[at].text}" was not expected`);
  return { evaluate, names, words };
}

/** Of nothing every property is undefined: a template never throws. */
function property(object, name) {
  return (scope) => {
    const value = object(scope);
    return value === undefined || value === null ? undefined : value[name(scope)];
  };
}

function tokensOf(source, where) {
  const tokens = [];
  TOKEN.lastIndex = 0;
  while (source.slice(TOKEN.lastIndex).trim() !== "") {
    const from = TOKEN.lastIndex;
    const found = TOKEN.exec(source);
    if (!found) throw new TemplateError(`cannot read "${source.slice(from).trim()}" in {{${source}}}`, where);
    const [, number, name, string, sign] = found;
    const kind = (number && "number") || (name && "name") || (string && "string") || "sign";
    tokens.push({ kind, text: number ?? name ?? string ?? sign });
  }
  if (tokens.length === 0) throw new TemplateError("{{}} is empty", where);
  return tokens;
}

/**
 * The value of an attribute or a text: a string, one expression that keeps its type, or both joined to a string.
 *
 * @typedef {object} Value
 * @property {(scope: any) => any} evaluate
 * @property {string | null} fixed what it is when it has no expression
 * @property {Set<string>} names
 * @property {Set<string>} words
 * @property {string} source
 * @property {(scope: any) => boolean} hasNull whether one of its expressions is null
 */

/** @param {string} source @param {{ file: string, line: number }} where @returns {Value} */
export function valueOf(source, where) {
  const parts = partsOf(source, where);
  const names = new Set(parts.flatMap((part) => (typeof part === "string" ? [] : [...part.names])));
  const words = new Set(parts.flatMap((part) => (typeof part === "string" ? [] : [...part.words])));
  if (parts.every((part) => typeof part === "string")) {
    const fixed = parts.join("");
    return { evaluate: () => fixed, fixed, names, words, source, hasNull: () => false };
  }
  const evaluate =
    parts.length === 1
      ? parts[0].evaluate
      : (scope) => parts.map((part) => (typeof part === "string" ? part : shown(part.evaluate(scope)))).join("");
  const hasNull = (scope) => parts.some((part) => typeof part !== "string" && part.evaluate(scope) === null);
  return { evaluate, fixed: null, names, words, source, hasNull };
}

/** What a text shows of a value: nothing of undefined and null. */
export function shown(value) {
  return value === undefined || value === null ? "" : String(value);
}

function partsOf(source, where) {
  const parts = [];
  let rest = source;
  while (rest !== "") {
    const start = rest.indexOf("{{");
    if (start < 0) break;
    const end = endOf(rest, start + 2);
    if (end < 0) throw new TemplateError(`"{{" is not closed in ${JSON.stringify(source)}`, where);
    if (start > 0) parts.push(rest.slice(0, start));
    parts.push(compile(rest.slice(start + 2, end), where));
    rest = rest.slice(end + 2);
  }
  if (rest !== "" || parts.length === 0) parts.push(rest);
  return parts;
}

/** Where the expression ends that begins at `from`: two closing braces outside its strings. */
function endOf(text, from) {
  let quote = "";
  for (let at = from; at < text.length; at += 1) {
    const sign = text[at];
    if (quote !== "") {
      if (sign === "\\") at += 1;
      else if (sign === quote) quote = "";
    } else if (sign === '"' || sign === "'") quote = sign;
    else if (sign === "}" && text[at + 1] === "}") return at;
  }
  return -1;
}
