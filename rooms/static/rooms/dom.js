// Writing into the page: only what changed, and all that people wrote as text.

/** The element of that id. */
export const part = (id) => document.getElementById(id);

/** The first element of a template. */
export const rowOf = (id) => part(id).content.firstElementChild;

/** Write a text. A live region speaks when it is written to: the same text is not written again. */
export function say(element, value) {
  if (element.textContent !== value) element.textContent = value;
}

/** Show or hide an element. */
export function show(element, shown) {
  if (element.hidden === shown) element.hidden = !shown;
}

/** Set an attribute, or take it away when there is nothing to say. */
export function mark(element, name, value) {
  if (value === null || value === "") element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Say whether a control can be used now. It is never disabled: the keyboard's place would be lost. */
export function allow(control, yes) {
  // As the server writes it, while there is no script yet.
  control.disabled = false;
  mark(control, "aria-disabled", yes ? null : "true");
}

/** Whether a control can be used now. */
export const isAllowed = (control) => !control.disabled && control.getAttribute("aria-disabled") !== "true";

/** Let an element lead to an address; without one it is hidden. */
export function point(element, name, value) {
  mark(element, name, value);
  show(element, Boolean(value));
}

/** An address of the wire as a browser's; null for none, and for every scheme but http and https. */
export function address(url, base) {
  if (!url) return null;
  try {
    const found = new URL(url, base || location.href);
    return ["http:", "https:"].includes(found.protocol) ? found.href : null;
  } catch {
    return null;
  }
}

/** The first character of a text, for a place without its picture. */
export const initial = (words) => [...words.trim()][0]?.toUpperCase() ?? "·";

/**
 * A function that runs `draw(...values)` when one of the values is another than the last time.
 *
 * Values are compared by identity: the state is made anew where it changes.
 */
export function onChange(draw) {
  let before = null;
  return (...values) => {
    if (before !== null && values.every((value, index) => Object.is(value, before[index]))) return;
    before = values;
    draw(...values);
  };
}

/** One element per entry, by key: made from `row`, moved and written only where something changed. */
export function drawList(list, entries, { keyOf, row, write }) {
  const wanted = new Set(entries.map((entry) => String(keyOf(entry))));
  const known = new Map();
  for (const child of [...list.children]) {
    if (wanted.has(child.dataset.key)) known.set(child.dataset.key, child);
    else child.remove();
  }
  let place = list.firstElementChild;
  for (const entry of entries) {
    const key = String(keyOf(entry));
    const child = known.get(key) ?? row.cloneNode(true);
    child.dataset.key = key;
    write(child, entry);
    if (child === place) place = place.nextElementSibling;
    else list.insertBefore(child, place);
  }
}
