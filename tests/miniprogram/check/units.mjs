// Pages and components: that what their templates, settings and scripts say of each other is so.

import {
  BUBBLING,
  COMMON,
  COMPONENT_KEYS,
  ELEMENTS,
  LIFETIMES,
  PAGE_EVENTS,
  PAGE_LIFE,
  PAGE_LIFETIMES,
} from "../renderer/subset.js";
import { camelCased, walk as walkTemplate } from "../renderer/wxml.js";
import { isTagSelector, resolve } from "../renderer/wxss.js";
import { members, typeOf, walk } from "./scripts.mjs";

const TYPED_BY_TEXT = ["true", "false"];

/** A page or a component. */
export class Unit {
  /** @param {import("./files.mjs").Files} files @param {string} path @param {boolean} page */
  constructor(files, path, page) {
    this.files = files;
    this.path = path;
    this.page = page;
    this.template = files.templates.get(`${path}.wxml`) ?? [];
    this.settings = files.settings.get(`${path}.json`) ?? {};
    this.script = files.scripts.get(`${path}.js`);
    const called = this.script?.calls.find(({ name }) => name === (page ? "Page" : "Component"));
    this.called = Boolean(called);
    this.options = members(called?.options);
    this.properties = new Map(
      [...members(this.options.get("properties"))].map(([name, value]) => [name, typeOf(value)]),
    );
    this.methods = page ? this.options : members(this.options.get("methods"));
    this.uses = new Map();
    for (const [name, file] of Object.entries(this.settings.usingComponents ?? {}))
      this.uses.set(name, resolve(file, path));
    this.events = new Set();
    if (this.script) walk(this.script.tree, (node) => this._event(node));
  }

  _event(node) {
    if (node.type === "CallExpression" && node.callee.property?.name === "triggerEvent")
      this.events.add(node.arguments[0]?.value);
  }

  problem(text, line, extension = "wxml") {
    this.files.problems.push(`${this.path}.${extension}${line ? `:${line}` : ""}: ${text}`);
  }

  /** @param {Map<string, Unit>} units by path */
  check(units) {
    this._files();
    if (!this.script) return;
    this._script();
    const used = new Set();
    const handlers = new Set();
    const known = this._known();
    walkTemplate(this.template, (node, names) => this._node(node, names, { units, used, handlers, known }));
    for (const [name, path] of this.uses) {
      if (!units.has(path)) this.problem(`<${name}> is ${path}, which is not there`, 0, "json");
      if (!used.has(name)) this.problem(`<${name}> is declared and not used`, 0, "json");
    }
    this._methods(handlers);
    this._styles();
  }

  _files() {
    for (const extension of ["json", "wxml", "js", "wxss"]) {
      const file = `${this.path}.${extension}`;
      if (this.files.sources.has(file)) this.files.reach(file);
      else if (extension !== "wxss") this.problem("is missing", 0, extension);
    }
    if (!this.page && this.settings.component !== true) this.problem('has no "component": true', 0, "json");
  }

  _script() {
    if (!this.called) this.problem(`calls no ${this.page ? "Page" : "Component"}`, 0, "js");
    if (this.page) return;
    for (const name of this.options.keys())
      if (!COMPONENT_KEYS.includes(name)) this.problem(`Component takes no "${name}"`, 0, "js");
    for (const name of members(this.options.get("lifetimes")).keys())
      if (!LIFETIMES.includes(name)) this.problem(`there is no lifetime "${name}"`, 0, "js");
    for (const name of members(this.options.get("pageLifetimes")).keys())
      if (!PAGE_LIFETIMES.includes(name)) this.problem(`there is no page lifetime "${name}"`, 0, "js");
  }

  /** Names that the template may read: of the data, and of whatever the scripts that run here put together. */
  _known() {
    const known = new Set([...this.properties.keys(), ...members(this.options.get("data")).keys()]);
    for (const file of this.files.closure(`${this.path}.js`))
      for (const key of this.files.scripts.get(file)?.keys ?? []) known.add(key);
    return known;
  }

  _node(node, names, { units, used, handlers, known }) {
    for (const value of valuesOf(node))
      for (const name of value.names)
        if (!names.has(name) && !known.has(name)) this.problem(`nothing puts "${name}" into the data`, node.line);
    if (node.type === "for" && node.key === null) this.problem("wx:for without wx:key", node.line);
    if (node.type !== "element") return;
    for (const { handler, line } of node.events) this._handler(handler, line, handlers);
    if (this.uses.has(node.tag)) {
      used.add(node.tag);
      this._component(node, units.get(this.uses.get(node.tag)));
    } else if (Object.hasOwn(ELEMENTS, node.tag)) this._element(node);
    else
      this.problem(
        `<${node.tag}> is neither an element of the agreed subset nor a component that is declared`,
        node.line,
      );
  }

  _handler(handler, line, handlers) {
    const names = handler?.fixed === null ? [...handler.words] : [handler?.fixed ?? ""];
    for (const name of names.filter(Boolean)) {
      handlers.add(name);
      if (!this.methods.has(name)) this.problem(`there is no method "${name}"`, line);
    }
  }

  _component(node, unit) {
    if (!unit) return;
    for (const { name, value, line } of node.attributes) {
      if (isCommon(name)) continue;
      const type = unit.properties.get(camelCased(name));
      if (type === undefined) this.problem(`<${node.tag}> has no property "${name}"`, line);
      else if (!["String", "Boolean"].includes(type) && value?.fixed !== null && value !== null)
        this.problem(`"${name}" of <${node.tag}> is a ${type}, and a text is given`, line);
      this._text(name, value, line, type);
    }
    for (const { type, line } of node.events)
      if (!BUBBLING.includes(type) && !unit.events.has(type)) this.problem(`<${node.tag}> triggers no "${type}"`, line);
  }

  _element(node) {
    const { attributes, events, values = {} } = ELEMENTS[node.tag];
    for (const { name, value, line } of node.attributes) {
      if (!isCommon(name) && !attributes.includes(name))
        this.problem(`<${node.tag}> has no "${name}" in the agreed subset`, line);
      const allowed = values[name];
      if (allowed && value?.fixed != null && !allowed.includes(value.fixed))
        this.problem(`${name}="${value.fixed}" of <${node.tag}> is not in the agreed subset`, line);
      this._text(name, value, line);
    }
    for (const { type, line } of node.events)
      if (!BUBBLING.includes(type) && !events.includes(type))
        this.problem(`<${node.tag}> has no event "${type}" in the agreed subset`, line);
    if (node.tag === "text")
      for (const child of node.children)
        if (child.tag && child.tag !== "text") this.problem(`<${child.tag}> within <text> is not shown`, child.line);
    if (node.tag === "text" && node.children.some(({ value }) => value && /^\s*\n|\n\s*$/.test(value.source)))
      this.problem("<text> shows the line breaks around its words", node.line);
  }

  /** A text that looks like a truth is always true; white space around an expression makes a text of it. */
  _text(name, value, line, type = "") {
    if (value?.fixed != null && TYPED_BY_TEXT.includes(value.fixed) && !name.startsWith("aria-") && type !== "String")
      this.problem(`${name}="${value.fixed}" is a text, and so true`, line);
    if (value?.fixed === null && /^\s+\{\{[^}]*\}\}$|^\{\{[^}]*\}\}\s+$/.test(value.source))
      this.problem(`white space makes "${name}" a text`, line);
  }

  _methods(handlers) {
    const life = this.page ? [...PAGE_LIFE, ...PAGE_EVENTS] : [];
    for (const [name, value] of this.methods) {
      if (!/Function/.test(value.type) || life.includes(name) || handlers.has(name)) continue;
      if (!this.script.members.has(name)) this.problem(`nothing calls "${name}"`, value.loc.start.line, "js");
    }
  }

  _styles() {
    for (const { selectors, line, at } of this.files.styles.get(`${this.path}.wxss`) ?? [])
      for (const selector of at === "@keyframes" ? [] : selectors) {
        if (!this.page && selector.includes("#"))
          this.problem(`a component's styles know no ids: ${selector}`, line, "wxss");
        if (isTagSelector(selector))
          this.problem(`names of elements reach into all components: ${selector}`, line, "wxss");
      }
  }
}

function isCommon(name) {
  return COMMON.includes(name) || /^(?:data|aria)-/.test(name);
}

function valuesOf(node) {
  if (node.type === "text") return [node.value];
  if (node.type === "for") return [node.list];
  if (node.type === "if") return node.branches.map(({ condition }) => condition).filter(Boolean);
  if (node.type !== "element") return [];
  return [...node.attributes.map(({ value }) => value), ...node.events.map(({ handler }) => handler)].filter(Boolean);
}
