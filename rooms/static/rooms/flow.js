// Which comments flow by: each one while there is time to read it, in a busy room some of them. Those that were passed
// over are kept beside the others, for who scrolls up.

/** The bound of what flows by, and that of all that is kept with it. */
export const LINES_MAX = 120;
const ALL_MAX = 600;
/** How long the lines stand still between two moves, in ms. */
export const STEP = 400;
/** So many lines within so many ms can be read; what is more is passed over. */
const READABLE = 4;
const READ_WITHIN = 1100;

export class Flow {
  /** Comments that flowed by, oldest first: a new list after each change. */
  lines = [];
  #all = [];
  #waiting = [];
  #known = new WeakSet();
  /** The moves of the last READ_WITHIN ms: {at, count}. */
  #moves = [];
  #movedAt = -Infinity;
  #rate = 0;
  #whole = true;

  /** Begin anew, without any comment. */
  clear() {
    this.lines = [];
    this.#all = [];
    this.#waiting = [];
    this.fill();
  }

  /** Let all that comes until the next move be shown: nobody was there to read it one by one. */
  fill() {
    this.#whole = true;
  }

  /** Show all there is, at once. */
  showAll() {
    this.#waiting = [];
    this.lines = this.#all.slice(-LINES_MAX);
  }

  /** Take note of the comments of the state; what is new stands at their end. */
  take(comments) {
    let start = comments.length;
    while (start > 0 && !this.#known.has(comments[start - 1])) start -= 1;
    if (start === comments.length) return;
    // None is known: what came before these is not here.
    if (start === 0) this.clear();
    const fresh = comments.slice(start);
    for (const comment of fresh) this.#known.add(comment);
    // One that was only its writer's comes again when everybody may see it.
    this.remove(fresh.map(({ id }) => id));
    this.#all = [...this.#all, ...fresh].slice(-ALL_MAX);
    this.#waiting = [...this.#waiting, ...fresh].slice(-ALL_MAX);
  }

  /** Forget comments that were removed. */
  remove(ids) {
    const gone = new Set(ids);
    const without = (list) => (list.some(({ id }) => gone.has(id)) ? list.filter(({ id }) => !gone.has(id)) : list);
    this.lines = without(this.lines);
    this.#all = without(this.#all);
    this.#waiting = without(this.#waiting);
  }

  /**
   * Move what waits into the lines, if it is time. `now` in ms; `isOwn(comment)`: one's own is seen at once. Returns
   * in how many ms to come again, 0 for when there is something new.
   */
  move(now, isOwn) {
    if (this.#waiting.length === 0) return 0;
    if (this.#whole) {
      this.#whole = false;
      this.#into(this.#all.slice(-LINES_MAX), now, 0);
      return 0;
    }
    this.#moves = this.#moves.filter(({ at }) => now - at < READ_WITHIN);
    const room = READABLE - this.#moves.reduce((sum, { count }) => sum + count, 0);
    const wait = this.#movedAt + (this.#waiting.length > room && room < READABLE ? READ_WITHIN : STEP) - now;
    if (wait > 0 && !this.#waiting.some(isOwn)) return wait;
    const chosen = choose(this.#waiting, Math.max(0, room), isOwn);
    const passed = this.#waiting.length - chosen.length;
    this.#moves.push({ at: now, count: chosen.length });
    this.#into([...this.lines, ...chosen].slice(-LINES_MAX), now, passed);
    return 0;
  }

  #into(lines, now, passed) {
    const rate = (passed * 1000) / Math.max(now - this.#movedAt, STEP);
    this.#rate = this.#rate === 0 ? rate : (this.#rate + rate) / 2;
    this.#movedAt = now;
    this.#waiting = [];
    this.lines = lines;
  }

  /** How many comments a second are passed over now, and for how many ms that holds at most. */
  passing(now) {
    const left = this.#movedAt + 2 * READ_WITHIN - now;
    if (left <= 0) this.#rate = 0;
    const rate = Math.round(this.#rate);
    return rate > 0 ? { rate, left } : { rate: 0, left: 0 };
  }

  /** Every comment from the oldest of the lines on, as far as it is kept: the lines themselves when none was passed over. */
  everything() {
    const start = this.lines.length < LINES_MAX ? 0 : Math.max(0, this.#all.indexOf(this.lines[0]));
    const all = this.#all.slice(start);
    return all.length === this.lines.length ? this.lines : all;
  }
}

const RANKS = ["host", "assistant"];

/** At most so many of the comments, in their order: one's own always, then the host's, the assistants', the newest. */
function choose(comments, most, isOwn) {
  if (comments.length <= most) return comments;
  const rank = (comment) => (isOwn(comment) ? -1 : (RANKS.indexOf(comment.user.role) + 3) % 3);
  const ranked = [...comments].reverse().sort((a, b) => rank(a) - rank(b));
  const kept = new Set(ranked.slice(0, Math.max(most, comments.filter(isOwn).length)));
  return comments.filter((comment) => kept.has(comment));
}
