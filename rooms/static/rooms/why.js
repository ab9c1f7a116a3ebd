// The sentence that says why something cannot be done now, with the way to mend it where there is one.

import { mark, say } from "./dom.js";
import { config, text } from "./texts.js";

/** Whether the pill of the connection says that already. */
export const isSaidElsewhere = (reason) => reason === "connecting" || reason === "why_not_connected";

/** Write a reason into its line; "" for none. `values` are filled in. */
export function sayWhy(line, reason, values = {}) {
  mark(line, "data-why", reason);
  const words = wordsFor(reason, values);
  if (reason !== "why_login" || !config.login) say(line, words);
  else if (line.textContent !== words) line.replaceChildren(loginLink(words));
}

/** What is said of a reason. */
export function wordsFor(reason, values = {}) {
  if (reason === "why_login" && !config.login) return text("why_watching");
  return reason && text(reason, values);
}

function loginLink(words) {
  const link = document.createElement("a");
  link.href = config.login;
  link.textContent = words;
  return link;
}
