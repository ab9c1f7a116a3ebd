// Earlier comments, asked for page by page, and the row above the list that says how far back it goes.
// They stay out of the client's state: that one equals a fresh `init`, which knows nothing of what one viewer has read.

import { mark, part, say, show } from "./dom.js";
import { config, count, text } from "./texts.js";

const PER_PAGE = 50;
const ANSWER_WITHIN = 10_000;

// none: nothing is earlier, and nobody asked. more, loading, failed. start: the first comment of the show is here.
let phase = "none";
let loaded = 0;
let asked = null;

/** Whether a page can be asked for by scrolling: one that failed waits for a press. */
export const canLoad = () => phase === "more";

/** Whether somebody went back further than the list itself goes. */
export const isFarBack = () => loaded > 0;

/** Begin anew, without any page; `more`: there are comments before those that are here. A page under way is dropped. */
export function begin(more) {
  asked = null;
  loaded = 0;
  phase = more ? "more" : "none";
}

/** The comments before that seq, oldest first; null when there was no answer or nobody wants it any more. */
export async function load(before) {
  const own = { gone: new Set() };
  asked = own;
  phase = "loading";
  drawEarlier();
  const page = await read(before).catch(() => null);
  if (asked !== own) return null;
  asked = null;
  phase = page === null ? "failed" : page.next === null ? "start" : "more";
  if (page === null) return null;
  const comments = page.results.filter(({ id }) => !own.gone.has(id));
  loaded += comments.length;
  return comments;
}

async function read(before) {
  const query = new URLSearchParams({ before, limit: PER_PAGE });
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), ANSWER_WITHIN);
  try {
    const response = await fetch(`${config.comments}?${query}`, { signal: limit.signal });
    return response.ok ? await response.json() : null;
  } finally {
    clearTimeout(timer);
  }
}

/** Comments that were removed: a page that was read before, and arrives after, is without them. */
export function removed(ids) {
  if (asked) for (const id of ids) asked.gone.add(id);
}

/** Draw the row above the list. */
export function drawEarlier() {
  const row = part("earlier");
  show(row, phase !== "none");
  mark(row, "data-phase", phase);
  const button = part("earlier-button");
  show(button, phase !== "start");
  say(button, text(phase === "failed" ? "earlier_again" : phase === "loading" ? "loading" : "earlier"));
  // Disabled it would lose the keyboard's place.
  mark(button, "aria-disabled", phase === "loading" ? "true" : null);
  say(part("earlier-text"), words());
}

/** What is seen of it, and what only who listens is told: the comments themselves are not read out. */
function words() {
  if (phase === "failed") return text("earlier_failed");
  if (phase === "start") return text("earlier_start");
  return phase === "more" && loaded > 0 ? text("earlier_loaded", { count: count(loaded) }) : "";
}
