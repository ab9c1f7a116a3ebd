// One's own comments that failed: whether and when one can be sent again, and where it stands among the others.

import { allow, say } from "./dom.js";
import { count, text } from "./texts.js";

/** The newest comment when it failed, by key. */
const places = new Map();

/** Whether the same words can be taken at another time: else they are to be changed. */
export const canSucceed = ({ status, error }) => status === "failed" && error.retry === true;

/** An error without the time that its button counts down. */
export const withoutWait = ({ retry_after: told, ...error }) => error;

/** Count down to when each can be sent again; `slowMode` in s. Returns in how many ms that changes, 0 for never. */
export function drawWaits(mine, buttonOf, slowMode) {
  let next = Infinity;
  for (const entry of mine.filter(canSucceed)) {
    const button = buttonOf(entry);
    if (button === null) continue;
    const wait = waitOf(entry, slowMode, Date.now());
    say(button, wait > 0 ? text("send_again_in", { seconds: count(Math.ceil(wait / 1000)) }) : text("send_again"));
    allow(button, wait === 0);
    if (wait > 0) next = Math.min(next, wait % 1000 || 1000);
  }
  return next === Infinity ? 0 : next;
}

/** In how many ms a failed one can be sent again. `slowMode` is the room's now, in s. */
function waitOf({ error, failedAt }, slowMode, now) {
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
