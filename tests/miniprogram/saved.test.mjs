// A profile that is saved when its form may be closed already.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { makeWx, mini } from "./mini.mjs";

let me;
globalThis.Page = (options) => (me = options);
await mini("pages/me/me.js");
const { Visit } = await mini("pages/room/visit.js");

let open;
globalThis.getCurrentPages = () => open.map((route) => ({ route }));
beforeEach(() => {
  const went = [];
  globalThis.wx = makeWx({ went, navigateBack: () => went.push("back") });
});

test("the page goes back to where one came from, and nowhere when one has left it", () => {
  open = ["pages/rooms/rooms", "pages/me/me"];
  me.saved();
  open = ["pages/rooms/rooms", "pages/room/room"];
  me.saved();
  assert.deepEqual(wx.went, ["back"]);
});

test("in a room its sheet is closed, and no other", async () => {
  const visit = new Visit({ slug: "demo", changed: () => {}, say: () => {} });
  for (const [sheet, left] of [["profile", ""], ["shelf", "shelf"]]) {
    visit.open(sheet);
    await visit.renamed();
    assert.equal(visit.picture().sheet, left);
  }
});
