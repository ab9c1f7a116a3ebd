/* This page as the server has it now, asked for again and again while somebody sees it. */

import { say } from "./say.js";

const TIMEOUT = 10000;
const LOST = [403, 404];

/** Ask every so many ms, and at once when somebody comes back to the page; `seen(page)` gets each.
 *
 * A page without `mark`, a selector, is another one: who looks is signed out, or what he saw is gone. He is told that
 * what stands here is not true any more, and it is not asked for until he comes back to it. */
export function watch(every, mark, seen) {
  let timer = 0;
  let asked = null;

  function stop() {
    clearTimeout(timer);
    asked?.abort();
    asked = null;
  }

  function later() {
    stop();
    timer = setTimeout(look, every);
  }

  async function look() {
    stop();
    const mine = asked = new AbortController();
    const { status, page } = await fetched(mine);
    // Another look has begun since, or there is to be none.
    if (mine !== asked) return;
    const here = status === 200;
    if (LOST.includes(status) || here && !page.querySelector(mark)) {
      return say(document.querySelector("#row-actions").dataset.unfollowed, "warning");
    }
    if (!document.hidden) later();
    if (here) seen(page);
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? stop() : look()));
  // An answer that was made before what is being sent now would show it undone.
  document.addEventListener("submit", later);
  addEventListener("pagehide", stop);
  addEventListener("pageshow", later);
}

/** What the server answers; nothing where it is away or takes too long: the next look may reach it. */
async function fetched(mine) {
  const timer = setTimeout(() => mine.abort(), TIMEOUT);
  try {
    // The header keeps the messages for the page that they are meant for.
    const answer = await fetch(location.href, { signal: mine.signal, headers: { "X-Look": "1" } });
    return { status: answer.status, page: new DOMParser().parseFromString(await answer.text(), "text/html") };
  } catch {
    return {};
  } finally {
    clearTimeout(timer);
  }
}
