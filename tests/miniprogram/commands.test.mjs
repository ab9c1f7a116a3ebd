// What the viewer asks for: answered once, repeated until then, and nothing for ever.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { HAN, ME, error, init, item, makeLive, message, outcome } from "./fakes.mjs";

let world;
const make = (options) => {
  world = makeLive(options);
  return world;
};

afterEach(() => {
  world.live.close();
  const left = world.clock.timers.size;
  world.clock.restore();
  assert.equal(left, 0, "timers survive close()");
});

const ack = (frame, fields = {}) => ({
  msg_type: "ack",
  ts: 1,
  to: frame.msg_type,
  ref: frame.ref,
  ...(frame.client_msg_id ? { client_msg_id: frame.client_msg_id } : {}),
  ...(frame.client_order_id ? { client_order_id: frame.client_order_id } : {}),
  ...fields,
});
const shown = (frame, seq) => ack(frame, { id: 100 + seq, seq, shown: true });
const refusal = (frame, code, fields = {}) => ({ ...error(code, fields), to: frame.msg_type, ref: frame.ref });
const back = (delay = 30_000) => {
  world.clock.pass(delay);
  return world.wx.task.open().get(init({ recovered: true, seq: world.live.state.seq }));
};
const contents = () => world.live.pending.map(({ content }) => content);

// --- Promises.

test("each command is resolved by its own ack", async () => {
  const { live, enter } = make();
  const task = enter();
  const promises = [live.comment(" hi "), live.buy({ item: 7 }), live.follow(true), live.follow(false), live.join({ nickname: "Li" })];
  const [comment, order, follow, unfollow, join] = task.sent.slice(1);
  assert.deepEqual([comment.msg_type, comment.content], ["message", "hi"]);
  assert.deepEqual([order.msg_type, order.item_id, order.quantity, order.price], ["buy", 7, 1, undefined]);
  assert.deepEqual([follow.action, unfollow.action], ["follow", "unfollow"]);
  assert.deepEqual([join.msg_type, join.nickname], ["join", "Li"]);
  for (const promise of promises) assert.equal(await outcome(promise), "waits");
  task.get(ack(join), ack(unfollow, { following: false }), ack(order, { order: { number: "n1" } }), shown(comment, 11));
  assert.equal((await outcome(promises[0])).seq, 11);
  assert.equal((await outcome(promises[1])).order.number, "n1");
  assert.equal(await outcome(promises[2]), "waits");
  assert.equal((await outcome(promises[3])).following, false);
  assert.equal((await outcome(promises[4])).to, "join");
});

test("history is resolved by the frame with the comments", async () => {
  const { live, enter } = make();
  const task = enter();
  const older = live.history({ before: 5, limit: 20 });
  const [{ ref, ...asked }] = task.all("history");
  assert.deepEqual(asked, { msg_type: "history", before: 5, limit: 20 });
  const frame = { msg_type: "history", ts: 1, comments: [message(1, "old")], more: false };
  task.get(frame, { msg_type: "ack", ts: 1, to: "history", ref });
  assert.deepEqual(await outcome(older), frame);
});

test("an error has its code, its frame, when to try again, and words in the viewer's language", async () => {
  const { live, enter } = make({ language: "zh-Hans" });
  const task = enter();
  const promise = live.comment("hi");
  const frame = refusal(task.all("message")[0], "slow_mode", { retry: true, retry_after: 4.2 });
  task.get(frame);
  const reason = await outcome(promise);
  assert.ok(reason instanceof Error);
  assert.deepEqual([reason.code, reason.frame, reason.retryAfter], ["slow_mode", frame, 4.2]);
  assert.equal(reason.message, "慢速模式已开启，请稍后再评论。请在 5 秒后重试。");
});

test("an item is ordered at the price that it has at this moment", () => {
  const { live, clock, enter } = make();
  const task = enter(init({ ts: clock.time + 60_000 }));
  const sale = { price: "15.00", starts_at: clock.time + 50_000, ends_at: clock.time + 70_000 };
  live.buy({ item: item({ sale }), quantity: 2 });
  live.buy({ item: item({ sale }), price: "20.00" });
  assert.deepEqual(
    task.all("buy").map(({ item_id: id, quantity, price }) => [id, quantity, price]),
    [
      [7, 2, "15.00"],
      [7, 1, "20.00"],
    ],
  );
});

test("a failure that nobody looks at is no unhandled rejection", async () => {
  const unhandled = [];
  const note = (reason) => unhandled.push(reason);
  process.on("unhandledRejection", note);
  const { live, enter } = make();
  const task = enter();
  live.comment("hi");
  live.retry("no such key");
  task.get(refusal(task.all("message")[0], "muted"));
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", note);
  assert.deepEqual(unhandled, []);
});

// --- Repeating.

test("what is asked for before there is a connection is sent when there is one, in order", () => {
  const { live, wx, enter } = make();
  live.comment("one");
  live.comment("two");
  live.follow(true);
  assert.equal(wx.tasks.length, 0);
  assert.deepEqual(
    enter().sent.map((frame) => frame.content ?? frame.msg_type),
    ["one", "two", "subscribe", "ping"],
  );
});

test("without an answer the same command goes out again, with its key, until it is answered", async () => {
  const { live, enter } = make();
  const first = enter();
  const comment = live.comment("hi");
  const order = live.buy({ item: 7 });
  const follow = live.follow(true);
  const sent = first.sent.slice(1);
  first.end(1006);
  const second = back();
  assert.deepEqual(second.sent.slice(0, 3), sent);
  second.get(shown(sent[0], 11));
  second.end(1006);
  const third = back();
  assert.deepEqual(third.sent.slice(0, 2), sent.slice(1));
  third.get(ack(sent[1], { order: { number: "n1" } }), ack(sent[2], { following: true }));
  third.end(1006);
  assert.equal(back().all("buy").length, 0);
  assert.equal((await outcome(comment)).seq, 11);
  assert.equal((await outcome(order)).order.number, "n1");
  assert.equal((await outcome(follow)).following, true);
});

test("no two keys are the same", () => {
  const { live, enter } = make();
  const task = enter();
  for (let i = 0; i < 10; i += 1) live.comment(`hi ${i}`);
  assert.equal(new Set(task.all("message").map((frame) => frame.client_msg_id)).size, 10);
  assert.ok(task.all("message").every(({ client_msg_id: key }) => key.length <= 64));
});

for (const code of ["unavailable", "internal", "restarting"]) {
  test(`${code}: the same again, less and less often`, () => {
    const { live, clock, enter } = make();
    const task = enter();
    live.comment("hi");
    const [frame] = task.all("message");
    for (const delay of [2500, 3000, 4000, 6000]) {
      const count = task.all("message").length;
      task.get(refusal(frame, code, { retry: true, retry_after: 2 }));
      clock.pass(delay - 1);
      assert.equal(task.all("message").length, count);
      clock.pass(1);
      assert.equal(task.all("message").length, count + 1);
      assert.deepEqual(task.all("message").at(-1), frame);
    }
    assert.equal(live.pending[0].status, "sending");
  });
}

test("too many frames: everything but a comment goes out again by itself", async () => {
  const { live, clock, enter } = make();
  const task = enter();
  const order = live.buy({ item: 7 });
  task.get(refusal(task.all("buy")[0], "rate_limited", { retry: true, retry_after: 1 }));
  clock.pass(1500);
  assert.equal(task.all("buy").length, 2);
  assert.equal(await outcome(order), "waits");
});

test("what is older than ten minutes fails, while connected or not, and an answer that comes later still counts", async () => {
  const { live, clock, said, enter } = make();
  const task = enter();
  const comment = live.comment("hi");
  const follow = live.follow(true);
  const [frame] = task.all("message");
  task.end(1006);
  clock.pass(5 * 60_000);
  live.comment("later");
  clock.pass(5 * 60_000 - 1);
  assert.equal(await outcome(comment), "waits");
  clock.pass(1);
  assert.equal((await outcome(comment)).code, "expired");
  assert.equal((await outcome(follow)).code, "expired");
  const status = () => said.pending.at(-1).map((own) => [own.content, own.status]);
  assert.deepEqual(status(), [
    ["hi", "failed"],
    ["later", "sending"],
  ]);
  const next = world.wx.task.open().get(init({ recovered: true }));
  assert.deepEqual(
    next.all("message").map(({ content }) => content),
    ["later"],
  );
  next.get(shown(frame, 11));
  assert.deepEqual(status()[0], ["hi", "sending"]);
  next.get(message(11, "hi", ME));
  assert.deepEqual(contents(), ["later"]);
});

test("closed for more than ten minutes, what waited is not sent any more", async () => {
  const { live, clock, enter } = make();
  enter();
  const comment = live.comment("hi");
  const follow = live.follow(true);
  live.close();
  assert.equal((await outcome(follow)).code, "closed");
  clock.pass(11 * 60_000);
  assert.equal(await outcome(comment), "waits");
  assert.equal(enter(init({ recovered: true })).all("message").length, 0);
  assert.equal((await outcome(comment)).code, "expired");
});

test("closed and soon connected again, comments and orders go out", () => {
  const { live, enter } = make();
  enter();
  live.comment("hi");
  live.close();
  assert.equal(enter(init({ recovered: true })).all("message").length, 1);
});

test("sent away for good, all that waits fails", async () => {
  const { live, enter } = make();
  const task = enter();
  const promises = [live.comment("hi"), live.follow(true)];
  task.end(4503);
  for (const promise of promises) assert.equal((await outcome(promise)).code, "stopped");
  assert.equal(live.pending[0].status, "failed");
});

// --- Bounds.

test("a hundred wait, the next is refused; one that failed makes room", async () => {
  const { live, enter } = make();
  const promises = Array.from({ length: 100 }, (_, i) => live.comment(`hi ${i}`));
  const refused = live.comment("one too many");
  assert.equal((await outcome(refused)).code, "queue_full");
  assert.equal(await outcome(promises[0]), "waits");
  const task = enter();
  task.get(refusal(task.all("message")[0], "muted"));
  live.comment("in its place");
  assert.equal(live.pending.length, 100);
  assert.deepEqual([contents()[0], contents().at(-1)], ["hi 1", "in its place"]);
});

test("what waited long goes out at twenty a second", () => {
  const { live, clock, enter } = make();
  for (let i = 0; i < 50; i += 1) live.comment(`hi ${i}`);
  const task = enter();
  assert.equal(task.all("message").length, 20);
  clock.pass(999);
  assert.equal(task.all("message").length, 20);
  clock.pass(1);
  assert.equal(task.all("message").length, 40);
  clock.pass(1000);
  assert.deepEqual(
    task.all("message").map(({ content }) => content),
    Array.from({ length: 50 }, (_, i) => `hi ${i}`),
  );
});

// --- Own comments on their way.

test("a comment is pending until its event is here, whichever of ack and event comes first", () => {
  const { live, said, enter } = make();
  const task = enter();
  live.comment("one");
  live.comment("two");
  const [one, two] = task.all("message");
  assert.deepEqual(live.pending[0], { key: one.client_msg_id, kind: "message", content: "one", sentAt: 1_000_000, status: "sending" });
  task.get(shown(one, 11));
  assert.deepEqual(contents(), ["one", "two"]);
  task.get(message(11, "one", ME));
  assert.deepEqual(contents(), ["two"]);
  task.get(message(12, "two", ME));
  assert.deepEqual(contents(), []);
  const told = said.pending.length;
  task.get(shown(two, 12));
  assert.deepEqual(contents(), []);
  assert.equal(live.state.comments.length, 2);
  assert.ok(said.pending.length <= told + 1);
});

test("at no moment is a comment told twice or not at all", () => {
  const { live, enter } = make();
  const task = enter();
  const seen = [];
  const look = () => seen.push(contents().length + live.state.comments.length);
  live.on("state", look);
  live.on("pending", look);
  live.on("frame", look);
  live.comment("hi");
  const [frame] = task.all("message");
  task.get(message(11, "hi", ME), shown(frame, 11));
  live.comment("ho");
  task.get(shown(task.all("message")[1], 12), message(12, "ho", ME));
  assert.deepEqual([...new Set(seen)], [1, 2]);
});

test("the same words of somebody else, or from before, are not taken for one's own", () => {
  const { live, enter } = make();
  const task = enter(init({ seq: 10 }));
  live.comment("hi");
  task.get(message(11, "hi", HAN));
  assert.deepEqual(contents(), ["hi"]);
  task.end(1006);
  const again = world.clock.pass(1000) ?? world.wx.task.open();
  again.get(init({ seq: 20, recovered: false, comments: [message(9, "hi", ME)] }));
  assert.deepEqual(contents(), ["hi"]);
});

test("of two comments with the same words each event takes one", () => {
  const { live, enter } = make();
  const task = enter();
  live.comment("hi");
  live.comment("hi");
  task.get(message(11, "hi", ME));
  assert.deepEqual(contents(), ["hi"]);
  task.get(message(12, "hi", ME));
  assert.deepEqual(contents(), []);
});

test("after a whole picture what was acknowledged is in it", () => {
  const { live, enter } = make();
  const task = enter();
  live.comment("acknowledged");
  live.comment("in the picture");
  task.get(shown(task.all("message")[0], 11));
  task.end(1006);
  world.clock.pass(1000);
  world.wx.task.open().get(init({ seq: 3, epoch: "e2", comments: [message(12, "in the picture", ME)] }));
  assert.deepEqual(contents(), []);
  assert.deepEqual(
    world.wx.task.all("message").map(({ content }) => content),
    ["in the picture"],
  );
});

test("a comment that is held back is its writer's to see, also when only its ack arrived", () => {
  const { live, enter } = make();
  const task = enter();
  live.comment("busy");
  live.comment("lost");
  const [busy, lost] = task.all("message");
  const { seq: _, ...alone } = message(11, "busy", ME);
  task.get(alone);
  assert.deepEqual(contents(), ["lost"]);
  task.get(ack(busy, { id: alone.id, shown: false, held: "busy" }), ack(lost, { id: 200, shown: false, held: "busy" }));
  assert.deepEqual(contents(), []);
  assert.deepEqual(
    live.state.comments.map(({ id, seq, ts, content, user }) => [id, seq, ts, content, user.id]),
    [
      [111, null, 11, "busy", "me"],
      [200, null, 1, "lost", "me"],
    ],
  );
});

test("a comment whose words the server masked is known by its answer", () => {
  const { live, enter } = make();
  const task = enter();
  live.comment("bad word");
  task.get(message(11, "*** word", ME));
  assert.deepEqual(contents(), ["bad word"]);
  task.get(shown(task.all("message")[0], 11));
  assert.deepEqual(contents(), []);
  live.comment("bad again");
  const { seq: _, ...alone } = message(12, "*** again", ME);
  task.get(alone, ack(task.all("message")[1], { id: alone.id, shown: false, held: "busy" }));
  assert.deepEqual(contents(), []);
  assert.deepEqual(
    live.state.comments.map(({ content }) => content),
    ["*** word", "*** again"],
  );
});

test("a refused comment stays as failed; it can be tried again with its key, or discarded", async () => {
  const { live, clock, enter } = make();
  const task = enter();
  const promise = live.comment("hi");
  live.comment("ho");
  const [hi, ho] = task.all("message");
  const slow = refusal(hi, "rate_limited", { retry: true, retry_after: 1 });
  task.get(slow, refusal(ho, "muted"));
  clock.pass(60_000);
  assert.equal(task.all("message").length, 2);
  assert.deepEqual(
    live.pending.map(({ status, error: reason }) => [status, reason.code]),
    [
      ["failed", "rate_limited"],
      ["failed", "muted"],
    ],
  );
  assert.equal((await outcome(promise)).code, "rate_limited");
  live.discard(ho.client_msg_id);
  const again = live.retry(hi.client_msg_id);
  assert.deepEqual([contents(), live.pending[0].status, live.pending[0].error], [["hi"], "sending", undefined]);
  const last = world.wx.task.all("message").at(-1) ?? back().all("message").at(-1);
  assert.equal(last.client_msg_id, hi.client_msg_id);
  world.wx.task.get(shown(last, 11), message(11, "hi", ME));
  assert.equal((await outcome(again)).seq, 11);
  assert.deepEqual(contents(), []);
});

test("one that is tried again has ten minutes again", async () => {
  const { live, clock, enter } = make();
  const task = enter();
  live.comment("hi");
  const [frame] = task.all("message");
  task.get(refusal(frame, "muted"));
  clock.pass(9 * 60_000);
  const again = live.retry(frame.client_msg_id);
  clock.pass(9 * 60_000);
  assert.equal(await outcome(again), "waits");
});

test("one whose words another device said is told of when it was refused, and shown when it is tried again", () => {
  const { live, enter } = make();
  const task = enter();
  live.comment("hi");
  const [frame] = task.all("message");
  task.get(message(11, "hi", ME));
  assert.deepEqual(contents(), []);
  task.get(refusal(frame, "duplicate_content"));
  assert.equal(live.pending[0].status, "failed");
  live.retry(frame.client_msg_id);
  assert.equal(live.pending[0].status, "sending");
});

test("what is on its way can be neither discarded nor tried again", async () => {
  const { live, enter } = make();
  const task = enter();
  live.comment("hi");
  const [{ client_msg_id: key }] = task.all("message");
  live.discard(key);
  assert.deepEqual(contents(), ["hi"]);
  assert.equal((await outcome(live.retry(key))).code, "discarded");
  assert.equal(task.all("message").length, 1);
});

test("an order is pending until it is answered, and failed with its reason", () => {
  const { live, enter } = make();
  const task = enter();
  live.buy({ item: 7 });
  live.buy({ item: 8 });
  const [first, second] = task.all("buy");
  assert.deepEqual(live.pending[0], { key: first.client_order_id, kind: "buy", itemId: 7, sentAt: 1_000_000, status: "sending" });
  task.get(ack(first, { order: {} }), refusal(second, "price_changed", { item: item({ price: "21.00" }) }));
  assert.deepEqual(
    live.pending.map(({ itemId, status, error: reason }) => [itemId, status, reason.code]),
    [[8, "failed", "price_changed"]],
  );
  assert.equal(live.state.shelf[0].price, "21.00");
});

test("pending is told after the state, as a new list", () => {
  const { live, enter } = make();
  const task = enter();
  const order = [];
  live.on("state", (_, frame) => order.push(frame.msg_type));
  live.on("pending", (pending) => order.push(pending.length));
  live.comment("hi");
  task.get({ msg_type: "pong", ts: 1, seq: 10 }, message(11, "hi", ME), { msg_type: "pong", ts: 1, seq: 11 });
  assert.deepEqual(order, [1, "message", 0]);
});

// --- Likes and pings are for the moment.

test("likes of 300 ms go out together, fifty at most", () => {
  const { live, clock, enter } = make();
  const task = enter();
  live.like();
  live.like(2);
  clock.pass(299);
  assert.equal(task.all("like").length, 0);
  clock.pass(1);
  live.like(40);
  clock.pass(200);
  live.like(40);
  clock.pass(100);
  assert.deepEqual(task.all("like"), [
    { msg_type: "like", count: 3 },
    { msg_type: "like", count: 50 },
  ]);
});

test("likes of who is offline, or goes offline, are forgotten", () => {
  const { live, clock, enter } = make({ random: () => 0 });
  live.like();
  const task = enter();
  live.like();
  task.end(1006);
  live.like();
  const next = back(0);
  clock.pass(300);
  assert.equal(task.all("like").length + next.all("like").length, 0);
});

test("likes of one connection are not those of the next", () => {
  const { live, clock, wx, enter } = make({ random: () => 0 });
  enter();
  live.like(5);
  wx.task.end(1006);
  clock.pass(0);
  wx.task.open().get(init());
  live.like(2);
  clock.pass(300);
  clock.pass(300);
  assert.deepEqual(wx.task.all("like"), [{ msg_type: "like", count: 2 }]);
});

test("raw text goes out as it is, or is refused", () => {
  const { live, enter } = make();
  assert.equal(live.raw("ping"), false);
  const task = enter();
  assert.equal(live.raw("ping"), true);
  assert.equal(task.sent.at(-1), "ping");
  task.end(1006);
  assert.equal(live.raw("ping"), false);
});
