// The line of what happens in the room, below the comments: the last thing, for some seconds.

import { onChange, part, say } from "./dom.js";
import { count, text } from "./texts.js";

const STAYS = 8000;
const FADING = { duration: 600, easing: "ease-in" };

let timer = null;
let fading = null;

/** Draw the activity of a state. */
export const drawActivity = onChange((activity) => {
  // Who goes need not be told to those who stay.
  if (activity && activity.kind !== "leave") tell(activity);
});

/** Say what happened. `kind`: join, follow, buy or shelf; the others are filled in. */
export function tell({ kind, name, count: people = 1, ...values }) {
  const words = people > 1 ? `did_${kind}_more` : `did_${kind}`;
  const line = part("activity");
  clearTimeout(timer);
  fading?.cancel();
  line.dataset.kind = kind;
  say(line, text(words, { name: name || text("someone"), others: count(people - 1), ...values }));
  timer = setTimeout(fade, STAYS);
}

function fade() {
  const line = part("activity");
  fading = line.animate({ opacity: [1, 0] }, FADING);
  fading.addEventListener("finish", () => say(line, ""));
}
