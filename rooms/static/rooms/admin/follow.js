/* A room's page shows what is so now, not what was when it was opened: numbers, shelf, comments, recent changes. */

import { take } from "./take.js";
import { watch } from "./watch.js";

const EVERY = 5000;

/** Look again every few seconds, while somebody sees the page; at once when he comes back to it. */
export function followRoom() {
  if (!document.querySelector('[data-live="head"]')) return;
  watch(EVERY, "#room_form", (page) => {
    if (!document.querySelector(".is-dragged")) take(page, { unasked: true });
  });
}
