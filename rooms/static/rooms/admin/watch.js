/* This page as the server has it now, asked for again and again while somebody sees it. */

const TIMEOUT = 10000;

/** Ask every so many ms, and at once when somebody comes back to the page; `seen(answer, page)` gets each answer. It
 * returns false when there is no use in asking further. */
export function watch(every, seen) {
  let timer = 0;
  let asked = null;

  function stop() {
    clearTimeout(timer);
    asked?.abort();
  }

  function later() {
    stop();
    timer = setTimeout(look, every);
  }

  async function look() {
    stop();
    const mine = asked = new AbortController();
    try {
      const signal = AbortSignal.any([mine.signal, AbortSignal.timeout(TIMEOUT)]);
      // The header keeps the messages for the page that they are meant for.
      const answer = await fetch(location.href, { signal, headers: { "X-Look": "1" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (mine.signal.aborted || seen(answer, page) === false) return;
    } catch {
      // The server is away: the next look may reach it.
    }
    if (!mine.signal.aborted && !document.hidden) later();
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? stop() : look()));
  // An answer that was made before what is being sent now would show it undone.
  document.addEventListener("submit", later);
  addEventListener("pagehide", stop);
  addEventListener("pageshow", later);
}
