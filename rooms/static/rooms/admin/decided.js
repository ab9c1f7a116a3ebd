/* In the list of what is to be reviewed, rows about which somebody else has decided stay where they are, and say so. */

import { focusHere } from "./place.js";

/** The key of a comment, as the link in its row has it. */
export const keyOf = (link) => Number(link.getAttribute("href").match(/(\d+)\/change/)?.[1]);

/** Mark the rows that are not among the keys of the list as it is now. `queue` has what to say, and which page it is. */
export function tellDecided(queue, now) {
  const { decided, most, page } = queue.dataset;
  const [isFirst, isFull] = [page === "1", now.length >= Number(most)];
  // Another page than the first may be gone because rows before it are: of its own nothing is known then.
  if (!now.length && !isFirst) return;
  // What is older than a full page, or newer than a later one, stands on another page.
  const from = isFull ? Math.min(...now) : -Infinity;
  const to = isFirst ? Infinity : Math.max(...now);
  for (const link of document.querySelectorAll("#result_list .said")) {
    const key = keyOf(link);
    if (key >= from && key <= to && !now.includes(key)) mark(link.closest("tr"), decided);
  }
}

function mark(row, text) {
  // A button that goes while it is held down is never clicked.
  if (row.matches(".is-decided, :active")) return;
  const isHeld = row.contains(document.activeElement) && document.activeElement.matches("button, input");
  row.classList.add("is-decided");
  for (const box of row.querySelectorAll(".action-select:checked")) box.click();
  for (const box of row.querySelectorAll(".action-select")) box.disabled = true;
  const state = row.querySelector(".field-state_shown");
  state.textContent = text;
  // Who may only look has no buttons.
  row.querySelector(".buttons")?.replaceChildren();
  if (isHeld) focusHere(state);
}
