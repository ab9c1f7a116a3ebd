// One's own orders, in whichever room: read page by page, anew each time their sheet is opened.

import { readPage } from "./bought.js";
import { live } from "./connection.js";
import { address, initial, part, point, rowOf, say, show } from "./dom.js";
import * as sheets from "./sheets.js";
import { count, dayTime, money, text } from "./texts.js";
import { ordered } from "./toasts.js";

const row = rowOf("order-row");
const list = part("orders");

/** The reading under way; another one, or closing the sheet, ends it. */
let reading = null;
/** Where the next page begins; null when there is none. */
let next = null;

async function readMore() {
  reading?.abort();
  const own = new AbortController();
  reading = own;
  say(part("orders-note"), text("loading"));
  const page = await readPage(next, own).catch(() => null);
  if (reading !== own) return;
  reading = null;
  if (page !== null) {
    const first = list.childElementCount === 0 ? null : page.results.length;
    list.append(...page.results.map(line));
    next = page.next;
    // The button may go: one goes on at the first of those that came.
    if (first) list.children[list.childElementCount - first].focus();
  }
  draw(page === null);
}

function draw(failed) {
  const empty = list.childElementCount === 0;
  say(part("orders-note"), failed ? text("earlier_failed") : empty ? text("orders_none") : "");
  show(part("orders-more"), failed || next !== null);
  say(part("orders-more"), text(failed ? "earlier_again" : "orders_more"));
}

function line({ number, status, item_id: item, title, quantity, price, total, created_at: at }) {
  const element = row.cloneNode(true);
  const within = (selector) => element.querySelector(selector);
  // An order has no picture; that of an item which is on this shelf is here.
  const { shelf, baseUrl } = live.state;
  within(".picture").dataset.initial = initial(title);
  point(within(".item-cover"), "src", address(shelf.find(({ id }) => id === item)?.cover, baseUrl));
  say(within(".item-title"), title);
  say(within(".order-what"), text("order_what", { quantity: count(quantity), price: money(price), time: dayTime(at) }));
  say(within(".order-number"), number);
  say(within(".price"), money(total));
  say(within(".order-status"), text(`order_${status}`));
  within(".order-status").dataset.status = status;
  return element;
}

function begin() {
  list.replaceChildren();
  next = null;
  show(part("orders-more"), false);
  readMore();
}

/** Wire the sheet up. */
export function startOrders() {
  part("open-orders").addEventListener("click", () => {
    part("more-sheet").close();
    // What it says is in the list.
    ordered(null);
    sheets.open(part("orders-sheet"));
    begin();
  });
  part("orders-more").addEventListener("click", readMore);
  part("orders-sheet").addEventListener("close", () => {
    reading?.abort();
    reading = null;
  });
}
