// The comments that flow over the picture: a bounded list, calm enough to be read.

import { errorText } from "./connection.js";
import { drawList, part, rowOf, say, show } from "./dom.js";
import { count, nameOf, text } from "./texts.js";

const LINES_MAX = 120;
const NEAR_THE_END = 48;
/** How long the lines stand still between two moves of a busy list, in ms. */
const STEP = 400;
const TINTS = 6;

const list = part("comments");
const log = part("log");
const row = rowOf("comment-row");
const written = new WeakMap();

let follows = true;
let shown = { comments: null, pending: null, show: null };
let drawnAt = -Infinity;
let seen = 0;

/** Draw the comments. Returns in how many ms it wants to be called again, 0 for not. */
export function drawComments({ state, pending }) {
  const mine = pending.filter((entry) => entry.kind === "message");
  if (!isNew(state, mine)) return 0;
  const wait = drawnAt + STEP - performance.now();
  // What is one's own is seen at once.
  if (wait > 0 && mine.length === shown.pending?.length) return wait;
  if (mine.length > (shown.pending?.length ?? 0)) follows = true;
  const sameShow = shown.show === state.room.show;
  if (follows || !sameShow) drawAll(state, mine);
  else drawHeld(state);
  shown = { comments: state.comments, pending: mine, show: state.room.show };
  drawnAt = performance.now();
  log.setAttribute("aria-busy", "false");
  return 0;
}

function isNew(state, mine) {
  const { comments, pending } = shown;
  return comments !== state.comments || pending?.length !== mine.length || pending.some((entry, index) => entry !== mine[index]);
}

const keyOf = (entry) => (entry.key === undefined ? String(entry.id) : `pending-${entry.key}`);

function drawAll(state, mine) {
  const entries = [...state.comments.slice(-LINES_MAX), ...mine.map((entry) => ({ ...entry, user: state.user }))];
  drawList(list, entries, { keyOf, row, write });
  seen = newestOf(state);
  show(part("newer"), false);
  log.scrollTop = log.scrollHeight;
}

/** Somebody reads further up: nothing moves under his eyes, but what was removed goes. */
function drawHeld(state) {
  const there = new Set(state.comments.map((comment) => String(comment.id)));
  const oldest = state.comments[0]?.id ?? 0;
  for (const line of [...list.children]) {
    if (Number(line.dataset.key) >= oldest && !there.has(line.dataset.key)) line.remove();
  }
  const newer = state.comments.filter((comment) => comment.id > seen).length;
  say(part("newer-text"), text(newer === 1 ? "new_comment" : "new_comments", { count: count(newer) }));
  show(part("newer"), newer > 0);
}

const newestOf = (state) => state.comments.reduce((most, comment) => Math.max(most, comment.id), 0);

function write(line, entry) {
  const before = written.get(line);
  if (before === entry || (before?.key !== undefined && before.key === entry.key && before.status === entry.status)) return;
  written.set(line, entry);
  const { user, content, seq, status, error } = entry;
  const pending = entry.key !== undefined;
  const role = user && ["host", "assistant"].includes(user.role) ? user.role : "";
  const within = (selector) => line.querySelector(selector);
  line.dataset.pending = pending ? "yes" : "";
  line.dataset.failed = status === "failed" ? "yes" : "";
  line.dataset.role = role;
  line.dataset.tint = String(tintOf(user));
  say(within(".name"), user ? nameOf(user) : "");
  say(within(".tag"), role && text(role));
  show(within(".tag"), role !== "");
  say(within(".text"), content);
  say(within(".mark"), status === "failed" ? errorText(error) : pending ? text("sending") : seq === null ? text("held") : "");
  show(within(".again"), status === "failed");
}

/** The same colour for the same person, everywhere. */
function tintOf(user) {
  let sum = 0;
  for (const character of user?.id ?? "") sum = (sum * 31 + character.codePointAt(0)) % 9973;
  return sum % TINTS;
}

/** Wire the list up: `retry(key)` and `discard(key)` of a failed comment; `redraw()` after a scroll to the end. */
export function startComments({ retry, discard, redraw }) {
  log.addEventListener("scroll", () => {
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_THE_END;
    if (atEnd === follows) return;
    follows = atEnd;
    if (follows) catchUp(redraw);
  });
  part("newer").addEventListener("click", () => {
    follows = true;
    catchUp(redraw);
    log.focus();
  });
  new ResizeObserver(() => {
    if (follows) log.scrollTop = log.scrollHeight;
  }).observe(log);
  list.addEventListener("click", (event) => {
    const key = event.target.closest("[data-key]")?.dataset.key.replace("pending-", "");
    if (event.target.matches(".retry")) retry(key);
    else if (event.target.matches(".discard")) discard(key);
  });
}

function catchUp(redraw) {
  shown = { ...shown, comments: null };
  drawnAt = -Infinity;
  redraw();
}
