// The list of rooms stays true while it is looked at: it is read again, and what changed is put in.

const EVERY = 15_000;
const ANSWER_WITHIN = 10_000;

let timer = null;

/** The list as it is now, as a document; null when there was no answer. It runs no script, and loads nothing. */
function read() {
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    request.open("GET", location.href);
    request.responseType = "document";
    request.timeout = ANSWER_WITHIN;
    request.addEventListener("loadend", () => done(request.status === 200 ? request.response : null));
    request.send();
  });
}

async function refresh() {
  const fresh = (await read())?.getElementById("rooms");
  // Somebody who looked away meanwhile gets it when he looks again.
  if (fresh && document.visibilityState === "visible") put(fresh);
  arrange();
}

function put(fresh) {
  const old = document.getElementById("rooms");
  if (fresh.innerHTML === old.innerHTML) return;
  const focused = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  const next = document.adoptNode(fresh);
  keepPictures(old, next);
  old.replaceWith(next);
  if (focused !== null) [...next.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused)?.focus();
}

/** A picture that is here already does not blink. */
function keepPictures(old, next) {
  const here = new Map([...old.querySelectorAll("img")].map((image) => [image.getAttribute("src"), image]));
  for (const image of next.querySelectorAll("img")) {
    const kept = here.get(image.getAttribute("src"));
    here.delete(image.getAttribute("src"));
    if (kept) image.replaceWith(kept);
  }
}

function arrange() {
  clearTimeout(timer);
  if (document.visibilityState === "visible") timer = setTimeout(refresh, EVERY);
}

document.addEventListener("visibilitychange", () => (document.visibilityState === "visible" ? refresh() : arrange()));
arrange();
