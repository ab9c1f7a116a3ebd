/* While a form holds changes that are not saved, its page's buttons are sent without leaving it.

Of the answer, which is the same page as of now, come the messages, what is marked data-live, and the rows that nobody
has touched here. What was typed stays, with what it was rendered with: a conflict is still told as one. */

import { focusOn } from "./place.js";

const SENT = "#row-actions, #new-item";
const TIMEOUT = 15000;

export function sendQuietly() {
  document.addEventListener("submit", (event) => {
    const form = document.querySelector(".change-form #content-main form");
    if (!form || !event.target.matches(SENT) || !isTouched(form)) return;
    event.preventDefault();
    send(event.target, event.submitter);
  });
}

async function send(form, button) {
  const address = button?.hasAttribute("formaction") ? button.formAction : form.action;
  if (button) button.disabled = true;
  try {
    const body = new FormData(form);
    if (button?.name) body.append(button.name, button.value);
    const answer = await fetch(address, { method: "POST", body, signal: AbortSignal.timeout(TIMEOUT) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!page.querySelector("#room_form")) return say([wrong(page) || failed()], "error");
    take(page);
    if (form.id === "new-item") form.reset();
    focusOn(button?.hasAttribute("formaction") ? address : "", button?.value);
  } catch {
    say([failed()], "error");
  } finally {
    if (button) button.disabled = false;
  }
}

const failed = () => document.querySelector("#row-actions").dataset.failed;

/** What is wrong with the form on a page, as text. */
function wrong(page) {
  const errors = [...page.querySelectorAll(".errorlist li")].map((line) => {
    const label = line.closest(".field")?.querySelector("label")?.textContent ?? "";
    return `${label} ${line.textContent}`.trim();
  });
  return errors.join(" ");
}

function take(page) {
  const messages = page.querySelector(".messagelist");
  if (messages) place(document.adoptNode(messages));
  for (const fresh of page.querySelectorAll(".shelf-row[data-item]")) row(fresh);
  for (const fresh of page.querySelectorAll("[data-live]")) {
    const old = document.querySelector(`[data-live="${CSS.escape(fresh.dataset.live)}"]`);
    old?.replaceWith(document.adoptNode(fresh));
  }
  document.dispatchEvent(new Event("liveroom:taken"));
}

/** Put a row to its place, with the values of now unless it was touched. A new one can be edited after the save. */
function row(fresh) {
  let old = document.querySelector(`.shelf-row[data-item="${fresh.dataset.item}"]`);
  const end = document.querySelector(".shelf-row:not([data-item])");
  if (!old) {
    old = document.importNode(fresh, true);
    for (const control of fields(old)) control.disabled = true;
    old.removeAttribute("id");
  } else if (!fields(old).some(isChanged)) {
    for (const control of fields(old)) copy(fields(fresh).find((other) => ending(other) === ending(control)), control);
  }
  end?.before(old);
}

function copy(from, to) {
  if (!from || to.type === "hidden" && !to.name.endsWith("-rendered")) return;
  if (to.type === "checkbox") to.checked = to.defaultChecked = from.checked;
  else to.value = to.defaultValue = from.value;
}

const fields = (row) => [...row.querySelectorAll('input[name^="shelf-"], select[name^="shelf-"]')];
const ending = (control) => control.name.replace(/^shelf-\d+-/, "");

/** Whether anything in a form differs from how it came, an added row included. */
export function isTouched(form) {
  return [...form.elements].some((control) => !control.closest(".empty-form") && isChanged(control))
    || form.querySelector(".shelf-row:not([data-item]):not(.empty-form)") !== null;
}

function isChanged(control) {
  // Checkboxes and inputs of the forms that this page keeps apart do not count.
  if (control.form?.matches(SENT) || ["hidden", "submit", "button", "fieldset"].includes(control.type)) return false;
  if (control.type === "checkbox" || control.type === "radio") return control.checked !== control.defaultChecked;
  if (control.options) return [...control.options].some((option) => option.selected !== option.defaultSelected);
  return control.value !== control.defaultValue;
}

function say(texts, kind) {
  const list = document.createElement("ul");
  list.className = "messagelist";
  for (const text of texts) {
    const line = document.createElement("li");
    line.className = kind;
    line.textContent = text;
    list.append(line);
  }
  place(list);
}

function place(list) {
  list.setAttribute("role", "status");
  document.querySelector(".messagelist")?.remove();
  document.querySelector("main").prepend(list);
}
