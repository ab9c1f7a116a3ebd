/* After a button has sent the page away, the page that comes back stands where it stood, with the focus there. */

const KEY = "liveroom-place";
const SENT = "#row-actions, #new-item";

export function keepPlace() {
  restore();
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || !event.target.matches(SENT)) return;
    // Where the answer leads: the page of a new product that was refused is not the room's.
    const path = event.target.elements.next.value;
    const { formAction, value } = event.submitter ?? {};
    const place = { path, y: scrollY, formAction, value, isNew: event.target.id === "new-item" };
    sessionStorage.setItem(KEY, JSON.stringify(place));
  });
}

function restore() {
  const here = location.pathname + location.search;
  const place = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  // A question, or a form that was refused, stands between: the place is for the page after it.
  if (document.querySelector("[data-question], form#new-item:not([hidden])")) return;
  sessionStorage.removeItem(KEY);
  if (place?.path !== here) return;
  const heldMeanwhile = followFocus();
  // The browser goes to the address's anchor, and takes the focus there, once all is loaded: this has the last word.
  addEventListener("load", () => requestAnimationFrame(() => {
    // Whoever is at something else already, before a slow script is there, types on where he is.
    const held = heldMeanwhile();
    if (document.activeElement !== document.body) return;
    if (held?.isConnected) return held.focus({ preventScroll: true });
    const spot = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (place.isNew && spot) return showNew(spot);
    focusOn(place.formAction, place.value, spot);
    scrollTo({ top: place.y, behavior: "instant" });
  }));
}

/** Note what has the focus from now on: the browser takes it away when it goes to the anchor. The function returned says
 * what it was, and ends the noting. */
function followFocus() {
  const end = new AbortController();
  let held = document.activeElement === document.body ? null : document.activeElement;
  const note = (element) => (held = element);
  document.addEventListener("focusin", ({ target }) => note(target), { signal: end.signal });
  // Whoever presses elsewhere has left it himself.
  document.addEventListener("pointerdown", () => note(null), { signal: end.signal });
  return () => {
    end.abort();
    return held;
  };
}

/** Show a row that is new, with the focus on it. `spot`: the part of the row that is named in addresses. */
export function showNew(spot) {
  spot.closest(".shelf-row")?.classList.add("is-new");
  spot.scrollIntoView({ block: "center", behavior: "instant" });
  focusHere(spot);
}

/** Focus the button that sends that value to that address. Where it is gone, no other takes its place: whoever presses
 * a key once more would do what he did not mean. Then it is `spot`, where the buttons stand, or what was said. */
export function focusOn(address, value = "", spot = null) {
  const buttons = [...document.querySelectorAll("button[form=row-actions][formaction]")];
  const button = address && buttons.find((each) => each.formAction === address && each.value === value && isShown(each));
  if (button) focusShown(button);
  else focusHere(shownAt(spot) ?? document.querySelector(".messagelist"));
}

/** Focus, in a part that has come in the place of another, what stands there for an element of that one. Where it is gone
 * it is the place of its buttons, in a list that of the same line; without the line it is the list. */
export function focusSame(held, part) {
  const line = held.closest("li[id]");
  const now = line ? part.querySelector(`#${CSS.escape(line.id)}`) : part;
  const same = [...now?.querySelectorAll(held.localName) ?? []].find((each) => isSame(each, held));
  if (same) return focusShown(same);
  const buttons = now?.matches(".item") ? null : now?.querySelector(".buttons");
  focusHere(buttons ?? now ?? part);
}

const SAYS = ["id", "href", "formaction", "value"];
const isSame = (one, other) => SAYS.every((name) => one.getAttribute(name) === other.getAttribute(name));

const isShown = (element) => !element.closest("[hidden]");

/** A place on the shelf, or where its row is hidden that of the next one. */
function shownAt(spot) {
  if (!spot || isShown(spot)) return spot;
  let row = spot.closest(".shelf-row");
  while (row?.hidden) row = row.nextElementSibling;
  return row?.querySelector(".item");
}

/** What is folded away cannot have the focus: what unfolds it has. */
function focusShown(element) {
  const folded = element.closest("details:not([open])")?.querySelector("summary");
  focusHere(folded ?? element);
}

/** Focus a place too, which takes no focus by itself: a key does nothing to it. */
export function focusHere(element) {
  if (!element) return;
  if (!element.matches("a, button, summary, [tabindex]")) element.tabIndex = -1;
  element.focus({ preventScroll: true });
}
