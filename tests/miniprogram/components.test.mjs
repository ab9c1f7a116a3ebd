// The mini-program's components, each by itself, under WeChat's own component library.

import assert from "node:assert/strict";
import { appendFileSync, readdirSync } from "node:fs";
import { afterEach, beforeEach, describe, it } from "node:test";

import { makeWx } from "./mini.mjs";
import { compiler, COMPILERS, component, fixture, MINI_PROGRAM, moduleOf, translated } from "./simulated.mjs";

const GOODS = { key: 5, title: "Tea", initial: "T", price: "¥20.00", stock: "3 left", button: "Buy", off: false };
const complaints = [];
const { warn, error } = console;

beforeEach(() => {
  globalThis.wx = makeWx();
  console.warn = (...words) => complaints.push(words.join(" "));
  console.error = console.warn;
});

afterEach(() => {
  Object.assign(console, { warn, error });
  // WeChat complains of values that do not fit their property, of keys that are none, of handlers that are not there.
  assert.deepEqual(complaints.splice(0), []);
});

describe("every component", () => {
  for (const name of readdirSync(`${MINI_PROGRAM}components`))
    it(`is drawn with nothing given: ${name}`, () => {
      const drawn = component(name);
      assert.ok(drawn.component.dom.isConnected);
      drawn.remove();
    });
});

describe("comment-list", () => {
  const line = { key: "c1", name: "Li", tint: 1, text: "hello" };
  const failed = {
    key: "p1",
    name: "Me",
    tint: 2,
    text: "mine",
    pending: true,
    failed: true,
    own: "k1",
    mark: "Too fast.",
  };

  it("shows comments, the pinned one, and that there are newer ones", async () => {
    const list = component("comment-list", {
      comments: [line, { ...failed, again: "Send again" }],
      pinned: { name: "Host", content: "look" },
      newer: "2 new comments",
    });
    assert.deepEqual(
      [list.texts(".said"), list.texts(".name"), list.texts(".mark")],
      [["hello", "mine"], ["Li", "Me"], ["Too fast."]],
    );
    assert.equal(list.texts(".pinned")[0], "Host look");
    await list.set({ comments: [line, { key: "c2", name: "Mei", tint: 3, text: "hi" }], pinned: null });
    assert.deepEqual(list.texts(".said"), ["hello", "hi"]);
    assert.equal(list.count(".pinned"), 0);
    await list.listen("newest").tap(".newer");
    assert.deepEqual(list.told, [["newest", undefined]]);
    list.remove();
  });

  it("sends a failed comment again, not before its time", async () => {
    const list = component("comment-list", {
      comments: [{ ...failed, again: "Send again in 3 s", wait: true }],
    }).listen("retry", "discard", "edit");
    await list.tap(".chip", 0);
    await list.tap(".chip", 1);
    await list.set({ comments: [{ ...failed, again: "Send again", wait: false }] });
    await list.tap(".chip", 0);
    await list.set({ comments: [{ ...failed, again: "", wait: false }] });
    await list.tap(".chip", 0);
    assert.deepEqual(list.told, [
      ["discard", { key: "k1" }],
      ["retry", { key: "k1" }],
      ["edit", { key: "k1" }],
    ]);
    list.remove();
  });

  it("asks for earlier ones", async () => {
    const list = component("comment-list", { comments: [line], earlier: "more" }).listen("earlier");
    await list.tap(".chip");
    assert.deepEqual(list.told, [["earlier", undefined]]);
    await list.set({ earlier: "start" });
    assert.deepEqual([list.texts(".earlier"), list.count(".chip")], [["The beginning of the show"], 0]);
    list.remove();
  });
});

describe("shelf-list", () => {
  it("shows the items, and which one was chosen", async () => {
    const shelf = component("shelf-list", {
      goods: [GOODS, { ...GOODS, key: 6, title: "Cup", off: true, button: "Sold out", none: true }],
      total: 2,
    });
    shelf.listen("choose", "close");
    assert.deepEqual(shelf.texts(".name"), ["Tea", "Cup"]);
    await shelf.tap(".buy", 0);
    await shelf.tap(".buy", 1);
    assert.deepEqual(shelf.told, [["choose", { id: 5 }]]);
    shelf.remove();
  });

  it("says that it is empty, and why nothing can be ordered", () => {
    const shelf = component("shelf-list", { goods: [], total: 0, why: "Not yet." });
    assert.deepEqual([shelf.texts(".empty"), shelf.texts(".why")], [["Nothing is on the shelf."], ["Not yet."]]);
    shelf.remove();
  });
});

describe("order-sheet", () => {
  const order = {
    goods: GOODS,
    quantity: 2,
    less: true,
    more: true,
    total: "¥40.00",
    totalOf: "2 × ¥20.00",
    note: "",
    button: "Order",
    off: false,
  };

  it("asks for more and less within the bounds, and for the order", async () => {
    const sheet = component("order-sheet", { order }).listen("quantity", "place", "close");
    await sheet.tap(".step", 0);
    await sheet.tap(".step", 1);
    await sheet.tap(".place");
    await sheet.set({ order: { ...order, less: false, more: false, off: true } });
    for (const [selector, number] of [
      [".step", 0],
      [".step", 1],
      [".place", 0],
    ])
      await sheet.tap(selector, number);
    assert.deepEqual(sheet.told, [
      ["quantity", { quantity: 1 }],
      ["quantity", { quantity: 3 }],
      ["place", undefined],
    ]);
    sheet.remove();
  });

  it("takes a number that is typed, and 1 for none", async () => {
    const sheet = component("order-sheet", { order }).listen("quantity");
    await sheet.event("input", ".quantity", 0, { value: "7" });
    await sheet.event("input", ".quantity", 0, { value: "" });
    await sheet.event("blur", ".quantity", 0, { value: "" });
    assert.deepEqual(sheet.told, [
      ["quantity", { quantity: 7 }],
      ["quantity", { quantity: 1 }],
    ]);
    sheet.remove();
  });
});

describe("the small ones", () => {
  it("banner: what is with the connection, and a button to try", async () => {
    const banner = component("banner", {
      banner: { kind: "waiting", text: "Connection lost.", next: "in 3 s", button: "Try now" },
    }).listen("press");
    assert.match(banner.text, /^Connection lost\. ?in 3 s ?Try now$/);
    await banner.tap(".press");
    assert.deepEqual(banner.told, [["press", undefined]]);
    banner.remove();
  });

  it("spotlight: the item that is explained, to be chosen", async () => {
    const spotlight = component("spotlight", { goods: GOODS }).listen("choose");
    assert.deepEqual(spotlight.texts(".name"), ["Tea"]);
    await spotlight.tap(".card");
    assert.deepEqual(spotlight.told, [["choose", undefined]]);
    spotlight.remove();
  });

  it("hearts: one for each place", async () => {
    const hearts = component("hearts", { list: [{ key: 1, shape: 0, side: 20, late: 0 }] });
    assert.equal(hearts.count(".heart"), 1);
    await hearts.set({ list: [1, 2, 3].map((key) => ({ key, shape: 1, side: 0, late: 100 })) });
    assert.equal(hearts.count(".heart"), 3);
    hearts.remove();
  });

  it("sheet: closed by the cross and by what is beside it", async () => {
    const sheet = component("sheet", { title: "Shelf", beside: "12" }).listen("close");
    assert.deepEqual(sheet.texts(".title"), ["Shelf 12"]);
    await sheet.tap(".shut");
    await sheet.tap(".shade");
    assert.deepEqual(sheet.told, [
      ["close", undefined],
      ["close", undefined],
    ]);
    sheet.remove();
  });
});

describe("profile-form", () => {
  it("does not save a name that WeChat refused, and does one that it did not look at in time", async () => {
    globalThis.wx = makeWx({ showToast: () => {}, answers: () => ({ statusCode: 200, data: { nickname: "Lin" } }) });
    wx.stored.set("liveroom.token", "t1");
    const form = component("profile-form").listen("saved");
    const review = async (value, detail) => {
      await form.event("blur", ".field", 0, { value });
      await form.event("nicknamereview", ".field", 0, detail);
    };
    await review("bad name", { pass: false, timeout: false });
    assert.match(form.text, /This name cannot be taken\./);
    await form.tap(".save");
    assert.match(form.text, /This name cannot be taken\./);
    assert.deepEqual([wx.requests, form.told], [[], []]);
    await review("Lin", { pass: false, timeout: true });
    await form.tap(".save");
    assert.deepEqual([wx.requests.map(({ data }) => data), form.told.length], [[{ nickname: "Lin" }], 1]);
    form.remove();
  });
});

describe("privacy", () => {
  it("is asked for when WeChat wishes it, and answered once", async () => {
    const { askWhenNeeded } = moduleOf("lib/privacy.js");
    const answers = [];
    let need;
    globalThis.wx = makeWx({ onNeedPrivacyAuthorization: (listener) => (need = listener) });
    askWhenNeeded();
    const privacy = component("privacy");
    assert.equal(privacy.text, "");
    need((answer) => answers.push(answer));
    assert.match(privacy.text, /Your privacy/);
    await privacy.event("agreeprivacyauthorization", "#privacy-agree");
    need((answer) => answers.push(answer));
    await privacy.tap(".button");
    assert.deepEqual(
      answers.map(({ event }) => event),
      ["exposureAuthorization", "agree", "exposureAuthorization", "disagree"],
    );
    assert.equal(answers[1].buttonId, "privacy-agree");
    privacy.remove();
  });

  it("is refused by who leaves the page that asks, whatever pages are under it", () => {
    const { askWhenNeeded } = moduleOf("lib/privacy.js");
    const answers = [];
    let need;
    globalThis.wx = makeWx({ onNeedPrivacyAuthorization: (listener) => (need = listener) });
    askWhenNeeded();
    const [under, above] = [component("privacy"), component("privacy")];
    need(({ event }) => answers.push(event));
    assert.deepEqual([under.text, /Your privacy/.test(above.text)], ["", true]);
    above.remove();
    assert.deepEqual(answers, ["exposureAuthorization", "disagree"]);
    under.remove();
  });
});

describe("WeChat's own compilers", { skip: !COMPILERS && "they are programs for another kind of machine" }, () => {
  const compiled = (folder) =>
    [compiler.wxmlToJs(folder), compiler.wxssToJs(folder)].map((script) => script.length > 1000);

  it("take every template and every style sheet", () => {
    assert.deepEqual(compiled(MINI_PROGRAM), [true, true]);
  });

  it("do not take what is wrong", () => {
    const folder = translated(MINI_PROGRAM);
    appendFileSync(`${folder}/pages/me/me.wxml`, '<view wx:if="{{a(}}"></view>');
    assert.throws(() => compiled(folder), /me\.wxml:\d+:\d+: Bad attr `wx:if`/);
  });
});

describe("the renderer", () => {
  it("does with a component what WeChat's own library does", async () => {
    const { rendered: card, notes } = fixture("basic", "parts/card/card", { title: "One", howMany: "5", list: [1] });
    // As tests/miniprogram/test_renderer.py expects it of the renderer.
    assert.deepEqual(
      notes.splice(0).filter((note) => !/shows$/.test(note)),
      ["card created none", "card observes One 5", "card attached One 5", "card is ready"],
    );
    assert.deepEqual(card.texts("#title"), ["One 6 1"]);
    card.listen("told");
    await card.tap("#tell");
    assert.deepEqual(
      card.told.map(([type]) => type),
      ["told"],
    );
    await card.set({ title: "Two", list: [1, 2] });
    assert.deepEqual(card.texts("#title"), ["Two 6 2"]);
    assert.deepEqual(notes.splice(0), ["card observes Two 5"]);
    card.remove();
    assert.deepEqual(notes.splice(0), ["card detached"]);
  });
});
