/* What is typed and not saved yet is marked, and is not lost without a question. */

import { isChanged, isTouched } from "./take.js";

const FORM = ".change-form #content-main form";
const PART = ".shelf-row, .form-row";

let leaving = false;

export function keepUnsaved() {
  const form = document.querySelector(FORM);
  if (!form) return;
  for (const kind of ["input", "change", "reset"]) document.addEventListener(kind, () => mark(form));
  document.addEventListener("liveroom:taken", () => mark(form));
  // What is sent quietly stays here, and another form, such as the language's, does not save this one.
  document.addEventListener("submit", (event) => (leaving = event.target === form && !event.defaultPrevented));
  addEventListener("pageshow", () => {
    leaving = false;
    mark(form);
  });
  addEventListener("beforeunload", (event) => {
    if (!leaving && isTouched(form)) event.preventDefault();
  });
}

function mark(form) {
  const changed = new Set([...form.elements].filter(isChanged).map((control) => control.closest(PART)));
  for (const part of form.querySelectorAll(PART)) part.classList.toggle("is-changed", changed.has(part));
}
