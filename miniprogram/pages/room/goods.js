// The shelf, item by item, as it is drawn.

import { address } from "../../lib/api.js";
import { count, dayTime, initial, money } from "../../lib/format.js";
import { text } from "../../lib/texts.js";
import { priceAt } from "../../utils/live-socket.js";

/** @typedef {import("../../utils/live-socket.js").Item} Item */

/** So many are few; twice as many when most were sold. */
const FEW = 5;
/** Characters of an amount that fit a narrow place. */
const LONG = 10;

/**
 * How an item is drawn. `left`: how many more one may order. `closed`: nothing can be ordered now.
 *
 * @typedef {{ now: number, left: number, closed: boolean, ordering: boolean, number: number }} Drawn
 */

/**
 * What each item was last drawn as: a purchase changes one of two hundred.
 *
 * @type {WeakMap<Item, { by: string, goods: any }>}
 */
const drawn = new WeakMap();

/** @param {Item} item @param {Drawn} as */
export function goods(item, as) {
  const price = priceAt(item, as.now);
  const by = [price, as.left, as.closed, as.ordering, as.number].join();
  const before = drawn.get(item);
  if (before && before.by === by) return before.goods;
  const made = make(item, price, as);
  drawn.set(item, { by, goods: made });
  return made;
}

/** @param {Item} item @param {string} price @param {Drawn} as */
function make(item, price, { left, closed, ordering, number }) {
  const onSale = item.sale && price !== item.price;
  const before = onSale ? item.price : item.list_price;
  const none = item.stock === 0 ? text("sold_out") : left === 0 ? text("limit_reached") : "";
  const said = money(price);
  return {
    key: item.id,
    number,
    title: item.title,
    initial: initial(item.title),
    cover: address(item.cover),
    price: said,
    long: said.length > LONG,
    before: Number(before) > Number(price) ? money(before) : "",
    sale: onSale && item.sale ? text("sale_ends", { time: dayTime(item.sale.ends_at) }) : "",
    stock: text("stock", { stock: count(item.stock), sold: count(item.sold) }),
    few: item.stock > 0 && item.stock <= (item.sold > item.stock ? 2 * FEW : FEW),
    limit: item.limit_per_user ? text("limit", { limit: count(item.limit_per_user) }) : "",
    explained: item.explaining,
    none: item.stock === 0,
    link: item.link !== "",
    button: item.link ? text("to_the_shop") : ordering ? text("ordering") : none || text("buy"),
    said: item.link || ordering || none ? "" : text("buy_item", { title: item.title }),
    off: !item.link && (ordering || none !== "" || closed),
  };
}

/** The explained one first, then in order. @param {Item[]} shelf */
export const explainedFirst = (shelf) => [
  ...shelf.filter(({ explaining }) => explaining),
  ...shelf.filter(({ explaining }) => !explaining),
];
