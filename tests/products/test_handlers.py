"""`buy` over the wire: the order, every refusal, and what everybody sees."""

import asyncio
from typing import Any
from unittest.mock import ANY

import pytest

from products.models import Order, ShelfItem
from products.services.items import ItemBuffer
from products.services.orders import PlaceOrder
from rooms.messages import Code, Role
from rooms.realtime.writer import commit
from rooms.services import rooms
from rooms.transaction import RoomTransaction
from tests import factories
from tests.clients import stored
from tests.moderation import BAN, impose
from tests.parts import HAN, LI, error, item_part, without_ts

MASKED = {**LI, "nickname": "李**"}


def order_of(item, **changes):
    """The order of one Tea, as its buyer sees it."""
    order = {
        "number": ANY,
        "status": "pending",
        "item_id": item.pk,
        "title": "Tea",
        "quantity": 1,
        "price": "20.00",
        "total": "20.00",
        "created_at": ANY,
        "expires_at": None,
    }
    return {**order, **changes}


def purchase(item, **changes):
    """What everybody sees of it."""
    event = {
        "msg_type": "buy",
        "action": "purchase",
        "user": MASKED,
        "count": 1,
        "item_id": item.pk,
        "title": "Tea",
        "quantity": 1,
        "stock": 49,
        "sold": 1,
    }
    return {**event, **changes}


async def test_buy_gives_an_order_and_a_purchase(room, item, viewer, other, enter, witness):
    """The buyer gets his order, everybody the purchase with the buyer's name masked."""
    li, han = await enter(user=viewer), await enter(user=other)
    await li.rest()
    await li.send("buy", item_id=item.pk, client_order_id="o1")
    event = {**purchase(item), "seq": 2}
    ack = {"msg_type": "ack", "to": "buy", "client_order_id": "o1", "order": order_of(item)}
    frames = [without_ts(frame) for frame in await li.rest()]
    assert sorted(frames, key=str) == sorted([event, ack], key=str)
    bought = next(frame["order"] for frame in frames if frame["msg_type"] == "ack")
    assert (len(bought["number"]), bought["number"].isdigit()) == (20, True)
    await han.expect(**event)
    await han.nothing()
    seen = await witness.saw(purchase(item))
    assert bought["created_at"] == seen[0]["ts"]


async def test_buy_with_everything(room, item, viewer, enter, settings, witness):
    """Quantity, price and ref; with LIVEROOM_MASK_BUYERS off the name stands in full."""
    settings.LIVEROOM_MASK_BUYERS = False
    li = await enter(user=viewer)
    await li.send("buy", item_id=item.pk, client_order_id="o1", quantity=3, price="20.00", ref=7)
    ack = next(without_ts(frame) for frame in await li.rest() if frame["msg_type"] == "ack")
    assert ack == {
        "msg_type": "ack",
        "to": "buy",
        "ref": 7,
        "client_order_id": "o1",
        "order": order_of(item, quantity=3, total="60.00"),
    }
    await witness.saw(purchase(item, user=LI, quantity=3, stock=47, sold=3))


async def test_buy_again_with_the_same_key(room, item, viewer, enter, witness):
    """The same key is the same order, whatever the second says and whatever has changed since."""
    li = await enter(user=viewer)
    await li.send("buy", item_id=item.pk, client_order_id="o1")
    first = next(without_ts(frame) for frame in await li.rest() if frame["msg_type"] == "ack")

    def end():
        with RoomTransaction(room.pk) as tx:
            rooms.room_end(tx, room_id=room.pk)

    for fields in ({"item_id": item.pk}, {"item_id": 999, "quantity": 99, "price": "1.00"}):
        await li.send("buy", client_order_id="o1", **fields)
        await li.expect(**first)
        await li.nothing()
    await stored(end)
    await li.rest()
    await li.send("buy", item_id=item.pk, client_order_id="o1")
    await li.expect(**first)
    await li.nothing()
    assert await stored(Order.objects.count) == 1
    assert len(await witness.proves_the_law()) == 2


async def test_the_same_key_at_once_is_one_order(room, item, viewer, enter, witness):
    """Three times in one commit, from two sockets: one order, three equal acks."""
    li, again = await enter(user=viewer), await enter(user=viewer)
    for socket in (li, again, li):
        await socket.send("buy", item_id=item.pk, client_order_id="o1")
    acks = [frame["order"] for socket in (li, again) for frame in await socket.rest() if frame["msg_type"] == "ack"]
    assert len(acks) == 3
    assert acks[0] == acks[1] == acks[2]
    await witness.saw(purchase(item))


async def test_keys_are_per_user_and_room(host, room, item, viewer, other, enter):
    """Another user, or the same in another room, may use the key."""
    second = await stored(factories.make_room, "second", host=host)
    thing = await stored(factories.make_item, second)
    sockets = [
        (await enter(user=viewer), item),
        (await enter(user=other), item),
        (await enter("/ws/rooms/second/", user=viewer), thing),
    ]
    for socket, wanted in sockets:
        await socket.rest()
        await socket.send("buy", item_id=wanted.pk, client_order_id="k")
        assert "ack" in [frame["msg_type"] for frame in await socket.rest()]
    assert await stored(Order.objects.count) == 3


async def test_purchases_of_one_commit_are_summed(room, item, viewer, other, enter, witness, settings):
    """One event per item and commit: the last buyer, how many purchases, the sum."""
    sockets = [await enter(user=viewer), await enter(user=other)]
    await stored(lambda: factories.make_item(room, "Cup", position=9))
    await sockets[0].rest(), await sockets[1].rest()
    # All are read before the first commit begins.
    for number in range(6):
        await sockets[number % 2].send("buy", item_id=item.pk, client_order_id=str(number), quantity=number + 1)
    await asyncio.gather(*(socket.rest() for socket in sockets))
    events = [event for event in await witness.proves_the_law() if event.get("action") == "purchase"]
    assert sum(event["count"] for event in events) == 6
    assert sum(event["quantity"] for event in events) == 21
    assert (events[-1]["stock"], events[-1]["sold"]) == (29, 21)
    assert events[-1]["user"] == {**HAN, "nickname": "韩**"}


async def test_purchases_of_one_commit_are_one_event(room, item, viewer, other, witness):
    """Of each item, with the last buyer, how many purchases, and the sum of the pieces."""
    cup = await stored(lambda: factories.make_item(room, "Cup", position=9))
    buys = [(viewer, item, 1), (other, cup, 5), (other, item, 2), (viewer, item, 3)]
    commands: list[Any] = [
        PlaceOrder(room.pk, user, Role.VIEWER, thing.pk, quantity, str(number), None)
        for number, (user, thing, quantity) in enumerate(buys)
    ]
    orders = await stored(commit, room.pk, commands)
    assert [order.quantity for order in orders] == [1, 5, 2, 3]
    events = [event for event in await witness.proves_the_law() if event.get("action") == "purchase"]
    assert [without_ts(event) for event in events] == [
        purchase(item, seq=3, count=3, quantity=6, stock=44, sold=6),
        purchase(cup, seq=4, title="Cup", user={**HAN, "nickname": "韩**"}, quantity=5, stock=45, sold=5),
    ]


async def test_an_item_of_another_room_is_not_even_locked(room, host):
    """It is as if it were not there."""
    second = await stored(factories.make_room, "second", host=host)
    thing = await stored(factories.make_item, second)

    def look():
        with RoomTransaction(room.pk) as tx:
            return tx.buffer(ItemBuffer).get(thing.pk)

    assert await stored(look) is None


async def test_a_guest_who_talks_may_buy(room, item, connect, settings):
    """His first purchase makes him a user."""
    settings.LIVEROOM_GUESTS = "talk"
    guest = await connect()
    user = (await guest.init())["user"]
    await guest.send("buy", item_id=item.pk, client_order_id="o1")
    me = await guest.recv()
    assert (me["msg_type"], me["user"], "token" in me) == ("me", user, True)
    assert sorted(frame["msg_type"] for frame in await guest.rest()) == ["ack", "buy"]


async def test_a_guest_who_watches_may_not(room, item, enter):
    """He is asked to log in."""
    guest = await enter()
    await guest.send("buy", item_id=item.pk, client_order_id="o1", ref="r")
    await guest.expect(
        **error(
            "login_required",
            "Log in first: a guest of this server only watches.",
            to="buy",
            ref="r",
            client_order_id="o1",
        )
    )
    await guest.nothing()


# --- refused


async def refused(socket, witness, code, detail, item_id, *, retry=False, quantity=1, price=None, **fields):
    """Buy, and be refused with exactly this; nobody else sees anything."""
    more = {"price": price} if price is not None else {}
    await socket.send("buy", item_id=item_id, client_order_id="o1", quantity=quantity, ref=1, **more)
    await socket.expect(**error(code, detail, retry=retry, to="buy", ref=1, client_order_id="o1", **fields))
    await socket.nothing()
    await witness.saw()
    assert not await stored(Order.objects.exists)


@pytest.mark.parametrize(
    ("changes", "code", "detail"),
    [
        ({"status": "scheduled"}, "room_closed", "Nothing is sold while the room is scheduled."),
        ({"status": "ended"}, "room_closed", "Nothing is sold while the room is ended."),
        ({"allow_shop": False}, "switched_off", "Purchases are switched off in this room."),
    ],
)
async def test_a_room_that_sells_nothing(host, viewer, enter, law_of, changes, code, detail):
    """Before and after a show, and with purchases switched off, nothing is sold."""
    room = await stored(factories.make_room, host=host, **changes)
    item = await stored(factories.make_item, room)
    await refused(await enter(user=viewer), await law_of(room), code, detail, item.pk)


async def test_a_paused_room_sells(host, viewer, enter):
    """A pause does not close the shop."""
    room = await stored(factories.make_room, host=host, status="paused")
    item = await stored(factories.make_item, room)
    li = await enter(user=viewer)
    await li.send("buy", item_id=item.pk, client_order_id="o1")
    assert sorted(frame["msg_type"] for frame in await li.rest()) == ["ack", "buy"]


@pytest.mark.parametrize("which", ["none", "off", "elsewhere", "link"])
async def test_what_is_not_for_sale_here(room, viewer, enter, witness, law_of, which):
    """No such item, off the shelf, on another room's shelf, or sold in an existing shop."""
    if which == "off":
        item = await stored(factories.make_item, room, on_shelf=False)
    elif which == "elsewhere":
        item = await stored(factories.make_item, await stored(factories.make_room, "second"))
    elif which == "link":
        item = await stored(factories.make_item, room, link="/pages/item?id=1")
        witness = await law_of(room)
    item_id = 999 if which == "none" else item.pk
    detail = f"Item {item_id} is not for sale on this room's shelf."
    await refused(await enter(user=viewer), witness, "not_on_shelf", detail, item_id, field="item_id")


@pytest.mark.parametrize(("stock", "quantity"), [(0, 1), (2, 3)])
async def test_out_of_stock(room, viewer, enter, law_of, stock, quantity):
    """More than there is, is refused as a whole, and says how many are left."""
    item = await stored(factories.make_item, room, stock=stock)
    li = await enter(user=viewer)
    witness = await law_of(room)
    detail = f"{stock} left."
    fields = {"field": "quantity", "limit": stock}
    await refused(li, witness, "out_of_stock", detail, item.pk, quantity=quantity, **fields)


async def test_the_last_pieces(room, viewer, enter, law_of):
    """All that there is can be bought, and then nothing more."""
    item = await stored(factories.make_item, room, stock=2)
    witness = await law_of(room)
    li = await enter(user=viewer)
    await li.send("buy", item_id=item.pk, client_order_id="o1", quantity=2)
    await li.rest()
    await li.send("buy", item_id=item.pk, client_order_id="o2")
    await li.expect(**error("out_of_stock", "0 left.", to="buy", client_order_id="o2", field="quantity", limit=0))
    await li.nothing()
    await witness.saw(purchase(item, quantity=2, stock=0, sold=2))


async def test_the_limit_per_user(room, viewer, other, enter, law_of):
    """It counts all the user's orders of the item; another user has his own, a cancelled order frees it."""
    item = await stored(factories.make_item, room, limit_per_user=2)
    li, han = await enter(user=viewer), await enter(user=other)
    await li.rest()
    await li.send("buy", item_id=item.pk, client_order_id="o1")
    await li.send("buy", item_id=item.pk, client_order_id="o2", quantity=2, ref=1)
    frames = await li.rest()
    wanted = error(
        "limit_reached",
        "One user may order 2 of this item.",
        to="buy",
        ref=1,
        client_order_id="o2",
        field="quantity",
        limit=2,
    )
    assert [without_ts(frame) for frame in frames if frame["msg_type"] == "error"] == [wanted]
    await han.rest()
    await han.send("buy", item_id=item.pk, client_order_id="o1", quantity=2)
    assert "ack" in [frame["msg_type"] for frame in await han.rest()]
    await li.rest()
    await stored(Order.objects.filter(user=viewer).update, status=Order.Status.CANCELLED)
    await li.send("buy", item_id=item.pk, client_order_id="o2", quantity=2)
    assert "ack" in [frame["msg_type"] for frame in await li.rest()]


@pytest.mark.parametrize("price", ["19.99", 19, 19.5, "1e3", "-20", "20.001"])
async def test_the_price_has_changed(room, item, viewer, enter, witness, price):
    """Another price than the item's is refused, with the item as it is."""
    part = item_part(id=item.pk, product_id=item.product_id)
    detail = "One piece costs 20.00 now."
    fields = {"field": "price", "item": part}
    await refused(
        await enter(user=viewer), witness, "price_changed", detail, item.pk, retry=True, price=price, **fields
    )


@pytest.mark.parametrize("price", ["cheap", "", " ", "20,00", "NaN", "sNaN", "Infinity", "-Infinity"])
async def test_a_price_that_is_none(room, item, viewer, enter, witness, price):
    """It is `bad_message` naming the field."""
    li = await enter(user=viewer)
    await refused(li, witness, "bad_message", "price is no amount in yuan.", item.pk, price=price, field="price")


@pytest.mark.parametrize("price", ["20.00", "20", 20, 20.0, "20.0"])
async def test_the_same_price_in_any_form(room, item, viewer, enter, price):
    """Numbers are compared, not texts."""
    li = await enter(user=viewer)
    await li.send("buy", item_id=item.pk, client_order_id="o1", price=price)
    assert sorted(frame["msg_type"] for frame in await li.rest()) == ["ack", "buy"]


async def test_a_sale_counts_while_it_runs(room, viewer, enter, clock):
    """Its price is the one that counts, from its start until just before its end."""
    from rooms.models import from_ms

    starts, ends = from_ms(clock.now + 1000), from_ms(clock.now + 2000)
    sale: Any = {"sale_price": "9.90", "sale_starts_at": starts, "sale_ends_at": ends}
    item = await stored(factories.make_item, room, **sale)
    li = await enter(user=viewer)

    async def buy(key, price):
        await li.send("buy", item_id=item.pk, client_order_id=key, price=price)
        answers = [frame for frame in await li.rest() if frame["msg_type"] in ("ack", "error")]
        return [frame.get("code") or frame["order"]["price"] for frame in answers]

    assert await buy("a", "9.90") == ["price_changed"]
    assert await buy("b", "20.00") == ["20.00"]
    await clock.advance(1)
    assert await buy("c", "20.00") == ["price_changed"]
    assert await buy("d", "9.90") == ["9.90"]
    await clock.advance(1)
    assert await buy("e", "9.90") == ["price_changed"]
    assert await buy("f", "20.00") == ["20.00"]


async def test_one_refused_purchase_fails_alone(room, viewer, other, enter, law_of):
    """In one commit the neighbours of a refused purchase are done."""
    item = await stored(factories.make_item, room, stock=3)
    li, han = await enter(user=viewer), await enter(user=other)
    witness = await law_of(room)
    await li.rest()
    for socket, key, quantity in ((li, "a", 2), (han, "b", 2), (li, "c", 1)):
        await socket.send("buy", item_id=item.pk, client_order_id=key, quantity=quantity)
    mine = {f["client_order_id"]: f["msg_type"] for f in await li.rest() if "client_order_id" in f}
    his = {f["client_order_id"]: f["msg_type"] for f in await han.rest() if "client_order_id" in f}
    left = await stored(ShelfItem.objects.get, pk=item.pk)
    sold = sum(order.quantity for order in await stored(lambda: list(Order.objects.all())))
    assert (left.stock, left.sold) == (3 - sold, sold)
    assert mine | his == {"a": "ack", "b": "error", "c": "ack"}
    assert (left.stock, left.sold) == (0, 3)
    await witness.proves_the_law()


async def test_an_order_of_one_who_was_banned_since(room, item, viewer, enter):
    """Is told again as it was; a new one is refused under the lock, before he has heard of the ban."""

    def order(key):
        command: Any = PlaceOrder(room.pk, viewer, Role.VIEWER, item.pk, 1, key)
        (outcome,) = commit(room.pk, [command])
        return outcome

    first = await stored(order, "k")
    await stored(impose, BAN, viewer, room)
    assert await stored(order, "k") == first
    assert (await stored(order, "other")).code == Code.BANNED
    assert await stored(Order.objects.count) == 1
