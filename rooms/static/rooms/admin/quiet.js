/* While a form holds changes that are not saved, its page's buttons are sent without leaving it. */

import { focusOn } from "./place.js";
import { say, sayAgain } from "./say.js";
import { isTouched, take } from "./take.js";

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

async function send(form, button, confirmed = false) {
  const address = button?.hasAttribute("formaction") ? button.formAction : form.action;
  if (button) button.disabled = true;
  try {
    const body = new FormData(form);
    if (button?.name) body.append(button.name, button.value);
    if (confirmed) body.append("confirmed", "yes");
    const answer = await fetch(address, { method: "POST", body, signal: AbortSignal.timeout(TIMEOUT) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const question = page.querySelector("[data-question]");
    if (question) return confirm(question.textContent) && await send(form, button, true);
    if (!page.querySelector("#room_form")) return say(wrong(page) || failed(), "error");
    const messages = page.querySelector(".messagelist");
    if (messages) sayAgain(document.adoptNode(messages));
    take(page);
    if (form.id === "new-item") form.reset();
    focusOn(button?.hasAttribute("formaction") ? address : "", button?.value);
  } catch {
    say(failed(), "error");
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
