// Shelf and inspector are columns where there is room, and sheets that one opens where there is not.

import { part } from "./dom.js";

const toasts = part("toasts");
const stage = toasts.parentElement;

/** Whether the inspector's column is there. */
export const inspectorWide = matchMedia("(min-width: 1100px)");
const shelfWide = matchMedia("(min-width: 760px)");

function place(section, column, sheet, query) {
  const move = () => {
    const home = query.matches ? column : sheet;
    if (section.parentElement === home) return;
    // What is moved, or lies in a sheet that closes, loses the focus; where it cannot be seen now it cannot have it.
    const held = section.contains(document.activeElement) ? document.activeElement : null;
    if (query.matches && sheet.open) sheet.close();
    home.append(section);
    held?.focus({ preventScroll: true });
  };
  query.addEventListener("change", move);
  move();
}

/** Open a sheet as a dialog. What is said over everything goes along: a dialog makes the rest of the page inert. */
export function open(sheet) {
  sheet.append(toasts);
  sheet.showModal();
}

/** Close a sheet; what is said after that is said where one is then. */
export function close(sheet) {
  sheet.close();
  placeToasts();
}

/** Into the sheet that is open, or lies under the one that was closed. */
function placeToasts() {
  const place = document.querySelector("dialog[open]") ?? stage;
  if (toasts.parentElement !== place) place.append(toasts);
}

function prepare(sheet) {
  sheet.addEventListener("close", placeToasts);
  // A press beside the sheet is one on the dialog itself.
  sheet.addEventListener("click", (event) => {
    if (event.target === sheet || event.target.closest("[data-close]")) sheet.close();
  });
}

/** Put everything where it belongs, now and whenever the window changes. */
export function start() {
  place(part("shop"), part("shelf-column"), part("shelf-sheet"), shelfWide);
  document.querySelectorAll("dialog").forEach(prepare);
  part("open-shelf").addEventListener("click", () => open(part("shelf-sheet")));
  part("open-more").addEventListener("click", () => open(part("more-sheet")));
  if (part("inspector")) placeInspector();
  followTheKeyboard();
}

function placeInspector() {
  place(part("inspector"), part("inspector-column"), part("inspector-sheet"), inspectorWide);
  part("open-inspector").addEventListener("click", () => {
    part("more-sheet").close();
    open(part("inspector-sheet"));
  });
}

/** Where a keyboard of the screen lies over the page instead of making it smaller, the page is made smaller. */
function followTheKeyboard() {
  const view = window.visualViewport;
  if (!view) return;
  const fit = () => {
    // Zoomed in by two fingers the viewer wants to see a part of the page, not another page.
    const covered = view.scale > 1.01 ? 0 : Math.round(innerHeight - view.height);
    document.documentElement.style.setProperty("--covered", `${Math.max(0, covered)}px`);
    if (covered > 0) scrollTo(0, 0);
  };
  view.addEventListener("resize", fit);
  fit();
}
