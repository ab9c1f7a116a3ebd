// What is done when nothing is heard, or not everything.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ack, error, init, makeLive, message } from "./fakes.mjs";

// --- Heartbeat.

test("it pings as init says, with the last event it handled, and stays while it hears anything", () => {
  const { live, clock, enter } = makeLive();
  const task = enter(init({ heartbeat: 10_000 }));
  for (let beat = 1; beat <= 5; beat += 1) {
    task.get(message(10 + beat, "hi"));
    clock.pass(10_000);
  }
  assert.deepEqual(
    task.all("ping").map(({ seq }) => seq),
    [10, 11, 12, 13, 14, 15],
  );
  assert.equal(live.status.kind, "online");
});

test("two beats of silence, and it comes back by another socket", () => {
  const { live, wx, clock, enter } = makeLive();
  const task = enter(init({ heartbeat: 10_000 }));
  task.get({ msg_type: "pong", ts: 1, seq: 10 });
  clock.pass(10_000);
  clock.pass(10_000);
  assert.equal(live.status.kind, "online");
  clock.pass(9_999);
  assert.equal(live.status.kind, "online");
  clock.pass(1);
  assert.deepEqual([live.status.kind, live.status.reason], ["waiting", "silence"]);
  assert.equal(task.closedWith, 1000);
  clock.pass(500);
  assert.equal(wx.tasks.length, 2);
});

test("stalled it hears nothing, until the next socket", () => {
  const { live, wx, clock, enter } = makeLive();
  enter();
  live.stall(true);
  wx.task.get(message(11, "unheard"));
  assert.equal(live.state.seq, 10);
  clock.pass(50_000);
  assert.equal(live.status.reason, "silence");
  clock.pass(500);
  wx.task.open().get(init({ recovered: true }), message(11, "heard"));
  assert.equal(live.state.seq, 11);
});

test("a stall that is taken back goes on with the gap filled", () => {
  const { live, clock, enter } = makeLive();
  const task = enter();
  live.stall(true);
  task.get(message(11, "unheard"));
  live.stall(false);
  task.get({ msg_type: "pong", ts: 1, seq: 11 });
  assert.deepEqual(task.all("sync"), [{ msg_type: "sync", ref: "sync", since: 10, epoch: "e1" }]);
  clock.pass(1);
});

test("cut off, it waits and comes back", () => {
  const { live, wx, clock, enter } = makeLive();
  enter();
  live.cut();
  assert.deepEqual([live.status.kind, live.status.reason], ["waiting", "cut"]);
  clock.pass(500);
  assert.equal(wx.tasks.length, 2);
});

test("cut off for a while, it waits that long whatever the network does, but for who connects", () => {
  const { live, wx, clock, enter } = makeLive();
  enter();
  live.cut(5000);
  assert.deepEqual([live.status.kind, live.status.reason], ["waiting", "cut"]);
  clock.pass(4900);
  wx.networkReturns();
  assert.equal(wx.tasks.length, 1);
  clock.pass(200);
  assert.equal(wx.tasks.length, 2);
  live.cut(5000);
  live.connect();
  assert.equal(wx.tasks.length, 3);
});

// --- The network returns, the page comes into view.

test("a try that waits is made at once when the network returns", () => {
  const { live, wx, enter } = makeLive();
  enter().end(1006);
  wx.networkReturns();
  assert.equal(wx.tasks.length, 2);
  wx.networkReturns();
  live.hurry();
  assert.equal(wx.tasks.length, 2);
});

test("an open connection has 3 s to show that it lives", () => {
  const { live, wx, clock, enter } = makeLive();
  const task = enter();
  live.hurry();
  live.hurry();
  assert.equal(task.all("ping").length, 2);
  task.get({ msg_type: "pong", ts: 1, seq: 10 });
  clock.pass(4000);
  assert.equal(live.status.kind, "online");
  live.hurry();
  clock.pass(2999);
  assert.equal(wx.tasks.length, 1);
  clock.pass(1);
  assert.equal(task.state, "closed");
  assert.equal(wx.tasks.length, 2);
});

test("a handshake older than 3 s is begun anew", () => {
  const { live, wx, clock } = makeLive();
  live.connect();
  clock.pass(2999);
  live.hurry();
  assert.equal(wx.tasks.length, 1);
  clock.pass(1);
  live.hurry();
  assert.equal(wx.tasks.length, 2);
});

test("who is idle is not hurried", () => {
  const { live, wx } = makeLive();
  live.hurry();
  assert.equal(wx.tasks.length, 0);
});

// --- What was missed.

test("a gap is asked for at once, then every 2.1 s until it is filled", () => {
  const { live, clock, enter } = makeLive();
  const task = enter();
  task.get(message(12, "after the gap"), message(13, "and on"));
  assert.equal(live.state.behind, true);
  assert.equal(task.all("sync").length, 1);
  clock.pass(2099);
  assert.equal(task.all("sync").length, 1);
  clock.pass(1);
  assert.equal(task.all("sync").length, 2);
  task.get(message(11, "a"), message(12, "b"), message(13, "c"), { msg_type: "ack", to: "sync", ref: "sync", seq: 13 });
  assert.deepEqual([live.state.behind, live.state.seq], [false, 13]);
  clock.pass(10_000);
  assert.equal(task.all("sync").length, 2);
});

test("a pong that is ahead means that something was lost", () => {
  const { enter } = makeLive();
  const task = enter();
  task.get({ msg_type: "pong", ts: 1, seq: 10 });
  assert.equal(task.all("sync").length, 0);
  task.get({ msg_type: "pong", ts: 1, seq: 11 });
  assert.deepEqual(task.all("sync"), [{ msg_type: "sync", ref: "sync", since: 10, epoch: "e1" }]);
});

test("a sync whose events were lost too is asked again", () => {
  const { clock, enter } = makeLive();
  const task = enter();
  task.get({ msg_type: "pong", ts: 1, seq: 11 }, { msg_type: "ack", to: "sync", ref: "sync", seq: 11 });
  clock.pass(2100);
  assert.equal(task.all("sync").length, 2);
});

test("what waited to be asked on one socket is not asked on the next, which has a limit of its own", () => {
  const { wx, clock, enter } = makeLive({ random: () => 0 });
  enter().get(message(12, "gap"), message(13, "gap")).end(1006);
  clock.pass(0);
  wx.task.open().get(init({ recovered: true }), message(11, "a"), message(12, "b"), message(13, "c"));
  clock.pass(3000);
  assert.equal(wx.task.all("sync").length, 0);
  wx.task.get(message(15, "gap"), message(16, "gap")).end(1006);
  clock.pass(0);
  wx.task.open().get(init({ recovered: true, seq: 13 }), message(15, "gap"));
  assert.equal(wx.task.all("sync").length, 1);
});

test("a refused sync is asked again when the server takes it", () => {
  const { clock, enter } = makeLive();
  const task = enter();
  task.get(message(12, "gap"), error("rate_limited", { to: "sync", ref: "sync", retry: true, retry_after: 5 }));
  clock.pass(4999);
  assert.equal(task.all("sync").length, 1);
  clock.pass(1);
  assert.equal(task.all("sync").length, 2);
});

test("a sync that cannot succeed is not repeated: ten bad frames would end the socket", () => {
  const { clock, enter } = makeLive();
  const task = enter();
  task.get(message(12, "gap"), error("bad_message", { to: "sync", ref: "sync" }));
  clock.pass(20_000);
  assert.equal(task.all("sync").length, 1);
});

test("a log that is shorter now is taken as it is, and what was told of the longer one is forgotten", () => {
  const { live, wx, clock, enter } = makeLive({ random: () => 0 });
  enter().get(message(11, "gone"), { msg_type: "pong", ts: 1, seq: 12 }).end(1006);
  clock.pass(0);
  assert.match(wx.task.option.url, /since=11&epoch=e1$/);
  wx.task.open().get(init({ seq: 5, recovered: false }), message(6, "a"), message(7, "b"));
  assert.deepEqual(
    live.state.comments.map(({ seq }) => seq),
    [6, 7],
  );
  wx.task.get({ msg_type: "pong", ts: 1, seq: 8 }, { msg_type: "pong", ts: 2, seq: 8 });
  wx.task.get(init({ seq: 7, recovered: false }));
  clock.pass(20_000);
  assert.equal(wx.task.all("sync").length, 1);
});

test("after a sync that the whole room answered, a pong that is ahead still shows a gap", () => {
  const { live, clock, enter } = makeLive();
  const task = enter();
  task.get({ msg_type: "pong", ts: 1, seq: 900 });
  task.get(init({ seq: 900, recovered: false }), { msg_type: "ack", ts: 1, to: "sync", ref: "sync" });
  clock.pass(5000);
  task.get({ msg_type: "pong", ts: 2, seq: 901 });
  assert.equal(live.state.seq, 900);
  assert.deepEqual(
    task.all("sync").map(({ since }) => since),
    [10, 900],
  );
});

// --- Doubt.

test("the network goes: it asks for a sign of life at once", () => {
  const { live, wx, clock, enter } = makeLive();
  const task = enter();
  wx.networkGoes();
  assert.equal(task.all("ping").length, 2);
  task.get({ msg_type: "pong", ts: 1, seq: 10 });
  clock.pass(3000);
  assert.equal(live.status.kind, "online");
  wx.networkGoes();
  clock.pass(3000);
  assert.equal(task.closedWith, 1000);
  assert.deepEqual([live.status.kind, live.status.reason], ["waiting", "offline"]);
  assert.equal(wx.tasks.length, 1);
});

test("a command without an answer for five seconds is a reason to ask", () => {
  const { live, clock, enter } = makeLive();
  const task = enter();
  live.follow();
  clock.pass(4999);
  assert.equal(task.all("ping").length, 1);
  clock.pass(1);
  assert.equal(task.all("ping").length, 2);
  task.get({ msg_type: "pong", ts: 1, seq: 10 });
  clock.pass(5000);
  assert.equal(task.all("ping").length, 3);
  clock.pass(3000);
  assert.equal(task.closedWith, 1000);
});

test("a command that is answered is none", () => {
  const { live, clock, enter } = makeLive();
  const task = enter();
  live.follow();
  clock.pass(4000);
  task.get(ack(task.all("subscribe")[0], { following: true, followers: 1 }));
  live.follow(false);
  clock.pass(4000);
  task.get(ack(task.all("subscribe")[1], { following: false, followers: 0 }));
  clock.pass(12_000);
  assert.equal(task.all("ping").length, 1);
});
