// Comments for who listens: one by one while that can be followed, and else how many there were.

import { part, say } from "./dom.js";
import { nameOf, text } from "./texts.js";

const EVERY = 4000;
const ONE_BY_ONE = 2;

let heard = null;
let waiting = [];
let timer = null;

/** Take note of the comments that are new in a state. What was there at first is not read out. */
export function announce(state) {
  const newest = state.comments.reduce((most, comment) => Math.max(most, comment.id), 0);
  const before = heard;
  heard = Math.max(heard ?? 0, newest);
  if (before === null) return;
  waiting.push(...state.comments.filter((comment) => comment.id > before && comment.user.id !== state.user?.id));
  if (waiting.length > 0) timer ??= setTimeout(speak, EVERY / 4);
}

function speak() {
  const words = waiting.length <= ONE_BY_ONE ? waiting.map(line).join(" ") : text("many_comments", { count: waiting.length });
  say(part("announcer"), words);
  waiting = [];
  // A pause after each announcement, so that it ends before the next one.
  timer = setTimeout(() => {
    timer = null;
    if (waiting.length > 0) speak();
  }, EVERY);
}

const line = (comment) => text("said", { name: nameOf(comment.user), content: comment.content });
