// The picture of a room, prices, and what users read. That pictures end in the server's own: histories.mjs.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  CLOSE_TEXTS,
  COMMENTS_MAX,
  ERRORS,
  INITIAL,
  OWN_CODES,
  closeText,
  errorText,
  nextSale,
  priceAt,
  reduce,
} from "./client.mjs";
import { HAN, ME, error, init, item, message, room } from "./fakes.mjs";

const after = (...frames) => frames.reduce(reduce, INITIAL);
const contents = (state) => state.comments.map(({ content }) => content);

/** No step changes what was there before. */
function freeze(value) {
  if (value !== null && typeof value === "object" && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  }
  return value;
}

test("nothing counts before the first init", () => {
  assert.equal(reduce(INITIAL, message(1, "hi")), INITIAL);
});

test("frames of every kind leave the old state as it was", () => {
  let state = freeze(
    after(init({ seq: 0, shelf: [item({ explaining: true }), item({ id: 8 })], comments: [message(0, "a")] })),
  );
  const frames = [
    message(1, "b"),
    { msg_type: "subscribe", seq: 2, user: HAN, count: 1, followers: 5 },
    {
      msg_type: "buy",
      seq: 3,
      action: "purchase",
      user: HAN,
      count: 1,
      item_id: 7,
      title: "Tea",
      quantity: 2,
      stock: 3,
      sold: 2,
    },
    { msg_type: "buy", seq: 4, action: "explain", item: item({ id: 8, explaining: true }) },
    { msg_type: "buy", seq: 5, action: "off_shelf", item: item({ id: 8 }) },
    { msg_type: "remove", seq: 6, comment_ids: [101] },
    { msg_type: "pin", seq: 7, comment: message(0, "a") },
    { msg_type: "notice", seq: 8, text: "n" },
    { msg_type: "room", seq: 9, room: room({ show: 2 }) },
    { msg_type: "join", user: HAN, online: 3 },
    { msg_type: "like", count: 2, total: 9 },
    { msg_type: "me", user: ME, role: "assistant", following: true, muted_until: 5 },
  ];
  for (const frame of frames) state = freeze(reduce(state, freeze(frame)));
  assert.equal(state.seq, 9);
  assert.deepEqual(contents(state), []);
  assert.deepEqual(
    [state.online, state.likes, state.role, state.following, state.mutedUntil],
    [3, 9, "assistant", true, 5],
  );
});

test("a frame that changes nothing gives back the same object", () => {
  const state = after(init());
  for (const frame of [
    message(10, "old"),
    { msg_type: "pong", seq: 99 },
    { msg_type: "stats", seq: 99 },
    { msg_type: "new" },
  ]) {
    assert.equal(reduce(state, frame), state);
  }
});

test("ephemeral frames and answers do not move seq; an event of an unknown kind does", () => {
  const state = after(init(), { msg_type: "ack", to: "message", seq: 99 }, { msg_type: "like", count: 1, total: 1 });
  assert.equal(state.seq, 10);
  const next = reduce(state, { msg_type: "from_the_future", seq: 11 });
  assert.deepEqual([next.seq, next.comments], [11, state.comments]);
  assert.equal(reduce(next, { msg_type: "constructor", seq: 12 }).seq, 12);
});

test("an event after a gap is left out until what is missing is here", () => {
  const gap = after(init(), message(12, "b"));
  assert.deepEqual([gap.behind, gap.seq, contents(gap)], [true, 10, []]);
  const filled = [message(11, "a"), message(12, "b")].reduce(reduce, gap);
  assert.deepEqual([filled.behind, filled.seq, contents(filled)], [false, 12, ["a", "b"]]);
});

test("comments are bounded, in order, and one that passed its check comes once", () => {
  const { seq: _, ...held } = message(11, "held");
  let state = after(init(), held);
  assert.deepEqual(contents(state), ["held"]);
  state = reduce(state, message(11, "held"));
  assert.deepEqual(contents(state), ["held"]);
  for (let seq = 12; seq < 12 + COMMENTS_MAX; seq += 1) state = reduce(state, message(seq, String(seq)));
  assert.equal(state.comments.length, COMMENTS_MAX);
  assert.equal(contents(state).at(-1), String(11 + COMMENTS_MAX));
});

test("a recovered init keeps the comments; a whole one brings its own", () => {
  const state = after(init(), message(11, "mine"));
  assert.deepEqual(contents(reduce(state, init({ recovered: true, seq: 11 }))), ["mine"]);
  assert.deepEqual(contents(reduce(state, init({ recovered: false, seq: 50, comments: [message(50, "new")] }))), [
    "new",
  ]);
  assert.deepEqual(contents(reduce(state, init({ recovered: true, seq: 11, epoch: "other" }))), []);
});

test("an init on an open socket does not lead back", () => {
  const state = after(init(), message(11, "a"), message(12, "b"), init({ recovered: true, seq: 10 }), message(11, "a"));
  assert.deepEqual([state.seq, contents(state)], [12, ["a", "b"]]);
});

test("away while a new show began: it ends with the comments and the likes of that one", () => {
  const old = after(init({ likes: 5 }), message(11, "of the old show"));
  const state = [
    init({ recovered: true, seq: 11, room: room({ show: 2 }), likes: 3 }),
    message(12, "of the old show too"),
    { msg_type: "room", seq: 13, room: room({ status: "ended" }) },
    { msg_type: "room", seq: 14, room: room({ show: 2 }) },
    message(15, "of the new show"),
  ].reduce(reduce, old);
  assert.deepEqual([contents(state), state.likes, state.room.show], [["of the new show"], 3, 2]);
});

test("away while two shows began: whatever is told of their ends, it ends with the last one's comments", () => {
  const frames = [
    init({ room: room({ show: 2 }) }),
    init({ room: room({ show: 3 }), recovered: true }),
    message(11, "of the second show"),
    { msg_type: "room", seq: 12, room: room({ show: 3 }) },
    message(13, "of the third"),
  ];
  assert.deepEqual(contents(after(...frames)), ["of the third"]);
  assert.deepEqual(contents(after(...frames.slice(0, 3))), []);
});

test("a new show that is heard of live begins without likes", () => {
  assert.equal(after(init({ likes: 5 }), { msg_type: "room", seq: 11, room: room({ show: 2 }) }).likes, 0);
});

test("a removed comment that is replayed is not shown; a rejected one is taken away", () => {
  const { seq: _, ...held } = message(12, "held");
  const state = after(init(), { ...message(11, ""), removed: true }, held, { msg_type: "reject", comment_id: 112 });
  assert.deepEqual([state.seq, contents(state)], [11, []]);
});

test("a refused price brings the item as it is, if it is on the shelf", () => {
  const refused = error("price_changed", { item: item({ price: "9.00" }) });
  assert.equal(after(init(), refused).shelf[0].price, "9.00");
  assert.deepEqual(after(init({ shelf: [] }), refused).shelf, []);
});

test("the shelf is in order, and one item at most is explained", () => {
  const state = after(init({ shelf: [item({ id: 2, position: 1 }), item({ id: 1, position: 1, explaining: true })] }), {
    msg_type: "buy",
    seq: 11,
    action: "on_shelf",
    item: item({ id: 3, explaining: true }),
  });
  assert.deepEqual(
    state.shelf.map(({ id, explaining }) => [id, explaining]),
    [
      [3, true],
      [1, false],
      [2, false],
    ],
  );
});

test("what happened last has a name and a kind", () => {
  const buy = {
    msg_type: "buy",
    seq: 11,
    action: "purchase",
    user: HAN,
    count: 1,
    item_id: 7,
    title: "Tea",
    quantity: 2,
    stock: 3,
    sold: 2,
  };
  assert.deepEqual(after(init(), buy).activity, { kind: "buy", name: "韩梅梅", count: 1, title: "Tea", quantity: 2 });
  assert.equal(after(init(), { ...buy, count: 5, quantity: 5 }).activity.count, 5);
  assert.deepEqual(after(init(), { msg_type: "subscribe", seq: 11, user: HAN, count: 3, followers: 9 }).activity, {
    kind: "follow",
    name: "韩梅梅",
    count: 3,
  });
  assert.deepEqual(after(init(), { msg_type: "leave", user: HAN, online: 0 }).activity, {
    kind: "leave",
    name: "韩梅梅",
  });
});

test("a sale's price counts from its beginning until its end", () => {
  const onSale = item({ sale: { price: "15.00", starts_at: 100, ends_at: 200 } });
  assert.deepEqual(
    [99, 100, 199, 200].map((now) => priceAt(onSale, now)),
    ["20.00", "15.00", "15.00", "20.00"],
  );
  assert.equal(priceAt(item(), 150), "20.00");
  assert.deepEqual(
    [50, 100, 200].map((now) => nextSale([item(), onSale], now)),
    [100, 200, Infinity],
  );
});

test("both languages say the same codes, in words of their own", () => {
  for (const texts of [ERRORS, CLOSE_TEXTS]) {
    assert.deepEqual(Object.keys(texts), ["en", "zh-hans"]);
    assert.deepEqual(Object.keys(texts.en), Object.keys(texts["zh-hans"]));
    for (const [code, text] of Object.entries(texts["zh-hans"])) {
      assert.match(text, /\p{Script=Han}/u);
      assert.match(texts.en[code], /^[\x20-\x7e]+$/);
    }
  }
  assert.deepEqual(Object.keys(ERRORS.en).slice(-OWN_CODES.length), OWN_CODES);
});

test("an error is told by its code, never by its detail", () => {
  assert.equal(errorText(error("muted"), "en"), "You are muted in this room.");
  assert.equal(errorText(error("muted"), "zh_CN"), "你在本直播间已被禁言。");
  assert.equal(errorText(error("muted"), "fr"), "You are muted in this room.");
  assert.equal(errorText(error("muted")), "You are muted in this room.");
  assert.equal(errorText(error("of_tomorrow"), "en"), "Something went wrong.");
  assert.equal(errorText(error("constructor"), "en"), "Something went wrong.");
  assert.equal(
    errorText(error("slow_mode", { retry_after: 1.2 }), "en"),
    "Slow mode is on. Please wait before the next comment. Try again in 2 s.",
  );
  assert.equal(errorText(error("bad_message", { field: "content", limit: 200 }), "zh-hans"), "最多 200 个字。");
});

test("a close is told by its code", () => {
  assert.equal(closeText(4503, "en"), "You have been banned from this room.");
  assert.equal(closeText(4503, "zh-Hans"), "你已被移出本直播间。");
  assert.equal(closeText(null, "en"), "The network was lost.");
  assert.equal(closeText(1011, "zh"), "网络已断开。");
});
