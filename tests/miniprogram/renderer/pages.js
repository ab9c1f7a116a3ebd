// The stack of pages: what opens, hides and closes them, and what they are told of it.

import { Instance } from "./component.js";
import { listen } from "./events.js";
import { resolve } from "./wxss.js";

const MOST = 10;
const REACH_BOTTOM = 50;

/** @param {string} address @param {string} from the page that names it */
export function parsed(address, from) {
  const [path, query = ""] = address.split("?");
  const pairs = query
    .split("&")
    .filter(Boolean)
    .map((pair) => pair.split(/=(.*)/s));
  // As WeChat does, what was encoded stays so.
  return { path: resolve(path, from), query: Object.fromEntries(pairs.map(([name, value = ""]) => [name, value])) };
}

class Page {
  /** @param {any} app @param {any} definition @param {{ [name: string]: string }} query */
  constructor(app, definition, query) {
    this.app = app;
    this.definition = definition;
    this.query = query;
    this.settings = { ...app.settings.window, ...definition.settings };
    this.host = document.createElement("div");
    this.host.className = "page-host";
    this.host.dataset.path = definition.path;
    const shadow = this.host.attachShadow({ mode: "open" });
    shadow.adoptedStyleSheets = definition.sheets(definition);
    this.scroller = Object.assign(document.createElement("div"), { className: "scroller" });
    this.root = document.createElement("page");
    if (this.settings.disableScroll) this.scroller.style.overflow = "hidden";
    this.scroller.append(this.root);
    shadow.append(this.scroller);
    listen(this.scroller, (run) => app.gesture(run));
    this.instance = new Instance(app, definition, this.root, null);
    this.instance.options = query;
    Object.assign(this.instance.self, { options: query, route: definition.path });
    this._scrolls();
  }

  open() {
    const { instance } = this;
    this.app.screen.put(this);
    instance.first();
    instance.tree.attach();
    instance.call("onLoad", this.query);
    this.show();
    this.app.afterDrawing(() => {
      instance.each((component) => component.becomeReady());
      instance.ready = true;
      instance.call("onReady");
    });
  }

  show() {
    this.host.hidden = false;
    this.app.screen.dress(this);
    this.instance.call("onShow");
    this.instance.each((component) => component.pageLife("show"));
  }

  hide() {
    this.instance.call("onHide");
    this.instance.each((component) => component.pageLife("hide"));
  }

  close() {
    this.instance.call("onUnload");
    this.instance.remove();
    this.host.remove();
  }

  _scrolls() {
    const { scroller } = this;
    let near = false;
    scroller.addEventListener("scroll", () => {
      const was = near;
      near =
        scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight <=
        (this.settings.onReachBottomDistance ?? REACH_BOTTOM);
      if (near && !was) this.instance.call("onReachBottom");
    });
  }
}

export class Pages {
  constructor(app) {
    this.app = app;
    /** @type {Page[]} */
    this.stack = [];
  }

  get top() {
    return this.stack.at(-1);
  }

  /** What `getCurrentPages` gives. */
  get selves() {
    return this.stack.map(({ instance }) => instance.self);
  }

  async navigateTo({ url }) {
    const page = this._made(url, "navigateTo");
    if (this.stack.length >= MOST) throw new Error("navigateTo:fail webview count limit exceed");
    if (this.top) {
      this.top.hide();
      this.top.host.hidden = true;
    }
    this._push(page());
  }

  async redirectTo({ url }) {
    const page = this._made(url, "redirectTo");
    this.stack.pop()?.close();
    this._push(page());
  }

  async reLaunch({ url }) {
    const page = this._made(url, "reLaunch");
    while (this.stack.length > 0) this.stack.pop().close();
    this._push(page());
  }

  async navigateBack({ delta = 1 } = {}) {
    if (this.stack.length < 2) throw new Error("navigateBack:fail cannot navigate back at first page.");
    for (let left = Math.min(delta, this.stack.length - 1); left > 0; left -= 1) this.stack.pop().close();
    this.top.show();
  }

  _made(url, how) {
    if (!url) throw new Error(`${how}:fail parameter error: parameter.url should be String`);
    const { path, query } = parsed(url, this.top?.definition.path ?? "");
    const definition = this.app.definitions.get(path);
    if (!definition?.page) throw new Error(`${how}:fail page "${path}" is not found`);
    return () => new Page(this.app, definition, query);
  }

  _push(page) {
    this.stack.push(page);
    page.open();
  }
}
