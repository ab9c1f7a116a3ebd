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
  part("rename").addEventListener("submit", (event) => {
    event.preventDefault();
    const nickname = part("nickname").value.trim();
    if (nickname !== "") rename(nickname);
  });
}
