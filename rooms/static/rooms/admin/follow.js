/* A room's page shows what is so now, not what was when it was opened: numbers, shelf, recent changes. */

import { say } from "./say.js";
import { take } from "./take.js";

const EVERY = 5000;
const TIMEOUT = 10000;

let timer = 0;
let asked = null;

/** Look again every few seconds, while somebody sees the page; at once when he comes back to it. */
export function followRoom() {
  if (!document.querySelector('[data-live="head"]')) return;
  document.addEventListener("visibilitychange", () => (document.hidden ? stop() : look()));
  // An answer that was made before what is being sent now would show it undone.
  document.addEventListener("submit", later);
  addEventListener("pagehide", stop);
  addEventListener("pageshow", later);
}

function stop() {
  clearTimeout(timer);
  asked?.abort();
}

function later() {
  stop();
  timer = setTimeout(look, EVERY);
}

async function look() {
  stop();
  const mine = asked = new AbortController();
  try {
    const signal = AbortSignal.any([mine.signal, AbortSignal.timeout(TIMEOUT)]);
    // The header keeps the messages for the page that they are meant for.
    const answer = await fetch(location.href, { signal, headers: { "X-Look": "1" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine.signal.aborted) return;
    // Signed out, or the room is gone: what stands here is not true any more.
    if (answer.ok && !page.querySelector("#room_form") || answer.status === 404) {
      return say(document.querySelector("#row-actions").dataset.unfollowed, "warning");
    }
    if (answer.ok && !document.querySelector(".is-dragged")) take(page);
  } catch {
    // The server is away: the next look may reach it.
  }
  if (!mine.signal.aborted && !document.hidden) later();
}
