// The comments that are shown: a bounded list that follows the newest, or stands still while somebody reads further up.

import { count, nameOf } from "../../lib/format.js";
import { language, text } from "../../lib/texts.js";
import { Flow } from "../../utils/flow.js";
import { errorText } from "../../utils/live-socket.js";
import { among, canSucceed, Places, waitOf } from "./failed.js";
import { Kept } from "./kept.js";

/** @typedef {import("../../utils/live-socket.js").Comment} Comment */
/** @typedef {import("../../utils/live-socket.js").Pending} Pending */
/** @typedef {import("../../utils/live-socket.js").State} State */
/** @typedef {import("../../utils/live-socket.js").Frame} Frame */

/** A list grows to the one bound and is cut back to the other: so the new lines are sent to the view, and seldom all. */
const GROWS_TO = 100;
const CUT_TO = 60;
/** While somebody reads further up the newest lines go, which are out of his sight. */
const HELD_MAX = 300;
const MANY = 20;
const TINTS = 6;

/** Written once for each comment, in one language. @type {WeakMap<Comment, { line: any, mark: string }>} */
const written = new WeakMap();

export class Lines {
  constructor() {
    this._flow = new Flow();
    /** In how many ms further ones flow by. */
    this._wait = 0;
    /** The first comment that is shown. @type {Comment | null} */
    this._first = null;
    /** What stands still; null while the list follows. @type {Comment[] | null} */
    this._held = null;
    this._seen = 0;
    this._cut = false;
    /** Whether somebody went back further than the list itself goes. */
    this._far = false;
    this._show = 0;
    /** @type {'none' | 'more' | 'loading' | 'failed' | 'start'} */
    this.earlier = "none";
    this.kept = new Kept();
    this._places = new Places();
    /** The line that was first before older ones came: there the list stays. */
    this._anchor = "";
    /** Which of the two ends is gone to: the other one after each change, as the same again moves nothing. */
    this._end = 0;
    this._shown = "";
  }

  get isHeld() {
    return this._held !== null;
  }

  /** Take note of a frame; `state` is the one after it. @param {Frame} frame @param {State} state */
  heard(frame, state) {
    if (!state.entered) return;
    if (frame.msg_type === "ack" && frame.held) this.kept.note(frame, state);
    if (frame.msg_type === "message" && frame.seq && this.kept.has(frame.id)) this._passed(frame.id, state);
    if (frame.msg_type === "remove") this._without(frame.comment_ids);
    if (frame.msg_type === "reject") {
      this.kept.refuse(frame.comment_id);
      this._without([frame.comment_id]);
    }
    // A picture of many comments may have others before it.
    const most = state.comments.length >= MANY ? "more" : "none";
    if (frame.msg_type === "init" && frame.recovered !== true) this._begin(most);
    else if (state.show !== this._show) this._begin("none");
    else if (frame.msg_type === "init") this._flow.fill();
    this._show = state.show;
  }

  /** @param {'none' | 'more'} earlier what is known of older ones */
  _begin(earlier) {
    this._flow.clear();
    this.kept.refused = [];
    this.follow(earlier);
  }

  /** Nobody saw what came: show all of it. */
  seenAgain() {
    this._flow.fill();
  }

  /** @param {number[]} ids */
  _without(ids) {
    this._flow.remove(ids);
    this.kept.forget(ids);
    if (this._held) this._held = this._held.filter((comment) => !ids.includes(comment.id));
  }

  /** Where somebody reads further up it stays where he saw it. @param {number} id @param {State} state */
  _passed(id, state) {
    this.kept.forget([id]);
    const passed = state.comments.find((comment) => comment.id === id);
    if (this._held && passed) this._held = this._held.map((comment) => (comment.id === id ? passed : comment));
  }

  /** Whether an own comment is known to wait: what is told of it again is no news. @param {number} id */
  isWaiting(id) {
    return this.kept.isWaiting(id);
  }

  /** Stand still. @param {State} state */
  hold(state) {
    if (this._held !== null) return;
    const all = this._flow.everything();
    // With those that were passed over, from the line on that is the first now.
    this._held = all.slice(this._first ? Math.max(0, all.indexOf(this._first)) : 0);
    this._seen = newestOf(state.comments);
    this._anchor = "";
  }

  /** Go on with the newest. @param {'none' | 'more'} [earlier] what is known of older ones */
  follow(earlier) {
    if (this._held !== null) {
      this._first = null;
      this._flow.showAll();
    }
    this._held = null;
    this._cut = this._far = false;
    if (earlier) this.earlier = earlier;
    else if (this.earlier !== "none") this.earlier = "more";
  }

  /** Whether the end of what stands still is the newest. */
  get canFollow() {
    return this._held !== null && !this._cut;
  }

  /**
   * Older comments: `ask(before)` gets a `history` frame.
   *
   * @param {State} state
   * @param {(before: number) => Promise<Frame>} ask
   */
  async load(state, ask) {
    if (this.earlier === "loading" || this.earlier === "none" || this.earlier === "start") return;
    this.hold(state);
    const held = /** @type {Comment[]} */ (this._held);
    const oldest = Math.min(...held.map(({ seq }) => (seq === null ? Infinity : seq)));
    if (oldest === Infinity) return;
    this.earlier = "loading";
    const page = await ask(oldest).catch(() => null);
    // Whoever went back to the newest meanwhile does not want it any more.
    if (this._held === null || this.earlier !== "loading") return;
    this.earlier = page === null ? "failed" : page.more ? "more" : "start";
    if (page === null) return;
    const there = new Set(this._held.map(({ id }) => id));
    const all = [...page.comments.filter((/** @type {Comment} */ { id }) => !there.has(id)), ...this._held];
    this._cut = this._cut || all.length > HELD_MAX;
    this._far = true;
    this._anchor = this._held.length > 0 ? `c${this._held[0].id}` : "";
    this._held = all.slice(0, HELD_MAX);
  }

  /** What flows by, from a line on that stays the first for some time. @param {State} state */
  _following(state) {
    const { user } = state;
    this._wait = this._flow.move(Date.now(), (comment) => user !== null && comment.user.id === user.id);
    const comments = this._flow.lines;
    const start = this._first ? comments.indexOf(this._first) : -1;
    const grown = start >= 0 && comments.length - start <= GROWS_TO;
    const shown = comments.slice(grown ? start : -CUT_TO);
    this._first = shown[0] || null;
    if (shown.length < comments.length && this.earlier === "none") this.earlier = "more";
    return shown;
  }

  /**
   * All that is shown of the comments.
   *
   * @param {{ state: State, pending: Pending[] }} model
   */
  picture({ state, pending }) {
    const mine = [...this.kept.refused, ...pending.filter((entry) => entry.kind === "message")];
    this._flow.take(state.comments);
    this._places.note(mine, newestOf(state.comments));
    const shown = this._held || this._following(state);
    const rows = among(shown, mine, this._places).map((row) =>
      "key" in row ? ownLine(row, state) : commentLine(row, row.seq === null ? this.kept.mark(row.id) : ""),
    );
    const newer = this._held ? state.comments.filter(({ id }) => id > this._seen).length : 0;
    return {
      comments: rows,
      anchor: this._held ? this._anchor : this._endOf(rows),
      newer: this._held && (newer > 0 || this._far) ? newerText(newer) : "",
      passing: this._passing(),
      earlier: this.earlier,
    };
  }

  /** The place of the list is another: go to its end again. */
  placed() {
    this._shown = "";
  }

  /** @param {{ key: string, failed?: boolean }[]} rows */
  _endOf(rows) {
    const shown = rows.map(({ key, failed }) => (failed ? `${key}!` : key)).join();
    if (shown !== this._shown) this._end = 1 - this._end;
    this._shown = shown;
    return `end${this._end}`;
  }

  /** How many comments a second flow by unseen, in words. */
  _passing() {
    const { rate, left } = this._held ? { rate: 0, left: 0 } : this._flow.passing(Date.now());
    if (left > 0) this._wait = this._wait > 0 ? Math.min(this._wait, left) : left;
    return rate > 0 ? text("passing", { count: count(rate) }) : "";
  }

  /**
   * In how many ms the clock alone changes something; Infinity for never.
   *
   * @param {Pending[]} pending @param {State} state
   */
  nextChange(pending, state) {
    let next = this._held === null && this._wait > 0 ? this._wait : Infinity;
    for (const entry of pending) {
      if (entry.kind !== "message" || !canSucceed(entry)) continue;
      const wait = waitOf(entry, state.room.slow_mode, Date.now());
      if (wait > 0) next = Math.min(next, wait % 1000 || 1000);
    }
    return next;
  }
}

/** @param {number} newer */
function newerText(newer) {
  if (newer === 0) return text("to_newest");
  return newer === 1 ? text("new_comment") : text("new_comments", { count: count(newer) });
}

/** @param {Comment[]} comments */
const newestOf = (comments) => comments.reduce((most, { id }) => Math.max(most, id), 0);

/** @param {Comment} comment @param {string} mark */
function commentLine(comment, mark) {
  const before = written.get(comment);
  if (before && before.mark === mark) return before.line;
  const { id, user, content } = comment;
  const line = { key: `c${id}`, ...speaker(user), text: content, ...(mark ? { mark } : {}) };
  written.set(comment, { line, mark });
  return line;
}

/** @param {Pending} entry @param {State} state */
function ownLine(entry, state) {
  const line = { key: `p${entry.key}`, ...speaker(state.user), text: entry.content, pending: true };
  if (entry.status !== "failed" || !entry.error) return { ...line, mark: text("sending") };
  const wait = waitOf(entry, state.room.slow_mode, Date.now());
  const again = wait > 0 ? text("send_again_in", { seconds: count(Math.ceil(wait / 1000)) }) : text("send_again");
  return {
    ...line,
    own: entry.key,
    failed: true,
    // Its button counts the time down.
    mark: errorText({ ...entry.error, retry_after: undefined }, language()),
    again: canSucceed(entry) ? again : "",
    wait: wait > 0,
  };
}

/** @param {import("../../utils/live-socket.js").User | null} user */
function speaker(user) {
  const role = user && (user.role === "host" || user.role === "assistant") ? user.role : "";
  return { name: user ? nameOf(user) : "", tint: tintOf(user), ...(role ? { role, tag: text(role) } : {}) };
}

/** The same colour for the same person, everywhere. @param {{ id: string } | null} user */
function tintOf(user) {
  let sum = 0;
  for (const character of user ? Array.from(user.id) : []) sum = (sum * 31 + (character.codePointAt(0) || 0)) % 9973;
  return sum % TINTS;
}
