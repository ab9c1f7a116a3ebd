Component({
  properties: { label: String, count: { type: Number, value: 0 } },

  lifetimes: {
    attached() {},
  },

  methods: {
    done() {
      this.triggerEvent("done");
    },
  },
});
