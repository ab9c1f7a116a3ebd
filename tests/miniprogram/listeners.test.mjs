// What listeners hear, and what they may do meanwhile.

import assert from "node:assert/strict";
import { test } from "node:test";

import { init, makeLive, message, store, world } from "./fakes.mjs";

test("a listener that throws hurts nobody, and one that is undone hears nothing", (context) => {
  const complained = context.mock.method(console, "error", () => {});
  const { live, enter } = makeLive();
  const heard = [];
  live.on("state", () => {
    throw new Error("a page's mistake");
  });
  live.on("state", (state, frame) => heard.push([state.seq, frame.msg_type]));
  const undo = live.on("frame", () => heard.push("frame"));
  undo();
  enter().get(message(11, "hi"));
  assert.deepEqual(heard, [
    [10, "init"],
    [11, "message"],
  ]);
  assert.equal(complained.mock.callCount(), 2);
});

test("state is told when a frame changed it; every frame is told", () => {
  const { said, enter } = makeLive();
  const task = enter();
  const before = said.state.length;
  task.get({ msg_type: "pong", ts: 1, seq: 10 }, "no JSON", "[]", message(10, "old"), message(11, "new"));
  assert.equal(said.state.length, before + 1);
  assert.deepEqual(
    said.frame.map(({ msg_type: type }) => type),
    ["init", "pong", "message", "message"],
  );
});

test("traffic is all that goes over the socket, but no token", () => {
  const { live, said } = makeLive({ token: store('s"ecret') });
  live.connect();
  world.wx.task.open().get({ msg_type: "me", token: "s3cret", user: null });
  world.wx.task.end(1006, "gone");
  assert.deepEqual(
    said.traffic.map(({ direction, note, text, code, reason }) => [direction, note ?? text, code, reason]),
    [
      ["info", "opening", undefined, undefined],
      ["info", "opened", undefined, undefined],
      ["out", '{"msg_type":"login","token":"…","ref":"login"}', undefined, undefined],
      ["in", '{"msg_type":"me","token":"…","user":null}', undefined, undefined],
      ["info", "closed", 1006, "gone"],
    ],
  );
});

test("a listener may close() when it hears of anything", () => {
  const moments = [
    ["status", ({ kind }) => kind === "connecting", 0],
    ["traffic", ({ note }) => note === "opening", 0],
    ["traffic", ({ note }) => note === "opened", 1],
    ["traffic", ({ direction }) => direction === "in", 1],
    ["status", ({ kind }) => kind === "online", 1],
    ["traffic", ({ direction }) => direction === "out", 1],
    ["state", (state) => state.seq === 11, 1],
    ["traffic", ({ note }) => note === "closed", 1],
    ["status", ({ kind }) => kind === "waiting", 1],
  ];
  for (const [event, when, tasks] of moments) {
    const { live, wx, clock, said } = makeLive();
    live.comment("hi");
    const undo = live.on(event, (...values) => when(...values) && (undo(), live.close()));
    live.connect();
    wx.task?.open().get(init(), message(11, "hi")).end(1006);
    assert.deepEqual(
      [live.status.kind, said.status.at(-1).kind, wx.tasks.length],
      ["idle", "idle", tasks],
      String(when),
    );
    assert.equal(clock.timers.size, 0, String(when));
    // It is as if nothing had been: the next connection waits for its init.
    live.connect();
    wx.task.open();
    live.follow(true);
    assert.deepEqual(wx.task.sent, []);
    wx.task.get(init());
    assert.equal(wx.task.all("message").length, 1);
    live.close();
    clock.restore();
  }
});

test("a listener may connect() when it hears of the end", () => {
  const { live, wx, clock, enter } = makeLive();
  live.on("traffic", ({ note }) => note === "closed" && live.connect());
  live.on("status", (status) => status.kind === "waiting" && live.connect());
  enter().end(1006);
  clock.pass(0);
  assert.equal(wx.tasks.length, 2);
});

test("after close() the delays begin anew, and nothing that is asked for starts a timer", () => {
  const { live, wx, clock, enter } = makeLive();
  enter().end(1006);
  clock.pass(500);
  wx.task.fail();
  live.close();
  live.comment("hi");
  live.like();
  live.cut();
  live.hurry();
  assert.equal(clock.timers.size, 0);
  live.connect();
  wx.task.fail();
  assert.equal(live.status.nextTryAt - clock.time, 500);
});

test("closed, it is silent, and can connect again with what it has", () => {
  const { live, wx, said, enter } = makeLive();
  const task = enter();
  live.close();
  assert.deepEqual([live.status.kind, live.status.reason, task.closedWith], ["idle", "closed", 1000]);
  const heard = said.frame.length;
  task.get(message(11, "late"));
  task.end(1000);
  assert.equal(said.frame.length, heard);
  live.connect();
  assert.match(wx.task.option.url, /since=10&epoch=e1/);
});

test("the server's time is known from init", () => {
  const { live, clock, enter } = makeLive();
  enter(init({ ts: clock.time + 5000 }));
  clock.pass(10);
  assert.equal(live.serverNow(), clock.time + 5000);
});
