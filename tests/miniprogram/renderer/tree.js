// From a template and data to elements, and again at each `setData`: what is there already is kept and changed, an item
// of `wx:for` by its key.

import { shown } from "./expression.js";
import { ElementItem, SlotItem, TextItem } from "./items.js";

/** The elements of one template: a page's, or one component's. */
export class Tree {
  /** @param {any} owner whose template and data these are @param {Node} parent */
  constructor(owner, parent) {
    this.owner = owner;
    this.root = new Children(this, parent);
    this.attached = false;
    this._busy = false;
    this._again = false;
  }

  /** Draw what the data is now; what asks for it meanwhile is drawn right after. */
  update() {
    this._again = true;
    if (this._busy) return;
    this._busy = true;
    try {
      for (let round = 0; this._again; round += 1) {
        if (round > 100) throw new Error(`${this.owner.path}: drawing it changes its data again and again`);
        this._again = false;
        this.root.patch(this.owner.template, this.owner.data);
      }
    } finally {
      this._busy = false;
    }
  }

  /** The page is there: so are the components within. */
  attach() {
    this.attached = true;
    this.root.attach();
  }

  /** @param {(component: any) => void} visit every component within, the outer before the inner */
  each(visit) {
    this.root.each(visit);
  }

  detach() {
    this.root.clear();
  }
}

/** What stands in one element, in order. */
export class Children {
  constructor(tree, parent) {
    this.tree = tree;
    this.parent = parent;
    this.items = new Map();
  }

  patch(nodes, scope) {
    const wanted = [];
    expand(this.tree.owner, nodes, scope, "", wanted);
    const old = this.items;
    const made = [];
    this.items = new Map();
    for (const { id, node } of wanted) {
      let item = old.get(id);
      if (!old.delete(id)) {
        item = create(this.tree, node);
        made.push(item);
      }
      this.items.set(id, item);
    }
    for (const gone of old.values()) gone.remove();
    for (const { id, scope: own } of wanted) this.items.get(id).update(own);
    this.arrange();
    for (const item of made) item.inserted();
    if (this.tree.attached) for (const item of made) item.attach();
  }

  /** Put the elements in order; one that stands right is not touched, so that it keeps its focus and its place. */
  arrange() {
    let next = this.parent.firstChild;
    for (const { dom } of this.items.values()) {
      if (dom === next) next = next.nextSibling;
      else this.parent.insertBefore(dom, next);
    }
  }

  attach() {
    for (const item of this.items.values()) item.attach();
  }

  each(visit) {
    for (const item of this.items.values()) item.each(visit);
  }

  clear() {
    for (const item of this.items.values()) item.remove();
    this.items = new Map();
  }
}

function create(tree, node) {
  if (node.type === "text") return new TextItem(tree.owner, node);
  if (node.type === "slot") return new SlotItem();
  const component = tree.owner.componentFor(node.tag);
  return component ? tree.owner.app.component(tree, node, component) : new ElementItem(tree, node);
}

/** The texts, elements and slots that are to be there; each with an id that it keeps from one drawing to the next. */
function expand(owner, nodes, scope, prefix, into) {
  for (const node of nodes) {
    if (node.type === "block") expand(owner, node.children, scope, prefix, into);
    else if (node.type === "for") repeat(owner, node, scope, prefix, into);
    else if (node.type === "if") {
      const branch = node.branches.find(({ condition }) => condition === null || condition.evaluate(scope));
      if (branch) expand(owner, branch.body, scope, prefix, into);
    } else into.push({ id: prefix + node.uid, node, scope });
  }
}

function repeat(owner, node, scope, prefix, into) {
  const problem = (message) => owner.problem(`line ${node.line}: ${message}`);
  const list = listOf(node.list.evaluate(scope), problem);
  if (node.key === null) problem("wx:for without wx:key");
  const seen = new Set();
  list.forEach((item, index) => {
    let key = node.key === null ? index : keyOf(item, node.key, problem);
    if (seen.has(key)) problem(`Do not set same key "${key}" in wx:key`);
    while (seen.has(key)) key = `${key}'`;
    seen.add(key);
    const own = Object.create(scope, { [node.item]: { value: item }, [node.index]: { value: index } });
    expand(owner, node.body, own, `${prefix}${node.uid}:${key}/`, into);
  });
}

function listOf(value, problem) {
  if (Array.isArray(value)) return value;
  if (typeof value === "number") return Array.from({ length: value }, (_, index) => index);
  if (value !== null && value !== undefined) problem(`wx:for over ${JSON.stringify(value)}`);
  return [];
}

function keyOf(item, name, problem) {
  const key = name === "*this" ? item : item?.[name];
  if (!["string", "number"].includes(typeof key))
    problem(`wx:key "${name}" is ${JSON.stringify(key)} in ${JSON.stringify(item)}`);
  return shown(key);
}
