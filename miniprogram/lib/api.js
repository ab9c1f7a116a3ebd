// Requests to the server's HTTP API: each ends within a time, and fails with an error that has a code.

import { SERVER } from "../config.js";
import { errorText } from "../utils/live-socket.js";
import { language, text } from "./texts.js";

const ANSWER_WITHIN = 10000;
const UPLOAD_WITHIN = 30000;

/**
 * Why a request failed: the server's `code`, or `network` or `timeout` when there was no answer. `message` is for the
 * user.
 *
 * @typedef {Error & { code: string, status: number }} ApiError
 */

/** @param {string} code @param {number} status @param {any} [frame] the server's error @returns {ApiError} */
function apiError(code, status, frame) {
  const words = code === "network" || code === "timeout" ? text(code) : errorText(frame || { code }, language());
  return Object.assign(new Error(words), { code, status });
}

/** @param {{ errMsg: string }} result */
const unanswered = ({ errMsg }) => apiError(/time ?d?\s?out/i.test(errMsg) ? "timeout" : "network", 0);

/** @param {string | null} [token] */
const headers = (token) => ({
  "Accept-Language": language(),
  ...(token ? { Authorization: `Bearer ${token}` } : {}),
});

/**
 * @param {number} status
 * @param {any} data
 */
function refusal(status, data) {
  const code = data && typeof data.code === "string" ? data.code : status >= 500 ? "unavailable" : "bad_message";
  return apiError(code, status, data && data.code ? data : undefined);
}

/** @param {string} [link] an address of the wire; one that begins with `/` is the server's */
export function address(link) {
  if (!link) return "";
  if (link[0] === "/" && link[1] !== "/") return SERVER + link;
  return /^https?:\/\//i.test(link) ? link : "";
}

/** The address of a room's socket. @param {string} slug */
export const socketAddress = (slug) => `${SERVER.replace(/^http/, "ws")}/ws/rooms/${encodeURIComponent(slug)}/`;

/**
 * @param {string} path below the server's address
 * @param {{ method?: 'GET' | 'POST' | 'PUT' | 'DELETE', data?: any, token?: string | null }} [options]
 * @returns {Promise<any>} the answer's JSON
 */
export function request(path, { method = "GET", data, token } = {}) {
  return new Promise((resolve, reject) => {
    wx.request({
      url: SERVER + path,
      method,
      data,
      header: { ...headers(token), "content-type": "application/json" },
      timeout: ANSWER_WITHIN,
      success: ({ statusCode, data: answer }) => {
        if (statusCode >= 200 && statusCode < 300) resolve(answer);
        else reject(refusal(statusCode, answer));
      },
      fail: (result) => reject(unanswered(result)),
    });
  });
}

/**
 * Send a file, as the field of that name. wx.uploadFile can do nothing but POST.
 *
 * @param {string} path
 * @param {{ filePath: string, name: string, token: string }} options
 * @returns {Promise<any>}
 */
export function upload(path, { filePath, name, token }) {
  return new Promise((resolve, reject) => {
    wx.uploadFile({
      url: SERVER + path,
      filePath,
      name,
      header: headers(token),
      timeout: UPLOAD_WITHIN,
      success: ({ statusCode, data }) => {
        const answer = parsed(data);
        if (statusCode >= 200 && statusCode < 300) resolve(answer);
        else reject(refusal(statusCode, answer));
      },
      fail: (result) => reject(unanswered(result)),
    });
  });
}

/** @param {string} data wx.uploadFile hands over the answer as text */
function parsed(data) {
  try {
    return JSON.parse(data);
  } catch (error) {
    return null;
  }
}
