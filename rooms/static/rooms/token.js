// A guest's token, so that a reload is the same person.

const TOKEN_KEY = "liveroom.token";

/**
 * Where the token is kept: {get, set, drop}. Who is signed in comes by the session, and has none.
 *
 * Windows share the kept one, and a window that is somebody else already stays so: it neither takes the token of
 * another window's guest away nor becomes him.
 */
export function keptToken(signedIn) {
  if (signedIn) return { get: () => null, set: () => {}, drop: () => {} };
  let own = null;
  const set = (value) => {
    if ([null, own].includes(read())) write(value);
    own = value;
  };
  const drop = () => {
    if (read() === own) write(null);
    own = null;
  };
  return { get: () => (own ??= read()), set, drop };
}

// A browser that keeps nothing: the guest lasts as long as the page.

function read() {
  try {
    return localStorage.getItem(TOKEN_KEY);
  } catch {
    return null;
  }
}

function write(value) {
  try {
    if (value === null) localStorage.removeItem(TOKEN_KEY);
    else localStorage.setItem(TOKEN_KEY, value);
  } catch {
    // As above.
  }
}
