// What a template's nodes become: texts, the elements that WeChat brings, the slot.

import { BUILT_IN } from "./elements.js";
import { dispatch, register } from "./events.js";
import { shown } from "./expression.js";
import { Children } from "./tree.js";
import { camelCased } from "./wxml.js";
import { toCss } from "./wxss.js";

export class TextItem {
  constructor(owner, node) {
    this.owner = owner;
    this.node = node;
    this.dom = document.createTextNode("");
  }

  update(scope) {
    const { value, line } = this.node;
    if (value.hasNull(scope))
      this.owner.problem(`line ${line}: some versions of WeChat show "null" of ${value.source.trim()}`);
    const text = shown(value.evaluate(scope));
    if (this.dom.data !== text) this.dom.data = text;
  }

  inserted() {}

  attach() {}

  each() {}

  remove() {
    this.dom.remove();
  }
}

const ENDS = ["transitionend", "animationend"];

/** Where a component shows what its user put into it. */
export class SlotItem {
  constructor() {
    this.dom = document.createElement("slot");
  }

  update() {}

  inserted() {}

  attach() {}

  each() {}

  remove() {
    this.dom.remove();
  }
}

/** What elements and components have in common: attributes, events, and what stands within them. */
export class Item {
  constructor(tree, node, dom) {
    this.owner = tree.owner;
    this.node = node;
    this.dom = dom;
    this.dataset = {};
    this.bindings = new Map();
    this.children = new Children(tree, dom);
    this._last = new Map();
    register(this);
  }

  update(scope) {
    for (const { type, stops, handler } of this.node.events)
      this.bindings.set(type, { stops, handler: handler ? shown(handler.evaluate(scope)) : "" });
    for (const { name, value } of this.node.attributes) this._attribute(name, value ? value.evaluate(scope) : true);
    this.children.patch(this.node.children, scope);
  }

  _attribute(name, value) {
    if (this._last.has(name) && Object.is(this._last.get(name), value)) return;
    this._last.set(name, value);
    const { dom } = this;
    if (name === "id") dom.id = shown(value);
    else if (name === "class") this._classes(value);
    else if (name === "style") dom.style.cssText = toCss(shown(value));
    else if (name === "hidden") dom.hidden = Boolean(value);
    else if (name.startsWith("data-")) {
      this.dataset[camelCased(name.slice(5))] = value;
      dom.setAttribute(name, shown(value));
    } else if (name === "aria-label") (this.field ?? dom).setAttribute(name, shown(value));
    else if (name === "aria-role") dom.setAttribute("role", shown(value));
    else if (name.startsWith("aria-")) dom.setAttribute(name, shown(value));
    else this.set(name, value);
  }

  _classes(value) {
    // What is pressed keeps the look of it.
    const pressed = this.pressed && this.dom.classList.contains(this.pressed) ? ` ${this.pressed}` : "";
    this.dom.setAttribute("class", shown(value).trim().replace(/\s+/g, " ") + pressed);
  }

  inserted() {}

  attach() {
    this.children.attach();
  }

  each(visit) {
    this.children.each(visit);
  }

  remove() {
    this.children.clear();
    this.dom.remove();
  }
}

/** An element of WeChat's own. */
export class ElementItem extends Item {
  constructor(tree, node) {
    const kind = BUILT_IN[node.tag];
    if (!kind)
      throw new Error(`${tree.owner.path}.wxml:${node.line}: there is no <${node.tag}>, and no component of that name`);
    super(tree, node, kind.dom());
    this.kind = kind;
    kind.made?.(this);
    if (node.attributes.some(({ name }) => name === "hover-class")) pressable(this);
    for (const { type } of node.events)
      if (ENDS.includes(type))
        this.dom.addEventListener(type, ({ target }) => target === this.dom && dispatch(this, type, {}));
  }

  set(name, value) {
    const setter = this.kind.set?.[name];
    if (setter) setter(this, value);
    else if (!this.kind.known.includes(name))
      this.owner.problem(`line ${this.node.line}: <${this.node.tag}> has no "${name}"`);
  }

  /** What an attribute is now; `fallback` where there is none. */
  get(name, fallback) {
    return this._last.has(name) ? this._last.get(name) : fallback;
  }

  inserted() {
    this.kind.inserted?.(this);
  }

  remove() {
    this.kind.removed?.(this);
    super.remove();
  }
}

function pressable(item) {
  const press = () => {
    const name = item.get("hover-class", "none");
    item.pressed = name === "none" ? "" : name;
    if (item.pressed) item.dom.classList.add(...item.pressed.split(" "));
  };
  const release = () => item.pressed && item.dom.classList.remove(...item.pressed.split(" "));
  item.dom.addEventListener("pointerdown", press);
  for (const type of ["pointerup", "pointerleave", "pointercancel"]) item.dom.addEventListener(type, release);
}
