// A guest's token, so that a reload is the same person.

const TOKEN_KEY = "liveroom.token";

/** Where the token is kept: {get, set, drop}. Who is signed in comes by the session, and has none. */
export function keptToken(signedIn) {
  if (signedIn) return { get: () => null, set: () => {}, drop: () => {} };
  let token = null;
  try {
    token = localStorage.getItem(TOKEN_KEY);
  } catch {
    // A browser that keeps nothing: the guest lasts as long as the page.
  }
  const keep = (value) => {
    token = value;
    try {
      if (value === null) localStorage.removeItem(TOKEN_KEY);
      else localStorage.setItem(TOKEN_KEY, value);
    } catch {
      // As above.
    }
  };
  return { get: () => token, set: keep, drop: () => keep(null) };
}
