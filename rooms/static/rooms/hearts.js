// Hearts that rise when somebody likes: a bounded number, and none for who wants less motion.

import { part, rowOf } from "./dom.js";

const ALIVE_MAX = 24;
const AT_ONCE = 6;
const SPREAD = 700;
const still = matchMedia("(prefers-reduced-motion: reduce)");
const layer = part("hearts");
const heart = rowOf("heart");
const HUES = 5;

/** Let hearts rise for `likes` likes: at most AT_ONCE of them, spread over a moment. */
export function rise(likes, { spread = true } = {}) {
  if (still.matches || document.hidden) return;
  const hearts = Math.min(likes, AT_ONCE, ALIVE_MAX - layer.childElementCount);
  for (let number = 0; number < hearts; number += 1) fly(spread ? Math.random() * SPREAD : 0);
}

function fly(delay) {
  const one = heart.cloneNode(true);
  one.dataset.hue = String(Math.floor(Math.random() * HUES));
  layer.append(one);
  const side = () => `${Math.round(Math.random() * 70 - 45)}px`;
  const turn = Math.random() * 40 - 20;
  const steps = [
    { transform: "translate(0, 0) scale(.3)", opacity: 0 },
    { transform: `translate(${side()}, -22%) scale(1.1) rotate(${turn}deg)`, opacity: 1, offset: 0.15 },
    { transform: `translate(${side()}, -55vh) scale(.9) rotate(${-turn}deg)`, opacity: 0 },
  ];
  one.animate(steps, { duration: 2200 + Math.random() * 900, delay, easing: "ease-out", fill: "both" }).onfinish = () => one.remove();
}
