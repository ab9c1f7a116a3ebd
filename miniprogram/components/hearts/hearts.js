// Hearts that rise when somebody likes. Each place of the list is taken in turn: a new key is a new heart.

Component({
  properties: {
    /** key, shape, side (rpx), late (ms). */
    list: { type: Array, value: [] },
  },
});
