/* What is marked data-still stands while somebody is about to press something in it. Beside it, it is said what is new,
 * and shown when that is pressed. */

import { newestIn, tellNewer } from "./newer.js";

/** A pointer that has not moved for so many ms was left there. */
const REST = 10000;

let moved = -Infinity;
let place = [];

export function notePointer() {
  document.addEventListener("pointermove", ({ clientX, clientY }) => {
    // Where the page moves under a pointer, the browser may tell of that.
    if (clientX === place[0] && clientY === place[1]) return;
    place = [clientX, clientY];
    moved = performance.now();
  });
  document.addEventListener("pointerdown", () => (moved = performance.now()));
}

/** Whether somebody may be about to press what would move away. On a screen that is touched nobody points before. */
export function isStill(part) {
  if (!part.matches("[data-still]")) return false;
  if (matchMedia("(hover: none)").matches || part.querySelector("details[open]")) return true;
  return part.matches(":hover") && performance.now() - moved < REST;
}

/** Say how many comments of a part as it is now are new; `show` shows them. */
export function tellWaiting(part, fresh, show) {
  const line = lineOf(part);
  tellNewer(line, fresh, newestIn(part));
  line.onclick = (event) => {
    event.preventDefault();
    show();
  };
}

/** Nothing waits any more. */
export function tellNothing(part) {
  if (part.matches("[data-still]")) lineOf(part).hidden = true;
}

const lineOf = (part) => part.parentElement.querySelector("[data-newer] a");
