// What can be bought in a room: the shelf, the step before an order, and the order that was taken.

import { count, money, orderStatus } from "../../lib/format.js";
import { readOrders } from "../../lib/session.js";
import { text } from "../../lib/texts.js";
import { Bought } from "./bought.js";
import { explainedFirst, goods } from "./goods.js";
import { Choice, isUnanswered } from "./order.js";

/** @typedef {import("../../utils/live-socket.js").Item} Item */
/** @typedef {import("../../utils/live-socket.js").Frame} Frame */
/** @typedef {import("../../utils/live-socket.js").LiveSocket} LiveSocket */

const STEP = 20;
const ORDERED_FOR = 8000;

export class Shop {
  /**
   * @param {object} options
   * @param {LiveSocket} options.live
   * @param {() => void} options.changed called when there is something to draw
   * @param {(words: string) => void} options.say short words over everything
   */
  constructor({ live, changed, say }) {
    this._live = live;
    this._changed = changed;
    this._say = say;
    this._bought = new Bought(() => readOrders("/api/orders/?limit=100"));
    this._choice = new Choice();
    this._shown = STEP;
    /** @type {any} the order that was taken just now */
    this._ordered = null;
    this._orderedUntil = 0;
  }

  /** @param {Frame} frame */
  heard(frame) {
    if (frame.msg_type === "ack" && frame.order) this._bought.note(frame.order);
    if (frame.code === "limit_reached") this._bought.readAgain(this._changed);
  }

  // --- The picture.

  /**
   * @param {object} options
   * @param {number} options.now the server's time, in ms
   * @param {string} options.why why nothing can be ordered now; "" when it can
   * @param {boolean} options.open whether the shelf is looked at: what nobody sees is not drawn
   */
  picture({ now, why, open }) {
    const { state, status, pending } = this._live;
    if (!state.entered) return {};
    if (status.kind === "online") this._bought.readFor(state, this._changed);
    const leftOf = (/** @type {Item} */ item) => this._bought.leftOf(item);
    const draw = this._drawing(now, why !== "");
    const explained = state.room.status === "ended" ? undefined : state.shelf.find(({ explaining }) => explaining);
    return {
      spotlight: explained ? draw(explained) : null,
      shelfCount: state.shelf.length,
      shelf: open ? explainedFirst(state.shelf).slice(0, this._shown).map(draw) : [],
      order: this._choice.picture({ shelf: state.shelf, pending, now, why, leftOf }),
      ordered: this._orderedWords(),
    };
  }

  /** @param {number} now @param {boolean} closed @returns {(item: Item) => any} */
  _drawing(now, closed) {
    const { state, pending } = this._live;
    const sending = pending.filter(({ kind, status }) => kind === "buy" && status === "sending");
    const ordering = new Set(sending.map(({ itemId }) => itemId));
    const numbers = new Map(state.shelf.map((item, index) => [item.id, index + 1]));
    return (item) =>
      goods(item, {
        now,
        closed,
        left: this._bought.leftOf(item),
        ordering: ordering.has(item.id),
        number: numbers.get(item.id) || 0,
      });
  }

  _orderedWords() {
    if (this._ordered === null || Date.now() >= this._orderedUntil) return null;
    const { number, title, quantity, total, status } = this._ordered;
    return {
      what: text("ordered_what", { title, quantity: count(quantity), total: money(total) }),
      number: text("ordered_number", { number, status: orderStatus(status) }),
    };
  }

  /** In how many ms the clock alone changes something; Infinity for never. */
  nextChange() {
    const left = this._ordered === null ? 0 : this._orderedUntil - Date.now();
    return left > 0 ? left : Infinity;
  }

  // --- What the viewer does.

  /** Look at the shelf from its beginning. */
  begin() {
    this._shown = STEP;
  }

  more() {
    if (this._shown >= this._live.state.shelf.length) return;
    this._shown += STEP;
    this._changed();
  }

  /** @param {number} id @returns {Item | undefined} */
  find(id) {
    return this._live.state.shelf.find((item) => item.id === id);
  }

  /** Choose how many of an item. @param {Item} item */
  choose(item) {
    this._choice.open(item);
  }

  /** @param {number} quantity */
  chooseQuantity(quantity) {
    this._choice.choose(quantity);
    this._changed();
  }

  close() {
    this._choice.close();
  }

  /** Order what is chosen. @returns {Promise<boolean>} whether it was taken, and is still what one looks at */
  async order() {
    const { item, quantity, price, order } = this._choice;
    if (item === null) return false;
    try {
      // One without an answer may have been taken: the same goes out, and not another.
      const ack = await (order ? this._live.retry(order) : this._live.buy({ item, quantity, price }));
      this._ordered = ack.order;
      this._orderedUntil = Date.now() + ORDERED_FOR;
      return this._choice.item !== null && this._choice.item.id === item.id;
    } catch (error) {
      this._failed(/** @type {any} */ (error));
      return false;
    } finally {
      this._changed();
    }
  }

  /** An order that was refused is over; one without an answer can be sent again. @param {any} error */
  _failed(error) {
    // A new price is said where one looks at it.
    if (error.code !== "price_changed") this._say(error.message);
    const failed = this._live.pending.find((entry) => entry.kind === "buy" && entry.error === error.frame);
    if (failed && !isUnanswered(failed)) this._live.discard(failed.key);
  }

  dismissOrdered() {
    this._ordered = null;
    this._changed();
  }
}
