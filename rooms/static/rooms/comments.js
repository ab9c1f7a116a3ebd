// The comments that flow over the picture: a bounded list, calm enough to be read.

import { COMMENTS_MAX, errorText } from "./connection.js";
import { drawList, part, rowOf, say, show } from "./dom.js";
import * as earlier from "./earlier.js";
import { config, count, nameOf, text } from "./texts.js";

const LINES_MAX = 120;
/** The bound while somebody reads further up: beyond it the newest of these lines go, which are out of his sight. */
const HELD_MAX = 600;
const NEAR_THE_END = 48;
const NEAR_THE_TOP = 32;
/** How long the lines stand still between two moves of a busy list, in ms. */
const STEP = 400;
const TINTS = 6;

const list = part("comments");
const log = part("log");
const row = rowOf("comment-row");
const written = new WeakMap();

/** The comments that stand still while somebody reads further up; null while the list follows the newest. */
let held = null;
/** Whether lines after the held ones were let go: at their end is not the newest comment. */
let cut = false;
/** Whether the list has every comment of the show, so that none is earlier. */
let whole = false;
let shown = { comments: null, pending: [], lines: [] };
let currentShow = null;
let drawnAt = -Infinity;
let seen = 0;
let lastTop = 0;

/** Take note of what a frame says about comments that the state no longer holds; `state` is the one after it. */
export function heard(frame, state) {
  if (!state.entered) return;
  const { show: number } = state.room;
  if (frame.msg_type === "init" && frame.recovered !== true) {
    // What happened to older comments meanwhile is not known.
    begin(frame.comments.length < config.history);
  } else if (number !== currentShow) begin(true);
  currentShow = number;
  if (state.comments.length > LINES_MAX) whole = false;
  if (frame.msg_type === "remove") without(frame.comment_ids);
  if (frame.msg_type === "reject") without([frame.comment_id]);
}

function begin(complete) {
  whole = complete;
  follow();
}

function without(ids) {
  earlier.removed(ids);
  if (held === null) return;
  const gone = new Set(ids);
  held = held.filter(({ id }) => !gone.has(id));
}

/** Draw the comments. Returns in how many ms it wants to be called again, 0 for not. */
export function drawComments({ state, pending }) {
  const mine = pending.filter((entry) => entry.kind === "message");
  if (!isNew(state, mine)) return 0;
  const wait = drawnAt + STEP - performance.now();
  // What is one's own is seen at once.
  if (wait > 0 && mine.length === shown.pending.length) return wait;
  if (mine.length > shown.pending.length) follow();
  if (held === null) drawAll(state, mine);
  else drawHeld(state, mine);
  drawnAt = performance.now();
  log.setAttribute("aria-busy", "false");
  return 0;
}

const isNew = (state, mine) => shown.comments !== state.comments || movesHeld(mine);

/** Whether lines that stand still are to be drawn all the same. */
function movesHeld(mine) {
  const { pending, lines } = shown;
  if (held !== null && held !== lines) return true;
  return pending.length !== mine.length || pending.some((entry, index) => entry !== mine[index]);
}

const keyOf = (entry) => (entry.key === undefined ? String(entry.id) : `pending-${entry.key}`);

function drawLines(state, mine, lines) {
  const entries = [...lines, ...mine.map((entry) => ({ ...entry, user: state.user }))];
  drawList(list, entries, { keyOf, row, write });
  shown = { comments: state.comments, pending: mine, lines };
}

function drawAll(state, mine) {
  drawLines(state, mine, state.comments.slice(-LINES_MAX));
  earlier.begin(!whole);
  earlier.drawEarlier();
  seen = newestOf(state);
  show(part("newer"), false);
  log.scrollTop = log.scrollHeight;
  lastTop = log.scrollTop;
}

/** Somebody reads further up: nothing moves under his eyes, but what was removed goes, and what is earlier comes. */
function drawHeld(state, mine) {
  if (movesHeld(mine)) {
    keepPlace(() => {
      drawLines(state, mine, held);
      earlier.drawEarlier();
    });
  }
  shown = { ...shown, comments: state.comments };
  const newer = state.comments.filter((comment) => comment.id > seen).length;
  const words = newer === 0 ? "to_newest" : newer === 1 ? "new_comment" : "new_comments";
  // The state keeps so many: of how many came before them it knows nothing.
  say(part("newer-text"), text(words, { count: newer < COMMENTS_MAX ? count(newer) : `${count(newer)}+` }));
  show(part("newer"), newer > 0 || earlier.isFarBack());
}

/** Draw, and let the lines that one sees stay where they are: not every browser does that, and none does at the top. */
function keepPlace(draw) {
  const edge = log.getBoundingClientRect().top;
  const tops = [];
  for (const line of list.children) {
    const { top, bottom } = line.getBoundingClientRect();
    if (bottom > edge) tops.push([line, top]);
  }
  draw();
  const stays = tops.find(([line]) => line.isConnected);
  if (stays) log.scrollTop += stays[0].getBoundingClientRect().top - stays[1];
  lastTop = log.scrollTop;
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

// --- Following, and reading further up.

function hold() {
  held ??= shown.lines;
}

/** Go on with the newest: what is too old goes, and with it what was asked for. */
function follow() {
  held = null;
  cut = false;
  earlier.begin(!whole);
}

async function loadEarlier(redraw) {
  const oldest = (held ?? shown.lines).find(({ seq }) => seq !== null);
  if (!oldest) return;
  hold();
  const page = await earlier.load(oldest.seq);
  if (held === null) return;
  const there = new Set(held.map(({ id }) => id));
  const all = [...(page ?? []).filter(({ id }) => !there.has(id)), ...held];
  cut = cut || all.length > HELD_MAX;
  held = all.slice(0, HELD_MAX);
  drawnAt = -Infinity;
  redraw();
}

/** Wire the list up: `retry(key)` and `discard(key)` of a failed comment; `redraw()` when something is to be drawn. */
export function startComments({ retry, discard, redraw }) {
  log.addEventListener("scroll", () => {
    const { scrollTop } = log;
    const [up, down] = [scrollTop < lastTop, scrollTop > lastTop];
    lastTop = scrollTop;
    const atEnd = log.scrollHeight - scrollTop - log.clientHeight < NEAR_THE_END;
    if (!atEnd) hold();
    else if (held !== null && !cut && down) catchUp(redraw);
    // A page that is here and not drawn yet is the one that was scrolled for.
    const drawn = held !== null && held === shown.lines;
    if (drawn && up && scrollTop < NEAR_THE_TOP && earlier.canLoad()) loadEarlier(redraw);
  });
  part("earlier-button").addEventListener("click", (event) => {
    if (event.target.getAttribute("aria-disabled") === "true") return;
    // Where one reads is where one goes on, and this button may go.
    log.focus({ preventScroll: true });
    loadEarlier(redraw);
  });
  part("newer").addEventListener("click", () => {
    catchUp(redraw);
    log.focus();
  });
  new ResizeObserver(() => {
    if (held === null) log.scrollTop = log.scrollHeight;
  }).observe(log);
  list.addEventListener("click", (event) => {
    const key = event.target.closest("[data-key]")?.dataset.key.replace("pending-", "");
    if (event.target.matches(".retry")) retry(key);
    else if (event.target.matches(".discard")) discard(key);
  });
}

function catchUp(redraw) {
  follow();
  shown = { ...shown, comments: null };
  drawnAt = -Infinity;
  redraw();
}
