// What can be done in a room now, and why not.

const FOR_EVER = 100 * 365 * 24 * 3600 * 1000;

/** @typedef {import("./texts.js").Key} Key */
/** @typedef {import("../utils/live-socket.js").State} State */
/** @typedef {import("../utils/live-socket.js").Status} Status */

/**
 * Names of texts that say why something cannot be done now, or "": of comment, like, follow and shop.
 *
 * @param {{ state: State, status: Status, now: number }} model
 * @returns {{ [what in 'comment' | 'like' | 'follow' | 'shop']: Key | '' }}
 */
export function reasons({ state, status, now }) {
  const away = status.kind === "idle" || status.kind === "stopped";
  if (!state.entered) {
    const why = away ? "why_not_connected" : "connecting";
    return { comment: why, like: why, follow: why, shop: why };
  }
  const { status: show, allow } = state.room;
  const offline = status.kind === "online" ? "" : "why_not_connected";
  const nobody = state.user ? "" : "why_login";
  const ended = show === "ended" ? "why_ended" : "";
  const gone = away ? "why_not_connected" : "";
  const soon = show === "scheduled" ? "why_scheduled" : "";
  return {
    // While the connection comes back a comment waits; an order might find another price.
    comment: gone || nobody || ended || (allow.comments ? "" : "why_comments_off") || muted(state, now),
    like: offline || ended || (allow.likes ? "" : "why_likes_off"),
    follow: offline || nobody,
    shop: offline || nobody || ended || soon || (allow.shop ? "" : "why_shop_off"),
  };
}

/** @param {State} state @param {number} now @returns {Key | ''} */
function muted({ mutedUntil }, now) {
  if (!mutedUntil || mutedUntil <= now) return "";
  return isForEver(mutedUntil, now) ? "why_muted_for_ever" : "why_muted";
}

/** Whether a time is so far away that it means no end. @param {number} until @param {number} now */
export const isForEver = (until, now) => until - now > FOR_EVER;
