/* A room's page shows what is so now, not what was when it was opened: numbers, shelf, comments, recent changes. */

import { say } from "./say.js";
import { take } from "./take.js";
import { watch } from "./watch.js";

const EVERY = 5000;

/** Look again every few seconds, while somebody sees the page; at once when he comes back to it. */
export function followRoom() {
  if (document.querySelector('[data-live="head"]')) watch(EVERY, see);
}

function see(answer, page) {
  // Signed out, or the room is gone: what stands here is not true any more.
  if (answer.ok && !page.querySelector("#room_form") || answer.status === 404) {
    say(document.querySelector("#row-actions").dataset.unfollowed, "warning");
    return false;
  }
  if (answer.ok && !document.querySelector(".is-dragged")) take(page, { unasked: true });
  return true;
}
