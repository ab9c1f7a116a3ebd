// Who the viewer is: tokens in the handshake and in frames, good ones and others.

import assert from "node:assert/strict";
import { test } from "node:test";

import { error, init, makeLive, outcome, refusal, store } from "./fakes.mjs";

test("WeChat sets headers: the token stands in the handshake", () => {
  const token = store("t1");
  const { live, wx } = makeLive({ token, wechat: true });
  live.connect();
  assert.deepEqual(wx.task.option.header, { Authorization: "Bearer t1" });
  wx.task.open().get(init());
  assert.deepEqual(wx.task.sent, [{ msg_type: "ping", seq: 10 }]);
  assert.equal(live.status.kind, "online");
});

test("elsewhere login is the first frame, and commands wait for its answer", () => {
  const { live, wx } = makeLive({ token: store("t1") });
  live.comment("hi");
  live.connect();
  assert.deepEqual(wx.task.option.header, {});
  wx.task.open();
  assert.deepEqual(wx.task.sent, [{ msg_type: "login", token: "t1", ref: "login" }]);
  wx.task.get(init(), init());
  assert.equal(live.status.kind, "connecting");
  wx.task.get({ msg_type: "ack", ts: 1, to: "login", ref: "login" });
  assert.equal(live.status.kind, "online");
  assert.equal(wx.task.all("message").length, 1);
});

test("coming back, login says what is here already", () => {
  const { live, wx, clock } = makeLive({ token: store("t1") });
  live.connect();
  wx.task.open().get(init(), { msg_type: "ack", ts: 1, to: "login", ref: "login" });
  wx.task.end(1006);
  clock.pass(500);
  wx.task.open();
  assert.deepEqual(wx.task.sent, [{ msg_type: "login", token: "t1", ref: "login", since: 10, epoch: "e1" }]);
});

test("4501 logs in again once, with what the store gives then", () => {
  const token = store("old", "new", "newer");
  const { live, wx } = makeLive({ token, auth: "header" });
  live.connect();
  wx.task
    .open()
    .get(error("bad_token", { close: 4501 }))
    .end(4501);
  assert.equal(wx.tasks.length, 2);
  assert.equal(wx.task.option.header.Authorization, "Bearer new");
  wx.task
    .open()
    .get(error("bad_token", { close: 4501 }))
    .end(4501);
  assert.deepEqual([live.status.kind, live.status.code, token.kept.dropped], ["stopped", 4501, 1]);
});

test("4501 after 30 s online is another case, and logs in again", () => {
  const { live, wx, clock } = makeLive({ token: store("a", "b", "c"), auth: "header" });
  live.connect();
  wx.task.end(4501);
  wx.task.open().get(init());
  clock.pass(24_000);
  wx.task.get({ msg_type: "pong", ts: 1, seq: 10 });
  clock.pass(6_000);
  wx.task.end(4501);
  assert.equal(wx.task.option.header.Authorization, "Bearer c");
});

for (const how of ["handed over", "taken"]) {
  test(`a token that was ${how} since may be no good either`, () => {
    const token = store("a", "b");
    const { live, wx } = makeLive({ token, auth: "header" });
    live.connect();
    wx.task.end(4501);
    wx.task.open().get(init());
    if (how === "taken") {
      live.login("c");
      wx.task.get({ msg_type: "ack", ts: 1, to: "login", ref: wx.task.all("login")[0].ref });
    } else wx.task.get({ msg_type: "me", ts: 1, user: null, token: "c" });
    token.kept.tokens.push("d");
    wx.task.end(4501);
    assert.equal(live.status.kind, "connecting");
    assert.equal(wx.task.option.header.Authorization, "Bearer d");
  });
}

test("a store may connect when it drops a token", () => {
  const token = store("a", "b");
  const { live, wx } = makeLive({ token: { ...token, drop: () => (token.drop(), live.connect()) }, auth: "header" });
  live.connect();
  wx.task.end(4501);
  assert.deepEqual(
    wx.tasks.map(({ option }) => option.header.Authorization),
    ["Bearer a", "Bearer b"],
  );
  assert.equal(wx.heardBy, 3);
  token.kept.tokens.push("c");
  wx.task.end(4501);
  assert.equal(live.status.kind, "stopped");
});

test("the answer to a login of somebody else's making changes nothing", () => {
  const token = store("a");
  const { live, wx } = makeLive({ token });
  live.connect();
  wx.task.open().get(init(), { msg_type: "ack", ts: 1, to: "login", ref: "login" });
  live.raw('{"msg_type": "login", "token": "x", "ref": "login"}');
  wx.task.get(error("bad_token", { to: "login", ref: "login" }));
  assert.equal(token.kept.dropped, 0);
});

test("without another token it comes back as a guest, who does not do what the user asked for", async () => {
  const { live, wx } = makeLive({ token: store("old"), auth: "header" });
  const order = live.buy({ item: 7 });
  live.login("new");
  live.connect();
  wx.task.end(4501);
  assert.equal(wx.task.option.header.Authorization, undefined);
  assert.equal((await outcome(order)).code, "bad_token");
  wx.task.open().get(init());
  assert.deepEqual(
    wx.task.sent.map(({ msg_type: type }) => type),
    ["login", "ping"],
  );
  assert.equal(live.pending[0].status, "failed");
});

test("a refused login frame is tried with another token once, then goes on as a guest", async () => {
  const refusal = error("bad_token", { to: "login", ref: "login" });
  const { live, wx } = makeLive({ token: store("old", "new", "unused") });
  const order = live.buy({ item: 7 });
  live.connect();
  wx.task.open().get(init(), refusal);
  assert.deepEqual(
    wx.task.all("login").map(({ token }) => token),
    ["old", "new"],
  );
  assert.equal(live.status.kind, "connecting");
  wx.task.get(refusal);
  assert.equal(wx.task.all("login").length, 2);
  assert.equal(live.status.kind, "online");
  assert.equal((await outcome(order)).code, "bad_token");
  assert.equal(wx.task.all("buy").length, 0);
});

test("a login that ends the connection is no entry", () => {
  const { live, wx } = makeLive({ token: store("t1") });
  live.connect();
  wx.task.open().get(init(), error("internal", { to: "login", ref: "login", close: 4000 }));
  assert.equal(live.status.kind, "connecting");
  wx.task.end(4000);
  assert.deepEqual([live.status.kind, live.status.reason], ["waiting", "internal"]);
});

test("a login that cannot be judged now is asked again", () => {
  const { live, wx, clock } = makeLive({ token: store("t1") });
  live.connect();
  wx.task.open().get(init(), error("unavailable", { to: "login", ref: "login", retry: true, retry_after: 2 }));
  clock.pass(3000);
  assert.equal(wx.task.all("login").length, 2);
  assert.equal(live.status.kind, "connecting");
});

test("a token that the server hands over is kept, also without a store", () => {
  const { live, wx, clock, enter } = makeLive({ auth: "header" });
  const me = { msg_type: "me", ts: 1, user: init().user, role: "viewer", following: false, muted_until: null };
  enter().get({ ...me, token: "given" });
  wx.task.end(1006);
  clock.pass(500);
  assert.equal(wx.task.option.header.Authorization, "Bearer given");
  assert.equal(live.status.kind, "connecting");
});

test("login() is a command; its token is kept once the server takes it", async () => {
  const token = store();
  const { live, enter } = makeLive({ token });
  const task = enter();
  const refused = live.login("bad", { nickname: "Li" });
  const { ref, ...sent } = task.all("login")[0];
  assert.deepEqual(sent, { msg_type: "login", token: "bad", nickname: "Li", since: 10, epoch: "e1" });
  task.get(error("bad_token", { to: "login", ref }));
  assert.equal((await outcome(refused)).code, "bad_token");
  assert.deepEqual(token.kept.set, []);
  const taken = live.login("good");
  const second = task.all("login")[1];
  task.get({ msg_type: "ack", ts: 1, to: "login", ref: second.ref });
  assert.equal((await outcome(taken)).to, "login");
  assert.deepEqual(token.kept.set, ["good"]);
});
