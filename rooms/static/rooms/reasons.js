// What can be done now, and why not.

const FOR_EVER = 100 * 365 * 24 * 3600 * 1000;

/** Names of texts that say why something cannot be done now, or "": of comment, like, follow and shop. */
export function reasons({ state, status, now }) {
  if (!state.entered) {
    const why = status.kind === "stopped" || status.kind === "idle" ? "why_not_connected" : "connecting";
    return { comment: why, like: why, follow: why, shop: why };
  }
  const { status: show, allow } = state.room;
  const gone = status.kind === "idle" || status.kind === "stopped" ? "why_not_connected" : "";
  const offline = status.kind === "online" ? "" : "why_not_connected";
  const nobody = state.user ? "" : "why_login";
  const ended = show === "ended" ? "why_ended" : "";
  return {
    // While the connection comes back a comment waits; an order might find another price.
    comment: gone || nobody || ended || (allow.comments ? "" : "why_comments_off") || muted(state, now),
    like: offline || ended || (allow.likes ? "" : "why_likes_off"),
    follow: offline || nobody,
    shop: offline || nobody || ended || (show === "scheduled" ? "why_scheduled" : "") || (allow.shop ? "" : "why_shop_off"),
  };
}

function muted({ mutedUntil }, now) {
  if (!mutedUntil || mutedUntil <= now) return "";
  return isForEver(mutedUntil, now) ? "why_muted_for_ever" : "why_muted";
}

/** Whether a time is so far away that it means no end. */
export const isForEver = (until, now) => until - now > FOR_EVER;
