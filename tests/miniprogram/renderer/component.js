// Pages and components as their scripts see them: `data`, `setData`, properties, observers, lives, `triggerEvent`.

import { bytesOf, coerced, copied, pathOf, propertyOf, put } from "./data.js";
import { dispatch, itemOf } from "./events.js";
import { Item } from "./items.js";
import { COMPONENT_KEYS } from "./subset.js";
import { Tree } from "./tree.js";
import { camelCased } from "./wxml.js";

/**
 * What a file said to `Page` or `Component`, with its template and styles.
 *
 * @typedef {object} Definition
 * @property {string} path
 * @property {any} options
 * @property {boolean} page whether `Page` was called
 * @property {any[]} template
 * @property {Map<string, string>} uses names of elements → paths of components
 * @property {(page: Definition | null) => CSSStyleSheet[]} sheets
 */

/** A page or a component that is there. */
export class Instance {
  /**
   * @param {any} app
   * @param {Definition} definition
   * @param {Node} parent where its elements go
   * @param {any} pageOf the page's instance; null for a page
   */
  constructor(app, definition, parent, pageOf) {
    this.app = app;
    this.path = definition.path;
    this.definition = definition;
    this.template = definition.template;
    this.page = pageOf ?? this;
    this.removed = false;
    this.ready = false;
    const { options } = definition;
    this.properties = new Map(Object.entries(options.properties ?? {}).map(([name, each]) => [name, propertyOf(each)]));
    this.observers = Object.entries(options.observers ?? {}).map(([paths, run]) => ({
      paths: paths.split(",").map(watched),
      run,
    }));
    this.self = definition.page ? pageSelf(this, options) : componentSelf(this, options);
    const problem = (message) => this.problem(message);
    this.self.data = copied(options.data ?? {}, problem, "data");
    for (const [name, { value }] of this.properties) this.self.data[name] = copied(value, problem, name);
    this.tree = new Tree(this, parent);
  }

  get data() {
    return this.self.data;
  }

  problem(message) {
    this.app.problem(`${this.path}: ${message}`);
  }

  /** The component that an element of this template is, if it is one. */
  componentFor(tag) {
    const path = this.definition.uses.get(tag);
    return path === undefined ? null : this.app.definitions.get(path);
  }

  /** Call one of its functions, if there is one of this name. */
  call(name, ...values) {
    const run = typeof name === "function" ? name : this.self[name];
    if (typeof run !== "function") return undefined;
    try {
      return run.apply(this.self, values);
    } catch (error) {
      this.app.failed(error);
      return undefined;
    }
  }

  life(name, ...values) {
    const { options } = this.definition;
    return this.call(options.lifetimes?.[name] ?? options[name] ?? null, ...values);
  }

  pageLife(name) {
    return this.call(this.definition.options.pageLifetimes?.[name] ?? null);
  }

  /** A handler that a template names. */
  handle(name, event) {
    if (typeof this.self[name] !== "function") {
      this.problem(`does not have a method "${name}" to handle event "${event.type}"`);
      return undefined;
    }
    return this.call(name, event);
  }

  setData(changes, done) {
    if (typeof changes !== "object" || changes === null) throw new TypeError("setData takes an object");
    this.app.count(this.path, Object.keys(changes).length, bytesOf(changes));
    const copies = Object.entries(changes).map(([name, value]) => [
      pathOf(name),
      copied(value, (text) => this.problem(text), `setData: ${name}`),
    ]);
    if (this.removed) return;
    this.change(copies);
    if (done) this.app.afterDrawing(() => this.call(done));
  }

  /** What a template gave to this component. */
  receive(values) {
    const changes = [];
    for (const [name, value] of Object.entries(values)) {
      const property = this.properties.get(name);
      const problem = (text) => this.problem(`property "${name}" received a value that does not fit: ${text}`);
      const given = value === undefined ? undefined : copied(value, problem, name);
      changes.push([[name], coerced(given, property, problem)]);
    }
    this.change(changes);
  }

  change(changes) {
    const before = { ...this.data };
    for (const [path, value] of changes) if (value !== undefined) put(this.data, path, value);
    for (const { paths, run } of this.observers)
      if (changes.some(([path]) => paths.some((watch) => touches(path, watch))))
        this.call(run, ...paths.map(({ parts }) => at(this.data, parts)));
    for (const [[name]] of changes) {
      const observer = this.properties.get(name)?.observer;
      if (observer && before[name] !== this.data[name]) this.call(observer, this.data[name], before[name]);
    }
    if (this.tree) this.draw();
  }

  /** Before it is on the page there is nothing to draw. */
  draw() {
    if (this.drawn) this.tree.update();
  }

  first() {
    this.drawn = true;
    this.tree.update();
  }

  attach() {
    this.life("attached");
    this.tree.attach();
  }

  becomeReady() {
    if (this.ready) return;
    this.ready = true;
    this.life("ready");
  }

  /** @param {(component: Instance) => void} visit */
  each(visit) {
    this.tree.each(visit);
  }

  remove() {
    this.removed = true;
    this.tree.detach();
    this.life("detached");
  }
}

function watched(text) {
  const parts = text
    .trim()
    .split(".")
    .flatMap((part) => (part === "**" ? [part] : pathOf(part)));
  const deep = parts.at(-1) === "**";
  return { parts: deep ? parts.slice(0, -1) : parts, deep };
}

/** Whether what is set at `path` is, or holds, what is watched, or lies in it when all within is watched. */
function touches(path, { parts, deep }) {
  const within = (inner, outer) => outer.every((name, index) => String(inner[index]) === String(name));
  return within(parts, path) || (deep && within(path, parts));
}

function at(data, parts) {
  return parts.reduce((value, name) => value?.[name], data);
}

function common(instance) {
  return {
    is: instance.path,
    setData: (changes, done) => instance.setData(changes, done),
    selectComponent: (selector) => {
      const found = instance.tree.root.parent.querySelector(selector);
      return itemOf(found)?.component?.self ?? null;
    },
  };
}

/** A page's `this`: what it defined, each other value a copy of its own. */
function pageSelf(instance, options) {
  const self = common(instance);
  for (const [name, value] of Object.entries(options))
    if (name !== "data") self[name] = typeof value === "function" ? value : structuredClone(value);
  return { ...self, route: instance.path };
}

function componentSelf(instance, options) {
  for (const name of Object.keys(options))
    if (!COMPONENT_KEYS.includes(name)) instance.problem(`Component takes no "${name}" in the agreed subset`);
  const self = { ...common(instance), ...options.methods };
  Object.defineProperty(self, "properties", { get: () => instance.data });
  Object.defineProperty(self, "id", { get: () => instance.host?.dom.id ?? "" });
  Object.defineProperty(self, "dataset", { get: () => instance.host?.dataset ?? {} });
  self.triggerEvent = (type, detail, { bubbles = false, composed = false } = {}) => {
    if (instance.host && !instance.removed) dispatch(instance.host, type, detail, { bubbles, composed });
  };
  return self;
}

/** A component where a template uses it. */
export class ComponentItem extends Item {
  constructor(tree, node, definition) {
    // Only some elements can have a shadow of their own: those with a hyphen.
    const dom = document.createElement(node.tag.includes("-") ? node.tag : `x-${node.tag}`);
    super(tree, node, dom);
    const shadow = dom.attachShadow({ mode: "open" });
    shadow.adoptedStyleSheets = definition.sheets(tree.owner.page.definition);
    this.component = new Instance(tree.owner.app, definition, shadow, tree.owner.page);
    this.component.host = this;
    this._given = {};
    this.component.life("created");
  }

  set(name, value) {
    const property = camelCased(name);
    if (this.component.properties.has(property)) this._given[property] = value;
    else this.owner.problem(`line ${this.node.line}: <${this.node.tag}> has no property "${name}"`);
  }

  update(scope) {
    super.update(scope);
    const given = this._given;
    this._given = {};
    if (Object.keys(given).length > 0) this.component.receive(given);
    if (!this.component.drawn) this.component.first();
  }

  attach() {
    this.component.attach();
    this.children.attach();
    if (this.owner.page.ready) this.owner.app.afterDrawing(() => this.component.becomeReady());
  }

  each(visit) {
    visit(this.component);
    this.component.each(visit);
    super.each(visit);
  }

  remove() {
    this.component.remove();
    super.remove();
  }
}
