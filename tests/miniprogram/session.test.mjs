// Logging in by wx.login, as a guest where the server has no WeChat, and the profile.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { makeWx, mini } from "./mini.mjs";

/** The module as after a start. */
let session;
let starts = 0;

const USER = { id: "u1", nickname: "User 4821", avatar: "", role: "viewer" };
const ok = (data) => ({ statusCode: 200, data });
const refused = (statusCode, code) => ({ statusCode, data: { msg_type: "error", code, detail: "", retry: false } });
const path = ({ url }) => url.replace(/^https?:\/\/[^/]+/, "");
const asked = () => wx.requests.map((request) => `${request.method ?? "UPLOAD"} ${path(request)}`);

/** A phone whose wx.login gives codes c1, c2, …, and a server that answers by path. */
function phone(answers, more = {}) {
  let codes = 0;
  globalThis.wx = makeWx({
    login: ({ success }) => success({ code: `c${(codes += 1)}` }),
    answers: (request) => answers[path(request)](request),
    ...more,
  });
}

beforeEach(async () => {
  globalThis.wx = undefined;
  session = await mini(`lib/session.js?${(starts += 1)}`);
});

test("a code of wx.login becomes a token, which is kept", async () => {
  phone({ "/api/auth/wechat/": ({ data }) => ok({ token: `t-${data.code}`, expires_in: 1, user: USER }) });
  assert.equal(await session.logIn(), "t-c1");
  assert.equal(await session.logIn(), "t-c1");
  assert.deepEqual(asked(), ["POST /api/auth/wechat/"]);
  assert.deepEqual(session.knownUser(), USER);
});

test("who asks while a login is under way waits for that one", async () => {
  phone({ "/api/auth/wechat/": () => ok({ token: "t1", expires_in: 1, user: USER }) });
  assert.deepEqual(await Promise.all([session.logIn(), session.logIn(), session.logIn()]), ["t1", "t1", "t1"]);
  assert.equal(wx.requests.length, 1);
});

test("where the server has no WeChat one is a guest", async () => {
  phone({ "/api/auth/wechat/": () => refused(403, "forbidden") });
  assert.equal(await session.logIn(), null);
  assert.equal(wx.stored.size, 0);
  // It is not asked again and again.
  assert.equal(await session.logIn(), null);
  assert.equal(wx.requests.length, 1);
});

test("nobody becomes a guest because there was no answer, and the next try logs in", async () => {
  let up = false;
  phone({ "/api/auth/wechat/": () => (up ? ok({ token: "t1", user: USER }) : { errMsg: "request:fail timeout" }) });
  await assert.rejects(session.logIn(), { code: "timeout" });
  up = true;
  assert.equal(await session.logIn(), "t1");
});

test("WeChat away is no answer either", async () => {
  phone({ "/api/auth/wechat/": () => refused(503, "unavailable") });
  await assert.rejects(session.logIn(), { code: "unavailable", status: 503 });
});

test("a visitor's app id that may not log in makes a guest", async () => {
  const login = ({ fail }) => fail({ errMsg: "login:fail" });
  phone({}, { login });
  await assert.rejects(session.logIn());
  phone({}, { login, getAccountInfoSync: () => ({ miniProgram: { appId: "touristappid" } }) });
  assert.equal(await session.logIn(), null);
});

test("a guest who changes his name becomes somebody first", async () => {
  const named = { ...USER, nickname: "Lin" };
  phone({
    "/api/auth/wechat/": () => refused(403, "forbidden"),
    "/api/auth/guest/": () => ok({ token: "g1", user: USER }),
    "/api/auth/me/": () => ok(named),
  });
  assert.deepEqual(await session.saveNickname("Lin"), named);
  assert.deepEqual(asked(), ["POST /api/auth/wechat/", "POST /api/auth/guest/", "POST /api/auth/me/"]);
  assert.equal(wx.requests.at(-1).header.Authorization, "Bearer g1");
  assert.deepEqual(session.knownUser(), named);
});

test("a token that is no good any more is replaced, once", async () => {
  phone({
    "/api/auth/wechat/": () => ok({ token: "t2", user: USER }),
    "/api/auth/me/": ({ header }) => (header.Authorization === "Bearer t2" ? ok(USER) : refused(401, "bad_token")),
  });
  session.tokens.set("t1");
  assert.deepEqual(await session.readProfile(), USER);
  assert.equal(session.tokens.get(), "t2");

  phone({
    "/api/auth/wechat/": () => ok({ token: "t3", user: USER }),
    "/api/auth/me/": () => refused(401, "bad_token"),
  });
  session.tokens.set("t1");
  await assert.rejects(session.readProfile(), { status: 401 });
  assert.equal(wx.requests.length, 3);
});

test("a token that was replaced meanwhile is kept, however late the old one is refused", async () => {
  let late;
  phone({
    "/api/auth/wechat/": () => ok({ token: "t2", user: USER }),
    "/api/auth/me/": ({ header }) => (header.Authorization === "Bearer t2" ? ok(USER) : refused(401, "bad_token")),
    "/api/orders/?limit=20": ({ header }) =>
      header.Authorization === "Bearer t2" ? ok({ results: [], next: null }) : new Promise((resolve) => (late = resolve)),
  });
  session.tokens.set("t1");
  const orders = session.readOrders(null);
  await session.readProfile();
  late(refused(401, "bad_token"));
  await orders;
  assert.equal(asked().filter((request) => request === "POST /api/auth/wechat/").length, 1);
});

test("a picture is sent as a file, and what is said of it is read from text", async () => {
  const pictured = { ...USER, avatar: "/media/avatars/1.jpg" };
  phone({ "/api/auth/me/": () => ({ statusCode: 200, data: JSON.stringify(pictured) }) });
  session.tokens.set("t1");
  assert.deepEqual(await session.saveAvatar("http://tmp/1.jpg"), pictured);
  const { kind, filePath, name, header } = wx.requests[0];
  assert.deepEqual([kind, filePath, name, header.Authorization], ["upload", "http://tmp/1.jpg", "avatar", "Bearer t1"]);
});

test("a picture that is refused fails with the server's code", async () => {
  phone({ "/api/auth/me/": () => ({ statusCode: 413, data: JSON.stringify({ code: "too_large", retry: false }) }) });
  session.tokens.set("t1");
  await assert.rejects(session.saveAvatar("http://tmp/1.jpg"), { code: "too_large", status: 413 });
});

test("who never did anything has ordered nothing, and is asked for no account", async () => {
  phone({ "/api/auth/wechat/": () => refused(403, "forbidden") });
  assert.deepEqual(await session.readOrders(null), { results: [], next: null });
});

test("the next page of orders is where the server says", async () => {
  phone({ "/api/orders/?cursor=7&limit=20": () => ok({ results: [], next: null }) });
  session.tokens.set("t1");
  await session.readOrders("/api/orders/?cursor=7&limit=20");
  assert.deepEqual(asked(), ["GET /api/orders/?cursor=7&limit=20"]);
});
