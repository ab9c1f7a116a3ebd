// What a phone does to a connection: the background, and sleep.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ack, error, init, makeLive, message, outcome, shown } from "./fakes.mjs";

const pong = (seq = 10) => ({ msg_type: "pong", ts: 1, seq });
const told = ({ kind, reason, nextTryAt }) => [kind, reason, nextTryAt];

// --- The background.

test("3 s in the background and the socket is closed, without a timer or a try until the app is in view", () => {
  const { live, wx, clock, enter } = makeLive();
  const task = enter();
  wx.hide();
  clock.pass(2999);
  assert.equal(live.status.kind, "online");
  clock.pass(1);
  assert.equal(task.closedWith, 1000);
  assert.deepEqual(told(live.status), ["waiting", "background", null]);
  task.end(1000, "interrupted");
  assert.equal(clock.timers.size, 0);
  clock.pass(3_600_000);
  assert.equal(wx.tasks.length, 1);
  wx.show();
  assert.equal(wx.tasks.length, 2);
  assert.match(wx.task.option.url, /since=10&epoch=e1$/);
  wx.task.open().get(init({ recovered: true }));
  assert.equal(live.status.kind, "online");
});

for (const [closeAfter, closes] of [
  [1000, true],
  [0, true],
  [Infinity, false],
]) {
  test(`closeAfter ${closeAfter} is the delay`, () => {
    const { live, wx, clock, enter } = makeLive({ closeAfter });
    enter();
    wx.hide();
    clock.pass(Math.min(closeAfter, 20_000));
    assert.equal(live.status.kind, closes ? "waiting" : "online");
  });
}

for (const [code, reason] of [
  [1000, "interrupted"],
  [0, "interrupted"],
  [1006, ""],
]) {
  test(`WeChat's cut in the background (${code} ${reason}) is no failure, and nothing is tried there`, () => {
    const { live, wx, clock, enter } = makeLive({ closeAfter: Infinity });
    enter();
    wx.hide();
    wx.task.end(code, reason);
    assert.deepEqual(told(live.status), ["waiting", "background", null]);
    clock.pass(60_000);
    wx.networkGoes();
    wx.networkReturns();
    assert.equal(wx.tasks.length, 1);
    wx.show();
    wx.task.open().get(init({ recovered: true })).end(1006);
    // The first delay: none of that counted.
    assert.equal(live.status.nextTryAt - clock.time, 500);
  });
}

test("a refusal of the network in the background, or just after it, is waited out", () => {
  const { live, wx, clock, enter } = makeLive();
  enter();
  wx.hide();
  clock.pass(3000);
  wx.show();
  wx.task.option.fail({ errMsg: "connectSocket:fail network api interrupted in suspend state" });
  assert.equal(live.status.nextTryAt - clock.time, 500);
  clock.pass(500);
  assert.equal(wx.tasks.length, 3);
});

test("soon in view again, it sees whether the connection lives: a pong, and it stays", () => {
  const { live, wx, clock, enter } = makeLive();
  const task = enter();
  wx.hide();
  clock.pass(1000);
  wx.show();
  assert.equal(task.all("ping").length, 2);
  clock.pass(400);
  task.get(pong());
  clock.pass(10_000);
  assert.deepEqual([live.status.kind, wx.tasks.length], ["online", 1]);
});

test("no pong in 3 s, and there is a new socket at once, never two", () => {
  const { wx, clock, enter } = makeLive();
  const task = enter();
  wx.hide();
  wx.show();
  wx.hide();
  wx.show();
  clock.pass(2999);
  assert.equal(wx.tasks.length, 1);
  clock.pass(1);
  assert.equal(task.closedWith, 1000);
  assert.equal(wx.tasks.length, 2);
});

test("what WeChat kept while the app slept is heard, and is no sign of life", () => {
  const { live, wx, clock, enter } = makeLive({ closeAfter: 10_000 });
  const task = enter();
  wx.hide();
  clock.sleep(600_000);
  wx.show();
  task.get(pong(), message(11, "from before"));
  assert.equal(live.state.seq, 11);
  clock.pass(2999);
  assert.equal(live.status.kind, "online");
  clock.pass(1);
  assert.equal(wx.tasks.length, 2);
});

test("a try that waited when the app was hidden is made when it is in view, but not before the server's word", () => {
  const { live, wx, clock, enter } = makeLive();
  enter()
    .get(error("restarting", { close: 4000, retry_after: 10 }))
    .end(4000);
  wx.hide();
  clock.pass(3000);
  assert.equal(live.status.reason, "background");
  wx.show();
  assert.deepEqual(told(live.status), ["waiting", "restarting", clock.time + 7000]);
  clock.pass(7000);
  assert.equal(wx.tasks.length, 2);
});

test("an end that is one is one in the background too", () => {
  const { live, wx, enter } = makeLive();
  enter();
  wx.hide();
  wx.task.end(4503);
  wx.show();
  assert.deepEqual([live.status.kind, wx.tasks.length], ["stopped", 1]);
});

test("a handshake that was under way is given up, and closed if it opens late", () => {
  const { live, wx, clock } = makeLive();
  live.connect();
  const [first] = wx.tasks;
  wx.hide();
  clock.pass(3000);
  wx.show();
  assert.equal(wx.tasks.length, 2);
  first.open();
  assert.equal(first.state, "closed");
  assert.equal(live.status.kind, "connecting");
});

test("who connects is in view, and who is idle or stopped hears of nothing", () => {
  const { live, wx, clock, enter } = makeLive();
  live.background();
  live.foreground();
  assert.equal(clock.timers.size + wx.tasks.length, 0);
  enter();
  wx.hide();
  live.connect();
  clock.pass(3000);
  live.connect();
  assert.equal(live.status.kind, "connecting");
  wx.task.open().get(init());
  clock.pass(10_000);
  assert.equal(live.status.kind, "online");
  wx.hide();
  live.close();
  wx.show();
  assert.equal(live.status.kind, "idle");
});

test("a listener may close() when it hears of the background", () => {
  for (const event of ["traffic", "status"]) {
    const { live, wx, clock, enter } = makeLive();
    enter();
    live.on(event, ({ reason }) => reason === "background" && live.close());
    wx.hide();
    clock.pass(3000);
    assert.deepEqual([live.status.kind, live.status.reason], ["idle", "closed"]);
    assert.equal(clock.timers.size, 0);
    clock.restore();
  }
});

test("what was asked for in the background goes out when the app is in view, once", async () => {
  const { live, wx, clock, enter } = makeLive();
  const task = enter();
  const sent = live.comment("sent");
  wx.hide();
  clock.pass(3000);
  const later = live.comment("later");
  wx.show();
  wx.task.open().get(init({ recovered: true }));
  const [first, second] = wx.task.all("message");
  assert.deepEqual(first, task.all("message")[0]);
  wx.task.get(shown(first, 11), shown(second, 12));
  assert.deepEqual([(await outcome(sent)).seq, (await outcome(later)).seq], [11, 12]);
});

// --- Sleep that nobody told of.

test("beats that slept are no silence: the connection has 3 s to show that it lives", () => {
  const { live, wx, clock, enter } = makeLive();
  const task = enter();
  clock.pass(25_000);
  clock.sleep(3_600_000);
  clock.pass(0);
  assert.equal(live.status.kind, "online");
  clock.pass(400);
  task.get(pong());
  clock.pass(20_000);
  assert.deepEqual([live.status.kind, wx.tasks.length], ["online", 1]);
});

test("a socket that died meanwhile is found in 3 s", () => {
  const { wx, clock, enter } = makeLive();
  enter();
  clock.sleep(3_600_000);
  clock.pass(0);
  clock.pass(2999);
  assert.equal(wx.tasks.length, 1);
  clock.pass(1);
  assert.equal(wx.tasks.length, 2);
});

test("three seconds that slept are asked for again, once", () => {
  const { live, wx, clock, enter } = makeLive();
  const task = enter();
  live.hurry();
  clock.sleep(60_000);
  clock.pass(0);
  assert.equal(live.status.kind, "online");
  clock.pass(1000);
  task.get(pong());
  clock.pass(3000);
  assert.equal(wx.tasks.length, 1);
  live.hurry();
  clock.sleep(60_000);
  clock.pass(0);
  clock.sleep(60_000);
  clock.pass(0);
  assert.equal(wx.tasks.length, 2);
});

test("a tab that nobody sees, whose timers run once a minute, keeps its connection", () => {
  const { live, wx, clock, enter } = makeLive();
  const task = enter();
  for (let minute = 0; minute < 10; minute += 1) {
    task.get(pong());
    clock.sleep(60_000);
    clock.pass(0);
  }
  assert.deepEqual([live.status.kind, wx.tasks.length], ["online", 1]);
});

test("a clock that is set back or forward changes nothing", () => {
  const { live, wx, clock, enter } = makeLive();
  const task = enter();
  for (const step of [-3_600_000, 3_600_000]) {
    clock.sleep(step);
    for (const timer of clock.timers.values()) timer.at += step;
    clock.pass(25_000);
    task.get(pong());
    clock.pass(1000);
    task.get(pong());
  }
  assert.deepEqual([live.status.kind, wx.tasks.length], ["online", 1]);
});

test("a wx with less does for less", () => {
  const { live, wx, clock } = makeLive();
  const bare = { connectSocket: (option) => wx.connectSocket(option) };
  live._wx = bare;
  live.connect();
  wx.task.open().get(init());
  live.background();
  clock.pass(3000);
  live.foreground();
  const task = wx.task.open().get(init({ recovered: true }));
  live.follow(true);
  task.get(ack(task.all("subscribe")[0], { following: true }));
  live.close();
  assert.equal(live.status.kind, "idle");
});
