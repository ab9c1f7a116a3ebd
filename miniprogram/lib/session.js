// Who one is: a token that is kept, got by wx.login where the server knows WeChat.

import { request, upload } from "./api.js";

const TOKEN = "liveroom.token";
const USER = "liveroom.user";

/** What a server says that has no WeChat, or does not let this person log in by it: he is a guest. */
const NO_WECHAT = ["forbidden", "not_found"];

/** Whether that was said: it is not asked for again before the next start. */
let withoutWeChat = false;

/** The login under way: whoever asks meanwhile waits for the same. @type {Promise<string | null> | null} */
let loggingIn = null;

/** @returns {string | null} */
const kept = () => wx.getStorageSync(TOKEN) || null;

/** Keeps the token for the socket and for requests. */
export const tokens = {
  get: kept,
  /** @param {string} token */
  set: (token) => wx.setStorageSync(TOKEN, token),
  drop: () => wx.removeStorageSync(TOKEN),
};

/** Who one was last known as; null for nobody. @returns {import("../utils/live-socket.js").User | null} */
export const knownUser = () => wx.getStorageSync(USER) || null;

/** @param {import("../utils/live-socket.js").User | null} user */
export function noteUser(user) {
  if (user) wx.setStorageSync(USER, user);
}

/** @returns {Promise<string>} the code of wx.login */
function loginCode() {
  return new Promise((resolve, reject) => {
    wx.login({
      timeout: 10000,
      success: ({ code }) => (code ? resolve(code) : reject(new Error("no code"))),
      fail: ({ errMsg }) => reject(new Error(errMsg)),
    });
  });
}

/** Whether this is only tried out: a visitor's app id may not log in. */
const isTrial = () => wx.getAccountInfoSync().miniProgram.appId === "touristappid";

/** @param {{ token: string, user: any }} answer */
function entered({ token, user }) {
  tokens.set(token);
  noteUser(user);
  return token;
}

async function byWeChat() {
  const code = await loginCode();
  return entered(await request("/api/auth/wechat/", { method: "POST", data: { code } }));
}

/**
 * Log in, if nobody is: by WeChat where the server has it. Without, the server takes one for a guest, who is given a
 * token when he first does something.
 *
 * @returns {Promise<string | null>} the token; null for a guest. Rejected when there was no answer: nobody becomes a
 *   guest by a bad network
 */
export function logIn() {
  const token = kept();
  if (token || withoutWeChat) return Promise.resolve(token);
  if (!loggingIn) {
    const own = byWeChat().catch((error) => {
      if (!NO_WECHAT.includes(error.code) && !(error.code === undefined && isTrial())) throw error;
      withoutWeChat = true;
      return null;
    });
    const over = () => {
      loggingIn = null;
    };
    own.then(over, over);
    loggingIn = own;
  }
  return loggingIn;
}

/**
 * A token whatever it takes: for what only somebody can do. Rejected where guests may only watch.
 *
 * @returns {Promise<string>}
 */
async function logInAsSomebody() {
  return (await logIn()) || entered(await request("/api/auth/guest/", { method: "POST", data: {} }));
}

/**
 * Do something with a token; one that is no good any more is replaced once.
 *
 * @template T
 * @param {(token: string) => Promise<T>} act
 */
async function withToken(act) {
  const token = await logInAsSomebody();
  try {
    return await act(token);
  } catch (error) {
    if (/** @type {any} */ (error).status !== 401) throw error;
    // Somebody else may have got another one meanwhile.
    if (kept() === token) tokens.drop();
    return act(await logInAsSomebody());
  }
}

/** One's own profile. */
export async function readProfile() {
  const user = await withToken((token) => request("/api/auth/me/", { token }));
  noteUser(user);
  return user;
}

/** @param {string} nickname */
export async function saveNickname(nickname) {
  const user = await withToken((token) => request("/api/auth/me/", { method: "POST", data: { nickname }, token }));
  noteUser(user);
  return user;
}

/** @param {string} filePath where chooseAvatar put the picture */
export async function saveAvatar(filePath) {
  const user = await withToken((token) => upload("/api/auth/me/", { filePath, name: "avatar", token }));
  noteUser(user);
  return user;
}

/** Say that a message was accepted for when the host of a room goes live. A guest cannot be told. @param {string} slug */
export async function acceptReminder(slug) {
  const token = kept();
  if (token) await request(`/api/rooms/${encodeURIComponent(slug)}/remind/`, { method: "POST", data: {}, token });
}

/** A page of one's own orders. @param {string | null} next where the page begins, from the one before */
export async function readOrders(next) {
  const token = await logIn();
  // A guest who never did anything has ordered nothing.
  if (!token) return { results: [], next: null };
  return withToken((own) => request(next || "/api/orders/?limit=20", { token: own }));
}
