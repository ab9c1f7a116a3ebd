// The shelf, in a sheet: the explained item first.

import { texts } from "../../lib/texts.js";

Component({
  properties: {
    /** The items, as goods.js draws them; further ones come when the end is reached. */
    goods: { type: Array, value: [] },
    total: { type: Number, value: 0 },
    /** Why nothing can be ordered now. */
    why: { type: String, value: "" },
  },

  data: { t: /** @type {{ [key: string]: string }} */ ({}) },

  lifetimes: {
    attached() {
      this.setData({ t: texts(["shelf", "shelf_none", "explained"]) });
    },
  },

  methods: {
    /** @param {WechatMiniprogram.TouchEvent} event */
    choose({ currentTarget: { dataset } }) {
      if (!dataset.off) this.triggerEvent("choose", { id: dataset.id });
    },

    more() {
      this.triggerEvent("more");
    },

    close() {
      this.triggerEvent("close");
    },
  },
});
