// The shelf, and the card of the item that is being explained.

import { leftOf, version } from "./bought.js";
import { priceAt } from "./connection.js";
import { address, allow, drawList, initial, isAllowed, mark, onChange, part, point, rowOf, say, show } from "./dom.js";
import { reasons } from "./reasons.js";
import { count, dayTime, money, text } from "./texts.js";
import { sayWhy } from "./why.js";

/** So many are few; twice as many when most were sold. */
const FEW = 5;
/** Characters of an amount that fit the card. */
const LONG = 10;
const row = rowOf("item-row");

/** Draw shelf and card. `model`: state, pending, status, now. */
export function drawShelf(model) {
  if (!model.state.entered) return;
  const { state, now } = model;
  const explained = state.room.status === "ended" ? null : (state.shelf.find((item) => item.explaining)?.id ?? null);
  const why = reasons(model).shop;
  const ordering = model.pending.filter((entry) => entry.kind === "buy" && entry.status === "sending").map((entry) => entry.itemId);
  // Prices change by the clock alone: what they are now is a part of what is drawn.
  const prices = state.shelf.map((item) => priceAt(item, now)).join();
  clock = now;
  drawChanged(state.shelf, explained, state.baseUrl, why, ordering.join(), prices, version());
}

// Not among the values: that time goes on is no reason to draw.
let clock = 0;

const drawChanged = onChange((shelf, explained, base, why, ordering) => {
  const busy = new Set(ordering.split(",").map(Number));
  const first = shelf.filter((item) => item.id === explained);
  const numbers = new Map(shelf.map((item, index) => [item.id, index + 1]));
  drawList(part("shelf"), [...first, ...shelf.filter((item) => item.id !== explained)], {
    keyOf: (item) => item.id,
    row,
    write: (line, item) => {
      const asDrawn = { base, closed: why !== "", ordering: busy.has(item.id), price: priceAt(item, clock), left: leftOf(item) };
      if (isWritten(line, { ...asDrawn, item, explained: item.id === explained, number: numbers.get(item.id) })) return;
      writeItem(line, item, asDrawn);
      writeExplained(line, item.id === explained);
      say(line.querySelector(".number"), String(numbers.get(item.id)));
    },
  });
  show(part("shelf-empty"), shelf.length === 0);
  say(part("shelf-total"), shelf.length === 0 ? "" : count(shelf.length));
  say(part("shelf-count"), shelf.length === 0 ? "" : count(shelf.length));
  sayWhy(part("why-shop"), why);
  show(part("spotlight"), first.length > 0);
  for (const item of first) {
    part("spotlight").dataset.key = String(item.id);
    const asDrawn = { base, closed: why !== "", ordering: busy.has(item.id), price: priceAt(item, clock), left: leftOf(item) };
    writePrice(part("spotlight"), item, asDrawn);
  }
});

/** What each line was last written from: a purchase changes one of two hundred. */
const written = new WeakMap();

function isWritten(line, values) {
  const before = written.get(line);
  written.set(line, values);
  return before !== undefined && Object.keys(values).every((name) => Object.is(values[name], before[name]));
}

function writeExplained(line, explained) {
  line.classList.toggle("is-explained", explained);
  show(line.querySelector(".explained"), explained);
}

function writeItem(line, item, asDrawn) {
  const within = (selector) => line.querySelector(selector);
  writePrice(line, item, asDrawn);
  writeFacts(line, item);
  line.classList.toggle("is-sold-out", item.stock === 0);
  const onSale = asDrawn.price !== item.price;
  say(within(".sale"), onSale ? text("sale_ends", { time: dayTime(item.sale.ends_at) }) : "");
}

/** Write how many there are, and how many one may have. */
export function writeFacts(place, item) {
  const stock = place.querySelector(".stock");
  say(stock, text("stock", { stock: count(item.stock), sold: count(item.sold) }));
  stock.classList.toggle("few", item.stock > 0 && item.stock <= (item.sold > item.stock ? 2 * FEW : FEW));
  say(place.querySelector(".limit"), item.limit_per_user ? text("limit", { limit: count(item.limit_per_user) }) : "");
}

function writePrice(line, item, { base, closed, ordering, price, left }) {
  const within = (selector) => line.querySelector(selector);
  writeGoods(line, item, { base, price });
  const link = address(item.link, base);
  point(within(".link"), "href", link);
  show(within(".buy"), link === null);
  writeButton(within(".buy"), item, { ordering, closed, left });
}

/** Write what is sold at what price: picture, title, price and what it was before. */
export function writeGoods(place, item, { base, price }) {
  const within = (selector) => place.querySelector(selector);
  const before = price === item.price ? item.list_price : item.price;
  within(".picture").dataset.initial = initial(item.title);
  point(within(".item-cover"), "src", address(item.cover, base));
  say(within(".item-title"), item.title);
  writeMoney(within(".price"), price);
  writeMoney(within(".list-price"), before);
  show(within(".list-price"), Number(before) > Number(price));
}

/** Write an amount; one of many digits is marked, to be written smaller. */
export function writeMoney(place, amount) {
  const words = money(amount);
  say(place, words);
  mark(place, "data-long", words.length > LONG ? "yes" : null);
}

function writeButton(button, item, { ordering, closed, left }) {
  const none = item.stock === 0 ? "sold_out" : left === 0 ? "limit_reached" : "";
  say(button, text(ordering ? "ordering" : none || "buy"));
  mark(button, "aria-busy", ordering ? "true" : null);
  allow(button, !ordering && none === "" && !closed);
  mark(button, "aria-label", ordering || none ? null : text("buy_item", { title: item.title }));
}

/** Wire both up: `choose(id)` when somebody presses an item's button. */
export function startShelf({ choose }) {
  for (const place of [part("shelf"), part("spotlight")]) {
    place.addEventListener("click", (event) => {
      const button = event.target.closest(".buy");
      if (button && isAllowed(button)) choose(Number(button.closest("[data-key]").dataset.key));
    });
  }
}
