// Consent, asked for when WeChat wants it: before somebody's name or picture is taken.

import { answer, askBy, seen } from "../../lib/privacy.js";
import { texts } from "../../lib/texts.js";

/** What ends the asking by each sheet. @type {WeakMap<object, () => void>} */
const endings = new WeakMap();

Component({
  data: { shown: false, t: /** @type {{ [key: string]: string }} */ ({}) },

  lifetimes: {
    attached() {
      this.setData({ t: texts(["privacy_title", "privacy_text", "privacy_read", "privacy_agree", "privacy_refuse"]) });
      endings.set(
        this,
        askBy(() => {
          this.setData({ shown: true });
          seen();
        }),
      );
    },

    detached() {
      const end = endings.get(this);
      if (end) end();
    },
  },

  methods: {
    read() {
      wx.openPrivacyContract({});
    },

    agree() {
      // WeChat looks for the button.
      answer("agree", "privacy-agree");
      this.setData({ shown: false });
    },

    refuse() {
      this.setData({ shown: false });
      answer("disagree");
    },
  },
});
