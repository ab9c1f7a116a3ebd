// Numbers, money and times, in both languages.

import assert from "node:assert/strict";
import { test } from "node:test";

import { makeWx, mini } from "./mini.mjs";

process.env.TZ = "Asia/Shanghai";
globalThis.wx = makeWx();
const { chooseLanguage, language, text, texts } = await mini("lib/texts.js");
const { count, dayTime, initial, money, nameOf, shortCount, times } = await mini("lib/format.js");
const { EN } = await mini("i18n/en.js");
const { ZH } = await mini("i18n/zh-hans.js");

const fields = (words) => [...words.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

test("both languages say the same, with the same to be filled in", () => {
  assert.deepEqual(Object.keys(ZH), Object.keys(EN));
  for (const [key, words] of Object.entries(EN)) assert.deepEqual(fields(ZH[key]), fields(words), key);
});

test("the language is WeChat's, unless another one was chosen", () => {
  for (const [spoken, own] of Object.entries({ en: "en", zh_CN: "zh-hans", "zh-Hans": "zh-hans", fr: "en" })) {
    globalThis.wx = makeWx({ language: spoken });
    chooseLanguage("");
    assert.equal(language(), own);
  }
  chooseLanguage("zh-hans");
  assert.equal(text("watching", { count: 3 }), "3 人在看");
  chooseLanguage("en");
  assert.equal(text("watching", { count: 3 }), "3 watching");
  assert.deepEqual(texts(["follow"]), { follow: "Follow" });
});

test("numbers", () => {
  chooseLanguage("en");
  assert.deepEqual([0, 999, 1000, 1234567].map(count), ["0", "999", "1,000", "1,234,567"]);
  assert.deepEqual([9999, 10_000, 12_345, 999_960, 1e6, 12.3e6].map(shortCount), ["9,999", "10K", "12.3K", "999.9K", "1M", "12.3M"]);
  chooseLanguage("zh-hans");
  assert.deepEqual([9999, 12_345, 1e8, 1.25e8].map(shortCount), ["9,999", "1.2万", "1亿", "1.2亿"]);
});

test("money is right to the fen", () => {
  assert.deepEqual(["0.10", "128.00", "1234567.05"].map(money), ["¥0.10", "¥128.00", "¥1,234,567.05"]);
  assert.equal(money(times("19.99", 3)), "¥59.97");
  assert.equal(money(times("0.07", 99)), "¥6.93");
});

test("times", () => {
  const year = new Date().getFullYear();
  const [now, other] = [new Date(year, 11, 5, 9, 3).getTime(), new Date(year + 1, 0, 2, 20, 30).getTime()];
  chooseLanguage("en");
  assert.deepEqual([now, other].map(dayTime), ["Dec 5, 09:03", `Jan 2, ${year + 1}, 20:30`]);
  chooseLanguage("zh-hans");
  assert.deepEqual([now, other].map(dayTime), ["12月5日 09:03", `${year + 1}年1月2日 20:30`]);
});

test("names", () => {
  chooseLanguage("en");
  assert.deepEqual([nameOf(null), nameOf({ nickname: "" }), nameOf({ nickname: "Lin" })], ["Somebody", "Somebody", "Lin"]);
  assert.deepEqual([initial("lin"), initial(" 林"), initial("😀a"), initial("")], ["L", "林", "😀", "·"]);
});
