// The renderer's reading of templates, data and style sheets, by itself.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { bytesOf, coerced, copied, pathOf, propertyOf, put } from "./renderer/data.js";
import { valueOf } from "./renderer/expression.js";
import { camelCased, parse } from "./renderer/wxml.js";
import { bundle, importsOf, isTagSelector, resolve, rulesOf, tagRules, toCss } from "./renderer/wxss.js";

const WHERE = { file: "a.wxml", line: 7 };
const value = (source, scope = {}) => valueOf(source, WHERE).evaluate(scope);
const shape = (nodes) =>
  nodes.map((node) => {
    if (node.type === "text") return node.value.source.trim();
    if (node.type === "for") return { for: shape(node.body) };
    if (node.type === "if") return { if: node.branches.map(({ body }) => shape(body)) };
    return { [node.tag ?? node.type]: shape(node.children ?? []) };
  });

describe("expressions", () => {
  it("keep their type alone, and become text among other text", () => {
    assert.equal(value("{{a}}", { a: 1 }), 1);
    assert.equal(value("{{a}} ", { a: 1 }), "1 ");
    assert.equal(value("{{a}}{{b}}", { a: 1, b: 2 }), "12");
    assert.equal(value("just text"), "just text");
  });

  it("show nothing of undefined and null", () => {
    assert.equal(value("[{{a}}|{{b}}|{{c.d.e}}]", { b: null }), "[||]");
  });

  it("compute as in script", () => {
    assert.equal(value("{{1 + 2 * 3 - 4 % 3}}"), 6);
    assert.equal(value("{{-a + (1 + 2) * 2}}", { a: 1 }), 5);
    assert.equal(value("{{a > 1 ? 'many' : a === 1 ? 'one' : \"none\"}}", { a: 1 }), "one");
    assert.equal(value("{{!a && b || c}}", { c: "c" }), "c");
    assert.equal(value("{{a != 1 && a <= 2 && a !== '2'}}", { a: 2 }), true);
    assert.equal(value("{{list[index + 1].name}}", { list: [0, { name: "x" }], index: 0 }), "x");
    assert.equal(value("{{map[key]}}", { map: { k: "v" }, key: "k" }), "v");
    assert.deepEqual(value("{{[1, a, 'b']}}", { a: 2 }), [1, 2, "b"]);
    assert.equal(value("{{'}}' + a}}", { a: "{{" }), "}}{{");
    assert.equal(value("{{text.length}}", { text: "four" }), 4);
  });

  it("tell what they read", () => {
    assert.deepEqual([...valueOf("{{a.b[c]}} {{true ? d : 'e'}}", WHERE).names], ["a", "c", "d"]);
  });

  for (const source of [
    "{{f(1)}}",
    "{{}}",
    "{{a",
    "{{a b}}",
    "{{ {a: 1} }}",
    "{{a?.b}}",
    "{{a = 1}}",
    "{{`a`}}",
    "{{a.}}",
    "{{(a}}",
    "{{new A}}",
    "{{a & b}}",
  ])
    it(`of the agreed subset alone: not ${source}`, () => {
      assert.throws(() => valueOf(source, WHERE), { name: "TemplateError", message: /^a\.wxml:7: / });
    });
});

describe("templates", () => {
  it("are elements, texts and comments", () => {
    const nodes = parse(
      '<view class="a">\n  one <!-- <b> -->\n  <text>two</text> <image src="{{a}}"/>\n</view>',
      "a.wxml",
    );
    assert.deepEqual(shape(nodes), [{ view: ["one", { text: ["two"] }, { image: [] }] }]);
  });

  it("put conditions together, and repetition around them", () => {
    const nodes = parse(
      '<text wx:if="{{a}}">1</text> <text wx:elif="{{b}}">2</text> <block wx:else>3</block><view wx:for="{{l}}" wx:key="id" wx:if="{{item}}"/>',
      "a",
    );
    assert.deepEqual(shape(nodes), [
      { if: [[{ text: ["1"] }], [{ text: ["2"] }], [{ block: ["3"] }]] },
      { for: [{ if: [[{ view: [] }]] }] },
    ]);
    assert.equal(nodes[1].key, "id");
  });

  it("read bindings and bare attributes", () => {
    const [view] = parse('<view bindtap="a" catch:my-event="{{b}}" hidden data-item-id="{{1}}" title=\'"\'/>', "a");
    assert.deepEqual(
      view.events.map(({ type, stops }) => [type, stops]),
      [
        ["tap", false],
        ["my-event", true],
      ],
    );
    assert.deepEqual(
      view.attributes.map(({ name, value }) => [name, value && value.source]),
      [
        ["hidden", null],
        ["data-item-id", "{{1}}"],
        ["title", '"'],
      ],
    );
    assert.equal(camelCased("item-Id"), "itemId");
  });

  it("take a less-than sign within an expression for none of a tag", () => {
    assert.deepEqual(shape(parse("<view>{{a < b ? 1 : 2}}</view>", "a")), [{ view: ["{{a < b ? 1 : 2}}"] }]);
  });

  const wrong = {
    "<view>\n<text></view>": "a:2: </view> closes <text>",
    "<view>\n\n": "a:1: <view> is not closed",
    "\n</view>": "a:2: </view> closes nothing",
    "<view a=b>": "a:1: <view> has something that is no attribute",
    '<view a="1"\n a="2"/>': 'a:2: <view> has "a" twice',
    "<View/>": "a:1: <View> is not written in lower case",
    "<wxs/>": "a:1: <wxs> is not in the agreed subset",
    '<view wx:else="1"/>': "a:1: wx:else follows no wx:if",
    "a\n<view wx:if/>": "a:2: wx:if has no condition",
    '<view wx:key="a"/>': "a:1: <view> has a part of wx:for without it",
    '<view wx:foo="a"/>': 'a:1: there is no "wx:foo"',
    '<view capture-bind:tap="a"/>': 'a:1: "capture-bind:tap" is not in the agreed subset',
    "<!-- ": "a:1: a comment is not closed",
    "a\n&lt;": 'a:2: "&lt;" is not the same in every version: put the character into the data',
    "<slot>a</slot>": "a:1: a slot has no content of its own",
  };
  for (const [source, message] of Object.entries(wrong))
    it(`say what is wrong: ${message}`, () => {
      assert.throws(() => parse(source, "a"), { message });
    });
});

describe("data", () => {
  it("is set at paths, and what lies on the way is another object", () => {
    const data = { a: { b: [{ c: 1 }, { c: 2 }] } };
    const [a, second] = [data.a, data.a.b[1]];
    put(data, pathOf("a.b[0].c"), 3);
    put(data, pathOf("list[0].x"), 4);
    assert.deepEqual(data, { a: { b: [{ c: 3 }, { c: 2 }] }, list: [{ x: 4 }] });
    assert.notEqual(data.a, a);
    assert.equal(data.a.b[1], second);
    assert.throws(() => pathOf("a..b"), /"a\.\.b" is no path/);
  });

  it("is JSON, and what is not is told", () => {
    const told = [];
    copied(
      { a: undefined, b: () => {}, c: new Date(0), d: [NaN, "x", null, { e: 1 }] },
      (text) => told.push(text),
      "it",
    );
    assert.deepEqual(
      told.map((text) => text.split(",")[0]),
      ["it.a is undefined", "it.b is a Function", "it.c is a Date", "it.d[0] is NaN"],
    );
    assert.equal(bytesOf({ a: "é" }), 10);
  });

  it("takes the type of a property, and complains as WeChat does", () => {
    const told = [];
    const as = (type, given) => coerced(given, propertyOf(type), (text) => told.push(text));
    assert.deepEqual(
      [
        as(Number, "5"),
        as(Boolean, ""),
        as(Boolean, "false"),
        as(String, 5),
        as(Array, [1]),
        as(Object, null),
        as(null, 3),
      ],
      [5, false, true, "5", [1], null, 3],
    );
    assert.deepEqual(told, []);
    assert.deepEqual(
      [as(String, undefined), as(String, null), as(Number, "x"), as(Array, undefined), as(Object, "x")],
      ["", "", 0, [], null],
    );
    assert.equal(told.length, 5);
    assert.equal(told[0], "expected <String> but got null; WeChat uses an empty string instead");
    assert.deepEqual(
      [propertyOf(Number).value, propertyOf({ type: String, value: "x" }).value, propertyOf(Array).value],
      [0, "x", []],
    );
  });
});

describe("style sheets", () => {
  it("count in WeChat's units", () => {
    assert.equal(
      toCss("a { width: 75rpx; top: -1.5rpx; height: 50vh }"),
      "a { width: 10vw; top: -0.2vw; height: calc(50 * var(--window-vh)) }",
    );
    assert.equal(toCss("a { padding: env(safe-area-inset-bottom) }"), "a { padding: var(--safe-bottom) }");
  });

  it("name WeChat's elements where a browser has another one of that name", () => {
    const css = ".a button, input:focus { appearance: button } .button, .my-input { transition: all 1s }";
    assert.equal(
      toCss(css),
      ".a wx-button, wx-input:focus { appearance: button } .button, .my-input { transition: all 1s }",
    );
  });

  it("import others, relative or from the root", async () => {
    const files = {
      "pages/a/a.wxss": '@import "../../b.wxss"; .a {}',
      "b.wxss": '/* @import "x"; */ @import "/c/c.wxss"; .b {}',
      "c/c.wxss": ".c {}",
    };
    assert.equal(
      (await bundle("pages/a/a.wxss", async (file) => files[file])).replace(/\s+/g, " ").trim(),
      ".c {} .b {} .a {}",
    );
    assert.deepEqual(importsOf(files["b.wxss"]), ["/c/c.wxss"]);
    await assert.rejects(
      bundle("x", async () => '@import "x";'),
      /x imports itself: x/,
    );
    assert.equal(resolve("./b/../c.wxss", "pages/a/a.wxss"), "pages/a/c.wxss");
  });

  it("are rules with their lines", () => {
    const rules = rulesOf(
      ".a,\n.b:not(.c, .d) { color: red; }\n@media (x) {\n .e { top: 0 }\n}\n@keyframes k { from { top: 0 } }",
      "a",
    );
    assert.deepEqual(
      rules.map(({ selectors, line, at }) => [selectors.join("; "), line, at]),
      [
        [".a; .b:not(.c, .d)", 1, null],
        [".e", 4, "@media (x)"],
        ["from", 6, "@keyframes"],
      ],
    );
    assert.throws(() => rulesOf(".a {\n .b {} }", "a"), { message: "a:1: rules within rules" });
    assert.throws(() => rulesOf(".a { top 0 }", "a"), { message: 'a:1: "top 0" is no declaration' });
    assert.throws(() => rulesOf("\n.a { top: 0", "a"), { message: 'a:2: "{" is not closed' });
  });

  it("reach into components by the names of elements alone", () => {
    assert.deepEqual(["button", "view text", "button::after", ".a", "view .a", "page", ":host"].map(isTagSelector), [
      true,
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
    assert.equal(tagRules(".a, text { color: red } page { top: 0 }", "a"), "text { color: red }");
  });
});
