/* After a button has sent the page away, the page that comes back stands where it stood, with the focus there. */

const KEY = "liveroom-place";
const SENT = "#row-actions, #new-item";

export function keepPlace() {
  restore();
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || !event.target.matches(SENT)) return;
    const { formAction, value } = event.submitter ?? {};
    const place = { path: location.pathname + location.search, y: scrollY, formAction, value };
    sessionStorage.setItem(KEY, JSON.stringify(place));
  });
}

function restore() {
  const place = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  sessionStorage.removeItem(KEY);
  if (place?.path !== location.pathname + location.search) return;
  // The browser goes to the address's anchor, and takes the focus there, once all is loaded: this has the last word.
  addEventListener("load", () => requestAnimationFrame(() => {
    focusOn(place.formAction, place.value);
    scrollTo({ top: place.y, behavior: "instant" });
  }));
}

/** Focus the button that sends that value to that address, or, where it has given way to another, that one. */
export function focusOn(address, value = "") {
  if (!address) return;
  const buttons = [...document.querySelectorAll("button[form=row-actions]")];
  const group = address.slice(0, address.replace(/\/$/, "").lastIndexOf("/") + 1);
  const button = buttons.find((each) => each.formAction === address && each.value === value)
    ?? buttons.find((each) => each.formAction.startsWith(group) && each.closest(".buttons"));
  button?.focus({ preventScroll: true });
}
