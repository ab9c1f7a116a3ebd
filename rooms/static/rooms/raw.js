// What one can begin a raw frame with: one template for each msg_type that a client may send.

/** The templates, by name, as of a state: with an item that is on the shelf, and the last seq. */
export function templatesOf({ shelf, seq, epoch }) {
  const item = shelf[0];
  const frames = [
    { msg_type: "ping", ref: 1, seq },
    { msg_type: "message", ref: 2, content: "Hello", client_msg_id: "my-key-1" },
    { msg_type: "like", ref: 3, count: 5 },
    { msg_type: "subscribe", ref: 4, action: "follow" },
    { msg_type: "buy", ref: 5, item_id: item?.id ?? 1, quantity: 1, client_order_id: "my-order-1", price: item?.price ?? "0.00" },
    { msg_type: "history", ref: 6, before: seq + 1, limit: 20 },
    { msg_type: "sync", ref: 7, since: seq, epoch },
    { msg_type: "init", ref: 8 },
    { msg_type: "join", ref: 9, nickname: "Visitor" },
    { msg_type: "login", ref: 10, token: "" },
    { msg_type: "leave", reason: "done" },
  ];
  return new Map(frames.map((frame) => [frame.msg_type, JSON.stringify(frame, null, 1).replace(/\n\s*/g, " ")]));
}
