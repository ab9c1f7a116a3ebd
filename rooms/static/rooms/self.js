// Who one is, and a guest's way to another name.

import { live } from "./connection.js";
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

/** Take one's name back, where a new connection was given another; it goes before the guest is announced. */
function keepName(state, frame) {
  if (!["init", "me"].includes(frame.msg_type) || config.signed_in || state.user === null) return;
  // With a token one is somebody else until the login is answered, and online only then.
  if (live.status.kind !== "online") return;
  const other = frame.msg_type === "init" && own !== null && own !== state.user.nickname;
  // The name may be blocked by now: the new one is as good.
  if (other) live.join({ nickname: own }).catch(() => {});
  else own = state.user.nickname;
}

async function rename(nickname) {
  fail("");
  try {
    await live.join({ nickname });
    part("nickname").value = "";
  } catch (error) {
    // The error has come as a frame too; of a name there is more to say.
    if (NAME_REFUSED.includes(error.frame?.code)) fail(text("name_refused"));
  }
}

/** Wire the field up. */
export function startSelf() {
  live.on("state", keepName);
  part("rename").addEventListener("submit", (event) => {
    event.preventDefault();
    const nickname = part("nickname").value.trim();
    if (nickname !== "") rename(nickname);
  });
}
