// Checks the files of mini-programs, and prints what is wrong with each, as lists in JSON.
//
//   node check.mjs [FOLDER …]     # default: miniprogram/

import { fileURLToPath } from "node:url";

import { Files } from "./check/files.mjs";
import { checkTexts } from "./check/texts.mjs";
import { Unit } from "./check/units.mjs";
import { APP_LIFE, WX } from "./renderer/subset.js";
import { walk } from "./renderer/wxml.js";
import { resolve } from "./renderer/wxss.js";

const MINI_PROGRAM = fileURLToPath(new URL("../../miniprogram/", import.meta.url));

/** What app.json must hold for today's WeChat: the user's consent asked for, code loaded as it is needed. */
const APP = { style: "v2", lazyCodeLoading: "requiredComponents", __usePrivacyCheck__: true };
/** What project.config.json must hold for devtools that know nothing of it yet. */
const PROJECT = { appid: "touristappid", compileType: "miniprogram" };
const SETTING = { es6: true, enhance: true, urlCheck: true };

function check(root) {
  const files = new Files(root);
  const app = files.settings.get("app.json") ?? {};
  const units = new Map();
  for (const path of app.pages ?? []) units.set(path, new Unit(files, path, true));
  const globals = Object.values(app.usingComponents ?? {}).map((path) => resolve(path, ""));
  for (const path of [...globals, ...units.keys()]) addComponents(files, units, path);
  for (const unit of units.values()) unit.check(units);
  checkApp(files, app);
  for (const file of ["app.js", "app.json", "app.wxss", "project.config.json"]) {
    if (files.sources.has(file)) files.reach(file);
    else files.problems.push(`${file}: is missing`);
  }
  for (const [file, script] of files.scripts)
    for (const { name, line } of script.wx)
      if (!WX.includes(name)) files.problems.push(`${file}:${line}: wx.${name} is not in the agreed subset`);
  checkAddresses(files, app.pages ?? []);
  for (const [file, rules] of files.styles) checkStyles(files, file, rules);
  checkTexts(files);
  for (const file of files.unreached) files.problems.push(`${file}: nothing uses it`);
  return [...new Set(files.problems)].sort();
}

function addComponents(files, units, path) {
  if (!units.has(path)) {
    if (!files.sources.has(`${path}.wxml`)) return;
    units.set(path, new Unit(files, path, false));
  }
  for (const used of units.get(path).uses.values()) if (!units.has(used)) addComponents(files, units, used);
}

function checkApp(files, app) {
  const expect = (file, found, wanted) => {
    for (const [name, value] of Object.entries(wanted))
      if (found?.[name] !== value)
        files.problems.push(`${file}: ${name} is ${JSON.stringify(found?.[name])}, not ${JSON.stringify(value)}`);
  };
  expect("app.json", app, APP);
  const project = files.settings.get("project.config.json") ?? {};
  expect("project.config.json", project, PROJECT);
  expect("project.config.json", project.setting, SETTING);
  if (!/^\d+\.\d+\.\d+$/.test(project.libVersion ?? ""))
    files.problems.push("project.config.json: libVersion names no base library");
  const pages = app.pages ?? [];
  if (new Set(pages).size < pages.length) files.problems.push("app.json: a page stands there twice");
  const sitemap = `${app.sitemapLocation ?? "sitemap.json"}`;
  if (!files.settings.has(sitemap)) files.problems.push(`app.json: there is no ${sitemap}`);
  else files.reach(sitemap);
  for (const { page } of files.settings.get(sitemap)?.rules ?? [])
    if (page !== "*" && !pages.includes(page)) files.problems.push(`${sitemap}: there is no page ${page}`);
  checkTheme(files, app);
  const life = files.scripts.get("app.js")?.calls.find(({ name }) => name === "App");
  if (!life) files.problems.push("app.js: calls no App");
  for (const { key, value } of life?.options?.properties ?? [])
    if (/^on[A-Z]/.test(key.name) && /Function/.test(value.type) && !APP_LIFE.includes(key.name))
      files.problems.push(`app.js: App has no ${key.name}`);
}

/** Pages that are opened by their path are there. */
function checkAddresses(files, pages) {
  const check = (file, line, text) => {
    const [path] = /^\/pages\/[\w/-]+/.exec(text) ?? [];
    if (path && !pages.includes(path.slice(1))) files.problems.push(`${file}:${line}: there is no page ${path}`);
  };
  for (const [file, script] of files.scripts) for (const { text, line } of script.strings) check(file, line, text);
  for (const [file, template] of files.templates)
    walk(template, (node) => {
      const url = node.tag === "navigator" ? node.attributes.find(({ name }) => name === "url") : null;
      if (url?.value) check(file, url.line, url.value.source);
    });
}

function checkTheme(files, app) {
  const used = new Set([...JSON.stringify(app.window ?? {}).matchAll(/"@(\w+)"/g)].map(([, name]) => name));
  if (!app.themeLocation) {
    for (const name of used) files.problems.push(`app.json: @${name} stands in no theme`);
    return;
  }
  files.reach(app.themeLocation);
  const theme = files.settings.get(app.themeLocation) ?? {};
  for (const shade of ["light", "dark"]) {
    const names = Object.keys(theme[shade] ?? {});
    for (const name of used)
      if (!names.includes(name)) files.problems.push(`${app.themeLocation}: ${shade} lacks ${name}`);
    for (const name of names)
      if (!used.has(name)) files.problems.push(`${app.themeLocation}: nothing uses ${shade}.${name}`);
  }
}

function checkStyles(files, file, rules) {
  for (const { selectors, declarations, line } of rules) {
    const problem = (text) => files.problems.push(`${file}:${line}: ${text}`);
    for (const selector of selectors) {
      if (/(?:^|[\s>+~])\*/.test(selector)) problem(`WXSS knows no * : ${selector}`);
      if (/\[/.test(selector)) problem(`WXSS knows no attributes: ${selector}`);
    }
    for (const [name, value] of declarations)
      for (const [, address] of value.matchAll(/url\(\s*["']?([^"')]*)/g))
        if (!/^(?:data|https):/.test(address))
          problem(`${name}: a style sheet shows no file of the mini-program's own`);
  }
}

const folders = process.argv.length > 2 ? process.argv.slice(2) : [MINI_PROGRAM];
console.log(JSON.stringify(folders.map(check), null, 1));
