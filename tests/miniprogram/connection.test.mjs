// The connection by itself: when it is made, given up, and made again.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { error, init, makeLive, message, outcome } from "./fakes.mjs";

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
  assert.equal(world.wx.network.length, 0, "listeners on wx survive close()");
  assert.equal(world.wx.tasks.filter((task) => task.state === "open").length, 0, "a socket survives close()");
});

test("it connects to the room's address with its protocol, and is online from init on", () => {
  const { live, wx, said } = make({ language: "zh_CN", protocols: ["liveroom.v1", "chat"] });
  live.connect();
  live.connect();
  assert.equal(wx.tasks.length, 1);
  assert.equal(wx.task.option.url, "wss://room.test/ws/rooms/demo/");
  assert.deepEqual(wx.task.option.protocols, ["liveroom.v1", "chat"]);
  assert.deepEqual(wx.task.option.header, { "Accept-Language": "zh-CN" });
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
  const { wx, clock, live, enter } = make();
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
  const { wx, live, clock } = make({ url: "wss://room.test/ws/rooms/demo/?from=poster" });
  live.connect();
  wx.task.open().get(init()).end(1006);
  clock.pass(1000);
  assert.equal(wx.task.option.url, "wss://room.test/ws/rooms/demo/?from=poster&since=10&epoch=e1");
});

// --- Back-off.

for (const chance of [0, 0.5, 0.999]) {
  test(`the delay is ${chance} of a limit that doubles from 1 s to 30 s`, () => {
    const { live, wx, clock } = make({ random: () => chance });
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
  const { wx, live, clock, enter } = make();
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
  const { live, wx, clock, enter } = make();
  enter().end(1006);
  clock.pass(500);
  wx.task.open().get(init());
  live.connect();
  assert.equal(wx.network.length, 1);
  wx.task.end(1006);
  assert.equal(live.status.nextTryAt - clock.time, 1000);
});

test("a connection that never opens is given up after 15 s", () => {
  const { live, wx, clock } = make();
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
  const { live, wx, clock } = make();
  live.connect();
  wx.task.open();
  clock.pass(15_000);
  assert.deepEqual([live.status.kind, live.status.reason], ["waiting", "no_answer"]);
  assert.equal(wx.task.state, "closed");
});

test("a wx that throws, or calls fail at once, is a lost network", () => {
  const { live, wx, clock } = make();
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
  const { live, wx, clock, said } = make();
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
    const { live, wx, clock, enter } = make();
    enter().end(code, reason);
    assert.deepEqual([live.status.kind, live.status.code], ["waiting", code]);
    clock.pass(500);
    assert.equal(wx.tasks.length, 2);
  });
}

for (const code of [4500, 4502, 4503, 4504, 4505, 4999]) {
  test(`close ${code} is the end, until connect() is called`, () => {
    const { live, wx, clock, enter } = make();
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
  const { live, enter } = make();
  enter().get(error("banned", { close: 4503 })).end(1006);
  assert.deepEqual([live.status.kind, live.status.reason, live.status.code], ["stopped", "banned", 4503]);
});

test("retry_after is obeyed, by the network's return too, and the delay comes on top", () => {
  const { live, wx, clock, enter } = make();
  enter().get(error("restarting", { close: 4000, retry_after: 3 })).end(4000);
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
  const { live, wx, clock, enter } = make();
  enter().get(error("restarting", { close: 4000, retry_after: 3 })).end(1006);
  const { nextTryAt, ...why } = live.status;
  assert.deepEqual([why, nextTryAt], [{ kind: "waiting", reason: "restarting", code: 4000 }, clock.time + 3500]);
  clock.pass(3500);
  assert.deepEqual(live.status, { ...why, kind: "connecting", nextTryAt: null });
  wx.task.open().get(init()).end(1006);
  assert.deepEqual([live.status.reason, live.status.code, live.status.nextTryAt - clock.time], ["closed", 1006, 1000]);
});

test("a server that sends everybody away is asked less and less", () => {
  const { live, wx, clock } = make();
  live.connect();
  for (const delay of [1500, 2000, 3000, 5000, 9000, 16_000, 16_000]) {
    wx.task.open().get(error("unavailable", { close: 4000, retry_after: 1 })).end(4000);
    assert.equal(live.status.nextTryAt - clock.time, delay);
    clock.pass(delay);
  }
});

test("who could not ask to leave has not left", () => {
  const { live, wx } = make();
  live.connect();
  assert.equal(live.raw('{"msg_type": "leave"}'), false);
  wx.task.fail();
  assert.equal(live.status.kind, "waiting");
});

test("who asked to leave is not brought back", () => {
  const { live, wx, clock, enter } = make();
  const task = enter();
  assert.equal(live.raw('{"type": "leave"}'), true);
  task.end(1000);
  assert.deepEqual([live.status.kind, live.status.reason], ["idle", "left"]);
  clock.pass(60_000);
  assert.equal(wx.tasks.length, 1);
});

test("a socket that dies at the first command is left alone", () => {
  const { live, wx, clock } = make();
  live.comment("hi");
  live.connect();
  wx.task.open().state = "closed";
  wx.task.get(init());
  assert.equal(live.status.kind, "waiting");
  // The next try, and the comment's age.
  assert.equal(clock.timers.size, 2);
});

test("a socket that takes nothing any more is a lost network", () => {
  const { live, wx, enter } = make();
  enter().state = "closed";
  live.follow(true);
  assert.deepEqual([live.status.kind, live.status.reason], ["waiting", "network"]);
  assert.equal(wx.tasks.length, 1);
});

// --- Heartbeat.

test("it pings as init says, with the last event it handled, and stays while it hears anything", () => {
  const { live, clock, enter } = make();
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
  const { live, wx, clock, enter } = make();
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
  const { live, wx, clock, enter } = make();
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
  const { live, clock, enter } = make();
  const task = enter();
  live.stall(true);
  task.get(message(11, "unheard"));
  live.stall(false);
  task.get({ msg_type: "pong", ts: 1, seq: 11 });
  assert.deepEqual(task.all("sync"), [{ msg_type: "sync", ref: "sync", since: 10, epoch: "e1" }]);
  clock.pass(1);
});

test("cut off, it waits and comes back", () => {
  const { live, wx, clock, enter } = make();
  enter();
  live.cut();
  assert.deepEqual([live.status.kind, live.status.reason], ["waiting", "cut"]);
  clock.pass(500);
  assert.equal(wx.tasks.length, 2);
});

// --- The network returns, the page comes into view.

test("a try that waits is made at once when the network returns", () => {
  const { live, wx, enter } = make();
  enter().end(1006);
  wx.networkReturns();
  assert.equal(wx.tasks.length, 2);
  wx.networkReturns();
  live.hurry();
  assert.equal(wx.tasks.length, 2);
});

test("an open connection has 3 s to show that it lives", () => {
  const { live, wx, clock, enter } = make();
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
  const { live, wx, clock } = make();
  live.connect();
  clock.pass(2999);
  live.hurry();
  assert.equal(wx.tasks.length, 1);
  clock.pass(1);
  live.hurry();
  assert.equal(wx.tasks.length, 2);
});

test("who is idle is not hurried", () => {
  const { live, wx } = make();
  live.hurry();
  assert.equal(wx.tasks.length, 0);
});

// --- What was missed.

test("a gap is asked for at once, then every 2.1 s until it is filled", () => {
  const { live, clock, enter } = make();
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
  const { enter } = make();
  const task = enter();
  task.get({ msg_type: "pong", ts: 1, seq: 10 });
  assert.equal(task.all("sync").length, 0);
  task.get({ msg_type: "pong", ts: 1, seq: 11 });
  assert.deepEqual(task.all("sync"), [{ msg_type: "sync", ref: "sync", since: 10, epoch: "e1" }]);
});

test("a sync whose events were lost too is asked again", () => {
  const { clock, enter } = make();
  const task = enter();
  task.get({ msg_type: "pong", ts: 1, seq: 11 }, { msg_type: "ack", to: "sync", ref: "sync", seq: 11 });
  clock.pass(2100);
  assert.equal(task.all("sync").length, 2);
});

test("what waited to be asked on one socket is not asked on the next, which has a limit of its own", () => {
  const { wx, clock, enter } = make({ random: () => 0 });
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
  const { clock, enter } = make();
  const task = enter();
  task.get(message(12, "gap"), error("rate_limited", { to: "sync", ref: "sync", retry: true, retry_after: 5 }));
  clock.pass(4999);
  assert.equal(task.all("sync").length, 1);
  clock.pass(1);
  assert.equal(task.all("sync").length, 2);
});

// --- Who it is.

function store(...tokens) {
  const kept = { tokens, set: [], dropped: 0 };
  return {
    kept,
    get: () => kept.tokens[0] ?? null,
    set: (token) => {
      kept.tokens[0] = token;
      kept.set.push(token);
    },
    drop: () => {
      kept.tokens.shift();
      kept.dropped += 1;
    },
  };
}

test("WeChat sets headers: the token stands in the handshake", () => {
  const token = store("t1");
  const { live, wx } = make({ token, wechat: true });
  live.connect();
  assert.deepEqual(wx.task.option.header, { Authorization: "Bearer t1" });
  wx.task.open().get(init());
  assert.deepEqual(wx.task.sent, [{ msg_type: "ping", seq: 10 }]);
  assert.equal(live.status.kind, "online");
});

test("elsewhere login is the first frame, and commands wait for its answer", () => {
  const { live, wx } = make({ token: store("t1") });
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
  const { live, wx, clock } = make({ token: store("t1") });
  live.connect();
  wx.task.open().get(init(), { msg_type: "ack", ts: 1, to: "login", ref: "login" });
  wx.task.end(1006);
  clock.pass(500);
  wx.task.open();
  assert.deepEqual(wx.task.sent, [{ msg_type: "login", token: "t1", ref: "login", since: 10, epoch: "e1" }]);
});

test("4501 logs in again once, with what the store gives then", () => {
  const token = store("old", "new", "newer");
  const { live, wx } = make({ token, auth: "header" });
  live.connect();
  wx.task.open().get(error("bad_token", { close: 4501 })).end(4501);
  assert.equal(wx.tasks.length, 2);
  assert.equal(wx.task.option.header.Authorization, "Bearer new");
  wx.task.open().get(error("bad_token", { close: 4501 })).end(4501);
  assert.deepEqual([live.status.kind, live.status.code, token.kept.dropped], ["stopped", 4501, 1]);
});

test("4501 after 30 s online is another case, and logs in again", () => {
  const { live, wx, clock } = make({ token: store("a", "b", "c"), auth: "header" });
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
    const { live, wx } = make({ token, auth: "header" });
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
  const { live, wx } = make({ token: { ...token, drop: () => (token.drop(), live.connect()) }, auth: "header" });
  live.connect();
  wx.task.end(4501);
  assert.deepEqual(
    wx.tasks.map(({ option }) => option.header.Authorization),
    ["Bearer a", "Bearer b"],
  );
});

test("the answer to a login of somebody else's making changes nothing", () => {
  const token = store("a");
  const { live, wx } = make({ token });
  live.connect();
  wx.task.open().get(init(), { msg_type: "ack", ts: 1, to: "login", ref: "login" });
  live.raw('{"msg_type": "login", "token": "x", "ref": "login"}');
  wx.task.get(error("bad_token", { to: "login", ref: "login" }));
  assert.equal(token.kept.dropped, 0);
});

test("without another token it comes back as a guest, who does not do what the user asked for", async () => {
  const { live, wx } = make({ token: store("old"), auth: "header" });
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

test("a refused login frame is tried with another token once, then goes on as a guest", () => {
  const refusal = error("bad_token", { to: "login", ref: "login" });
  const { live, wx } = make({ token: store("old", "new", "unused") });
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
});

test("a login that cannot be judged now is asked again", () => {
  const { live, wx, clock } = make({ token: store("t1") });
  live.connect();
  wx.task.open().get(init(), error("unavailable", { to: "login", ref: "login", retry: true, retry_after: 2 }));
  clock.pass(3000);
  assert.equal(wx.task.all("login").length, 2);
  assert.equal(live.status.kind, "connecting");
});

test("a token that the server hands over is kept, also without a store", () => {
  const { live, wx, clock, enter } = make({ auth: "header" });
  const me = { msg_type: "me", ts: 1, user: init().user, role: "viewer", following: false, muted_until: null };
  enter().get({ ...me, token: "given" });
  wx.task.end(1006);
  clock.pass(500);
  assert.equal(wx.task.option.header.Authorization, "Bearer given");
  assert.equal(live.status.kind, "connecting");
});

test("login() is a command; its token is kept once the server takes it", async () => {
  const token = store();
  const { live, enter } = make({ token });
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

// --- Telling.

test("a listener that throws hurts nobody, and one that is undone hears nothing", (context) => {
  const complained = context.mock.method(console, "error", () => {});
  const { live, enter } = make();
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
  const { said, enter } = make();
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
  const { live, said } = make({ token: store('s"ecret') });
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
    ["status", ({ kind }) => kind === "online", 1],
    ["traffic", ({ direction }) => direction === "out", 1],
    ["state", (state) => state.seq === 11, 1],
    ["traffic", ({ note }) => note === "closed", 1],
    ["status", ({ kind }) => kind === "waiting", 1],
  ];
  for (const [event, when, tasks] of moments) {
    const { live, wx, clock, said } = make();
    live.comment("hi");
    const undo = live.on(event, (...values) => when(...values) && (undo(), live.close()));
    live.connect();
    wx.task?.open().get(init(), message(11, "hi")).end(1006);
    assert.deepEqual([live.status.kind, said.status.at(-1).kind, wx.tasks.length], ["idle", "idle", tasks], String(when));
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
  const { live, wx, clock, enter } = make();
  live.on("traffic", ({ note }) => note === "closed" && live.connect());
  live.on("status", (status) => status.kind === "waiting" && live.connect());
  enter().end(1006);
  clock.pass(0);
  assert.equal(wx.tasks.length, 2);
});

test("after close() the delays begin anew, and nothing that is asked for starts a timer", () => {
  const { live, wx, clock, enter } = make();
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
  const { live, wx, said, enter } = make();
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
  const { live, clock, enter } = make();
  enter(init({ ts: clock.time + 5000 }));
  clock.pass(10);
  assert.equal(live.serverNow(), clock.time + 5000);
});
