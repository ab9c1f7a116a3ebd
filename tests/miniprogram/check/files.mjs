// The files of a mini-program: which there are, how they lead to each other, and that each can be read.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";

import { parse } from "../renderer/wxml.js";
import { importsOf, resolve, rulesOf } from "../renderer/wxss.js";
import { read } from "./scripts.mjs";

const READ = [".js", ".json", ".wxml", ".wxss"];
const IGNORED = /^(?:node_modules|\.)/;

/** All files of a mini-program, read; `problems` are those of files that cannot be. */
export class Files {
  /** @param {string} root */
  constructor(root) {
    this.root = root;
    this.problems = [];
    /** @type {Map<string, string>} */
    this.sources = new Map();
    this.scripts = new Map();
    this.settings = new Map();
    this.templates = new Map();
    this.styles = new Map();
    this.reached = new Set();
    this._find("");
    for (const [file, source] of this.sources) this._read(file, source);
  }

  _find(folder) {
    for (const entry of readdirSync(join(this.root, folder), { withFileTypes: true })) {
      const path = folder ? `${folder}/${entry.name}` : entry.name;
      if (IGNORED.test(entry.name)) continue;
      if (entry.isDirectory()) this._find(path);
      else if (READ.includes(extname(entry.name))) this.sources.set(path, readFileSync(join(this.root, path), "utf8"));
    }
  }

  _read(file, source) {
    try {
      if (file.endsWith(".json")) this.settings.set(file, JSON.parse(source));
      else if (file.endsWith(".wxml")) this.templates.set(file, parse(source, file));
      else if (file.endsWith(".wxss")) this.styles.set(file, rulesOf(source, file));
      else this._script(file, source);
    } catch (error) {
      this.problems.push(error.message.startsWith(file) ? error.message : `${file}: ${error.message}`);
    }
  }

  _script(file, source) {
    const script = read(source, file);
    this.scripts.set(file, script);
    this.problems.push(...script.problems);
  }

  has(path) {
    return existsSync(join(this.root, path));
  }

  /** Take note that a file is used, and so what it leads to. */
  reach(file) {
    if (this.reached.has(file)) return;
    this.reached.add(file);
    const script = this.scripts.get(file);
    for (const { from, names, line } of script?.imports ?? []) this._reachScript(file, from, names, line);
    if (file.endsWith(".wxss")) for (const path of importsOf(this.sources.get(file))) this._reachStyle(file, path);
  }

  _reachScript(file, from, names, line) {
    const problem = (text) => this.problems.push(`${file}:${line}: ${text}`);
    if (!from.startsWith(".")) return problem(`"${from}" is no relative path`);
    if (!from.endsWith(".js")) return problem(`"${from}" does not say .js`);
    const path = resolve(from, file);
    const target = this.scripts.get(path);
    if (!target) return problem(`there is no ${path}`);
    for (const name of names) if (!target.exports.has(name)) problem(`${path} exports no ${name}`);
    return this.reach(path);
  }

  _reachStyle(file, path) {
    const target = resolve(path, file);
    if (this.styles.has(target)) this.reach(target);
    else this.problems.push(`${file}: there is no ${target}`);
  }

  /** The scripts that a script runs, itself included. */
  closure(file, into = new Set()) {
    if (into.has(file)) return into;
    into.add(file);
    for (const { from } of this.scripts.get(file)?.imports ?? []) this.closure(resolve(from, file), into);
    return into;
  }

  get unreached() {
    return [...this.sources.keys()].filter((file) => !this.reached.has(file));
  }
}
