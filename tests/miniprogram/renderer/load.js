// Reads a mini-program's files, unmodified, over HTTP: settings, templates, style sheets, scripts.

import { parse } from "./wxml.js";
import { bundle, resolve, tagRules, toCss } from "./wxss.js";

/** A mini-program at an address that ends with a slash. */
export class Files {
  constructor(base) {
    this.base = base;
  }

  async text(path) {
    const answer = await fetch(this.base + path);
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer.text();
  }

  async json(path) {
    const text = await this.text(path);
    try {
      return JSON.parse(text || "{}");
    } catch (error) {
      throw new Error(`${path}: ${error.message}`);
    }
  }

  /** A style sheet with all that it imports; a page or component may have none. */
  styles(path) {
    return bundle(path, (file) => this.text(file === path ? `${file}?optional` : file));
  }
}

/** @param {string} css */
export function sheetOf(css) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
}

/** @param {string} wxss */
const translated = (wxss) => sheetOf(toCss(wxss));

/** Reads pages and components, each with those that it uses; the scripts run one after the other, as in WeChat. */
export class Loader {
  /**
   * @param {Files} files
   * @param {object} shared
   * @param {string} shared.app the app's style sheet
   * @param {CSSStyleSheet} shared.looks how WeChat's elements look
   * @param {{ [name: string]: string }} shared.components those that all pages and components may use
   */
  constructor(files, { app, looks, components }) {
    this.files = files;
    this.definitions = new Map();
    this.problems = [];
    this._app = translated(app);
    this._looks = looks;
    this._components = components;
    this._appTags = translated(tagRules(app, "app.wxss"));
  }

  /** @param {string} path without an extension @param {boolean} page */
  async load(path, page = false) {
    if (this.definitions.has(path)) return;
    const [settings, template, styles] = await Promise.all([
      this.files.json(`${path}.json`),
      this.files.text(`${path}.wxml`),
      this.files.styles(`${path}.wxss`),
    ]);
    const uses = new Map();
    for (const [name, file] of Object.entries(this._components)) uses.set(name, resolve(file, ""));
    for (const [name, file] of Object.entries(settings.usingComponents ?? {})) uses.set(name, resolve(file, path));
    const definition = { path, page, settings, uses, template: parse(template, `${path}.wxml`), options: null };
    definition.sheet = translated(styles);
    definition.tags = translated(tagRules(styles, `${path}.wxss`));
    definition.sheets = (of) => this._sheets(definition, of);
    this.definitions.set(path, definition);
    for (const file of uses.values()) await this.load(file);
    await this.run(path, (called) => {
      definition.options = called[page ? "Page" : "Component"];
      if (!definition.options) throw new Error(`${path}.js calls no ${page ? "Page" : "Component"}`);
    });
  }

  /** Run a script; `done` hears what it called. */
  async run(path, done) {
    const called = {};
    for (const name of ["App", "Page", "Component"]) {
      globalThis[name] = (options) => {
        if (called[name]) throw new Error(`${path}.js calls ${name} twice`);
        called[name] = options;
      };
    }
    await import(`${this.files.base}${path}.js`);
    done(called);
  }

  _sheets(definition, of) {
    const { styleIsolation = "isolated" } = definition.settings;
    if (definition.page) return [this._looks, this._app, definition.sheet];
    if (styleIsolation === "apply-shared") return [this._looks, this._app, of.sheet, definition.sheet];
    if (styleIsolation !== "isolated")
      throw new Error(`${definition.path}: styleIsolation ${styleIsolation} is not in the agreed subset`);
    return [this._looks, this._appTags, of.tags, definition.sheet];
  }
}
