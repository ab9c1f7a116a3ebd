// The step before an order: how many, and what that costs. What was chosen is kept no longer than the sheet is open.

import { leftOf, version } from "./bought.js";
import { errorText, priceAt } from "./connection.js";
import { mark, onChange, part, say } from "./dom.js";
import { reasons } from "./reasons.js";
import * as sheets from "./sheets.js";
import { writeFacts, writeGoods, writeMoney } from "./shelf.js";
import { count, money, text } from "./texts.js";
import { wordsFor } from "./why.js";

/** As many as one order takes, by the protocol. */
const ORDER_MAX = 99;
/** Failures after which nobody knows whether the order was taken. */
const UNANSWERED = ["expired", "stopped"];

const sheet = part("order-sheet");
const field = part("quantity");

/** The item that is looked at, as it was last on the shelf; null while the sheet is closed. */
let chosen = null;
/** How often it was opened: each time it is drawn anew. */
let openings = 0;
/** What the choice is drawn from: price, why not, the order under way, the greatest quantity. */
let choice = null;
let note = "";
/** Items whose order waits for its answer: a second press may come before the first is drawn. */
const placed = new Set();

/** Let somebody choose how many of an item; `draw()` draws the sheet. */
export function choose(item, draw) {
  chosen = item;
  openings += 1;
  choice = null;
  note = "";
  field.value = "1";
  draw();
  sheets.open(sheet);
}

/** Close the sheet, if it is that item's. */
export function finish(itemId) {
  if (chosen?.id === itemId) sheets.close(sheet);
}

/** Draw the sheet. `model`: state, pending, status, now. */
export function drawOrder(model) {
  if (chosen === null) return;
  const { state, pending, now } = model;
  const item = state.shelf.find(({ id }) => id === chosen.id);
  // One that is gone stays in sight as it was.
  chosen = item ?? chosen;
  const reason = reasons(model).shop;
  const why = item ? wordsFor(reason) : errorText({ code: "not_on_shelf" });
  const order = pending.find((entry) => entry.kind === "buy" && entry.itemId === chosen.id && isOpen(entry)) ?? null;
  drawChanged(chosen, state.baseUrl, priceAt(chosen, now), why, order, openings, version());
}

/** Whether nobody knows if a failed order was taken. */
export const isUnanswered = ({ error }) => UNANSWERED.includes(error.code);

const isOpen = (order) => order.status === "sending" || isUnanswered(order);

const drawChanged = onChange((item, base, price, why, order) => {
  writeGoods(part("choice-item"), item, { base, price });
  writeFacts(part("choice-item"), item);
  if (choice !== null && choice.price !== price) note = text("price_now", { price: money(price) });
  const most = Math.min(item.stock, ORDER_MAX, leftOf(item));
  choice = { price, why, order, most, item };
  field.max = String(Math.max(1, most));
  // An order under way, or without an answer, is what it was.
  if (order) field.value = String(order.quantity);
  else clamp();
  drawChoice();
});

/** How many are chosen; null for what is no quantity: the form is not sent with it, and the browser says why. */
const quantity = () => (Number.isInteger(field.valueAsNumber) && field.valueAsNumber >= 1 ? field.valueAsNumber : null);

/** No more than there are. */
function clamp() {
  const { most, item } = choice;
  if (!(quantity() > most)) return;
  field.value = String(Math.max(1, most));
  const bound = most === item.stock ? "clamped_stock" : most === ORDER_MAX ? "clamped_order" : most === item.limit_per_user ? "clamped_limit" : "clamped_left";
  if (most > 0) note = text(bound, { count: count(most) });
}

function drawChoice() {
  const { price, why, order, most, item } = choice;
  const none = item.stock === 0 ? "sold_out" : "limit_reached";
  const pieces = quantity();
  const sending = order?.status === "sending";
  const off = (yes) => (yes ? "true" : null);
  field.readOnly = order !== null || most === 0;
  // None is disabled: the keyboard's place would be lost.
  mark(part("less"), "aria-disabled", off(field.readOnly || (pieces ?? 2) <= 1));
  mark(part("one-more"), "aria-disabled", off(field.readOnly || pieces >= most));
  mark(part("place"), "aria-disabled", off(sending || why !== "" || (most === 0 && !order)));
  say(part("place"), text(sending ? "ordering" : order ? "order_again" : most === 0 ? none : "order"));
  say(part("choice-note"), why || (order && !sending ? text("order_unanswered") : note));
  say(part("total-of"), pieces > 1 ? `${count(pieces)} × ${money(price)}` : "");
  if (pieces === null) say(part("total"), "");
  else writeMoney(part("total"), times(price, pieces));
}

/** Yuan times pieces, to the fen. */
const times = (price, pieces) => (Math.round(Number(price) * 100) * pieces) / 100;

function changed() {
  note = "";
  clamp();
  drawChoice();
}

function step(by) {
  if (field.readOnly) return;
  const now = quantity();
  field.value = String(now === null ? 1 : Math.max(1, now + by));
  changed();
}

/**
 * Wire the sheet up: `buy({item, quantity, price, again})` when somebody orders, a promise that ends with its answer;
 * `again` is the key of an order that got no answer.
 */
export function startOrder({ buy }) {
  part("less").addEventListener("click", () => step(-1));
  part("one-more").addEventListener("click", () => step(1));
  field.addEventListener("input", changed);
  sheet.addEventListener("close", () => {
    chosen = null;
  });
  part("choice").addEventListener("submit", (event) => {
    event.preventDefault();
    const { id } = chosen;
    if (part("place").getAttribute("aria-disabled") === "true" || placed.has(id)) return;
    placed.add(id);
    buy({ item: chosen, quantity: quantity(), price: choice.price, again: choice.order?.key }).finally(() => placed.delete(id));
  });
}
