/* The list of comments says how many new ones there are. It stays as it is until they are asked for: a row that moves
 * away under a finger would let another one be pressed. */

import { watch } from "./watch.js";

const EVERY = 5000;

export function followList() {
  const link = document.querySelector("[data-newer] a");
  if (!link) return;
  // Where others have gone from the list, older ones come up at its end: they are not new.
  const newest = Math.max(...keys(document));
  watch(EVERY, (answer, page) => {
    if (answer.ok) tell(link, keys(page).filter((key) => key > newest).length);
  });
}

/** The keys of a list's comments, which rise. */
const keys = (page) => [...page.querySelectorAll("#result_list .said")].map(
  (link) => Number(link.getAttribute("href").match(/\d+/)?.[0]),
);

function tell(link, count) {
  link.hidden = count === 0;
  const text = count === 1 ? link.dataset.one : link.dataset.many.replace("{number}", count);
  // A live region speaks when it is written to: the same is not said twice.
  if (count && link.textContent !== text) link.textContent = text;
}
