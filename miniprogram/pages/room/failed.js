// One's own comments that failed: whether and when one can be sent again, and where it stands among the others.

/** @typedef {import("../../utils/live-socket.js").Comment} Comment */
/** @typedef {import("../../utils/live-socket.js").Pending} Pending */

/** Whether the same words can be taken at another time: else they are to be changed. @param {Pending} entry */
export const canSucceed = ({ status, error }) => status === "failed" && Boolean(error && error.retry === true);

/**
 * In how many ms a failed one can be sent again.
 *
 * @param {Pending} entry @param {number} slowMode the room's now, in s @param {number} now
 */
export function waitOf({ error, failedAt = 0 }, slowMode, now) {
  if (!error) return 0;
  const told = (error.retry_after || 0) * 1000;
  // The operator may have ended slow mode meanwhile, or shortened it.
  const wait = error.code === "slow_mode" ? Math.min(told, slowMode * 1000) : told;
  return Math.max(0, failedAt + wait - now);
}

/** The newest comment when each failed, by key. */
export class Places {
  constructor() {
    /** @type {Map<string, number>} */
    this._after = new Map();
  }

  /** @param {Pending[]} mine @param {number} newest */
  note(mine, newest) {
    const failing = mine.filter(({ status }) => status === "failed").map(({ key }) => key);
    for (const key of Array.from(this._after.keys())) if (!failing.includes(key)) this._after.delete(key);
    for (const key of failing) if (!this._after.has(key)) this._after.set(key, newest);
  }

  /** The comment after which it stands; Infinity for one on its way. @param {Pending} entry */
  of({ key }) {
    const after = this._after.get(key);
    return after === undefined ? Infinity : after;
  }
}

/**
 * Comments and one's own: those on their way at the end, those that failed where they failed.
 *
 * @param {Comment[]} comments @param {Pending[]} mine @param {Places} places
 * @returns {Array<Comment | Pending>}
 */
export function among(comments, mine, places) {
  const failed = mine.filter((entry) => places.of(entry) < Infinity);
  /** @type {Array<Comment | Pending>} */
  const all = [];
  for (const comment of comments) {
    while (failed.length > 0 && places.of(failed[0]) < comment.id) all.push(/** @type {Pending} */ (failed.shift()));
    all.push(comment);
  }
  return [...all, ...failed, ...mine.filter((entry) => places.of(entry) === Infinity)];
}
