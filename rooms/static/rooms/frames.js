// The frames panel: everything that goes over the socket, newest first.

import { clockTime, count, text } from "./texts.js";

const LINES_MAX = 300;
const NEVER_SHOWN = /("token"\s*:\s*)"[^"]*"/g;

export class FramesPanel {
  #panel = document.getElementById("frames");
  #list = document.getElementById("frame-list");
  #total = document.getElementById("frame-count");
  #row = document.getElementById("frame-row").content.firstElementChild;
  #waiting = [];
  #seen = 0;

  constructor() {
    this.#panel.open = matchMedia("(min-width: 60rem)").matches;
    this.#panel.addEventListener("toggle", () => this.draw());
  }

  /** Take note of something; it is drawn by the next `draw`. */
  add(traffic) {
    this.#seen += 1;
    this.#waiting.push({ at: Date.now(), ...traffic });
    if (this.#waiting.length > LINES_MAX) this.#waiting.shift();
  }

  draw() {
    this.#total.textContent = count(this.#seen);
    if (!this.#panel.open || this.#waiting.length === 0) return;
    this.#list.prepend(...this.#waiting.reverse().map((traffic) => this.#line(traffic)));
    this.#waiting = [];
    while (this.#list.childElementCount > LINES_MAX) this.#list.lastElementChild.remove();
  }

  #line(traffic) {
    const line = this.#row.cloneNode(true);
    const set = (selector, value) => (line.querySelector(selector).textContent = value);
    line.dataset.direction = traffic.direction;
    set("time", clockTime(traffic.at));
    set(".arrow", text(`frame_${traffic.direction}`));
    if (traffic.direction === "info") {
      set(".type", text(traffic.note, traffic));
      return line;
    }
    const frame = read(traffic.text);
    set(".type", frame.msg_type ?? frame.type ?? "–");
    set(".seq", frame.seq === undefined ? "" : `seq ${frame.seq}`);
    set(".size", `${count(new TextEncoder().encode(traffic.text).length)} B`);
    // A token is a key to the account: nobody who looks over a shoulder needs it.
    set("pre", traffic.text.replace(NEVER_SHOWN, '$1"…"'));
    return line;
  }
}

function read(raw) {
  try {
    return JSON.parse(raw) ?? {};
  } catch {
    return {};
  }
}
