/* What another copy of this page shows, fetched now, comes into this one.

Taken are what is marked data-live, and the rows that nobody has touched here. What was typed stays, with what it was
rendered with: a conflict is still told as one. */

import { focusHere, focusSame } from "./place.js";
import { isStill, tellNothing, tellWaiting } from "./still.js";

/** Take what is on a page, as fetched. What has the focus gives it to what comes in its place.
 *
 * `unasked`: nobody has pressed anything; what somebody points at, and is marked data-still, stays. */
export function take(page, { unasked = false } = {}) {
  for (const fresh of page.querySelectorAll(".shelf-row[data-item]")) takeRow(fresh);
  for (const old of document.querySelectorAll(".shelf-row[data-item]")) leave(old, page);
  sort(page);
  for (const fresh of page.querySelectorAll("[data-live]")) takeLive(fresh, unasked);
  document.dispatchEvent(new Event("liveroom:taken"));
}

function takeLive(fresh, unasked) {
  const old = document.querySelector(`[data-live="${CSS.escape(fresh.dataset.live)}"]`);
  // A button that goes while it is held down is never clicked.
  if (!old || old.matches(":active") || source(old) === source(fresh)) return;
  if (!unasked || !isStill(old)) return put(fresh, old);
  tellWaiting(old, fresh, () => {
    put(fresh, old);
    fresh.scrollTop = 0;
    fresh.focus();
  });
}

/** Put in what is fresh for what is old. */
function put(fresh, old) {
  const { scrollTop } = old;
  const held = old.contains(document.activeElement) ? document.activeElement : null;
  old.replaceWith(document.adoptNode(fresh));
  fresh.scrollTop = scrollTop;
  tellNothing(fresh);
  if (held === old) focusHere(fresh);
  else if (held) focusSame(held, fresh);
}

// The handles are shown by a script, and what holds the focus in place of a button is made focusable by one.
const source = (element) => element.outerHTML.replaceAll(' hidden=""', "").replaceAll(' tabindex="-1"', "");

/** Put in a row that is new, with the values of now in one that was not touched. A new one is edited after the save. */
function takeRow(fresh) {
  const old = document.querySelector(`.shelf-row[data-item="${fresh.dataset.item}"]`);
  if (!old) {
    const row = document.importNode(fresh, true);
    for (const control of fields(row)) control.disabled = true;
    row.removeAttribute("id");
    list().insertBefore(row, afterRows());
  } else if (!isHeld(old)) {
    for (const control of fields(old)) copy(fields(fresh).find((other) => ending(other) === ending(control)), control);
  }
}

/** Hide a row that the page does not show any more. It stays in the form, whose rows are counted: sent as it came, it
 * changes nothing. */
function leave(old, page) {
  const isThere = page.querySelector(`.shelf-row[data-item="${old.dataset.item}"]`) !== null;
  const isAtWork = isHeld(old) || old.matches(":active") || old.contains(document.activeElement);
  if (isThere || !isAtWork) old.hidden = !isThere;
}

/** Whether somebody is at a row's fields, or was. */
const isHeld = (row) => isRefused() || fields(row).some((control) => isChanged(control) || control === document.activeElement);

const list = () => document.querySelector(".shelf > fieldset");

// The rows that were added here, and the empty one; whoever may add none has none: then this is the end.
const afterRows = () => document.querySelector(".shelf-row:not([data-item])");

/** Order the rows as on the page; where they are so already nothing is moved, which would lose the focus. One that the page
 * does not show stays behind the one that it stood behind. */
function sort(page) {
  const place = new Map([...page.querySelectorAll(".shelf-row[data-item]")].map((row, at) => [row.dataset.item, at]));
  const rows = [...document.querySelectorAll(".shelf-row[data-item]")];
  let last = -1;
  const at = new Map(rows.map((row) => [row, last = place.get(row.dataset.item) ?? last]));
  const wanted = [...rows].sort((one, other) => at.get(one) - at.get(other));
  if (rows.every((row, index) => row === wanted[index])) return;
  const held = document.activeElement;
  for (const row of wanted) list().insertBefore(row, afterRows());
  held?.focus({ preventScroll: true });
}

function copy(from, to) {
  if (!from || to.type === "hidden" && !to.name.endsWith("-rendered")) return;
  if (to.type === "checkbox") to.checked = to.defaultChecked = from.checked;
  else to.value = to.defaultValue = from.value;
}

// What was sent and refused stands in the form as if it had come so.
const isRefused = () => document.querySelector(".errornote") !== null;

const fields = (row) => [...row.querySelectorAll('input[name^="shelf-"], select[name^="shelf-"]')];
const ending = (control) => control.name.replace(/^shelf-\d+-/, "");

/** Whether anything in a form differs from how it came, an added row included, or came back as it was sent. */
export function isTouched(form) {
  return isRefused() || [...form.elements].some((control) => !control.closest(".empty-form") && isChanged(control))
    || form.querySelector(".shelf-row:not([data-item]):not(.empty-form)") !== null;
}

/** Of a list of which one is chosen, a browser chooses the first where the page names none. */
function isChosenAnew({ options, multiple }) {
  const named = [...options].some((option) => option.defaultSelected);
  const was = (option, at) => named || multiple ? option.defaultSelected : at === 0;
  return [...options].some((option, at) => option.selected !== was(option, at));
}

export function isChanged(control) {
  // What belongs to the forms that this page keeps apart does not count.
  if (control.form?.matches("#row-actions, #new-item")) return false;
  if (["hidden", "submit", "button", "fieldset"].includes(control.type)) return false;
  if (control.type === "checkbox" || control.type === "radio") return control.checked !== control.defaultChecked;
  if (control.options) return isChosenAnew(control);
  return control.value !== control.defaultValue;
}
