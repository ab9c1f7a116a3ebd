// One's own comments that failed: whether and when one can be sent again, and where it stands among the others.

/** The newest comment when it failed, by key. */
const places = new Map();

/** Whether the same words can be taken at another time: else they are to be changed. */
export const canSucceed = ({ status, error }) => status === "failed" && error.retry === true;

/** An error without the time that its button counts down. */
export const withoutWait = ({ retry_after: told, ...error }) => error;

/** In how many ms a failed one can be sent again. `slowMode` is the room's now, in s. */
export function waitOf({ error, failedAt }, slowMode, now) {
  const told = (error.retry_after ?? 0) * 1000;
  // The operator may have ended slow mode meanwhile, or shortened it.
  const wait = error.code === "slow_mode" ? Math.min(told, slowMode * 1000) : told;
  return Math.max(0, failedAt + wait - now);
}

/** Take note of where those stand that failed just now: after the comment of that id. */
export function place(mine, newest) {
  const failing = mine.filter(({ status }) => status === "failed").map(({ key }) => key);
  for (const key of places.keys()) if (!failing.includes(key)) places.delete(key);
  for (const key of failing) if (!places.has(key)) places.set(key, newest);
}

/**
 * Lines and one's own comments: those on their way at the end, those that failed where they failed. `full`: what stands
 * before the first line has flowed by.
 */
export function among(lines, mine, full) {
  const failed = mine.filter(({ key }) => places.has(key) && !(full && places.get(key) < lines[0].id));
  const all = [];
  for (const line of lines) {
    while (failed.length > 0 && places.get(failed[0].key) < line.id) all.push(failed.shift());
    all.push(line);
  }
  return [...all, ...failed, ...mine.filter(({ key }) => !places.has(key))];
}
