// Own comments and orders on their way: in sight until they are in the picture, once at every moment.

import assert from "node:assert/strict";
import { test } from "node:test";

import { HAN, ME, ack, init, item, makeLive, message, outcome, refusal, shown, world } from "./fakes.mjs";

const contents = () => world.live.pending.map(({ content }) => content);

test("a comment is pending until its event is here, whichever of ack and event comes first", () => {
  const { live, said, enter } = makeLive();
  const task = enter();
  live.comment("one");
  live.comment("two");
  const [one, two] = task.all("message");
  assert.deepEqual(live.pending[0], {
    key: one.client_msg_id,
    kind: "message",
    content: "one",
    sentAt: 1_000_000,
    status: "sending",
  });
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
  const { live, enter } = makeLive();
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
  const { live, enter } = makeLive();
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
  const { live, enter } = makeLive();
  const task = enter();
  live.comment("hi");
  live.comment("hi");
  task.get(message(11, "hi", ME));
  assert.deepEqual(contents(), ["hi"]);
  task.get(message(12, "hi", ME));
  assert.deepEqual(contents(), []);
});

test("after a whole picture what was acknowledged is in it", () => {
  const { live, enter } = makeLive();
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

test("in a log that was set back an own comment is known by a lower number", () => {
  const { live, enter } = makeLive();
  enter(init({ seq: 10 }));
  live.comment("hi");
  world.wx.task.end(1006);
  world.clock.pass(1000);
  world.wx.task.open().get(init({ seq: 5, recovered: false }), message(6, "hi", ME));
  assert.deepEqual(contents(), []);
});

test("a comment that is held back is its writer's to see, also when only its ack arrived", () => {
  const { live, enter } = makeLive();
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
  const { live, enter } = makeLive();
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
  const { live, clock, enter } = makeLive();
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
  const last = world.wx.task.all("message").at(-1) ?? world.back().all("message").at(-1);
  assert.equal(last.client_msg_id, hi.client_msg_id);
  world.wx.task.get(shown(last, 11), message(11, "hi", ME));
  assert.equal((await outcome(again)).seq, 11);
  assert.deepEqual(contents(), []);
});

test("one that is tried again has ten minutes again", async () => {
  const { live, clock, enter } = makeLive();
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
  const { live, enter } = makeLive();
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
  const { live, enter } = makeLive();
  const task = enter();
  live.comment("hi");
  const [{ client_msg_id: key }] = task.all("message");
  live.discard(key);
  assert.deepEqual(contents(), ["hi"]);
  assert.equal((await outcome(live.retry(key))).code, "discarded");
  assert.equal(task.all("message").length, 1);
});

test("an order is pending until it is answered, and failed with its reason", () => {
  const { live, enter } = makeLive();
  const task = enter();
  live.buy({ item: 7, quantity: 3 });
  live.buy({ item: 8 });
  const [first, second] = task.all("buy");
  assert.deepEqual(live.pending[0], {
    key: first.client_order_id,
    kind: "buy",
    itemId: 7,
    quantity: 3,
    sentAt: 1_000_000,
    status: "sending",
  });
  task.get(ack(first, { order: {} }), refusal(second, "price_changed", { item: item({ price: "21.00" }) }));
  assert.deepEqual(
    live.pending.map(({ itemId, status, error: reason }) => [itemId, status, reason.code]),
    [[8, "failed", "price_changed"]],
  );
  assert.equal(live.state.shelf[0].price, "21.00");
});

test("pending is told after the state, as a new list", () => {
  const { live, enter } = makeLive();
  const task = enter();
  const order = [];
  live.on("state", (_, frame) => order.push(frame.msg_type));
  live.on("pending", (pending) => order.push(pending.length));
  live.comment("hi");
  task.get({ msg_type: "pong", ts: 1, seq: 10 }, message(11, "hi", ME), { msg_type: "pong", ts: 1, seq: 11 });
  assert.deepEqual(order, [1, "message", 0]);
});
