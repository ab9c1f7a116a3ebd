// The connection by itself: when it is made, given up, and made again.

import assert from "node:assert/strict";
import { test } from "node:test";

import { error, init, makeLive, message } from "./fakes.mjs";

test("it connects to the room's address with its protocol, and is online from init on", () => {
  const { live, wx, said } = makeLive({ language: "zh_CN", protocols: ["liveroom.v1", "chat"] });
  live.connect();
  live.connect();
  assert.equal(wx.tasks.length, 1);
  assert.equal(wx.task.option.url, "wss://room.test/ws/rooms/demo/");
  assert.deepEqual(wx.task.option.protocols, ["liveroom.v1", "chat"]);
  assert.deepEqual(wx.task.option.header, { "Accept-Language": "zh-CN" });
  assert.equal(wx.task.option.timeout, 15_000);
  wx.task.open();
  assert.equal(live.status.kind, "connecting");
  wx.task.get(init());
  assert.deepEqual(
    said.status.map(({ kind }) => kind),
    ["connecting", "online"],
  );
  assert.equal(live.state.room.title, "Demo");
  assert.deepEqual(wx.task.sent, [{ msg_type: "ping", seq: 10 }]);
});

test("coming back it says what it has", () => {
  const { wx, clock, live, enter } = makeLive();
  enter(init({ epoch: "a/b" })).get(message(11, "hi"));
  wx.task.end(1006);
  clock.pass(1000);
  assert.equal(wx.task.option.url, "wss://room.test/ws/rooms/demo/?since=11&epoch=a%2Fb");
  wx.task.open().get(init({ seq: 11, epoch: "a/b", recovered: true }));
  assert.deepEqual(
    live.state.comments.map(({ content }) => content),
    ["hi"],
  );
});

test("an address with a query of its own keeps it", () => {
  const { wx, live, clock } = makeLive({ url: "wss://room.test/ws/rooms/demo/?from=poster" });
  live.connect();
  wx.task.open().get(init()).end(1006);
  clock.pass(1000);
  assert.equal(wx.task.option.url, "wss://room.test/ws/rooms/demo/?from=poster&since=10&epoch=e1");
});

// --- Back-off.

for (const chance of [0, 0.5, 0.999]) {
  test(`the delay is ${chance} of a limit that doubles from 1 s to 30 s`, () => {
    const { live, wx, clock } = makeLive({ random: () => chance });
    live.connect();
    for (const limit of [1, 2, 4, 8, 16, 30, 30, 30]) {
      const before = wx.tasks.length;
      wx.task.fail();
      assert.equal(live.status.kind, "waiting");
      assert.equal(live.status.nextTryAt, clock.time + chance * limit * 1000);
      clock.pass(chance * limit * 1000);
      assert.equal(wx.tasks.length, before + 1);
    }
  });
}

test("after 30 s online the delays begin anew, and not before", () => {
  const { wx, live, clock, enter } = makeLive();
  enter().end(1006);
  assert.equal(live.status.nextTryAt - clock.time, 500);
  clock.pass(500);
  wx.task.open().get(init());
  clock.pass(29_000);
  wx.task.get(message(11, "there")).end(1006);
  assert.equal(live.status.nextTryAt - clock.time, 1000);
  clock.pass(1000);
  wx.task.open().get(init());
  clock.pass(30_000);
  wx.task.end(1006);
  assert.equal(live.status.nextTryAt - clock.time, 500);
});

test("connect() while there is a connection changes nothing", () => {
  const { live, wx, clock, enter } = makeLive();
  enter().end(1006);
  clock.pass(500);
  wx.task.open().get(init());
  live.connect();
  assert.equal(wx.heardBy, 3);
  wx.task.end(1006);
  assert.equal(live.status.nextTryAt - clock.time, 1000);
});

test("a connection that never opens is given up after 15 s", () => {
  const { live, wx, clock } = makeLive();
  live.connect();
  clock.pass(14_999);
  assert.equal(live.status.kind, "connecting");
  clock.pass(1);
  assert.deepEqual([live.status.kind, live.status.reason], ["waiting", "no_answer"]);
  const first = wx.task;
  clock.pass(500);
  assert.equal(wx.tasks.length, 2);
  // WeChat could not close it before it was open.
  first.open();
  assert.equal(first.state, "closed");
  assert.equal(wx.task.state, "connecting");
});

test("one that opens and says nothing is given up after 15 s too", () => {
  const { live, wx, clock } = makeLive();
  live.connect();
  wx.task.open();
  clock.pass(15_000);
  assert.deepEqual([live.status.kind, live.status.reason], ["waiting", "no_answer"]);
  assert.equal(wx.task.state, "closed");
});

test("a wx that throws, or calls fail at once, is a lost network", () => {
  const { live, wx, clock } = makeLive();
  wx.connectSocket = () => {
    throw new Error("url not in domain list");
  };
  live.connect();
  assert.deepEqual([live.status.kind, live.status.reason], ["waiting", "network"]);
  delete wx.connectSocket;
  const real = wx.connectSocket.bind(wx);
  wx.connectSocket = (option) => {
    option.fail({ errMsg: "connectSocket:fail" });
    return real(option);
  };
  clock.pass(500);
  assert.deepEqual([live.status.kind, live.status.nextTryAt - clock.time], ["waiting", 1000]);
});

// --- How a socket ends.

test("onError and onClose of one socket count once, in any order", () => {
  const { live, wx, clock, said } = makeLive();
  live.connect();
  const [first] = wx.tasks;
  first.fail();
  first.end(1006);
  first.fail();
  assert.equal(said.status.filter(({ kind }) => kind === "waiting").length, 1);
  assert.equal(live.status.nextTryAt - clock.time, 500);
  clock.pass(500);
  const second = wx.task;
  second.end(1006);
  second.fail();
  assert.equal(live.status.nextTryAt - clock.time, 1000);
  clock.pass(1000);
  first.end(1006);
  second.end(1006);
  assert.equal(live.status.kind, "connecting");
  assert.equal(wx.tasks.length, 3);
});

for (const [code, reason] of [
  [0, "interrupted"],
  [1000, "interrupted"],
  [1000, ""],
  [1001, ""],
  [1006, ""],
  [1009, ""],
  [1011, ""],
  [1012, ""],
  [3000, ""],
  [4000, ""],
  [4499, ""],
  [5000, ""],
]) {
  test(`close ${code} ${reason} is no end`, () => {
    const { live, wx, clock, enter } = makeLive();
    enter().end(code, reason);
    assert.deepEqual([live.status.kind, live.status.code], ["waiting", code]);
    clock.pass(500);
    assert.equal(wx.tasks.length, 2);
  });
}

for (const code of [4500, 4502, 4503, 4504, 4505, 4999]) {
  test(`close ${code} is the end, until connect() is called`, () => {
    const { live, wx, clock, enter } = makeLive();
    enter().end(code);
    assert.deepEqual([live.status.kind, live.status.code], ["stopped", code]);
    live.hurry();
    wx.networkReturns();
    clock.pass(3_600_000);
    assert.equal(wx.tasks.length, 1);
    live.connect();
    assert.equal(wx.tasks.length, 2);
  });
}

test("the error before a close is its reason, and its code counts when the network made another of it", () => {
  const { live, enter } = makeLive();
  enter()
    .get(error("banned", { close: 4503 }))
    .end(1006);
  assert.deepEqual([live.status.kind, live.status.reason, live.status.code], ["stopped", "banned", 4503]);
});

test("retry_after is obeyed, by the network's return too, and the delay comes on top", () => {
  const { live, wx, clock, enter } = makeLive();
  enter()
    .get(error("restarting", { close: 4000, retry_after: 3 }))
    .end(4000);
  assert.deepEqual([live.status.kind, live.status.reason], ["waiting", "restarting"]);
  assert.equal(live.status.nextTryAt - clock.time, 3500);
  clock.pass(1000);
  wx.networkReturns();
  assert.equal(live.status.nextTryAt - clock.time, 2000);
  clock.pass(1999);
  assert.equal(wx.tasks.length, 1);
  clock.pass(1);
  assert.equal(wx.tasks.length, 2);
});

test("a farewell counts for one socket, and its code for more than the network's", () => {
  const { live, wx, clock, enter } = makeLive();
  enter()
    .get(error("restarting", { close: 4000, retry_after: 3 }))
    .end(1006);
  const { nextTryAt, ...why } = live.status;
  assert.deepEqual([why, nextTryAt], [{ kind: "waiting", reason: "restarting", code: 4000 }, clock.time + 3500]);
  clock.pass(3500);
  assert.deepEqual(live.status, { ...why, kind: "connecting", nextTryAt: null });
  wx.task.open().get(init()).end(1006);
  assert.deepEqual([live.status.reason, live.status.code, live.status.nextTryAt - clock.time], ["closed", 1006, 1000]);
});

test("a server that sends everybody away is asked less and less", () => {
  const { live, wx, clock } = makeLive();
  live.connect();
  for (const delay of [1500, 2000, 3000, 5000, 9000, 16_000, 16_000]) {
    wx.task
      .open()
      .get(error("unavailable", { close: 4000, retry_after: 1 }))
      .end(4000);
    assert.equal(live.status.nextTryAt - clock.time, delay);
    clock.pass(delay);
  }
});

test("who could not ask to leave has not left", () => {
  const { live, wx } = makeLive();
  live.connect();
  assert.equal(live.raw('{"msg_type": "leave"}'), false);
  wx.task.fail();
  assert.equal(live.status.kind, "waiting");
});

test("who asked to leave is not brought back", () => {
  const { live, wx, clock, enter } = makeLive();
  const task = enter();
  assert.equal(live.raw('{"type": "leave"}'), true);
  task.end(1000);
  assert.deepEqual([live.status.kind, live.status.reason], ["idle", "left"]);
  clock.pass(60_000);
  assert.equal(wx.tasks.length, 1);
});

test("a socket that dies at the first command is left alone", () => {
  const { live, wx, clock } = makeLive();
  live.comment("hi");
  live.connect();
  wx.task.open().state = "closed";
  wx.task.get(init());
  assert.equal(live.status.kind, "waiting");
  // The next try, and the comment's age.
  assert.equal(clock.timers.size, 2);
});

test("a socket that takes nothing any more is a lost network", () => {
  const { live, wx, enter } = makeLive();
  enter().state = "closed";
  live.follow(true);
  assert.deepEqual([live.status.kind, live.status.reason], ["waiting", "network"]);
  assert.equal(wx.tasks.length, 1);
});
