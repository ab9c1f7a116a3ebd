// What a page shows, handed to WeChat once in a while and only where it changed: each setData crosses from one thread to
// another, and its bytes are what a busy room costs a phone.

/**
 * The changes that make `after` of `before`, by path, as setData takes them.
 *
 * @param {{ [name: string]: any }} before
 * @param {{ [name: string]: any }} after
 * @returns {{ [path: string]: any }}
 */
export function changes(before, after) {
  /** @type {{ [path: string]: any }} */
  const found = {};
  for (const name of Object.keys(after)) compare(name, before[name], after[name], found);
  return found;
}

/** @param {string} path @param {any} before @param {any} after @param {{ [path: string]: any }} found */
function compare(path, before, after, found) {
  if (before === after) return;
  if (Array.isArray(before) && Array.isArray(after)) list(path, before, after, found);
  else if (isObject(before) && isObject(after)) fields(path, before, after, found);
  else found[path] = after;
}

/** @param {any} value */
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** @param {string} path @param {any} before @param {any} after @param {{ [path: string]: any }} found */
function fields(path, before, after, found) {
  // setData cannot take a field away: the whole is another.
  if (Object.keys(before).some((name) => !(name in after))) found[path] = after;
  else for (const name of Object.keys(after)) compare(`${path}.${name}`, before[name], after[name], found);
}

/** @param {string} path @param {any[]} before @param {any[]} after @param {{ [path: string]: any }} found */
function list(path, before, after, found) {
  // A list that lost its first ones is another at every place.
  const moved = after.length < before.length || (before.length > 0 && !isSame(before[0], after[0]));
  if (moved) {
    found[path] = after;
    return;
  }
  after.forEach((entry, index) => compare(`${path}[${index}]`, before[index], entry, found));
}

/** @param {any} a @param {any} b */
const isSame = (a, b) => a === b || (isObject(a) && isObject(b) && a.key !== undefined && a.key === b.key);

/**
 * Draws a page: `soon()` after whatever changed, and the page is drawn once for all of it.
 *
 * `setData` takes the changed paths; `picture()` returns all that is shown, by name.
 */
export class Tick {
  /**
   * @param {object} options
   * @param {(changed: { [path: string]: any }) => void} options.setData
   * @param {() => { [name: string]: any }} options.picture
   * @param {number} [options.every] ms between two drawings at least
   */
  constructor({ setData, picture, every = 150 }) {
    this._setData = setData;
    this._picture = picture;
    this._every = every;
    /** @type {{ [name: string]: any }} */
    this._shown = {};
    /** @type {any} */
    this._timer = null;
    this._drawnAt = -Infinity;
    this._stopped = false;
    this._paused = false;
  }

  soon() {
    if (this._timer !== null || this._stopped || this._paused) return;
    const wait = Math.min(this._every, Math.max(0, this._drawnAt + this._every - Date.now()));
    this._timer = setTimeout(() => this.now(), wait);
  }

  /** Draw at once: for what somebody waits for under his finger. */
  now() {
    clearTimeout(this._timer);
    this._timer = null;
    if (this._stopped || this._paused) return;
    this._drawnAt = Date.now();
    const picture = this._picture();
    const changed = changes(this._shown, picture);
    this._shown = picture;
    if (Object.keys(changed).length > 0) this._setData(changed);
  }

  /** Draw nothing while nobody sees it, and all there is after that. @param {boolean} paused */
  pause(paused) {
    this._paused = paused;
    if (!paused) this.soon();
  }

  stop() {
    clearTimeout(this._timer);
    this._timer = null;
    this._stopped = true;
  }
}
