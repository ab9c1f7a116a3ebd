// The connection: for now the older modules behind the interface of the client file.

import { Commands } from "./commands.js";
import { RoomSocket } from "./socket.js";
import { INITIAL, reduce } from "./state.js";

export { INITIAL, nextSale, priceAt } from "./state.js";

const KINDS = { connected: "online", cut: "idle" };

export class LiveSocket {
  state = INITIAL;
  status = { kind: "idle", reason: "", code: null, nextTryAt: null };
  pending = [];
  #socket;
  #commands;
  #listeners = {};
  #likes = 0;
  #waiting = new Map();

  constructor({ url, token }) {
    this.#socket = new RoomSocket({
      url,
      position: () => ({ seq: this.state.seq, epoch: this.state.epoch }),
      token,
      onFrame: (frame) => this.#received(frame),
      onReady: () => this.#commands.repeat(),
      onStatus: ({ kind, code = null }) => {
        this.status = { kind: KINDS[kind] ?? kind, reason: "", code, nextTryAt: null };
        this.#tell("status", this.status);
      },
      onTraffic: (traffic) => this.#tell("traffic", { at: Date.now(), ...traffic }),
    });
    this.#commands = new Commands((frame) => this.#socket.send(frame));
  }

  on(event, listener) {
    (this.#listeners[event] ??= new Set()).add(listener);
    return () => this.#listeners[event].delete(listener);
  }

  connect() {
    this.#socket.connect();
  }

  close() {
    this.#socket.cut();
  }

  cut() {
    this.#socket.cut();
    setTimeout(() => this.#socket.connect(), 500);
  }

  stall() {}

  hurry() {
    this.#socket.connect();
  }

  raw(text) {
    return this.#socket.sendText(text);
  }

  like(count = 1) {
    if (this.#likes === 0) setTimeout(() => this.#sendLikes(), 300);
    this.#likes = Math.min(50, this.#likes + count);
  }

  follow(wanted) {
    this.#socket.send({ msg_type: "subscribe", action: wanted ? "follow" : "unfollow" });
    return Promise.resolve();
  }

  comment(content) {
    this.#commands.comment(content, this.state.seq);
    this.#refresh();
    return Promise.resolve();
  }

  buy({ item, price }) {
    this.#commands.buy(item, price);
    this.#refresh();
    return new Promise((resolve, reject) => this.#waiting.set(item.id, { resolve, reject }));
  }

  retry() {}

  discard() {}

  #sendLikes() {
    this.#socket.send({ msg_type: "like", count: this.#likes });
    this.#likes = 0;
  }

  #tell(event, ...values) {
    for (const listener of this.#listeners[event] ?? []) listener(...values);
  }

  #received(frame) {
    this.state = reduce(this.state, frame);
    if (this.state.behind) this.#socket.sync();
    if (frame.msg_type === "ack" || frame.msg_type === "error") {
      const entry = this.#commands.settle(frame);
      const waiter = entry?.kind === "buy" && this.#waiting.get(entry.itemId);
      if (waiter) {
        if (frame.msg_type === "ack") waiter.resolve(frame);
        else waiter.reject(Object.assign(new Error(frame.code), { code: frame.code, frame }));
      }
    }
    this.#refresh();
    this.#tell("frame", frame);
    this.#tell("state", this.state, frame);
  }

  #refresh() {
    const comments = this.#commands.comments(this.state).map((entry) => ({ ...entry, status: "sending" }));
    const orders = [...this.#commands.ordering()].map((itemId) => ({ key: `o${itemId}`, kind: "buy", itemId, status: "sending" }));
    this.pending = [...comments, ...orders];
    this.#tell("pending", this.pending);
  }
}
