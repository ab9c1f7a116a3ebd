// Short messages over everything, each for a while: what went wrong, and that an order was taken.

import { part, say, show } from "./dom.js";
import { count, money, text } from "./texts.js";

const ERROR_FOR = 12_000;
const ORDER_FOR = 8_000;

let forget = null;
let leave = null;

/** Say what went wrong, for a while; "" takes it down. */
export function fail(words) {
  clearTimeout(forget);
  say(part("error"), words);
  if (words) forget = setTimeout(() => fail(""), ERROR_FOR);
}

/** Say that an order was taken, for a while; null takes it down. */
export function ordered(order) {
  part("ordered").replaceChildren(...(order ? linesOf(order) : []));
  show(part("order-close"), order !== null);
  stay();
  if (order) go();
}

function linesOf(order) {
  const { number, title, quantity, total, status } = order;
  return [
    line("strong", text("ordered")),
    " ",
    line("span", text("ordered_what", { title, quantity: count(quantity), total: money(total) })),
    " ",
    line("small", text("ordered_number", { number, status: text(`order_${status}`) })),
  ];
}

function line(kind, words) {
  const element = document.createElement(kind);
  element.textContent = words;
  return element;
}

const stay = () => clearTimeout(leave);
const go = () => {
  stay();
  leave = setTimeout(() => ordered(null), ORDER_FOR);
};

part("order-close").addEventListener("click", () => ordered(null));
// Whoever is at it has not done with it.
for (const come of ["pointerenter", "focusin"]) part("order").addEventListener(come, stay);
for (const away of ["pointerleave", "focusout"]) part("order").addEventListener(away, go);
