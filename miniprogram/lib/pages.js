// A list that the server hands over page by page: read from its beginning, read on, and read anew.

/** @typedef {{ results: any[], next: string | null }} Part */

export class Pages {
  /**
   * @param {object} options
   * @param {(next: string | null) => Promise<Part>} options.read reads the page that is there; null: the first
   * @param {() => void} options.changed called when there is something to draw
   */
  constructor({ read, changed }) {
    this._read = read;
    this._changed = changed;
    /** All that was read, in order. @type {any[]} */
    this.all = [];
    /** Where the list goes on; null when it does not. @type {string | null} */
    this.next = null;
    /** Whether it was read at all, however little there was. */
    this.known = false;
    /** Why it could not be read last, for the user; "" when it could. */
    this.failed = "";
    /** The page that was asked for last. @type {string | null} */
    this._asked = null;
    /** @type {Promise<void> | null} */
    this._reading = null;
  }

  get isReading() {
    return this._reading !== null;
  }

  /** Read it from its beginning. */
  refresh() {
    return this._once(null);
  }

  /** Read on, or again what failed. */
  more() {
    return this._once(this.failed ? this._asked : this.next);
  }

  /** One page at a time: who comes meanwhile waits for that one. @param {string | null} next */
  _once(next) {
    if (this._reading === null) {
      this._reading = this._load(next);
      this._changed();
    }
    return this._reading;
  }

  /** @param {string | null} next */
  async _load(next) {
    this._asked = next;
    try {
      const page = await this._read(next);
      this.all = next ? [...this.all, ...page.results] : page.results;
      this.next = page.next;
      this.known = true;
      this.failed = "";
    } catch (error) {
      this.failed = /** @type {Error} */ (error).message;
    }
    this._reading = null;
    this._changed();
  }
}
