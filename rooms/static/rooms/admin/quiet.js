/* While a form holds changes that are not saved, its page's buttons are sent without leaving it. */

import { focusOn, showNew } from "./place.js";
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
  const spot = button?.closest(".item, .buttons[id]")?.id;
  const known = items();
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
    if (form.id !== "new-item") return focusOn(address, button?.value, document.getElementById(spot));
    form.reset();
    const fresh = items().find((item) => !known.includes(item));
    if (fresh) showNew(document.getElementById(fresh));
  } catch {
    say(failed(), "error");
  } finally {
    if (button) button.disabled = false;
  }
}

const items = () => [...document.querySelectorAll(".shelf-row .item")].map((item) => item.id);

const failed = () => document.querySelector("#row-actions").dataset.failed;

/** What is wrong with the form on a page, as text. */
function wrong(page) {
  const errors = [...page.querySelectorAll(".errorlist li")].map((line) => {
    const label = line.closest(".field")?.querySelector("label")?.textContent ?? "";
    return `${label} ${line.textContent}`.trim();
  });
  return errors.join(" ");
}
