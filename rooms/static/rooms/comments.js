// The comments that flow over the picture: a bounded list, calm enough to be read.

import { COMMENTS_MAX, errorText } from "./connection.js";
import { drawList, isAllowed, mark, part, rowOf, say, show } from "./dom.js";
import * as earlier from "./earlier.js";
import { Flow, LINES_MAX, STEP } from "../miniprogram/utils/flow.js";
import * as failed from "./failed.js";
import { config, count, nameOf, text } from "./texts.js";

/** The bound while somebody reads further up: beyond it the newest of these lines go, which are out of his sight. */
const HELD_MAX = 600;
const NEAR_THE_END = 48;
const NEAR_THE_TOP = 32;
/** For so long after a touch of wheel, finger or key the list is scrolled by hand, in ms. */
const BY_HAND = 1000;
const SLIDE = { duration: 250, easing: "ease-out" };
const TINTS = 6;
const still = matchMedia("(prefers-reduced-motion: reduce)");

const list = part("comments");
const log = part("log");
const row = rowOf("comment-row");
const written = new WeakMap();
const flow = new Flow();

/** The comments that stand still while somebody reads further up; null while the list follows the newest. */
let held = null;
/** Whether lines after the held ones were let go: at their end is not the newest comment. */
let cut = false;
/** Whether the list has every comment of the show, so that none is earlier. */
let whole = false;
let shown = { comments: null, pending: [], lines: [] };
/** The ids of own comments that wait for a review, as their acknowledgements say. */
const waiting = new Set();
/** Whether one of them is drawn as if it did not: its acknowledgement came after it. */
let unsaid = false;
let currentShow = null;
let drawnAt = -Infinity;
let seen = 0;
let lastTop = 0;
let touchedAt = -Infinity;

/** Whether an own comment is known to wait: what is told of it again is no news. */
export const isWaiting = (id) => waiting.has(id);

/** Take note of what a frame says about comments that the state no longer holds; `state` is the one after it. */
export function heard(frame, state) {
  if (frame.msg_type === "ack" && frame.held === "review") {
    waiting.add(frame.id);
    unsaid = true;
  }
  if (frame.msg_type === "reject") waiting.delete(frame.comment_id);
  if (frame.msg_type === "message" && frame.seq !== undefined) waiting.delete(frame.id);
  if (!state.entered) return;
  const { show: number } = state.room;
  if (frame.msg_type === "init" && frame.recovered !== true) {
    // What happened to older comments meanwhile is not known.
    begin(frame.comments.length < config.history);
  } else if (number !== currentShow) begin(true);
  else if (frame.msg_type === "init") flow.fill();
  currentShow = number;
  if (state.comments.length > LINES_MAX) whole = false;
  if (frame.msg_type === "remove") without(frame.comment_ids);
  if (frame.msg_type === "reject") without([frame.comment_id]);
}

function begin(complete) {
  whole = complete;
  flow.clear();
  follow();
}

function without(ids) {
  earlier.removed(ids);
  flow.remove(ids);
  if (held === null) return;
  const gone = new Set(ids);
  held = held.filter(({ id }) => !gone.has(id));
}

/** Draw the comments. Returns in how many ms it wants to be called again, 0 for not. */
export function drawComments({ state, pending }) {
  const mine = pending.filter((entry) => entry.kind === "message");
  const now = performance.now();
  flow.take(state.comments);
  if (mine.length > shown.pending.length) follow();
  failed.place(mine, newestOf(state.comments));
  if (held !== null) return sooner(drawHeldInTime(state, mine, now), drawWaits(state, mine));
  const wait = flow.move(now, ({ user }) => user.id === state.user?.id);
  if (flow.lines !== shown.lines || changed(mine)) drawAll(state, mine);
  return sooner(sooner(wait, drawRate(now)), drawWaits(state, mine));
}

/** Returns in how many ms one that came too soon counts on. */
function drawWaits(state, mine) {
  const buttonOf = (entry) => list.querySelector(`[data-key="${CSS.escape(keyOf(entry))}"] .retry`);
  return failed.drawWaits(mine, buttonOf, state.room.slow_mode);
}

function drawHeldInTime(state, mine, now) {
  drawRate(now);
  const moved = held !== shown.lines || changed(mine);
  if (!moved && shown.comments === state.comments) return 0;
  const wait = drawnAt + STEP - now;
  if (!moved && wait > 0) return wait;
  drawHeld(state, mine, moved);
  drawnAt = now;
  return 0;
}

const sooner = (a, b) => (a > 0 && b > 0 ? Math.min(a, b) : Math.max(a, b));

/** Whether one's own comments that are not in the room yet are others than those on the page. */
function changed(mine) {
  const { pending } = shown;
  return unsaid || pending.length !== mine.length || pending.some((entry, index) => entry !== mine[index]);
}

/** Say how many comments a second flow by unseen. Returns for how long that is so, in ms. */
function drawRate(now) {
  const { rate, left } = held === null ? flow.passing(now) : { rate: 0, left: 0 };
  say(part("rate"), rate > 0 ? text("passing", { count: count(rate) }) : "");
  return left;
}

const keyOf = (entry) => (entry.key === undefined ? String(entry.id) : `pending-${entry.key}`);

function drawLines(state, mine, lines) {
  const own = mine.map((entry) => ({ ...entry, user: state.user }));
  drawList(list, failed.among(lines, own, lines.length >= LINES_MAX), { keyOf, row, write });
  // Before anybody measures how high they are.
  drawWaits(state, mine);
  shown = { comments: state.comments, pending: mine, lines };
  unsaid = false;
}

function drawAll(state, mine) {
  const slide = slideFrom();
  drawLines(state, mine, flow.lines);
  earlier.begin(!whole);
  earlier.drawEarlier();
  show(part("newer"), false);
  pin();
  slide();
  mark(log, "aria-busy", null);
}

/** Stay at the newest. */
function pin() {
  log.scrollTop = log.scrollHeight;
  lastTop = log.scrollTop;
}

/** Take note of where the last line is. Returns what lets the lines slide from there to where they are then. */
function slideFrom() {
  const last = list.lastElementChild;
  if (last === null || still.matches) return () => {};
  const before = last.getBoundingClientRect().bottom;
  return () => {
    if (!last.isConnected) return;
    const way = before - last.getBoundingClientRect().bottom;
    // What comes at once, or a line that went, is no flow.
    if (way <= 0 || way >= log.clientHeight) return;
    const edge = log.getBoundingClientRect().top - way;
    for (let line = list.lastElementChild; line && line.getBoundingClientRect().bottom > edge; line = line.previousElementSibling) {
      line.animate({ transform: [`translateY(${way}px)`, "none"] }, SLIDE);
    }
  };
}

/** Somebody reads further up: nothing moves under his eyes, but what was removed goes, and what is earlier comes. */
function drawHeld(state, mine, moved) {
  if (moved) {
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

const newestOf = (comments) => comments.reduce((most, comment) => Math.max(most, comment.id), 0);

function write(line, entry) {
  const before = written.get(line);
  const pending = entry.key !== undefined;
  const reviewed = !pending && entry.seq === null && waiting.has(entry.id) ? "yes" : "";
  const same = before === entry || (before?.key !== undefined && before.key === entry.key && before.status === entry.status);
  if (same && line.dataset.reviewed === reviewed) return;
  written.set(line, entry);
  line.dataset.reviewed = reviewed;
  const { user, content, seq, status, error } = entry;
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
  say(within(".mark"), status === "failed" ? errorText(failed.withoutWait(error)) : pending ? text("sending") : seq === null ? text(reviewed ? "held_review" : "held") : "");
  show(within(".again"), status === "failed");
  show(within(".retry"), status === "failed" && failed.canSucceed(entry));
  show(within(".edit"), status === "failed" && !failed.canSucceed(entry));
}

/** The same colour for the same person, everywhere. */
function tintOf(user) {
  let sum = 0;
  for (const character of user?.id ?? "") sum = (sum * 31 + character.codePointAt(0)) % 9973;
  return sum % TINTS;
}

// --- Following, and reading further up.

/** Stand still, with what was passed over in its place. */
function hold() {
  if (held !== null) return;
  held = flow.everything();
  seen = newestOf(held);
}

/** Lines too few to be scrolled, and others were passed over: whoever tries finds them. */
function reach(redraw) {
  const short = log.scrollHeight - log.clientHeight < NEAR_THE_END;
  if (held !== null || !short || flow.everything() === flow.lines) return;
  hold();
  redraw();
}

/** Go on with the newest: what is too old goes, and with it what was asked for. */
function follow() {
  if (held !== null) flow.showAll();
  held = null;
  cut = false;
  earlier.begin(!whole);
}

async function loadEarlier(redraw) {
  hold();
  const oldest = held.find(({ seq }) => seq !== null);
  if (!oldest) return;
  const page = await earlier.load(oldest.seq);
  if (held === null) return;
  const there = new Set(held.map(({ id }) => id));
  const all = [...(page ?? []).filter(({ id }) => !there.has(id)), ...held];
  cut = cut || all.length > HELD_MAX;
  held = all.slice(0, HELD_MAX);
  redraw();
}

/**
 * Wire the list up: `retry(key)`, `edit(key)` and `discard(key)` of a failed comment; `redraw()` when something is to be
 * drawn.
 */
export function startComments({ retry, edit, discard, redraw }) {
  for (const touch of ["wheel", "touchstart", "touchmove", "pointerdown", "keydown", "focusin"]) {
    log.addEventListener(touch, () => (touchedAt = performance.now()), { passive: true });
  }
  log.addEventListener("wheel", ({ deltaY }) => deltaY < 0 && reach(redraw), { passive: true });
  log.addEventListener("touchmove", () => reach(redraw), { passive: true });
  log.addEventListener("keydown", ({ key }) => ["ArrowUp", "PageUp", "Home"].includes(key) && reach(redraw));
  log.addEventListener("scroll", () => {
    const { scrollTop } = log;
    const [up, down] = [scrollTop < lastTop, scrollTop > lastTop];
    lastTop = scrollTop;
    const atEnd = log.scrollHeight - scrollTop - log.clientHeight < NEAR_THE_END;
    if (!atEnd && held === null) {
      // What a new layout does to the place is no wish to read further up.
      if (!up || performance.now() - touchedAt > BY_HAND) {
        pin();
        return;
      }
      hold();
      redraw();
    } else if (atEnd && held !== null && !cut && down) catchUp(redraw);
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
    if (held === null) pin();
  }).observe(log);
  document.addEventListener("visibilitychange", () => flow.fill());
  list.addEventListener("click", (event) => {
    const key = event.target.closest("[data-key]")?.dataset.key.replace("pending-", "");
    if (event.target.matches(".retry") && isAllowed(event.target)) retry(key);
    else if (event.target.matches(".edit")) edit(key);
    else if (event.target.matches(".discard")) discard(key);
  });
}

function catchUp(redraw) {
  follow();
  pin();
  redraw();
}
