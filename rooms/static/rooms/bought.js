// One's own orders as the page knows them: those of this visit, and those that were read from the server.

import { token } from "./connection.js";
import { config } from "./texts.js";

const PER_PAGE = 20;
/** As many as one answer holds: enough to know what one has of what is on the shelf. */
const MANY = 100;
const ANSWER_WITHIN = 10_000;

/** Orders by number. */
const known = new Map();
let changes = 0;
/** Whose they are; undefined before the first. */
let whose;

/** Take note of an order, or of what became of it. */
export function note(order) {
  known.set(order.number, order);
  changes += 1;
}

/** Another number after each change. */
export const version = () => changes;

/** How many more of an item one may order, by its limit; Infinity without one. */
export function leftOf({ id, limit_per_user: limit }) {
  if (!limit) return Infinity;
  let pieces = 0;
  for (const { item_id: item, status, quantity } of known.values()) {
    if (item === id && status !== "cancelled") pieces += quantity;
  }
  return Math.max(0, limit - pieces);
}

/** Read them once for each person, as soon as there is a limit to be kept; `changed()` when they are here. */
export function loadFor({ user, shelf }, changed) {
  if (!user || whose === user.id || !shelf.some((item) => item.limit_per_user > 0)) return;
  if (whose !== undefined) {
    known.clear();
    changes += 1;
  }
  whose = user.id;
  reload(changed);
}

/** Read them again: some were made elsewhere. */
export async function reload(changed) {
  // Without an answer the server still knows, and refuses.
  await readPage(null, new AbortController(), MANY).catch(() => {});
  changed();
}

/** A page of them, newest first: its orders, and the cursor of the next one. */
export async function readPage(cursor, own, limit = PER_PAGE) {
  const kept = token.get();
  // A guest who never did anything is nobody yet, and has ordered nothing.
  if (!config.signed_in && !kept) return { results: [], next: null };
  const query = new URLSearchParams({ limit, ...(cursor && { cursor }) });
  const headers = kept ? { Authorization: `Bearer ${kept}` } : {};
  const timer = setTimeout(() => own.abort(), ANSWER_WITHIN);
  try {
    const response = await fetch(`${config.orders}?${query}`, { headers, signal: own.signal });
    if (!response.ok) throw new Error(String(response.status));
    const page = await response.json();
    page.results.forEach(note);
    return { results: page.results, next: page.next && new URL(page.next, location.href).searchParams.get("cursor") };
  } finally {
    clearTimeout(timer);
  }
}
