// Chance that can be repeated.

/** A random number generator with a seed (mulberry32). */
export function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** The law of the back-off: how long before each try after the first, in ms, for one with this random. */
export function* delays(random) {
  for (let failures = 0; ; failures += 1) yield random() * Math.min(30_000, 1000 * 2 ** failures);
}

/** How many tries that law allows within `ms` after the first. */
export function triesWithin(ms, random) {
  let tries = 0;
  let at = 0;
  for (const delay of delays(random)) {
    at += delay;
    if (at > ms) return tries;
    tries += 1;
  }
}
