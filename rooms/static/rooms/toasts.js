// Short messages over everything: what went wrong, for a while; an order, until it is closed.

import { part, say, show } from "./dom.js";

const ERROR_FOR = 12_000;

let forget = null;

/** Say what went wrong, for a while; "" takes it down. */
export function fail(words) {
  clearTimeout(forget);
  say(part("error"), words);
  if (words) forget = setTimeout(() => fail(""), ERROR_FOR);
}

/** Say that an order was taken; "" takes it down. */
export function ordered(words) {
  say(part("ordered"), words);
  show(part("order-close"), words !== "");
}

part("order-close").addEventListener("click", () => ordered(""));
