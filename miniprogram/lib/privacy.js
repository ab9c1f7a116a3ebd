// WeChat asks for consent before anybody's name or picture is touched: whoever needs it waits for the answer here.

/** @typedef {(answer: { event: 'agree' | 'disagree' | 'exposureAuthorization', buttonId?: string }) => void} Resolve */

/** Those who wait: WeChat asks once for each. @type {Resolve[]} */
let waiting = [];

/** The sheets that can ask, the one in front last. @type {Array<() => void>} */
const sheets = [];

/** The one that asks, while it does. @type {(() => void) | null} */
let asking = null;

/** Listen for WeChat's wish to be answered; called once, by the app. */
export function askWhenNeeded() {
  if (!wx.onNeedPrivacyAuthorization) return;
  wx.onNeedPrivacyAuthorization((/** @type {any} */ resolve) => {
    waiting.push(resolve);
    asking = sheets[sheets.length - 1] || null;
    // Without a sheet nobody can agree: whoever asked goes on without.
    if (asking) asking();
    else answer("disagree");
  });
}

/** Ask by this sheet while its page is there. @param {() => void} show @returns {() => void} what ends that */
export function askBy(show) {
  sheets.push(show);
  return () => {
    sheets.splice(sheets.indexOf(show), 1);
    // Whoever leaves the page that asks does not agree.
    if (asking === show) answer("disagree");
  };
}

/** Tell WeChat that the sheet is seen. */
export function seen() {
  for (const resolve of waiting) resolve({ event: "exposureAuthorization" });
}

/** @param {'agree' | 'disagree'} event @param {string} [buttonId] the button that was pressed to agree */
export function answer(event, buttonId) {
  const all = waiting;
  waiting = [];
  asking = null;
  for (const resolve of all) resolve(event === "agree" ? { event, buttonId } : { event });
}
