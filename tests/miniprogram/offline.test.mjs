// A phone without a network: no try is used up, and none is missed.

import assert from "node:assert/strict";
import { test } from "node:test";

import { error, init, makeLive } from "./fakes.mjs";

const told = ({ kind, reason, nextTryAt }) => [kind, reason, nextTryAt];

test("without a network no try is used up, and the first comes with the network", () => {
  const { live, wx, clock, enter } = makeLive();
  enter();
  wx.networkGoes();
  wx.task.end(1006);
  assert.deepEqual(told(live.status), ["waiting", "offline", clock.time + 30_000]);
  clock.pass(10_000);
  assert.equal(wx.tasks.length, 1);
  wx.networkReturns();
  assert.equal(wx.tasks.length, 2);
  wx.task.fail();
  assert.equal(live.status.nextTryAt - clock.time, 500);
});

test("a try that waits is put off when the network goes", () => {
  const { live, wx, clock, enter } = makeLive();
  enter().end(1006);
  wx.networkGoes();
  assert.deepEqual(told(live.status), ["waiting", "offline", clock.time + 30_000]);
  wx.networkReturns();
  assert.equal(wx.tasks.length, 2);
});

test("a phone that is wrong about its network is not believed for ever", () => {
  const { live, wx, clock, enter } = makeLive();
  enter();
  wx.networkGoes();
  wx.task.end(1006);
  clock.pass(30_000);
  assert.equal(wx.tasks.length, 2);
  wx.task.open().get(init({ recovered: true })).end(1006);
  assert.deepEqual(told(live.status), ["waiting", "closed", clock.time + 500]);
});

test("who connects, and who comes into view, is not held up by it", () => {
  const { live, wx, clock, enter } = makeLive();
  enter();
  wx.networkGoes();
  wx.task.end(1006);
  live.connect();
  wx.task.fail();
  assert.equal(live.status.reason, "offline");
  wx.hide();
  clock.pass(3000);
  wx.show();
  assert.equal(wx.tasks.length, 3);
});

test("the server's word holds without a network as well", () => {
  const { live, wx, clock, enter } = makeLive();
  enter().get(error("restarting", { close: 4000, retry_after: 60 }));
  wx.networkGoes();
  wx.task.end(4000);
  assert.equal(live.status.nextTryAt - clock.time, 60_000);
  wx.networkReturns();
  assert.equal(live.status.nextTryAt - clock.time, 60_000);
});

/** A wx that knows its network only when it is asked. */
function asked(wx) {
  const answers = [];
  wx.getNetworkType = ({ success }) => answers.push((networkType) => success({ networkType }));
  return answers;
}

test("where nobody tells of the network, it is asked for when a socket ends", () => {
  const { live, wx, clock, enter } = makeLive();
  const answers = asked(wx);
  enter().end(1006);
  answers[0]("none");
  assert.deepEqual(told(live.status), ["waiting", "offline", clock.time + 30_000]);
  clock.pass(30_000);
  wx.task.fail();
  answers[1]("none");
  assert.equal(live.status.reason, "offline");
  clock.pass(30_000);
  wx.task.fail();
  answers[2]("wifi");
  assert.deepEqual([live.status.kind, wx.tasks.length], ["connecting", 4]);
  wx.task.fail();
  answers[3]("wifi");
  assert.deepEqual(told(live.status), ["waiting", "network", clock.time + 1000]);
});

test("an answer about the network that comes late is not heard", () => {
  const { live, wx, clock, enter } = makeLive();
  const answers = asked(wx);
  enter().end(1006);
  clock.pass(500);
  answers[0]("none");
  wx.task.open().get(init({ recovered: true })).end(1006);
  live.close();
  answers[1]("none");
  assert.deepEqual([live.status.kind, clock.timers.size], ["idle", 0]);
});
