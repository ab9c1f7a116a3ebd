// How many more of an item one may order, as far as one's own orders are known.

/** @typedef {import("../../utils/live-socket.js").Item} Item */
/** @typedef {{ number: string, status: string, item_id: number, quantity: number }} Order */

export class Bought {
  /** @param {() => Promise<{ results: Order[] }>} read the newest of one's own orders */
  constructor(read) {
    this._read = read;
    /** @type {Map<string, Order>} */
    this._orders = new Map();
    /** Whose they are. @type {string | null} */
    this._whose = null;
  }

  /** @param {Order} order */
  note(order) {
    this._orders.set(order.number, order);
  }

  /** By the item's limit; Infinity without one. @param {Item} item */
  leftOf({ id, limit_per_user: limit }) {
    if (!limit) return Infinity;
    let pieces = 0;
    for (const { item_id: item, status, quantity } of Array.from(this._orders.values())) {
      if (item === id && status !== "cancelled") pieces += quantity;
    }
    return Math.max(0, limit - pieces);
  }

  /**
   * Read them once for each person, as soon as there is a limit to be kept; `changed()` when they are here.
   *
   * @param {import("../../utils/live-socket.js").State} state @param {() => void} changed
   */
  readFor({ user, shelf }, changed) {
    if (!user || this._whose === user.id || !shelf.some((item) => item.limit_per_user > 0)) return;
    if (this._whose !== null) this._orders.clear();
    this._whose = user.id;
    this.readAgain(changed);
  }

  /** @param {() => void} changed */
  async readAgain(changed) {
    // Without an answer the server still knows, and refuses.
    const page = await this._read().catch(() => null);
    if (page) page.results.forEach((order) => this.note(order));
    changed();
  }
}
