// The card of the item that is being explained.

import { texts } from "../../lib/texts.js";

Component({
  properties: {
    goods: { type: Object, value: {} },
  },

  data: { t: /** @type {{ [key: string]: string }} */ ({}) },

  lifetimes: {
    attached() {
      this.setData({ t: texts(["explained"]) });
    },
  },

  methods: {
    choose() {
      this.triggerEvent("choose");
    },
  },
});
