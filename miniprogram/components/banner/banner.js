// What is said of the connection while all is not well, with the time of the next try.

Component({
  properties: {
    /** kind, text, next, button. */
    banner: { type: Object, value: {} },
  },

  methods: {
    press() {
      this.triggerEvent("press");
    },
  },
});
