// The video of the room: shown while it plays; one that is not there yet, or breaks off, is tried again.

/** How long until then, in ms: the last for all that follow. */
const TRY_AFTER = [2000, 5000, 10000, 20000];

export class Stream {
  /** @param {() => void} changed called when there is something to draw */
  constructor(changed) {
    this._changed = changed;
    this._stream = "";
    this._broken = false;
    this._playing = false;
    this._wide = false;
    this._muted = false;
    this._failures = 0;
    /** @type {any} */
    this._timer = null;
  }

  /** @param {string} stream "" for none */
  picture(stream) {
    if (stream !== this._stream) {
      this.stop();
      this._stream = stream;
      this._failures = 0;
    }
    return { stream: this._broken ? "" : stream, playing: this._playing, wide: this._wide, muted: this._muted };
  }

  /** Take note of what the video says. @param {string} type of its event @param {any} detail */
  told(type, detail) {
    if (type === "play") {
      this._playing = true;
      this._failures = 0;
    } else if (type === "loadedmetadata") this._wide = detail.width > detail.height;
    else if (type === "error") this._tryLater();
    this._changed();
  }

  _tryLater() {
    clearTimeout(this._timer);
    this._broken = true;
    this._playing = false;
    const wait = TRY_AFTER[Math.min(this._failures, TRY_AFTER.length - 1)];
    this._failures += 1;
    this._timer = setTimeout(() => {
      this._broken = false;
      this._changed();
    }, wait);
  }

  toggleSound() {
    this._muted = !this._muted;
    this._changed();
  }

  stop() {
    clearTimeout(this._timer);
    this._broken = false;
    this._playing = false;
    this._wide = false;
  }
}
