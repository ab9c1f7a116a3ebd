// The pages that read a list from the server: page by page, anew from time to time, and nothing is left when they go.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { clockOfEach } from "./clock.mjs";
import { makeWx, mini } from "./mini.mjs";

/** What the script of a page hands to WeChat. */
const made = {};
globalThis.Page = (options) => (made.options = options);
await mini("pages/rooms/rooms.js");
const ROOMS = made.options;
await mini("pages/orders/orders.js");
const ORDERS = made.options;

const clock = clockOfEach();
let answers;
beforeEach(() => {
  answers = [];
  globalThis.wx = makeWx({
    answers: () => new Promise((resolve) => answers.push(resolve)),
    setNavigationBarTitle: () => {},
    stopped: 0,
    stopPullDownRefresh: () => (wx.stopped += 1),
  });
});

/** Let promises that are settled be heard. */
const heard = () => new Promise((resolve) => setImmediate(resolve));

function opened(options) {
  const page = { ...options, data: {}, setData: (changed) => Object.assign(page.data, changed) };
  page.onLoad({});
  if (page.onShow) page.onShow();
  return page;
}

async function answer(results, next = null) {
  answers.shift()({ statusCode: 200, data: { results, next } });
  await heard();
  clock().pass(150);
}

async function fail() {
  answers.shift()({ errMsg: "request:fail" });
  await heard();
  clock().pass(150);
}

const asked = () => wx.requests.map(({ url }) => url.replace(/^https?:\/\/[^/]+/, ""));
const room = (slug) => ({ slug, title: slug, status: "live", cover: "", online: 1, followers: 0, host: { user: { id: slug, nickname: slug, avatar: "" } } });
const order = (number) => ({ number, status: "paid", title: number, quantity: 1, price: "1.00", total: "1.00", created_at: 0 });

test("the list of rooms is read anew every 15 s while it is seen, by one timer", async () => {
  const page = opened(ROOMS);
  page.onPullDownRefresh();
  assert.deepEqual([asked(), wx.stopped], [["/api/rooms/?limit=20"], 0]);
  await answer([room("a")]);
  assert.ok(wx.stopped > 0);
  assert.deepEqual(page.data.cards.map(({ key }) => key), ["a"]);
  assert.equal(clock().timers.size, 1);
  clock().pass(15_000);
  assert.equal(wx.requests.length, 2);
  page.onHide();
  await answer([room("a")]);
  page.onUnload();
  assert.equal(clock().timers.size, 0);
});

test("who comes back while the list is being read leaves no timer behind", async () => {
  const page = opened(ROOMS);
  page.onHide();
  page.onShow();
  await answer([room("a")]);
  page.onHide();
  assert.equal(clock().timers.size, 0);
  clock().pass(60_000);
  assert.equal(wx.requests.length, 1);
});

test("further pages stand behind the first, and what failed is asked for again", async () => {
  wx.stored.set("liveroom.token", "t1");
  const page = opened(ORDERS);
  await heard();
  assert.equal(page.data.note, undefined);
  await answer([order("1")], "/api/orders/?cursor=1");
  page.onReachBottom();
  page.onReachBottom();
  await heard();
  await fail();
  assert.deepEqual([page.data.note, page.data.again], ["No network. Please try again.", "Try again"]);
  page.readMore();
  await heard();
  await answer([order("2")]);
  assert.deepEqual(page.picture().orders.map(({ key }) => key), ["1", "2"]);
  assert.deepEqual([page.data.note, page.data.again], ["", ""]);
  assert.deepEqual(asked(), ["/api/orders/?limit=20", "/api/orders/?cursor=1", "/api/orders/?cursor=1"]);
  page.onReachBottom();
  assert.equal(wx.requests.length, 3);
});

test("a list that could not be read anew is read anew, and not on from its end", async () => {
  wx.stored.set("liveroom.token", "t1");
  const page = opened(ORDERS);
  await heard();
  await answer([order("1")], "/api/orders/?cursor=1");
  const pulled = page.onPullDownRefresh();
  await heard();
  await fail();
  await pulled;
  assert.equal(wx.stopped, 1);
  page.readMore();
  await heard();
  await answer([order("2")]);
  assert.deepEqual(page.data.orders.map(({ key }) => key), ["2"]);
});
