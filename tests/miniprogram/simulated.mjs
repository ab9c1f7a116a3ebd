// The mini-program's components under WeChat's own component library (npm's miniprogram-simulate, on jsdom).
//
// The library reads CommonJS: like the devtools, this translates the scripts, into a folder of its own.

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { JSDOM } from "jsdom";
import ts from "typescript";

const require = createRequire(import.meta.url);
const BROWSER = [
  "window",
  "document",
  "Element",
  "HTMLElement",
  "Node",
  "Event",
  "CustomEvent",
  "TouchEvent",
  "MutationObserver",
  "getComputedStyle",
];

/** WeChat's own compilers of templates and style sheets are programs for this kind of machine alone. */
export const COMPILERS = process.arch === "x64";

const { window } = new JSDOM("<!doctype html><body></body>", { url: "https://mini.test/", pretendToBeVisual: true });
for (const name of BROWSER) globalThis[name] = window[name];

const simulate = require("miniprogram-simulate");
export const compiler = require("miniprogram-compiler");

/** Translates a mini-program; the folder is gone when the process ends. @param {string} source */
export function translated(source) {
  const folder = mkdtempSync(join(tmpdir(), "liveroom-simulated-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  cpSync(source, folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "type": "commonjs" }');
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2020 };
  for (const name of readdirSync(folder, { recursive: true }).filter((each) => each.endsWith(".js"))) {
    const path = join(folder, name);
    writeFileSync(path, ts.transpileModule(readFileSync(path, "utf8"), { compilerOptions }).outputText);
  }
  return folder;
}

export const MINI_PROGRAM = fileURLToPath(new URL("../../miniprogram/", import.meta.url));

/** A component of the mini-program on a page of its own. */
export class Rendered {
  /** @param {string} folder a translated mini-program @param {string} path @param {object} properties */
  constructor(folder, path, properties = {}) {
    const id = simulate.load(join(folder, path), "under-test", {
      compiler: COMPILERS ? "official" : "simulate",
      rootPath: folder,
    });
    this.component = simulate.render(id, properties);
    this.told = [];
    this.parent = document.body.appendChild(document.createElement("div"));
    this.component.attach(this.parent);
  }

  get data() {
    return this.component.data;
  }

  /** What it shows, white space made one. */
  get text() {
    return shown(this.component.dom);
  }

  /** The same of each element, those too that lie in the slot of another component. */
  texts(selector) {
    return this.component.querySelectorAll(selector).map(({ dom }) => shown(dom));
  }

  /** Take note of what it triggers. @param {string[]} types */
  listen(...types) {
    for (const type of types) this.component.addEventListener(type, ({ detail }) => this.told.push([type, detail]));
    return this;
  }

  /** @param {string} selector @param {number} [number] which of several */
  find(selector, number = 0) {
    const found = this.component.querySelectorAll(selector)[number];
    if (!found) throw new Error(`no ${selector} in ${this.component.dom.innerHTML}`);
    return found;
  }

  count(selector) {
    return this.component.querySelectorAll(selector).length;
  }

  async tap(selector, number) {
    await this.event("tap", selector, number);
  }

  /** @param {string} type @param {string} selector @param {number} [number] @param {any} [detail] */
  async event(type, selector, number, detail) {
    const found = this.find(selector, number);
    if (detail === undefined) found.dispatchEvent(type);
    else found.instance.triggerEvent(type, detail);
    await simulate.sleep(10);
  }

  async set(properties) {
    this.component.setData(properties);
    await simulate.sleep(10);
  }

  remove() {
    this.component.detach();
    this.parent.remove();
  }
}

const shown = ({ textContent }) => textContent.replace(/\s+/g, " ").trim();

let folder = null;

/** A component of the mini-program. @param {string} name @param {object} [properties] */
export function component(name, properties) {
  folder ??= translated(MINI_PROGRAM);
  return new Rendered(folder, `components/${name}/${name}`, properties);
}

/** A module of the mini-program, as its components have it. @param {string} path */
export const moduleOf = (path) => require(join((folder ??= translated(MINI_PROGRAM)), path));

/** A component of one of the renderer's fixtures, and what it noted. */
export function fixture(name, path, properties) {
  const own = translated(fileURLToPath(new URL(`renderer/fixtures/${name}/`, import.meta.url)));
  const { notes } = require(join(own, "lib/notes.js"));
  return { rendered: new Rendered(own, path, properties), notes };
}
