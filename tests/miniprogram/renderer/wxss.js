// WXSS to CSS: what it imports put in its place, rpx, and the units that mean WeChat's window instead of the browser's.
// Also what a style sheet says, for the checks.

import { TemplateError } from "./expression.js";

const IMPORT = /@import\s+(?:url\(\s*)?["']([^"']+)["']\s*\)?\s*;/g;
/** A name of an element, alone or after others, with pseudo-classes: it reaches into every component. */
const TAGS_ONLY = /^(?:[a-z][a-z-]*(?:::?[a-z-]+(?:\([^()]*\))?)*[\s>+~]*)+$/;

/** @param {string} path as it stands in a file @param {string} from the file's own path in the mini-program */
export function resolve(path, from) {
  const parts = path.startsWith("/") ? [] : from.split("/").slice(0, -1);
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}

/** Comments become white space of as many lines. */
function bare(source) {
  return source.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, " "));
}

/** @param {string} source @returns {string[]} what it imports, as it stands there */
export function importsOf(source) {
  return [...bare(source).matchAll(IMPORT)].map(([, path]) => path);
}

/**
 * A file's style sheet with all that it imports.
 *
 * @param {string} file its path in the mini-program
 * @param {(file: string) => Promise<string>} read
 * @param {string[]} [chain]
 * @returns {Promise<string>}
 */
export async function bundle(file, read, chain = []) {
  if (chain.includes(file)) throw new Error(`${file} imports itself: ${chain.join(" -> ")}`);
  const source = bare(await read(file));
  let css = "";
  for (const path of importsOf(source)) css += await bundle(resolve(path, file), read, [...chain, file]);
  return css + source.replace(IMPORT, "");
}

/**
 * A style sheet for a browser. Units as it knows them: `vh` counts from the window below the navigation bar. Names as in
 * WeChat where the browser has another element of that name.
 *
 * @param {string} source
 */
export function toCss(source) {
  return source
    .replace(/[^{};]+(?=\{)/g, (head) => head.replace(/(?<![\w.#:@-])(button|input)(?![\w-])/g, "wx-$1"))
    .replace(/(-?\d*\.?\d+)rpx\b/g, (_, number) => `${round(Number(number) / 7.5)}vw`)
    .replace(/(-?\d*\.?\d+)vh\b/g, "calc($1 * var(--window-vh))")
    .replace(/\b(?:env|constant)\(\s*safe-area-inset-(top|bottom|left|right)(?:\s*,[^)]*)?\)/g, "var(--safe-$1)");
}

function round(number) {
  return Math.round(number * 10000) / 10000;
}

/**
 * The rules of a style sheet, those within @media too.
 *
 * @param {string} source
 * @param {string} file
 * @returns {{ selectors: string[], declarations: [string, string][], line: number, at: string | null }[]}
 */
export function rulesOf(source, file) {
  const text = bare(source).replace(IMPORT, (all) => all.replace(/[^\n]/g, " "));
  const rules = [];
  read(text, 0, null);
  return rules;

  function read(part, offset, at) {
    let position = 0;
    while (part.slice(position).trim() !== "") {
      position += part.slice(position).search(/\S/);
      const line = text.slice(0, offset + position).split("\n").length;
      const open = part.indexOf("{", position);
      if (open < 0) throw new TemplateError(`"${part.slice(position).trim().slice(0, 40)}" is no rule`, { file, line });
      const close = closing(part, open);
      if (close < 0) throw new TemplateError('"{" is not closed', { file, line });
      const head = part.slice(position, open).trim();
      const body = part.slice(open + 1, close);
      const keyframes = /^@(?:-webkit-)?keyframes\b/.test(head);
      if (/^@(?:media|supports)\b/.test(head)) read(body, offset + open + 1, head);
      else if (keyframes) read(body, offset + open + 1, "@keyframes");
      else if (head.startsWith("@")) throw new TemplateError(`${head} is not in the agreed subset`, { file, line });
      else rules.push({ selectors: split(head), declarations: declarations(body, file, line), line, at });
      position = close + 1;
    }
  }
}

function closing(text, open) {
  let depth = 0;
  for (let at = open; at < text.length; at += 1) {
    if (text[at] === "{") depth += 1;
    else if (text[at] === "}" && (depth -= 1) === 0) return at;
  }
  return -1;
}

function split(head) {
  return head.split(/,(?![^(]*\))/).map((selector) => selector.trim());
}

function declarations(body, file, line) {
  if (body.includes("{")) throw new TemplateError("rules within rules", { file, line });
  return body
    .split(/;(?![^(]*\))/)
    .filter((each) => each.trim() !== "")
    .map((each) => {
      const colon = each.indexOf(":");
      if (colon < 0) throw new TemplateError(`"${each.trim()}" is no declaration`, { file, line });
      return [each.slice(0, colon).trim(), each.slice(colon + 1).trim()];
    });
}

/** Whether a selector names elements alone: those of `app.wxss` and of a page reach into components, no others do. */
export function isTagSelector(selector) {
  return TAGS_ONLY.test(selector) && !selector.startsWith("page");
}

/** The part of a page's or the app's style sheet that components see. */
export function tagRules(source, file) {
  return rulesOf(source, file)
    .filter(({ at }) => at === null)
    .map(({ selectors, declarations: body }) => [selectors.filter(isTagSelector), body])
    .filter(([selectors]) => selectors.length > 0)
    .map(([selectors, body]) => `${selectors.join(", ")} { ${body.map((pair) => pair.join(": ")).join("; ")} }`)
    .join("\n");
}
