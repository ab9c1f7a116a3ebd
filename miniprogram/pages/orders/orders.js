// One's own orders, in whichever room, newest first: read page by page, anew each time the page is opened.

import { copy } from "../../lib/device.js";
import { count, dayTime, initial, money, orderStatus } from "../../lib/format.js";
import { Pages } from "../../lib/pages.js";
import { readOrders } from "../../lib/session.js";
import { text } from "../../lib/texts.js";
import { Tick } from "../../lib/tick.js";

/**
 * @typedef {object} Order
 * @property {string} number
 * @property {string} status
 * @property {string} title
 * @property {number} quantity
 * @property {string} price
 * @property {string} total
 * @property {number} created_at
 */

/** @param {Order} order */
function row({ number, status, title, quantity, price, total, created_at: at }) {
  const what = text("order_what", { quantity: count(quantity), price: money(price), time: dayTime(at) });
  return {
    key: number,
    title,
    initial: initial(title),
    what,
    total: money(total),
    status,
    statusText: orderStatus(status),
    said: [title, what, money(total), orderStatus(status)].join(", "),
  };
}

Page({
  data: { orders: [], note: "", again: "" },

  list: /** @type {Pages | null} */ (null),
  tick: /** @type {Tick | null} */ (null),

  onLoad() {
    wx.setNavigationBarTitle({ title: text("orders") });
    this.tick = new Tick({ setData: (changed) => this.setData(changed), picture: () => this.picture() });
    this.list = new Pages({ read: readOrders, changed: () => this.draw() });
    this.list.refresh();
  },

  onUnload() {
    if (this.tick) this.tick.stop();
  },

  async onPullDownRefresh() {
    if (this.list) await this.list.refresh();
    wx.stopPullDownRefresh();
  },

  onReachBottom() {
    if (this.list && this.list.next !== null && !this.list.failed) this.readMore();
  },

  readMore() {
    if (this.list) this.list.more();
  },

  draw() {
    if (this.tick) this.tick.soon();
  },

  picture() {
    if (!this.list) return {};
    const { all, next, known, failed, isReading } = this.list;
    const empty = all.length === 0;
    const waiting = isReading && (empty || next !== null);
    return {
      orders: all.map(row),
      note: failed || (waiting ? text("loading") : empty && known ? text("orders_none") : ""),
      again: isReading ? "" : failed ? text("try_again") : next !== null ? text("orders_more") : "",
    };
  },

  /** @param {WechatMiniprogram.TouchEvent} event */
  copyNumber({ currentTarget: { dataset } }) {
    copy(dataset.number, text("number_copied"));
  },
});
