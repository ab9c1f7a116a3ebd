// Who one is, and a guest's way to another name.

import { errorText, live, token } from "./connection.js";
import { onChange, part, say, show } from "./dom.js";
import { config, nameOf, text } from "./texts.js";
import { fail } from "./toasts.js";

/** What the server says of a name that it does not take. */
const NAME_REFUSED = ["bad_message", "content_rejected"];

/** Draw who one is; null is somebody who only watches. */
export const drawSelf = onChange((user) => {
  const guest = user !== null && !config.signed_in;
  say(part("me"), user ? text("you_are", { name: nameOf(user) }) : text("you_watch"));
  // A guest did not choose what he is called: he reads it where he is about to speak.
  part("content").placeholder = text(guest ? "write_as" : "write", { name: user ? nameOf(user) : "" });
  show(part("rename"), guest);
});

// What a guest is called whom the server knows only as long as his connection; null for whoever comes back by himself.
let own = null;

const isForgotten = () => !config.signed_in && live.state.user !== null && !token.get();

function noteName() {
  own = isForgotten() ? live.state.user.nickname : null;
}

/** Take one's name back, where a new connection was given another: before he is announced, and before what he said
 * while he was away goes out under it. */
function takeNameBack() {
  if (live.status.kind !== "online") return;
  if (!isForgotten() || own === null || own === live.state.user.nickname) noteName();
  // It may be blocked by now: the new one is as good.
  else live.join({ nickname: own }).catch(noteName);
}

async function rename(nickname) {
  fail("");
  try {
    await live.join({ nickname });
    part("nickname").value = "";
  } catch (error) {
    const { frame } = error;
    fail(NAME_REFUSED.includes(frame.code) ? text("name_refused") : errorText(frame));
  }
}

/** Wire the field up. */
export function startSelf() {
  live.on("status", takeNameBack);
  live.on("state", (_state, frame) => {
    if (frame.msg_type === "me") noteName();
  });
  part("rename").addEventListener("submit", (event) => {
    event.preventDefault();
    const nickname = part("nickname").value.trim();
    if (nickname !== "") rename(nickname);
  });
}
