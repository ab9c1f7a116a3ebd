// The shelf as it is drawn, and the step before an order: prices, stock and limits may change under it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { makeWx, mini } from "./mini.mjs";

globalThis.wx = makeWx();
const { Bought } = await mini("pages/room/bought.js");
const { explainedFirst, goods } = await mini("pages/room/goods.js");
const { Choice } = await mini("pages/room/order.js");

const ITEM = {
  id: 7, product_id: 1, title: "Tea", cover: "/media/tea.jpg", price: "128.00", list_price: "168.00", sale: null,
  stock: 9, sold: 3, limit_per_user: 0, position: 1, explaining: false, link: "",
};
const AS = { now: 1000, left: Infinity, closed: false, ordering: false, number: 1 };
const drawn = (item, as) => goods({ ...ITEM, ...item }, { ...AS, ...as });

test("an item: price, what it was before, stock", () => {
  const { cover, price, before, stock, few, button, off } = drawn();
  assert.deepEqual(
    [cover, price, before, stock, few, button, off],
    ["http://127.0.0.1:8000/media/tea.jpg", "¥128.00", "¥168.00", "9 left · 3 sold", false, "Buy", false],
  );
});

test("a sale's price while the sale runs", () => {
  const sale = { price: "99.00", starts_at: 500, ends_at: 2000 };
  assert.deepEqual([drawn({ sale }).price, drawn({ sale }).before, drawn({ sale }, { now: 2000 }).price], ["¥99.00", "¥128.00", "¥128.00"]);
  assert.match(drawn({ sale }).sale, /^on sale until /);
});

test("what cannot be ordered says why", () => {
  assert.deepEqual([drawn({ stock: 0 }).button, drawn({ stock: 0 }).off], ["Sold out", true]);
  assert.deepEqual([drawn({}, { left: 0 }).button, drawn({}, { left: 0 }).off], ["Limit reached", true]);
  assert.deepEqual([drawn({}, { ordering: true }).button, drawn({}, { closed: true }).off], ["Ordering…", true]);
  // A page of another shop is open whatever happens here.
  const link = "/pages/goods/goods?id=1";
  assert.deepEqual([drawn({ link, stock: 0 }, { closed: true }).button, drawn({ link, stock: 0 }).off], ["To the shop", false]);
});

test("an item that did not change is the same object: nothing of it is handed over", () => {
  const item = { ...ITEM };
  assert.equal(goods(item, AS), goods(item, { ...AS, now: 1001 }));
  assert.notEqual(goods(item, AS), goods(item, { ...AS, closed: true }));
});

test("the explained one stands first", () => {
  const shelf = [1, 2, 3].map((id) => ({ ...ITEM, id, explaining: id === 2 }));
  assert.deepEqual(explainedFirst(shelf).map(({ id }) => id), [2, 1, 3]);
});

/** A choice of the item, and a function that draws it. */
function chosen(item = {}, { left = Infinity } = {}) {
  const choice = new Choice();
  choice.open({ ...ITEM, ...item });
  const draw = (shelf = [{ ...ITEM, ...item }], { pending = [], why = "", now = 1000 } = {}) =>
    choice.picture({ shelf, pending, now, why, leftOf: () => left });
  return { choice, draw };
}

test("how many, and what that costs", () => {
  const { choice, draw } = chosen();
  draw();
  choice.choose(3);
  const { quantity, total, totalOf, less, more, note, off } = draw();
  assert.deepEqual([quantity, total, totalOf, less, more, note, off], [3, "¥384.00", "3 × ¥128.00", true, true, "", false]);
});

test("no more than there are, than one may have, than one order takes", () => {
  for (const [item, options, most, note] of [
    [{ stock: 2 }, {}, 2, "Only 2 left: the quantity is now 2."],
    [{ limit_per_user: 4 }, { left: 4 }, 4, "At most 4 for each: the quantity is now 4."],
    [{ limit_per_user: 4 }, { left: 1 }, 1, "You may order 1 more: the quantity is now 1."],
    [{ stock: 500 }, {}, 99, "At most 99 in one order: the quantity is now 99."],
  ]) {
    const { choice, draw } = chosen(item, options);
    draw();
    choice.choose(120);
    const picture = draw();
    assert.deepEqual([picture.quantity, picture.note, picture.more], [most, note, false]);
  }
});

test("a price that changes under the sheet is told", () => {
  const { choice, draw } = chosen();
  draw();
  const picture = draw([{ ...ITEM, price: "138.00" }]);
  assert.deepEqual([picture.note, picture.total, choice.price], ["The price has changed: ¥138.00 now.", "¥138.00", "138.00"]);
});

test("one that left the shelf stays in sight, and cannot be ordered", () => {
  const { draw } = chosen();
  draw();
  const picture = draw([]);
  assert.deepEqual([picture.goods.title, picture.note, picture.off], ["Tea", "This item is no longer for sale here.", true]);
});

test("an order under way waits; one without an answer goes out again as it was", () => {
  const { choice, draw } = chosen();
  draw();
  const order = { key: "k1", kind: "buy", itemId: 7, quantity: 2, sentAt: 0, status: "sending" };
  let picture = draw(undefined, { pending: [order] });
  assert.deepEqual([picture.button, picture.off, picture.quantity, picture.fixed], ["Ordering…", true, 2, true]);
  picture = draw(undefined, { pending: [{ ...order, status: "failed", error: { code: "expired" } }] });
  assert.deepEqual([picture.button, picture.off, picture.quantity, choice.order], ["Send again", false, 2, "k1"]);
  assert.match(picture.note, /never taken twice/);
  picture = draw(undefined, { pending: [{ ...order, status: "failed", error: { code: "out_of_stock" } }] });
  assert.deepEqual([picture.button, picture.off, choice.order], ["Order", false, null]);
});

test("how many more one may order, by what one ordered", async () => {
  const read = async () => ({ results: [{ number: "1", item_id: 7, quantity: 2, status: "pending" }, { number: "2", item_id: 7, quantity: 1, status: "cancelled" }] });
  const bought = new Bought(read);
  const item = { ...ITEM, limit_per_user: 3 };
  assert.deepEqual([bought.leftOf(ITEM), bought.leftOf(item)], [Infinity, 3]);
  await new Promise((changed) => bought.readFor({ user: { id: "u1" }, shelf: [item] }, changed));
  assert.equal(bought.leftOf(item), 1);
  bought.note({ number: "3", item_id: 7, quantity: 1, status: "pending" });
  assert.equal(bought.leftOf(item), 0);
});
