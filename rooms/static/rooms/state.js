// The picture of a room, as a pure function of the frames: `init`, and the numbered events after it.

export const COMMENTS_MAX = 200;

// Frames to one client: a number in them is not the number of an event.
const NOT_EVENTS = new Set(["init", "ack", "error", "pong", "history", "me", "reject", "stats"]);

/** The state before the first `init`. `behind`: an event is missing and has to be asked for. */
export const INITIAL = Object.freeze({
  entered: false,
  behind: false,
  epoch: null,
  seq: 0,
  room: null,
  newestShow: 0,
  user: null,
  role: "guest",
  following: false,
  mutedUntil: null,
  comments: [],
  shelf: [],
  online: 0,
  likes: 0,
  heartbeat: 25000,
  limits: { content: 0 },
  baseUrl: "",
  activity: null,
});

/** The state after a frame. Frames that change nothing give back the same object. */
export function reduce(state, frame) {
  if (frame.msg_type === "init") return entered(state, frame);
  if (!state.entered) return state;
  if (Number.isInteger(frame.seq) && !NOT_EVENTS.has(frame.msg_type)) return numbered(state, frame);
  const step = own(FOR_THE_MOMENT, frame.msg_type);
  return step ? step(state, frame) : state;
}

function numbered(state, frame) {
  if (frame.seq <= state.seq) return state;
  if (frame.seq > state.seq + 1) return state.behind ? state : { ...state, behind: true };
  const step = own(EVENTS, frame.msg_type);
  // An event of a kind that is not known here counts all the same.
  return { ...(step ? step(state, frame) : state), seq: frame.seq, behind: false };
}

function own(table, name) {
  return Object.hasOwn(table, name) ? table[name] : null;
}

function entered(state, frame) {
  const kept = frame.recovered === true && state.entered && frame.epoch === state.epoch;
  return {
    ...state,
    entered: true,
    behind: false,
    epoch: frame.epoch,
    // After a recovery the events repeat what is here already: the number does not go back.
    seq: kept ? state.seq : frame.seq,
    room: frame.room,
    newestShow: frame.room.show,
    user: frame.user,
    role: frame.role,
    following: frame.following,
    mutedUntil: frame.muted_until,
    comments: kept && state.room.show === frame.room.show ? state.comments : frame.comments,
    shelf: inOrder(frame.shelf ?? []),
    online: frame.online,
    likes: frame.likes,
    heartbeat: frame.heartbeat,
    limits: frame.limits,
    baseUrl: frame.base_url,
  };
}

// --- Comments.

function withComment(state, frame) {
  if (frame.removed) return state;
  const { id, seq = null, ts, user, content } = frame;
  // A comment that was held back for its sender alone comes again, with a number, when it passes the check.
  const others = state.comments.filter((comment) => comment.id !== id);
  return { ...state, comments: [...others, { id, seq, ts, user, content }].slice(-COMMENTS_MAX) };
}

function withoutComments(state, ids) {
  const gone = new Set(ids);
  return { ...state, comments: state.comments.filter((comment) => !gone.has(comment.id)) };
}

// --- The shelf.

function inOrder(items) {
  return [...items].sort((a, b) => a.position - b.position || a.id - b.id);
}

/** The state with an item as it is now: on the shelf, and the only one explained if it is. */
export function withItem(state, item) {
  const others = state.shelf.filter((other) => other.id !== item.id);
  const kept = item.explaining
    ? others.map((other) => (other.explaining ? { ...other, explaining: false } : other))
    : others;
  return { ...state, shelf: inOrder([...kept, item]) };
}

function explained(state, item) {
  const shelf = state.shelf.map((other) => (other.explaining ? { ...other, explaining: false } : other));
  return withItem({ ...state, shelf }, item);
}

function purchased(state, frame) {
  const { item_id: id, stock, sold, title, quantity, user } = frame;
  const shelf = state.shelf.map((item) => (item.id === id ? { ...item, stock, sold } : item));
  return { ...state, shelf, activity: { kind: "buy", name: user.nickname, title, quantity } };
}

function bought(state, frame) {
  switch (frame.action) {
    case "purchase":
      return purchased(state, frame);
    case "off_shelf":
      return { ...state, shelf: state.shelf.filter((item) => item.id !== frame.item.id) };
    case "explain":
      return explained(state, frame.item);
    case "on_shelf":
    case "update":
    case "restock":
      return withItem(state, frame.item);
    default:
      return state;
  }
}

// --- The room.

function roomChanged(state, room) {
  const comments = room.show === state.room.show ? state.comments : [];
  // Replayed after an `init` that knows of the new show already, it does not take away that show's likes.
  const likes = room.show > state.newestShow ? 0 : state.likes;
  return { ...state, room, comments, likes, newestShow: Math.max(room.show, state.newestShow) };
}

function inRoom(state, changes) {
  return { ...state, room: { ...state.room, ...changes } };
}

const EVENTS = {
  message: withComment,
  subscribe: (state, frame) => ({
    ...inRoom(state, { followers: frame.followers }),
    activity: { kind: "follow", name: frame.user.nickname },
  }),
  followers: (state, frame) => inRoom(state, { followers: frame.followers }),
  buy: bought,
  notice: (state, frame) => inRoom(state, { notice: frame.text }),
  remove: (state, frame) => withoutComments(state, frame.comment_ids),
  pin: (state, frame) => inRoom(state, { pinned: frame.comment }),
  room: (state, frame) => roomChanged(state, frame.room),
};

const FOR_THE_MOMENT = {
  message: withComment,
  reject: (state, frame) => withoutComments(state, [frame.comment_id]),
  join: (state, frame) => ({
    ...state,
    online: frame.online,
    activity: { kind: "join", name: frame.user.nickname },
  }),
  leave: (state, frame) => ({
    ...state,
    online: frame.online,
    activity: { kind: "leave", name: frame.user.nickname },
  }),
  online: (state, frame) => ({ ...state, online: frame.online }),
  like: (state, frame) => ({ ...state, likes: frame.total }),
  me: (state, frame) => ({
    ...state,
    user: frame.user,
    role: frame.role,
    following: frame.following,
    mutedUntil: frame.muted_until,
  }),
  ack: (state, frame) => (frame.to === "subscribe" ? { ...state, following: frame.following } : state),
  // `price_changed` brings the item with its new price.
  error: (state, frame) => (state.shelf.some((item) => item.id === frame.item?.id) ? withItem(state, frame.item) : state),
};

/** What one piece of an item costs at `now` (ms): its sale's price while the sale runs. */
export function priceAt(item, now) {
  const { sale } = item;
  return sale && sale.starts_at <= now && now < sale.ends_at ? sale.price : item.price;
}

/** When the next of the items' sales begins or ends after `now`, in ms; Infinity when none does. */
export function nextSale(shelf, now) {
  const times = shelf.flatMap((item) => (item.sale ? [item.sale.starts_at, item.sale.ends_at] : []));
  return Math.min(Infinity, ...times.filter((time) => time > now));
}
