// What the viewer asks for: answered once, repeated until then, and nothing for ever.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ME, ack, init, item, makeLive, message, outcome, refusal, shown, world } from "./fakes.mjs";

const contents = () => world.live.pending.map(({ content }) => content);

// --- Promises.

test("each command is resolved by its own ack", async () => {
  const { live, enter } = makeLive();
  const task = enter();
  const promises = [
    live.comment(" hi "),
    live.buy({ item: 7 }),
    live.follow(true),
    live.follow(false),
    live.join({ nickname: "Li" }),
  ];
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

test("what waits for a connection is said under the name that was asked for after it", () => {
  const { live, wx, clock, enter } = makeLive();
  enter();
  live.cut();
  live.comment("hi");
  live.join({ nickname: "Li" });
  clock.pass(500);
  wx.task.open().get(init({ recovered: true }));
  assert.deepEqual(
    wx.task.sent.slice(0, 2).map(({ msg_type: type }) => type),
    ["join", "message"],
  );
});

test("history is resolved by the frame with the comments", async () => {
  const { live, enter } = makeLive();
  const task = enter();
  const older = live.history({ before: 5, limit: 20 });
  const [{ ref, ...asked }] = task.all("history");
  assert.deepEqual(asked, { msg_type: "history", before: 5, limit: 20 });
  const frame = { msg_type: "history", ts: 1, comments: [message(1, "old")], more: false };
  task.get(frame, { msg_type: "ack", ts: 1, to: "history", ref });
  assert.deepEqual(await outcome(older), frame);
});

test("an error has its code, its frame, when to try again, and words in the viewer's language", async () => {
  const { live, enter } = makeLive({ language: "zh-Hans" });
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
  const { live, clock, enter } = makeLive();
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
  const { live, enter } = makeLive();
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
  const { live, wx, enter } = makeLive();
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
  const { live, enter } = makeLive();
  const first = enter();
  const comment = live.comment("hi");
  const order = live.buy({ item: 7 });
  const follow = live.follow(true);
  const sent = first.sent.slice(1);
  first.end(1006);
  const second = world.back();
  assert.deepEqual(second.sent.slice(0, 3), sent);
  second.get(shown(sent[0], 11));
  second.end(1006);
  const third = world.back();
  assert.deepEqual(third.sent.slice(0, 2), sent.slice(1));
  third.get(ack(sent[1], { order: { number: "n1" } }), ack(sent[2], { following: true }));
  third.end(1006);
  assert.equal(world.back().all("buy").length, 0);
  assert.equal((await outcome(comment)).seq, 11);
  assert.equal((await outcome(order)).order.number, "n1");
  assert.equal((await outcome(follow)).following, true);
});

test("no two keys are the same", () => {
  const { live, enter } = makeLive();
  const task = enter();
  for (let i = 0; i < 10; i += 1) live.comment(`hi ${i}`);
  assert.equal(new Set(task.all("message").map((frame) => frame.client_msg_id)).size, 10);
  assert.ok(task.all("message").every(({ client_msg_id: key }) => key.length <= 64));
});

for (const code of ["unavailable", "internal", "restarting"]) {
  test(`${code}: the same again, less and less often`, () => {
    const { live, clock, enter } = makeLive();
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
  const { live, clock, enter } = makeLive();
  const task = enter();
  const order = live.buy({ item: 7 });
  task.get(refusal(task.all("buy")[0], "rate_limited", { retry: true, retry_after: 1 }));
  clock.pass(1500);
  assert.equal(task.all("buy").length, 2);
  assert.equal(await outcome(order), "waits");
});

test("what is older than ten minutes fails; an answer that comes later still counts", async () => {
  const { live, clock, said, enter } = makeLive();
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
  const { live, clock, enter } = makeLive();
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
  const { live, enter } = makeLive();
  enter();
  live.comment("hi");
  live.close();
  assert.equal(enter(init({ recovered: true })).all("message").length, 1);
});

test("sent away for good, all that waits fails", async () => {
  const { live, enter } = makeLive();
  const task = enter();
  const promises = [live.comment("hi"), live.follow(true)];
  task.end(4503);
  for (const promise of promises) assert.equal((await outcome(promise)).code, "stopped");
  assert.equal(live.pending[0].status, "failed");
});

// --- Bounds.

test("a hundred wait, the next is refused; one that failed makes room", async () => {
  const { live, enter } = makeLive();
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
  const { live, clock, enter } = makeLive();
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

// --- Likes and pings are for the moment.

test("likes of 300 ms go out together, fifty at most", () => {
  const { live, clock, enter } = makeLive();
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
  const { live, clock, enter } = makeLive({ random: () => 0 });
  live.like();
  const task = enter();
  live.like();
  task.end(1006);
  live.like();
  const next = world.back(0);
  clock.pass(300);
  assert.equal(task.all("like").length + next.all("like").length, 0);
});

test("likes of one connection are not those of the next", () => {
  const { live, clock, wx, enter } = makeLive({ random: () => 0 });
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
  const { live, enter } = makeLive();
  assert.equal(live.raw("ping"), false);
  const task = enter();
  assert.equal(live.raw("ping"), true);
  assert.equal(task.sent.at(-1), "ping");
  task.end(1006);
  assert.equal(live.raw("ping"), false);
});
