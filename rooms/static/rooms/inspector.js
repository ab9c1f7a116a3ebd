// The inspector for developers: everything that goes over the socket, newest first, and how to disturb it.

import { part, rowOf, say } from "./dom.js";
import { Latency } from "./latency.js";
import { templatesOf } from "./raw.js";
import { fail } from "./toasts.js";
import { clockTime, count, text } from "./texts.js";

const KEPT = 1000;
const LINES_MAX = 200;
const DRAW_EVERY = 250;
const GIST = 120;
/** How long a cut lasts, in ms. */
const AWAY = 5000;
const ONE_BYTE = 0x80;
const encoder = new TextEncoder();

export class Inspector {
  #live;
  #entries = [];
  #fresh = [];
  #types = new Set();
  #totals = { in: 0, out: 0 };
  #latency = new Latency();
  #list = part("frame-list");
  #row = rowOf("frame-row");
  #drawnAt = -Infinity;
  #timer = null;
  #paused = false;
  #stalled = false;

  constructor(live) {
    this.#live = live;
    this.#fillTemplates();
    for (const id of ["filter-direction", "filter-type", "filter-text"]) part(id).addEventListener("input", () => this.#redraw());
    this.#on("pause", () => this.#pause());
    this.#on("clear", () => this.#clear());
    this.#on("copy", () => this.#copy());
    this.#on("cut", () => live.cut(AWAY));
    this.#on("stall", () => this.#stall(!this.#stalled));
    this.#on("disconnect", () => live.close());
    this.#on("connect", () => live.connect());
    this.#on("ping", () => this.#send(JSON.stringify({ msg_type: "ping", seq: live.state.seq })));
    part("raw").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send(part("raw-text").value);
    });
    // It comes into sight when its sheet opens, or its column.
    new ResizeObserver(() => this.draw()).observe(part("inspector"));
    // One stop for the tabulator, however many there are; inside it is the arrows'.
    part("frame-scroll").addEventListener("keydown", (event) => this.#walk(event));
    this.#list.addEventListener("toggle", (event) => this.#unfold(event.target), true);
  }

  /** Take note of something; it is drawn by and by. */
  add(traffic) {
    const entry = entryOf(traffic);
    this.#entries.push(entry);
    if (this.#entries.length > KEPT) this.#entries.shift();
    // It ends with the socket.
    if (traffic.note === "closed" && this.#stalled) this.#stall(false);
    if (entry.direction === "info") this.#latency.reconnected();
    else this.#count(entry);
    if (!this.#paused && this.#passes(entry)) {
      this.#fresh.push(entry);
      if (this.#fresh.length > LINES_MAX) this.#fresh.shift();
    }
    this.#timer ??= setTimeout(() => this.draw(), Math.max(0, this.#drawnAt + DRAW_EVERY - performance.now()));
  }

  /** Draw what is new, if anybody can see it. */
  draw() {
    this.#timer = null;
    if (!part("inspector").checkVisibility()) return;
    this.#drawnAt = performance.now();
    say(part("total-in"), count(this.#totals.in));
    say(part("total-out"), count(this.#totals.out));
    say(part("now-seq"), this.#live.state.entered ? count(this.#live.state.seq) : "–");
    say(part("latency-ping"), spoken(this.#latency.ping.read()));
    say(part("latency-comment"), spoken(this.#latency.comment.read()));
    this.#list.prepend(...this.#fresh.reverse().map((entry) => this.#line(entry)));
    this.#fresh = [];
    while (this.#list.childElementCount > LINES_MAX) this.#list.lastElementChild.remove();
    const none = this.#list.childElementCount === 0 && this.#entries.length > 0 && !this.#paused;
    say(part("frame-none"), none ? text("no_frames_match") : "");
  }

  #on(id, act) {
    part(id).addEventListener("click", act);
  }

  #count(entry) {
    this.#totals[entry.direction] += 1;
    if (entry.direction === "in") this.#latency.received(entry.frame, entry.at);
    else this.#latency.sent(entry.frame, entry.at);
    if (this.#types.has(entry.type) || this.#types.size >= LINES_MAX) return;
    this.#types.add(entry.type);
    part("filter-type").append(new Option(entry.type, entry.type));
  }

  // --- Which of them, and how they look.

  #passes(entry) {
    const wanted = part("filter-text").value.toLowerCase();
    return (
      ["", entry.direction].includes(part("filter-direction").value) &&
      ["", entry.type].includes(part("filter-type").value) &&
      (wanted === "" || entry.text.toLowerCase().includes(wanted))
    );
  }

  #redraw() {
    this.#list.replaceChildren();
    this.#fresh = this.#entries.filter((entry) => this.#passes(entry)).slice(-LINES_MAX);
    this.draw();
  }

  #line(entry) {
    const line = this.#row.cloneNode(true);
    const set = (selector, value) => (line.querySelector(selector).textContent = value);
    line.dataset.direction = entry.direction;
    set("time", clockTime(entry.at));
    set(".direction", text(`frame_${entry.direction}`));
    set(".type", entry.type);
    set(".seq", entry.seq === null ? "" : `#${entry.seq}`);
    set(".size", entry.size === null ? "" : `${count(entry.size)} B`);
    set(".gist", entry.direction === "info" ? "" : gistOf(entry).slice(0, GIST));
    set("pre", entry.text);
    return line;
  }

  /** An open frame is shown with its fields under each other. */
  #unfold(details) {
    const pre = details.querySelector("pre");
    const frame = parse(pre.textContent);
    if (details.open && frame !== null) pre.textContent = JSON.stringify(frame, null, 2);
  }

  #walk(event) {
    const lines = [...this.#list.querySelectorAll("summary")];
    const at = lines.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: lines.length - 1 }[event.key];
    // Before the first one is the list itself.
    const target = to === -1 ? part("frame-scroll") : lines[to];
    if (!target || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    target.focus();
  }

  // --- What one can do with them.

  #pause() {
    this.#paused = !this.#paused;
    part("pause").setAttribute("aria-pressed", String(this.#paused));
    if (!this.#paused) this.#redraw();
  }

  #clear() {
    this.#entries = [];
    this.#redraw();
    say(part("frame-count"), "");
  }

  async #copy() {
    const lines = this.#entries.filter((entry) => this.#passes(entry)).map(textLine);
    try {
      await navigator.clipboard.writeText(`${lines.join("\n")}\n`);
      say(part("frame-count"), text(lines.length === 1 ? "copied_one" : "copied", { count: count(lines.length) }));
    } catch {
      // On plain http to another machine there is no clipboard.
      say(part("frame-count"), text("not_copied"));
    }
  }

  #stall(on) {
    this.#stalled = on;
    part("stall").setAttribute("aria-pressed", String(this.#stalled));
    this.#live.stall(this.#stalled);
  }

  // --- Raw frames.

  #fillTemplates() {
    const select = part("raw-template");
    select.append(new Option("–", ""), ...[...templatesOf(this.#live.state).keys()].map((name) => new Option(name, name)));
    select.addEventListener("input", () => {
      const found = templatesOf(this.#live.state).get(select.value);
      if (found) part("raw-text").value = found;
    });
  }

  #send(raw) {
    if (!this.#live.raw(raw)) fail(text("why_not_connected"));
  }
}

/** A line of traffic as it is kept. */
function entryOf({ direction, at, text: raw = "", note = "", code, reason = "" }) {
  if (direction === "info") {
    const words = text(note, { url: raw, code: code ?? "–", reason }).trim();
    return { direction, at, type: words, text: words, seq: null, size: null, frame: {} };
  }
  const frame = parse(raw) ?? {};
  const type = String(frame.msg_type ?? frame.type ?? "–");
  return { direction, at, type, text: raw, seq: frame.seq ?? null, size: sizeOf(raw), frame };
}

/** What a frame says beside what its row says already: a comment as it is read, of others their fields. */
function gistOf({ type, text: raw, frame }) {
  if (type === "message" && typeof frame.content === "string") {
    return frame.user ? `${frame.user.nickname}: ${frame.content}` : frame.content;
  }
  const { msg_type: ofServer, type: ofClient, ts, seq, ...fields } = frame;
  if (ofServer === undefined && ofClient === undefined) return raw;
  return Object.keys(fields).length === 0 ? "" : JSON.stringify(fields);
}

function sizeOf(raw) {
  for (let index = 0; index < raw.length; index += 1) {
    if (raw.charCodeAt(index) >= ONE_BYTE) return encoder.encode(raw).length;
  }
  return raw.length;
}

function parse(raw) {
  try {
    const frame = JSON.parse(raw);
    return typeof frame === "object" ? frame : null;
  } catch {
    return null;
  }
}

const textLine = (entry) => `${new Date(entry.at).toISOString()} ${entry.direction} ${entry.size ?? "-"} ${entry.text}`;
const spoken = (measure) => (measure ? text("latency", { last: count(Math.round(measure.last)), median: count(Math.round(measure.median)) }) : "–");
