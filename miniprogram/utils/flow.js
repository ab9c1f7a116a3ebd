// Which comments flow by: each one while there is time to read it, in a busy room some of them. Those that were passed
// over are kept beside the others, for who scrolls up. For the mini-program and the room page alike; ES2018, no imports.

/** @typedef {import("./live-socket.js").Comment} Comment */

/** The bound of what flows by, and that of all that is kept with it. */
export const LINES_MAX = 120;
const ALL_MAX = 600;
/** How long the lines stand still between two moves, in ms. */
export const STEP = 400;
/** So many lines within so many ms can be read; what is more is passed over. */
const READABLE = 4;
const READ_WITHIN = 1100;

export class Flow {
  constructor() {
    /** Comments that flowed by, oldest first: a new list after each change. @type {Comment[]} */
    this.lines = [];
    /** @type {Comment[]} */
    this._all = [];
    /** @type {Comment[]} */
    this._waiting = [];
    /** @type {WeakSet<Comment>} */
    this._known = new WeakSet();
    /** The moves of the last READ_WITHIN ms. @type {{ at: number, count: number }[]} */
    this._moves = [];
    this._movedAt = -Infinity;
    this._rate = 0;
    this._whole = true;
  }

  /** Begin anew, without any comment. */
  clear() {
    this.lines = [];
    this._all = [];
    this._waiting = [];
    this.fill();
  }

  /** Let all that comes until the next move be shown: nobody was there to read it one by one. */
  fill() {
    this._whole = true;
  }

  /** Show all there is, at once. */
  showAll() {
    this._waiting = [];
    this.lines = this._all.slice(-LINES_MAX);
  }

  /** Take note of the comments of the state; what is new stands at their end. @param {Comment[]} comments */
  take(comments) {
    let start = comments.length;
    while (start > 0 && !this._known.has(comments[start - 1])) start -= 1;
    if (start === comments.length) return;
    // None is known: what came before these is not here.
    if (start === 0) this.clear();
    const fresh = comments.slice(start);
    for (const comment of fresh) this._known.add(comment);
    // One that was only its writer's comes again when everybody may see it.
    this.remove(fresh.map(({ id }) => id));
    this._all = [...this._all, ...fresh].slice(-ALL_MAX);
    this._waiting = [...this._waiting, ...fresh].slice(-ALL_MAX);
  }

  /** Forget comments that were removed. @param {number[]} ids */
  remove(ids) {
    const gone = new Set(ids);
    /** @param {Comment[]} list */
    const without = (list) => (list.some(({ id }) => gone.has(id)) ? list.filter(({ id }) => !gone.has(id)) : list);
    this.lines = without(this.lines);
    this._all = without(this._all);
    this._waiting = without(this._waiting);
  }

  /**
   * Move what waits into the lines, if it is time. `now` in ms; `isOwn(comment)`: one's own is seen at once. Returns
   * in how many ms to come again, 0 for when there is something new.
   *
   * @param {number} now @param {(comment: Comment) => boolean} isOwn
   */
  move(now, isOwn) {
    if (this._waiting.length === 0) return 0;
    if (this._whole) {
      this._whole = false;
      this._into(this._all.slice(-LINES_MAX), now, 0);
      return 0;
    }
    this._moves = this._moves.filter(({ at }) => now - at < READ_WITHIN);
    const room = READABLE - this._moves.reduce((sum, { count }) => sum + count, 0);
    const wait = this._movedAt + (this._waiting.length > room && room < READABLE ? READ_WITHIN : STEP) - now;
    if (wait > 0 && !this._waiting.some(isOwn)) return wait;
    const chosen = choose(this._waiting, Math.max(0, room), isOwn);
    const passed = this._waiting.length - chosen.length;
    this._moves.push({ at: now, count: chosen.length });
    this._into([...this.lines, ...chosen].slice(-LINES_MAX), now, passed);
    return 0;
  }

  /** @param {Comment[]} lines @param {number} now @param {number} passed */
  _into(lines, now, passed) {
    const rate = (passed * 1000) / Math.max(now - this._movedAt, STEP);
    this._rate = this._rate === 0 ? rate : (this._rate + rate) / 2;
    this._movedAt = now;
    this._waiting = [];
    this.lines = lines;
  }

  /** How many comments a second are passed over now, and for how many ms that holds at most. @param {number} now */
  passing(now) {
    const left = this._movedAt + 2 * READ_WITHIN - now;
    if (left <= 0) this._rate = 0;
    const rate = Math.round(this._rate);
    return rate > 0 ? { rate, left } : { rate: 0, left: 0 };
  }

  /** Every comment from the oldest of the lines on, as far as it is kept: the lines themselves when none was passed over. */
  everything() {
    const start = this.lines.length < LINES_MAX ? 0 : Math.max(0, this._all.indexOf(this.lines[0]));
    const all = this._all.slice(start);
    return all.length === this.lines.length ? this.lines : all;
  }
}

const RANKS = ["host", "assistant"];

/**
 * At most so many of the comments, in their order: one's own always, then the host's, the assistants', the newest.
 *
 * @param {Comment[]} comments @param {number} most @param {(comment: Comment) => boolean} isOwn
 */
function choose(comments, most, isOwn) {
  if (comments.length <= most) return comments;
  /** @param {Comment} comment */
  const rank = (comment) => (isOwn(comment) ? -1 : (RANKS.indexOf(comment.user.role) + 3) % 3);
  const ranked = [...comments].reverse().sort((a, b) => rank(a) - rank(b));
  const kept = new Set(ranked.slice(0, Math.max(most, comments.filter(isOwn).length)));
  return comments.filter((comment) => kept.has(comment));
}
