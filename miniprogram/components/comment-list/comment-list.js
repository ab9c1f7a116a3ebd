// The comments over the picture. It tells when somebody begins to read further up, and when he is back at the end.

import { texts } from "../../lib/texts.js";

/** @type {import("../../lib/texts.js").Key[]} */
const TEXTS = [
  "comments", "pinned", "earlier", "earlier_start", "loading", "loading_failed", "try_again", "edit", "discard",
];

/** So far up is meant, in px. */
const MEANT = 16;
const NEAR_THE_TOP = 32;

/**
 * Where each list was scrolled to: nothing that is drawn.
 *
 * @type {WeakMap<object, { top: number, height: number, up: number }>}
 */
const places = new WeakMap();

Component({
  properties: {
    /** key, name, tint, role, tag, text, mark, pending, failed; of a failed one also own (its key), again, wait. */
    comments: { type: Array, value: [] },
    /** What is scrolled to: the key of a line, or `end0` or `end1` in turn. */
    anchor: { type: String, value: "" },
    /** How many came while somebody read further up, in words. */
    newer: { type: String, value: "" },
    /** none, more, loading, failed, start. */
    earlier: { type: String, value: "none" },
    /** name and content, or null. */
    pinned: { type: Object, value: /** @type {any} */ (null) },
    /** Whether something else needs the room above. */
    low: { type: Boolean, value: false },
  },

  data: { t: /** @type {{ [key: string]: string }} */ ({}) },

  lifetimes: {
    attached() {
      places.set(this, { top: 0, height: 0, up: 0 });
      this.setData({ t: texts(TEXTS) });
    },
  },

  methods: {
    /** @param {{ detail: { scrollTop: number, scrollHeight: number } }} event */
    scrolled({ detail: { scrollTop, scrollHeight } }) {
      const before = places.get(this);
      if (!before) return;
      // What a new line does to the place is no wish to read further up.
      const moved = scrollHeight === before.height ? before.top - scrollTop : 0;
      const up = moved > 0 ? before.up + moved : 0;
      places.set(this, { top: scrollTop, height: scrollHeight, up });
      if (up > MEANT) this.triggerEvent("hold");
      if (up > 0 && scrollTop < NEAR_THE_TOP && this.data.earlier === "more") this.triggerEvent("earlier");
    },

    atEnd() {
      this.triggerEvent("end");
    },

    toNewest() {
      this.triggerEvent("newest");
    },

    askEarlier() {
      this.triggerEvent("earlier");
    },

    /** @param {WechatMiniprogram.TouchEvent} event */
    retry({ currentTarget: { dataset } }) {
      if (!dataset.wait) this.triggerEvent("retry", { key: dataset.key });
    },

    /** @param {WechatMiniprogram.TouchEvent} event */
    edit({ currentTarget: { dataset } }) {
      this.triggerEvent("edit", { key: dataset.key });
    },

    /** @param {WechatMiniprogram.TouchEvent} event */
    discard({ currentTarget: { dataset } }) {
      this.triggerEvent("discard", { key: dataset.key });
    },
  },
});
