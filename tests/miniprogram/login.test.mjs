// Logging in by the app's own way, which takes time and may fail: the option getToken.

import assert from "node:assert/strict";
import { test } from "node:test";

import { error, init, makeLive, outcome, store } from "./fakes.mjs";

/** A getToken whose answers the test gives: `logins` holds {resolve, reject}, oldest first. */
function logins() {
  const asked = [];
  const getToken = () => new Promise((resolve, reject) => asked.push({ resolve, reject }));
  return { asked, getToken };
}

/** Let promises that are settled be heard. */
const heard = () => new Promise((resolve) => setImmediate(resolve));

const refused = error("bad_token", { close: 4501 });
const authorization = (task) => task.option.header.Authorization;

test("who has no token logs in first, and comes with what he got", async () => {
  const { asked, getToken } = logins();
  const token = store();
  const { live, wx, clock } = makeLive({ token, getToken, wechat: true });
  live.connect();
  assert.deepEqual([live.status.kind, wx.tasks.length], ["connecting", 0]);
  clock.pass(14_000);
  asked[0].resolve("t1");
  await heard();
  assert.equal(authorization(wx.task), "Bearer t1");
  assert.deepEqual(token.kept.set, ["t1"]);
  // The handshake has its own time.
  clock.pass(14_000);
  wx.task.open().get(init());
  assert.equal(live.status.kind, "online");
  wx.task.end(1006);
  clock.pass(500);
  assert.deepEqual([authorization(wx.task), asked.length], ["Bearer t1", 1]);
});

test("who has a token is not asked", () => {
  const { asked, getToken } = logins();
  const { live, wx } = makeLive({ token: store("t1"), getToken, wechat: true });
  live.connect();
  assert.deepEqual([authorization(wx.task), asked.length], ["Bearer t1", 0]);
});

test("null is a guest, who is not asked again before the next connect()", async () => {
  const { asked, getToken } = logins();
  const { live, wx, clock } = makeLive({ getToken, wechat: true });
  const comment = live.comment("hi");
  live.connect();
  asked[0].resolve(null);
  await heard();
  assert.equal(authorization(wx.task), undefined);
  wx.task.open().get(init({ user: null }));
  assert.equal(await outcome(comment), "waits");
  wx.task.end(1006);
  clock.pass(500);
  assert.deepEqual([wx.tasks.length, asked.length], [2, 1]);
  live.close();
  live.connect();
  assert.equal(asked.length, 2);
});

for (const [how, settle] of [
  ["a refusal", ({ reject }) => reject(new Error("wx.login failed"))],
  ["nothing", ({ resolve }) => resolve(undefined)],
  ["an empty token", ({ resolve }) => resolve("")],
]) {
  test(`${how} is a failure, tried again after the delay, and no guest comes of it`, async (context) => {
    const told = context.mock.method(console, "error", () => {});
    const { asked, getToken } = logins();
    const { live, wx, clock } = makeLive({ getToken, wechat: true });
    live.connect();
    for (const delay of [500, 1000, 2000]) {
      settle(asked.at(-1));
      await heard();
      assert.deepEqual(live.status, {
        kind: "waiting",
        reason: "login",
        code: null,
        nextTryAt: clock.time + delay,
      });
      clock.pass(delay);
    }
    assert.deepEqual([asked.length, wx.tasks.length, told.mock.callCount()], [4, 0, 3]);
    asked[3].resolve("t1");
    await heard();
    assert.equal(authorization(wx.task), "Bearer t1");
  });
}

test("a getToken that throws is a failure too", async (context) => {
  context.mock.method(console, "error", () => {});
  const getToken = () => {
    throw new Error("a mistake of the app's");
  };
  const { live } = makeLive({ getToken });
  live.connect();
  await heard();
  assert.equal(live.status.reason, "login");
});

test("a store that cannot keep the token is a failure too", async (context) => {
  context.mock.method(console, "error", () => {});
  const { asked, getToken } = logins();
  const full = () => {
    throw new Error("the storage is full");
  };
  const { live, wx } = makeLive({ getToken, token: { get: () => null, set: full, drop: () => {} } });
  live.connect();
  asked[0].resolve("t1");
  await heard();
  assert.deepEqual([live.status.reason, wx.tasks.length], ["login", 0]);
});

test("a log-in that does not end is given up after 15 s, and the next try asks anew", async () => {
  const { asked, getToken } = logins();
  const { live, wx, clock } = makeLive({ getToken, wechat: true });
  live.connect();
  await heard();
  clock.pass(14_999);
  assert.equal(live.status.kind, "connecting");
  clock.pass(1);
  assert.deepEqual([live.status.kind, live.status.reason], ["waiting", "login"]);
  clock.pass(500);
  assert.equal(asked.length, 2);
  asked[0].resolve("late");
  await heard();
  assert.equal(wx.tasks.length, 0);
  asked[1].resolve("t2");
  await heard();
  assert.equal(authorization(wx.task), "Bearer t2");
});

test("who comes while a log-in is under way waits for the same", async () => {
  const { asked, getToken } = logins();
  const { live, wx, clock } = makeLive({ getToken, wechat: true });
  live.connect();
  live.connect();
  clock.pass(3000);
  live.hurry();
  wx.hide();
  clock.pass(3000);
  wx.show();
  live.close();
  live.connect();
  assert.equal(asked.length, 1);
  asked[0].resolve("t1");
  await heard();
  assert.deepEqual([wx.tasks.length, authorization(wx.task)], [1, "Bearer t1"]);
});

test("closed during a log-in it is closed, and its token is not kept", async () => {
  const { asked, getToken } = logins();
  const token = store();
  const { live, wx, clock } = makeLive({ token, getToken });
  live.connect();
  live.close();
  assert.equal(clock.timers.size, 0);
  asked[0].resolve("t1");
  await heard();
  assert.deepEqual([live.status.kind, wx.tasks.length, token.kept.set.length], ["idle", 0, 0]);
});

test("4501 logs in again once, and what was asked for is done by the same viewer", async () => {
  const { asked, getToken } = logins();
  const { live, wx } = makeLive({ token: store("old"), getToken, wechat: true });
  const order = live.buy({ item: 7 });
  live.connect();
  wx.task.open().get(refused).end(4501);
  assert.deepEqual([live.status.kind, wx.tasks.length, asked.length], ["connecting", 1, 1]);
  asked[0].resolve("new");
  await heard();
  assert.equal(authorization(wx.task), "Bearer new");
  assert.equal(await outcome(order), "waits");
  wx.task.open().get(refused).end(4501);
  assert.deepEqual([live.status.kind, live.status.code, asked.length], ["stopped", 4501, 1]);
});

test("a log-in that fails after 4501 is tried again, and makes no guest", async (context) => {
  context.mock.method(console, "error", () => {});
  const { asked, getToken } = logins();
  const { live, wx, clock } = makeLive({ token: store("old"), getToken, wechat: true });
  const order = live.buy({ item: 7 });
  live.connect();
  wx.task.open().get(refused).end(4501);
  asked[0].reject(new Error("the server is away"));
  await heard();
  assert.equal(live.status.reason, "login");
  clock.pass(500);
  asked[1].resolve("new");
  await heard();
  assert.equal(authorization(wx.task), "Bearer new");
  assert.equal(await outcome(order), "waits");
});

test("null after 4501 is a guest, who does not do what the user asked for", async () => {
  const { asked, getToken } = logins();
  const { live, wx } = makeLive({ token: store("old"), getToken, wechat: true });
  const order = live.buy({ item: 7 });
  live.connect();
  wx.task.open().get(refused).end(4501);
  asked[0].resolve(null);
  await heard();
  assert.equal(authorization(wx.task), undefined);
  assert.equal((await outcome(order)).code, "bad_token");
});

test("where the token goes by a frame, a refused one leads to a log-in and another socket", async () => {
  const { asked, getToken } = logins();
  const { live, wx } = makeLive({ token: store("old"), getToken });
  const order = live.buy({ item: 7 });
  live.connect();
  const [first] = wx.tasks;
  first.open().get(init(), error("bad_token", { to: "login", ref: "login" }));
  assert.deepEqual([first.closedWith, asked.length, live.status.kind], [1000, 1, "connecting"]);
  asked[0].resolve("new");
  await heard();
  wx.task.open();
  assert.deepEqual(
    wx.task.all("login").map(({ token }) => token),
    ["new"],
  );
  wx.task.get(init({ recovered: true }), { msg_type: "ack", ts: 1, to: "login", ref: "login" });
  assert.equal(wx.task.all("buy").length, 1);
  assert.equal(await outcome(order), "waits");
});
