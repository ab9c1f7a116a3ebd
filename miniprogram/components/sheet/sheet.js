// A sheet that comes up from below, with what its slot holds.

import { texts } from "../../lib/texts.js";

Component({
  properties: {
    title: { type: String, value: "" },
    /** Smaller, beside the title. */
    beside: { type: String, value: "" },
    /** Whether its content reaches down to the edge, as a list does. */
    flush: { type: Boolean, value: false },
  },

  data: { t: /** @type {{ [key: string]: string }} */ ({}) },

  lifetimes: {
    attached() {
      this.setData({ t: texts(["close"]) });
    },
  },

  methods: {
    close() {
      this.triggerEvent("close");
    },

    /** What lies under the sheet does not move with it. */
    stay() {},
  },
});
