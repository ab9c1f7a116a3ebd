// Commands with a key: repeated after a reconnect until they are answered, done once by the server.

const TRIES = 4;
const AGAIN = new Set(["unavailable", "internal"]);

function newKey() {
  // randomUUID exists on https pages only.
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What was sent and not answered. `send(frame)` returns whether the frame could be given to the socket. */
export class Commands {
  #send;
  #waiting = new Map();

  constructor(send) {
    this.#send = send;
  }

  /** Post a comment; `seq` is the last event handled, so that its own event can be told from older ones. */
  comment(content, seq) {
    const key = newKey();
    this.#add({ key, kind: "message", content, sentAt: seq, seq: null, frame: { msg_type: "message", content, client_msg_id: key } });
  }

  /** Order one piece of an item at the price that was shown. */
  buy(item, price) {
    const key = newKey();
    const frame = { msg_type: "buy", item_id: item.id, quantity: 1, client_order_id: key, price };
    this.#add({ key, kind: "buy", itemId: item.id, frame });
  }

  #add(entry) {
    this.#waiting.set(entry.key, { tries: 1, ...entry });
    this.#send(entry.frame);
  }

  /** Send again all that has no answer. */
  repeat() {
    for (const entry of this.#waiting.values()) if (entry.seq == null) this.#send(entry.frame);
  }

  /** Take an `ack` or `error`. Returns the entry that is settled by it, or null. */
  settle(frame) {
    const entry = this.#waiting.get(frame.client_msg_id ?? frame.client_order_id);
    if (!entry) return null;
    if (frame.msg_type === "error" && AGAIN.has(frame.code) && entry.tries < TRIES) {
      entry.tries += 1;
      setTimeout(() => this.#waiting.has(entry.key) && this.#send(entry.frame), (frame.retry_after ?? 2) * 1000);
      return null;
    }
    if (frame.msg_type === "ack" && entry.kind === "message" && frame.shown) {
      // It stays in sight until its own event is here.
      entry.seq = frame.seq;
      return entry;
    }
    this.#waiting.delete(entry.key);
    return entry;
  }

  /** Comments on their way: neither their answer nor their event is here. */
  comments(state) {
    const pending = [];
    for (const entry of this.#waiting.values()) {
      if (entry.kind !== "message") continue;
      if (entry.seq !== null && state.seq >= entry.seq) this.#waiting.delete(entry.key);
      else if (!cameBack(state, entry)) pending.push(entry);
    }
    return pending;
  }

  /** Keys of the items with an order on its way. */
  ordering() {
    return new Set([...this.#waiting.values()].filter((entry) => entry.kind === "buy").map((entry) => entry.itemId));
  }
}

function cameBack(state, entry) {
  const mine = state.user?.id;
  return state.comments.some(
    (comment) => comment.user.id === mine && comment.content === entry.content && comment.seq > entry.sentAt,
  );
}
