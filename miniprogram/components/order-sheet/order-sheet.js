// The step before an order, in a sheet: how many, and what that costs.

import { texts } from "../../lib/texts.js";

Component({
  properties: {
    /** goods, quantity, most, less, more, fixed, total, totalOf, note, button, off, sending. */
    order: { type: Object, value: /** @type {any} */ ({ goods: {} }) },
  },

  data: { t: /** @type {{ [key: string]: string }} */ ({}) },

  lifetimes: {
    attached() {
      this.setData({ t: texts(["order", "quantity", "one_less", "one_more", "total"]) });
    },
  },

  methods: {
    less() {
      if (this.data.order.less) this._tell(this.data.order.quantity - 1);
    },

    more() {
      if (this.data.order.more) this._tell(this.data.order.quantity + 1);
    },

    /** @param {{ detail: { value: string } }} event @returns {string} what the field shows instead */
    type({ detail: { value } }) {
      // A field that is empty for a moment is no quantity yet.
      if (!(Number(value) >= 1)) return value;
      this._tell(Number(value));
      return String(Math.min(Number(value), this.data.order.most));
    },

    /** @param {{ detail: { value: string } }} event */
    leave({ detail: { value } }) {
      this._tell(Number(value) || 1);
    },

    /** @param {number} quantity */
    _tell(quantity) {
      this.triggerEvent("quantity", { quantity });
    },

    place() {
      if (!this.data.order.off) this.triggerEvent("place");
    },

    close() {
      this.triggerEvent("close");
    },
  },
});
