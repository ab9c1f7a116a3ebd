// The line of what happens in the room: the last thing, for some seconds.

import { count } from "../../lib/format.js";
import { text } from "../../lib/texts.js";

const STAYS = 8000;

/** @typedef {import("../../utils/live-socket.js").Activity} Activity */

export class Happening {
  constructor() {
    this._words = "";
    this._kind = "";
    this._until = 0;
    /** @type {Activity | null} */
    this._last = null;
  }

  /** Take note of the state's activity. Who goes need not be told to those who stay. @param {Activity | null} activity */
  note(activity) {
    if (activity === null || activity === this._last) return;
    this._last = activity;
    if (activity.kind !== "leave") this._tell(activity.kind, wordsOf(activity));
  }

  /** @param {string} title */
  noteOnShelf(title) {
    this._tell("shelf", text("did_shelf", { title }));
  }

  /** @param {string} kind @param {string} words */
  _tell(kind, words) {
    this._kind = kind;
    this._words = words;
    this._until = Date.now() + STAYS;
  }

  picture() {
    return Date.now() < this._until ? { kind: this._kind, text: this._words } : null;
  }

  /** In how many ms it goes; Infinity when there is none. */
  nextChange() {
    const left = this._until - Date.now();
    return left > 0 ? left : Infinity;
  }
}

/** @param {Activity} activity */
function wordsOf({ kind, name, count: people = 1, title = "", quantity = 1 }) {
  const values = { name: name || text("someone"), others: count(people - 1), title, quantity };
  if (kind === "buy") return text(people > 1 ? "did_buy_more" : "did_buy", values);
  if (kind === "follow") return text(people > 1 ? "did_follow_more" : "did_follow", values);
  return text("did_join", values);
}
