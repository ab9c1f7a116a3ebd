// One's own comments that nobody else sees: why, and what becomes of those that wait for a review.

import { text } from "../../lib/texts.js";

/** @typedef {import("../../utils/live-socket.js").Frame} Frame */
/** @typedef {import("../../utils/live-socket.js").Pending} Pending */
/** @typedef {import("../../utils/live-socket.js").State} State */

export class Kept {
  constructor() {
    /** By id. @type {Map<number, { why: string, content: string }>} */
    this._all = new Map();
    /** Those that were refused, as what failed. @type {Pending[]} */
    this.refused = [];
  }

  /** @param {Frame} ack @param {State} state the one after it */
  note({ id, held }, state) {
    const comment = state.comments.find((each) => each.id === id);
    this._all.set(id, { why: held, content: comment ? comment.content : "" });
  }

  /** @param {number} id */
  has(id) {
    return this._all.has(id);
  }

  /** Whether it waits for a review. @param {number} id */
  isWaiting(id) {
    const { why = "" } = this._all.get(id) || {};
    return why === "review";
  }

  /** @param {number[]} ids */
  forget(ids) {
    for (const id of ids) this._all.delete(id);
  }

  /** @param {number} id */
  refuse(id) {
    const { content = "" } = this._all.get(id) || {};
    this._all.delete(id);
    if (content === "") return;
    const error = { msg_type: "error", code: "content_rejected", retry: false };
    const entry = { key: keyOf(id), content, sentAt: Date.now(), failedAt: Date.now(), error };
    this.refused = [...this.refused, { ...entry, kind: "message", status: "failed" }];
  }

  /** Whether one was refused that can still be changed. @param {number} id */
  wasRefused(id) {
    return this.refused.some(({ key }) => key === keyOf(id));
  }

  /** Take the words of a refused one away. @param {string} key */
  takeBack(key) {
    const own = this.refused.find((entry) => entry.key === key);
    this.refused = this.refused.filter((entry) => entry !== own);
    return (own && own.content) || "";
  }

  /** What is said of a comment without a number. @param {number} id */
  mark(id) {
    return text(this.isWaiting(id) ? "held_review" : "held_busy");
  }
}

/** @param {number} id */
const keyOf = (id) => `refused${id}`;
