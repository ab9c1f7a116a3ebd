// The step before an order: how many, and what that costs. What was chosen is kept no longer than the sheet is open.

import { count, money, times } from "../../lib/format.js";
import { text } from "../../lib/texts.js";
import { priceAt } from "../../utils/live-socket.js";
import { goods } from "./goods.js";

/** @typedef {import("../../utils/live-socket.js").Item} Item */
/** @typedef {import("../../utils/live-socket.js").Pending} Pending */

/** As many as one order takes, by the protocol. */
const ORDER_MAX = 99;
/** Failures after which nobody knows whether the order was taken. */
const UNANSWERED = ["expired", "stopped"];

/** Whether nobody knows if a failed order was taken. @param {Pending} order */
export const isUnanswered = ({ error }) => Boolean(error && UNANSWERED.includes(error.code));

export class Choice {
  constructor() {
    /** The item that is looked at, as it was last on the shelf; null while the sheet is closed. @type {Item | null} */
    this.item = null;
    this.quantity = 1;
    this.price = "";
    /** The key of its order under way, or of one without an answer. @type {string | null} */
    this.order = null;
    this._note = "";
    this._most = 1;
  }

  /** @param {Item} item */
  open(item) {
    this.item = item;
    this.quantity = 1;
    this.price = "";
    this.order = null;
    this._note = "";
  }

  close() {
    this.item = null;
  }

  /** @param {number} quantity */
  choose(quantity) {
    this._note = "";
    this.quantity = Math.max(1, Math.floor(quantity) || 1);
  }

  /**
   * The sheet; null while it is closed. Prices, stock and limits may have changed under it.
   *
   * @param {{ shelf: Item[], pending: Pending[], now: number, why: string, leftOf: (item: Item) => number }} model
   */
  picture({ shelf, pending, now, why, leftOf }) {
    if (this.item === null) return null;
    const there = shelf.find(({ id }) => id === /** @type {Item} */ (this.item).id);
    // One that is gone stays in sight as it was.
    const item = there || this.item;
    this.item = item;
    const isOpen = (/** @type {Pending} */ entry) => entry.status === "sending" || isUnanswered(entry);
    const order = pending.find((entry) => entry.itemId === item.id && isOpen(entry));
    this.order = order ? order.key : null;
    this._follow(item, now, order, leftOf(item));
    const left = leftOf(item);
    const sending = Boolean(order && order.status === "sending");
    const reason = there ? why : text("not_on_shelf");
    const pieces = this.quantity;
    return {
      goods: goods(item, { now, left, closed: false, ordering: false, number: 0 }),
      quantity: pieces,
      most: Math.max(1, this._most),
      less: !order && pieces > 1,
      more: !order && pieces < this._most,
      fixed: Boolean(order) || this._most === 0,
      total: money(times(this.price, pieces)),
      totalOf: pieces > 1 ? `${count(pieces)} × ${money(this.price)}` : "",
      note: reason || (order && !sending ? text("order_unanswered") : this._note),
      button: this._button(item, order, sending),
      off: sending || reason !== "" || (this._most === 0 && !order),
      sending,
    };
  }

  /** @param {Item} item @param {number} now @param {Pending | undefined} order @param {number} left */
  _follow(item, now, order, left) {
    const price = priceAt(item, now);
    if (this.price !== "" && price !== this.price) this._note = text("price_now", { price: money(price) });
    this.price = price;
    this._most = Math.min(item.stock, ORDER_MAX, left);
    // An order under way, or without an answer, is what it was.
    if (order) this.quantity = order.quantity || 1;
    else if (this._most > 0 && this.quantity > this._most) this._clamp(item);
  }

  /** @param {Item} item */
  _clamp(item) {
    const most = this._most;
    const bound =
      most === item.stock
        ? "clamped_stock"
        : most === ORDER_MAX
          ? "clamped_order"
          : most === item.limit_per_user
            ? "clamped_limit"
            : "clamped_left";
    this.quantity = most;
    this._note = text(bound, { count: count(most) });
  }

  /** @param {Item} item @param {Pending | undefined} order @param {boolean} sending */
  _button(item, order, sending) {
    if (sending) return text("ordering");
    if (order) return text("send_again");
    if (this._most === 0) return text(item.stock === 0 ? "sold_out" : "limit_reached");
    return text("order");
  }
}
