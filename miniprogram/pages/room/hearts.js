// Hearts that rise when somebody likes: some places that are taken in turn, so that each new heart is one change.

const PLACES = 14;
const AT_ONCE = 5;
const SHAPES = 5;

export class Hearts {
  constructor() {
    this._count = 0;
    /** @type {{ key: number, shape: number, side: number, late: number }[]} */
    this.list = [];
  }

  /** Let hearts rise for `likes` likes; one's own do so at once. @param {number} likes @param {boolean} [own] */
  rise(likes, own = false) {
    const list = this.list.slice();
    for (let number = 0; number < Math.min(likes, AT_ONCE); number += 1) {
      list[this._count % PLACES] = {
        key: this._count,
        shape: Math.floor(Math.random() * SHAPES),
        side: Math.round(Math.random() * 100),
        late: own ? 0 : Math.round(Math.random() * 6) * 100,
      };
      this._count += 1;
    }
    this.list = list;
  }
}
