// Reads WXML: elements, texts, comments, `wx:if`, `wx:for`, bindings. What the mini-program does not use (templates,
// imports, WXS, captured events) is an error with file and line, as is whatever is not well formed.

import { TemplateError, valueOf } from "./expression.js";

const NAME = /[A-Za-z][\w-]*/y;
const ATTRIBUTE = /\s*([A-Za-z][\w:.-]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'))?/y;
const NOT_USED = ["template", "import", "include", "wxs", "page-meta", "match-media", "web-view"];
const EVENT = /^(bind|catch):?([\w-]+)$/;
const OTHER_EVENT = /^(?:mut-bind|capture-bind|capture-catch|model):/;

/**
 * @typedef {object} Node
 * @property {"text" | "element" | "block" | "slot" | "if" | "for"} type
 * @property {number} uid
 * @property {number} line
 */

/**
 * @param {string} source
 * @param {string} file for messages
 * @returns {Node[]}
 */
export function parse(source, file) {
  let at = 0;
  let uid = 0;
  const lineAt = (position) => source.slice(0, position).split("\n").length;
  const where = (position = at) => ({ file, line: lineAt(position) });
  const fail = (message, position = at) => {
    throw new TemplateError(message, where(position));
  };
  const node = (type, position, rest) => ({ type, uid: (uid += 1), line: lineAt(position), ...rest });

  /** What stands here until the end of `parent`, whose start tag began at `opened`. */
  function content(parent, opened) {
    const children = [];
    for (;;) {
      const start = at;
      const text = textHere();
      // White space between elements is not shown.
      if (text.trim() !== "") children.push(node("text", start, { value: valueOf(plainText(text), where(start)) }));
      if (at >= source.length) {
        if (parent) fail(`<${parent}> is not closed`, opened);
        return grouped(children);
      }
      if (source.startsWith("<!--", at)) skipComment();
      else if (source.startsWith("</", at)) {
        endTag(parent);
        return grouped(children);
      } else children.push(element());
    }
  }

  function textHere() {
    const start = at;
    while (at < source.length && source[at] !== "<") {
      // A less-than sign in an expression opens no tag.
      const end = source.startsWith("{{", at) ? source.indexOf("}}", at) : -1;
      at = end < 0 ? at + 1 : end + 2;
    }
    return source.slice(start, at);
  }

  function skipComment() {
    const end = source.indexOf("-->", at);
    if (end < 0) fail("a comment is not closed");
    at = end + 3;
  }

  function endTag(parent) {
    const found = /<\/([\w-]+)\s*>/y;
    found.lastIndex = at;
    const tag = found.exec(source);
    if (!tag) fail("cannot read this end tag");
    if (tag[1] !== parent) fail(`</${tag[1]}> closes ${parent ? `<${parent}>` : "nothing"}`);
    at = found.lastIndex;
  }

  function element() {
    const start = at;
    NAME.lastIndex = at + 1;
    const name = NAME.exec(source);
    if (!name) fail('a "<" that opens no tag');
    const tag = name[0];
    if (tag !== tag.toLowerCase()) fail(`<${tag}> is not written in lower case`);
    if (NOT_USED.includes(tag)) fail(`<${tag}> is not in the agreed subset`);
    at = NAME.lastIndex;
    const attributes = attributesHere(tag);
    const closed = source.startsWith("/>", at);
    if (!closed && source[at] !== ">") fail(`<${tag}> has something that is no attribute`);
    at += closed ? 2 : 1;
    const children = closed ? [] : content(tag, start);
    return directed(tag, attributes, children, start);
  }

  function attributesHere(tag) {
    const attributes = new Map();
    for (;;) {
      ATTRIBUTE.lastIndex = at;
      const found = ATTRIBUTE.exec(source);
      if (!found) break;
      const [, name, double, single] = found;
      const position = ATTRIBUTE.lastIndex - found[0].trimStart().length;
      if (attributes.has(name)) fail(`<${tag}> has "${name}" twice`, position);
      if (OTHER_EVENT.test(name)) fail(`"${name}" is not in the agreed subset`, position);
      const text = double ?? single;
      // Without a value it is true.
      const value = text === undefined ? null : valueOf(plainText(text), where(position));
      attributes.set(name, { name, value, line: lineAt(position) });
      at = ATTRIBUTE.lastIndex;
    }
    while (/\s/.test(source[at] ?? "")) at += 1;
    return attributes;
  }

  /** The node of an element, within that of its `wx:if` and that again within that of its `wx:for`. */
  function directed(tag, attributes, children, start) {
    const pick = (name) => {
      const found = attributes.get(name);
      attributes.delete(name);
      return found;
    };
    const [list, item, index, key] = ["wx:for", "wx:for-item", "wx:for-index", "wx:key"].map(pick);
    const branches = ["wx:if", "wx:elif", "wx:else"].map((name) => [name, pick(name)]).filter(([, found]) => found);
    if (branches.length > 1) fail(`<${tag}> has both ${branches.map(([name]) => name).join(" and ")}`, start);
    for (const name of attributes.keys()) if (name.startsWith("wx:")) fail(`there is no "${name}"`, start);
    let made = plain(tag, attributes, children, start);
    const [kind, condition] = branches[0] ?? [];
    if (kind) {
      if (kind !== "wx:else" && !condition.value) fail(`${kind} has no condition`, start);
      if (list && kind !== "wx:if") fail(`${kind} and wx:for on one element`, start);
      made = node("if", start, { kind, branches: [{ condition: condition.value, body: [made] }] });
    }
    if (!list) {
      if (item || index || key) fail(`<${tag}> has a part of wx:for without it`, start);
      return made;
    }
    if (!list.value) fail("wx:for has no list", start);
    const name = (attribute, fallback) => attribute?.value?.fixed ?? fallback;
    return node("for", start, {
      list: list.value,
      item: name(item, "item"),
      index: name(index, "index"),
      key: name(key, null),
      body: grouped([made]),
    });
  }

  function plain(tag, attributes, children, start) {
    if (tag === "block") {
      if (attributes.size > 0) fail(`<block> takes no "${[...attributes.keys()][0]}"`, start);
      return node("block", start, { children });
    }
    if (tag === "slot") {
      if (children.length > 0) fail("a slot has no content of its own", start);
      if (attributes.has("name")) fail("only the one slot without a name is in the agreed subset", start);
      return node("slot", start, {});
    }
    const events = [];
    for (const { name, value, line } of attributes.values()) {
      const event = EVENT.exec(name);
      if (!event) continue;
      attributes.delete(name);
      events.push({ type: event[2], stops: event[1] === "catch", handler: value, line });
    }
    return node("element", start, { tag, attributes: [...attributes.values()], events, children });
  }

  /** Put every `wx:elif` and `wx:else` to the `wx:if` before it. */
  function grouped(children) {
    const done = [];
    for (const child of children) {
      if (child.type !== "if" || child.kind === "wx:if" || child.kind === undefined) {
        done.push(child);
        continue;
      }
      const before = done.at(-1);
      const open = before?.type === "if" && before.branches.at(-1).condition !== null;
      if (!open) throw new TemplateError(`${child.kind} follows no wx:if`, { file, line: child.line });
      before.branches.push(...child.branches);
    }
    return done;
  }

  /** Some versions of WeChat show `&lt;` as it stands, others as what it means. */
  function plainText(text) {
    const entity = /&#?\w+;/.exec(text);
    if (entity) fail(`"${entity[0]}" is not the same in every version: put the character into the data`);
    return text;
  }

  return content(null, 0);
}

/** Call `visit` with every node, and with the names that `wx:for` gives around it. */
export function walk(nodes, visit, names = new Set()) {
  for (const node of nodes) {
    visit(node, names);
    if (node.type === "if") for (const { body } of node.branches) walk(body, visit, names);
    else if (node.type === "for") walk(node.body, visit, new Set([...names, node.item, node.index]));
    else if (node.children) walk(node.children, visit, names);
  }
}

/** `data-item-id` → `itemId`: the name that an attribute has in script. */
export function camelCased(name) {
  return name.toLowerCase().replace(/-([a-z])/g, (_, letter) => letter.toUpperCase());
}
