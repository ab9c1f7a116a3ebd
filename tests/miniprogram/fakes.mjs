// A client, with a clock that stands still until it is moved and a `wx` whose network is the test itself.

import assert from "node:assert/strict";
import { afterEach } from "node:test";

import { LiveSocket } from "./client.mjs";
import { Clock } from "./clock.mjs";

/** One socket: the test opens it, lets frames arrive, and ends it. `sent`: the frames that came out of it. */
export class Task {
  constructor(option) {
    this.option = option;
    this.state = "connecting";
    this.sent = [];
    this.closedWith = null;
    this.on = {};
  }

  onOpen(listener) {
    this.on.open = listener;
  }

  onMessage(listener) {
    this.on.message = listener;
  }

  onClose(listener) {
    this.on.close = listener;
  }

  onError(listener) {
    this.on.error = listener;
  }

  send({ data, fail }) {
    if (this.state !== "open") fail({ errMsg: "sendSocketMessage:fail" });
    else this.sent.push(data === "ping" ? data : JSON.parse(data));
  }

  /** As WeChat does: what is not open cannot be closed. */
  close({ code, fail }) {
    if (this.state !== "open") {
      fail({ errMsg: "closeSocket:fail" });
      return;
    }
    this.state = "closed";
    this.closedWith = code;
  }

  open() {
    this.state = "open";
    this.on.open({ header: {} });
    return this;
  }

  /** Frames arrive. */
  get(...frames) {
    for (const frame of frames) this.on.message({ data: typeof frame === "string" ? frame : JSON.stringify(frame) });
    return this;
  }

  /** The other side, or the network, ends it. */
  end(code, reason = "") {
    this.state = "closed";
    this.on.close({ code, reason });
  }

  fail() {
    this.state = "closed";
    this.on.error({ errMsg: "connectSocket:fail" });
  }

  /** The frames of a type that were sent. */
  all(type) {
    return this.sent.filter((frame) => frame.msg_type === type);
  }
}

/** WeChat's names for them, and a listener's list each. */
const EVENTS = ["NetworkStatusChange", "AppShow", "AppHide"];

export class Wx {
  constructor() {
    this.tasks = [];
    this.listeners = new Map();
    for (const event of EVENTS) {
      this.listeners.set(event, []);
      this[`on${event}`] = (listener) => this.listeners.get(event).push(listener);
      this[`off${event}`] = (listener) =>
        this.listeners.set(
          event,
          this.listeners.get(event).filter((other) => other !== listener),
        );
    }
  }

  /** How many listeners there are. */
  get heardBy() {
    return [...this.listeners.values()].flat().length;
  }

  tell(event, result) {
    for (const listener of this.listeners.get(event)) listener(result);
  }

  connectSocket(option) {
    assert.equal(this.tasks.filter((task) => task.state === "open").length, 0, "a second socket beside an open one");
    this.tasks.push(new Task(option));
    return this.task;
  }

  get task() {
    return this.tasks.at(-1);
  }

  networkGoes() {
    this.tell("NetworkStatusChange", { isConnected: false, networkType: "none" });
  }

  networkReturns() {
    this.tell("NetworkStatusChange", { isConnected: true, networkType: "wifi" });
  }

  hide() {
    this.tell("AppHide", {});
  }

  show() {
    this.tell("AppShow", { path: "pages/room/room", query: {}, scene: 1001 });
  }
}

export const ME = { id: "me", nickname: "李雷", avatar: "", role: "viewer" };
export const HAN = { id: "han", nickname: "韩梅梅", avatar: "", role: "viewer" };

export const item = (changes = {}) => ({
  id: 7,
  product_id: 3,
  title: "Tea",
  cover: "",
  price: "20.00",
  list_price: "30.00",
  sale: null,
  stock: 5,
  sold: 0,
  limit_per_user: 0,
  position: 0,
  explaining: false,
  link: "",
  ...changes,
});

export const room = (changes = {}) => ({
  slug: "demo",
  title: "Demo",
  cover: "",
  host: { user: { id: "host", nickname: "主播", avatar: "", role: "host" } },
  followers: 0,
  notice: "",
  pinned: null,
  status: "live",
  show: 1,
  allow: { comments: true, likes: true, shop: true },
  slow_mode: 0,
  stream: "",
  ...changes,
});

export const init = (changes = {}) => ({
  msg_type: "init",
  ts: 1_000_000,
  room: room(),
  user: ME,
  role: "viewer",
  following: false,
  muted_until: null,
  epoch: "e1",
  seq: 10,
  recovered: null,
  comments: [],
  shelf: [item()],
  online: 1,
  likes: 0,
  heartbeat: 25_000,
  limits: { content: 200, rate: 1, frame: 16384 },
  base_url: "https://room.test",
  ...changes,
});

export const message = (seq, content, user = HAN) => ({
  msg_type: "message",
  id: 100 + seq,
  seq,
  ts: seq,
  user,
  content,
});
export const error = (code, fields = {}) => ({ msg_type: "error", ts: 1, code, detail: code, retry: false, ...fields });

/** The world of the test that runs; after it, nothing of it may be left. */
export let world = null;

afterEach(() => {
  if (world === null) return;
  const { live, wx, clock } = world;
  world = null;
  live.close();
  clock.restore();
  assert.equal(clock.timers.size, 0, "timers survive close()");
  assert.equal(wx.heardBy, 0, "listeners on wx survive close()");
  assert.equal(wx.tasks.filter((task) => task.state === "open").length, 0, "a socket survives close()");
});

/**
 * A LiveSocket in a world of its own, WeChat's or not. `said` holds what its listeners heard; `enter` brings it into
 * the room, and `back` there again, once its delay is over.
 */
export function makeLive({ wechat = false, ...options } = {}) {
  const clock = new Clock();
  const wx = new Wx();
  if (wechat) wx.login = () => {};
  const url = "wss://room.test/ws/rooms/demo/";
  const live = new LiveSocket({ wx, url, random: () => 0.5, now: clock.now, ...options });
  const said = { status: [], state: [], pending: [], frame: [], traffic: [] };
  for (const [event, heard] of Object.entries(said)) live.on(event, (value) => heard.push(value));
  const enter = (frame = init()) => {
    live.connect();
    return wx.task.open().get(frame);
  };
  const back = (delay = 30_000) => {
    clock.pass(delay);
    return wx.task.open().get(init({ recovered: true, seq: live.state.seq }));
  };
  world = { live, wx, clock, said, enter, back };
  return world;
}

/** A token store that gives these in turn; `kept` is what happened to it. */
export function store(...tokens) {
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

/** The server's answers to a frame. */
export const ack = (frame, fields = {}) => ({
  msg_type: "ack",
  ts: 1,
  to: frame.msg_type,
  ref: frame.ref,
  ...(frame.client_msg_id ? { client_msg_id: frame.client_msg_id } : {}),
  ...(frame.client_order_id ? { client_order_id: frame.client_order_id } : {}),
  ...fields,
});
export const shown = (frame, seq) => ack(frame, { id: 100 + seq, seq, shown: true });
export const refusal = (frame, code, fields = {}) => ({ ...error(code, fields), to: frame.msg_type, ref: frame.ref });

/** How a promise ends: "waits", or its answer, or its error. */
export async function outcome(promise) {
  const waits = Symbol("waits");
  // The promise's own reaction was queued first.
  const ended = await Promise.race([
    promise.catch((reason) => reason),
    Promise.resolve()
      .then(() => {})
      .then(() => waits),
  ]);
  return ended === waits ? "waits" : ended;
}
