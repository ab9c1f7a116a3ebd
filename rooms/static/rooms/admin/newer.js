/* A list of comments says how many new ones there are. It stays as it is until they are asked for: a row that moves
 * away under a finger would let another one be pressed. */

import { keyOf, tellDecided } from "./decided.js";
import { watch } from "./watch.js";

const EVERY = 5000;

/** Begin to look for new ones, on the page of the list of comments. */
export function followList() {
  const line = document.querySelector("#changelist [data-newer] a");
  const queue = document.querySelector("[data-decided]");
  if (!line && !queue) return;
  // Where others have gone from the list, older ones come up at its end: they are not new.
  const newest = newestIn(document);
  watch(EVERY, "#changelist", (page) => {
    if (line) tellNewer(line, page, newest);
    if (queue) tellDecided(queue, keys(page));
  });
}

/** The keys of a list's comments, which rise. */
const keys = (part) => [...part.querySelectorAll(".said")].map(keyOf);

export const newestIn = (part) => Math.max(...keys(part));

/** Say in a line how many comments of a list as it is now are newer than that one; none: hide it. */
export function tellNewer(line, part, newest) {
  const count = keys(part).filter((key) => key > newest).length;
  const { one, many, all, most } = line.dataset;
  line.hidden = count === 0;
  // As many as a list shows at most: there may be more.
  const text = count === 1 ? one : (count < Number(most) ? many : all).replace("{number}", count);
  // A live region speaks when it is written to: the same is not said twice.
  if (count && line.textContent !== text) line.textContent = text;
}
