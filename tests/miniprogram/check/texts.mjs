// The texts: in both languages, with the same places to fill in, each used, and each that is used there.

import { walk as walkTemplate } from "../renderer/wxml.js";
import { members, walk } from "./scripts.mjs";

const TABLES = { en: "i18n/en.js", "zh-hans": "i18n/zh-hans.js" };

/** @param {import("./files.mjs").Files} files */
export function checkTexts(files) {
  const tables = Object.values(TABLES).map((file) => [file, tableOf(files, file)]);
  if (tables.some(([, table]) => table === null)) return;
  const [[english, en], [chinese, zh]] = tables;
  const problem = (text) => files.problems.push(text);
  for (const key of en.keys()) if (!zh.has(key)) problem(`${chinese}: lacks "${key}"`);
  for (const key of zh.keys()) if (!en.has(key)) problem(`${english}: lacks "${key}"`);
  for (const [key, text] of en)
    if (zh.has(key) && places(text) !== places(zh.get(key)))
      problem(`"${key}" has other places to fill in in ${chinese}`);
  const { named, literals, patterns } = namesIn(files);
  for (const [key, where] of named) if (!en.has(key)) problem(`${where}: there is no text "${key}"`);
  for (const key of en.keys())
    if (!literals.has(key) && !patterns.some((pattern) => pattern.test(key)))
      problem(`${english}: nothing uses "${key}"`);
}

function tableOf(files, file) {
  const script = files.scripts.get(file);
  let table = null;
  if (script?.tree)
    walk(script.tree, (node) => {
      if (node.type === "ObjectExpression" && table === null)
        table = new Map([...members(node)].map(([key, value]) => [key, value.value]));
    });
  return table;
}

function places(text) {
  return [...String(text).matchAll(/\{(\w+)\}/g)]
    .map(([, name]) => name)
    .sort()
    .join();
}

/** Texts that are asked for by name, and all strings that may be names. */
function namesIn(files) {
  const named = new Map();
  const literals = new Set();
  const patterns = [];
  for (const [file, script] of files.scripts) {
    if (Object.values(TABLES).includes(file)) continue;
    for (const { text } of script.strings) literals.add(text);
    walk(script.tree, (node) => {
      const call =
        node.type === "CallExpression" && ["text", "texts"].includes(node.callee.name) ? node.arguments[0] : null;
      for (const each of call?.type === "ArrayExpression" ? call.elements : call ? [call] : []) {
        if (each.type === "Literal") named.set(each.value, `${file}:${each.loc.start.line}`);
        if (each.type === "TemplateLiteral")
          patterns.push(new RegExp(`^${each.quasis.map(({ value }) => value.cooked).join("\\w+")}$`));
      }
    });
  }
  for (const [file, template] of files.templates) {
    walkTemplate(template, (node) => {
      for (const source of sourcesOf(node))
        for (const [, key] of source.matchAll(/\bt\.(\w+)/g)) named.set(key, `${file}:${node.line}`);
    });
    checkGiven(files, file, template);
  }
  return { named, literals, patterns };
}

/** What a template shows of `t` its script has put there. */
function checkGiven(files, file, template) {
  const script = files.scripts.get(file.replace(/wxml$/, "js"));
  const given = new Set((script?.strings ?? []).map(({ text }) => text));
  walkTemplate(template, (node) => {
    for (const source of sourcesOf(node))
      for (const [, key] of source.matchAll(/\bt\.(\w+)/g))
        if (!given.has(key)) files.problems.push(`${file}:${node.line}: the script does not put "${key}" into t`);
  });
}

function sourcesOf(node) {
  const values =
    node.type === "element"
      ? node.attributes.map(({ value }) => value)
      : [node.value, node.list, ...(node.branches ?? []).map(({ condition }) => condition)];
  return values.filter(Boolean).map(({ source }) => source.match(/\{\{.*?\}\}/gs)?.join(" ") ?? "");
}
