// How long the server takes: from a ping to its pong, and from an own comment to its event.

const KEPT = 20;

/** The last measures of one kind, in ms. */
class Measures {
  #values = [];

  add(value) {
    this.#values.push(value);
    if (this.#values.length > KEPT) this.#values.shift();
  }

  /** The last one and the median, or null before the first. */
  read() {
    if (this.#values.length === 0) return null;
    const sorted = [...this.#values].sort((a, b) => a - b);
    return { last: this.#values.at(-1), median: sorted[sorted.length >> 1] };
  }
}

/** Watches what goes over the socket. */
export class Latency {
  ping = new Measures();
  comment = new Measures();
  #pings = [];
  #sent = new Map();
  #acknowledged = new Map();
  #seen = new Map();

  /** Take note of a frame that was sent. */
  sent(frame, at) {
    if (frame.msg_type === "ping") keep(this.#pings, at);
    if (frame.msg_type === "message" && frame.client_msg_id) set(this.#sent, frame.client_msg_id, at);
  }

  /** Take note of a frame that arrived. The ack of a comment comes before or after its event. */
  received(frame, at) {
    if (frame.msg_type === "pong" && this.#pings.length > 0) this.ping.add(at - this.#pings.shift());
    if (frame.msg_type === "message") {
      set(this.#seen, frame.id, at);
      this.#match(frame.id);
    }
    const sentAt = frame.msg_type === "ack" ? this.#sent.get(frame.client_msg_id) : undefined;
    if (sentAt === undefined) return;
    this.#sent.delete(frame.client_msg_id);
    set(this.#acknowledged, frame.id, sentAt);
    this.#match(frame.id);
  }

  /** A new connection answers no old ping. */
  reconnected() {
    this.#pings = [];
  }

  #match(id) {
    const [from, to] = [this.#acknowledged.get(id), this.#seen.get(id)];
    if (from === undefined || to === undefined) return;
    this.#acknowledged.delete(id);
    this.comment.add(to - from);
  }
}

const REMEMBERED = 200;

function keep(list, value) {
  list.push(value);
  if (list.length > REMEMBERED) list.shift();
}

function set(map, key, value) {
  map.set(key, value);
  if (map.size > REMEMBERED) map.delete(map.keys().next().value);
}
