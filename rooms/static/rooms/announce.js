// Comments for who listens, one by one while that can be followed, and else how many there were; and what is explained.

import { part, say } from "./dom.js";
import { priceAt } from "./connection.js";
import { money, nameOf, text } from "./texts.js";

const EVERY = 4000;
const ONE_BY_ONE = 2;

let heard = null;
let comments = null;
let waiting = [];
/** The ids of those that stand in the page as they were read out. */
let spoken = [];
/** The item that is explained; undefined before the first state. */
let explained;
/** What is to be said of another one. */
let ofItem = "";
let timer = null;

/** Take note of what is new in a state, `now` (server's ms). What was there at first is not read out. */
export function announce(state, now) {
  if (!state.entered) return;
  noteExplained(state, now);
  // Most states have the comments of the one before.
  if (state.comments !== comments) noteComments(state);
  comments = state.comments;
  if (waiting.length > 0 || ofItem) timer ??= setTimeout(speak, EVERY / 4);
}

/** Forget comments that were removed: what was read out of them goes too. */
export function unsay(ids) {
  const gone = new Set(ids);
  waiting = waiting.filter(({ id }) => !gone.has(id));
  if (spoken.some((id) => gone.has(id))) say(part("announcer"), "");
}

function noteExplained({ room, shelf }, now) {
  const item = room.status === "ended" ? null : (shelf.find(({ explaining }) => explaining) ?? null);
  const before = explained;
  explained = item?.id ?? null;
  if (before === undefined || before === explained) return;
  ofItem = item ? text("explained_now", { title: item.title, price: money(priceAt(item, now)) }) : "";
}

function noteComments(state) {
  const newest = state.comments.reduce((most, comment) => Math.max(most, comment.id), 0);
  const before = heard;
  heard = Math.max(heard ?? 0, newest);
  if (before === null) return;
  waiting.push(...state.comments.filter((comment) => comment.id > before && comment.user.id !== state.user?.id));
}

function speak() {
  const many = waiting.length > ONE_BY_ONE;
  const words = many ? [text("many_comments", { count: waiting.length })] : waiting.map(line);
  say(part("announcer"), [ofItem, ...words].filter(Boolean).join(" "));
  spoken = many ? [] : waiting.map(({ id }) => id);
  waiting = [];
  ofItem = "";
  // A pause after each announcement, so that it ends before the next one.
  timer = setTimeout(() => {
    timer = null;
    if (waiting.length > 0 || ofItem) speak();
  }, EVERY);
}

const line = (comment) => text("said", { name: nameOf(comment.user), content: comment.content });
