"""The shelf: every change is one event with the whole item, and the picture of the room stays true."""

from decimal import Decimal
from typing import Any

import pytest

from products.models import Product, ShelfItem
from products.selectors import SHELF_MAX
from products.services import shelf
from rooms.messages import Code, Refused, Role
from rooms.models import from_ms
from rooms.transaction import RoomTransaction
from tests import factories
from tests.clients import stored
from tests.parts import item_part


def change(room, service, **values):
    with RoomTransaction(room.pk) as tx:
        return service(tx, **values)


def event(action, item, **changes):
    """A change of the shelf as everybody sees it."""
    part = item_part(id=item.pk, product_id=item.product_id, **changes)
    return {"msg_type": "buy", "action": action, "item": part}


@pytest.fixture
def kept_off(room):
    """An item that is not on the shelf."""
    return factories.make_item(room, on_shelf=False)


# --- on and off


async def test_on_the_shelf_and_off(room, kept_off, connect, witness):
    """`on_shelf` and `off_shelf` carry the whole item; the same again is no event."""
    for on_shelf in (False, True, True, False, False):
        await stored(change, room, shelf.item_set_on_shelf, item_id=kept_off.pk, on_shelf=on_shelf)
    await witness.saw(event("on_shelf", kept_off), event("off_shelf", kept_off))


async def test_a_new_item_goes_to_the_end(room, item, witness):
    """Without a position an item is the last of its room; one that stays off is not told."""
    await stored(factories.make_item, room, "Hidden", on_shelf=False)
    third = await stored(factories.make_item, room, "Cup", cover="/cup.png", link="/cup")
    await witness.saw(event("on_shelf", third, title="Cup", cover="/cup.png", link="/cup", position=2))


async def test_the_shelf_is_in_order(room, connect, witness):
    """By position, then by id."""
    items = [await stored(factories.make_item, room, position=position) for position in (2, 1, 2, 0)]
    guest = await connect()
    assert [part["id"] for part in (await guest.init())["shelf"]] == [items[index].pk for index in (3, 1, 0, 2)]
    await witness.proves_the_law()


async def test_a_shelf_is_full(room, witness, monkeypatch):
    """SHELF_MAX items are the most, whatever one transaction does."""
    assert SHELF_MAX == 200
    monkeypatch.setattr(shelf, "SHELF_MAX", 2)
    for _ in range(2):
        await stored(factories.make_item, room)
    with pytest.raises(Refused) as refused:
        await stored(factories.make_item, room)
    assert (refused.value.code, refused.value.field, refused.value.limit) == (Code.LIMIT_REACHED, "on_shelf", 2)
    assert await stored(ShelfItem.objects.count) == 2
    await witness.proves_the_law()


async def test_items_of_another_room(room, item, witness):
    """A transaction of one room does not touch another's items."""
    second = await stored(factories.make_room, "second")
    calls: tuple[Any, ...] = (
        (shelf.item_set_on_shelf, {"on_shelf": False}),
        (shelf.item_explain, {}),
        (shelf.item_restock, {"change": 1}),
        (shelf.item_update, {"changes": {"price": 1}}),
        (shelf.item_remove, {}),
    )
    for service, values in calls:
        for item_id in (item.pk, 999):
            with pytest.raises(Refused) as refused:
                await stored(change, second, service, item_id=item_id, **values)
            assert (refused.value.code, refused.value.field) == (Code.NOT_ON_SHELF, "item_id")
    await witness.saw()


# --- explained


async def test_one_item_is_explained(room, item, witness):
    """An `explain` clears the others; with `explaining` false nothing is explained; the same again is no event."""
    cup = await stored(factories.make_item, room, "Cup")
    for item_id, explaining in ((item.pk, True), (item.pk, True), (cup.pk, True), (cup.pk, False), (cup.pk, False)):
        await stored(change, room, shelf.item_explain, item_id=item_id, explaining=explaining)
    await witness.saw(
        event("on_shelf", cup, title="Cup", position=1),
        event("explain", item, explaining=True),
        event("explain", cup, title="Cup", position=1, explaining=True),
        event("explain", cup, title="Cup", position=1),
    )


async def test_what_goes_off_is_explained_no_more(room, item, witness):
    """`off_shelf` says so, and no second event does."""
    await stored(change, room, shelf.item_explain, item_id=item.pk)
    await stored(change, room, shelf.item_set_on_shelf, item_id=item.pk, on_shelf=False)
    await stored(change, room, shelf.item_set_on_shelf, item_id=item.pk, on_shelf=True)
    await witness.saw(event("explain", item, explaining=True), event("off_shelf", item), event("on_shelf", item))


async def test_only_what_is_on_the_shelf_is_explained(room, kept_off, witness):
    """An item off the shelf is refused."""
    with pytest.raises(Refused) as refused:
        await stored(change, room, shelf.item_explain, item_id=kept_off.pk)
    assert (refused.value.code, refused.value.field) == (Code.NOT_ON_SHELF, "explaining")
    await witness.saw()


async def test_two_explained_in_one_commit(room, item, witness):
    """The last one is."""
    cup = await stored(factories.make_item, room, "Cup")

    def both():
        with RoomTransaction(room.pk) as tx:
            shelf.item_explain(tx, item_id=item.pk)
            shelf.item_explain(tx, item_id=cup.pk)

    await stored(both)
    events = await witness.proves_the_law()
    assert [event["item"]["explaining"] for event in events] == [False, False, True]


# --- changed


async def test_an_update_carries_the_whole_item(room, item, clock, witness):
    """Price, sale, limit and position; the same again is no event."""
    starts, ends = from_ms(clock.now), from_ms(clock.now + 60_000)
    changes = {
        "price": Decimal("18.50"),
        "sale_price": Decimal("9.90"),
        "sale_starts_at": starts,
        "sale_ends_at": ends,
        "limit_per_user": 2,
        "position": 7,
    }
    await stored(change, room, shelf.item_update, item_id=item.pk, changes=changes)
    sale = {"price": "9.90", "starts_at": clock.now, "ends_at": clock.now + 60_000}
    await stored(change, room, shelf.item_update, item_id=item.pk, changes={"limit_per_user": 2, "position": 7})
    await witness.saw(event("update", item, price="18.50", sale=sale, limit_per_user=2, position=7))


async def test_an_update_off_the_shelf_tells_nobody(room, kept_off, witness):
    """What nobody sees may change in silence; it is true once it is on the shelf."""
    await stored(change, room, shelf.item_update, item_id=kept_off.pk, changes={"price": Decimal(1)})
    await stored(change, room, shelf.item_restock, item_id=kept_off.pk, change=5)
    await stored(change, room, shelf.item_set_on_shelf, item_id=kept_off.pk, on_shelf=True)
    await witness.saw(event("on_shelf", kept_off, price="1.00", stock=55))


@pytest.mark.parametrize(("starts", "ends"), [(None, None), (1000, None), (1000, 1000), (2000, 1000)])
async def test_a_sale_needs_a_time(room, item, witness, starts, ends):
    """A sale's price without a start and a later end is refused."""
    changes = {
        "sale_price": "1.00",
        "sale_starts_at": starts and from_ms(starts),
        "sale_ends_at": ends and from_ms(ends),
    }
    with pytest.raises(Refused) as refused:
        await stored(change, room, shelf.item_update, item_id=item.pk, changes=changes)
    assert (refused.value.code, refused.value.field) == (Code.BAD_MESSAGE, "sale_ends_at")
    await witness.saw()


@pytest.mark.parametrize("name", ["stock", "sold", "on_shelf", "explaining", "nonsense"])
async def test_what_is_no_setting_of_an_item(room, item, name):
    """Stock above all is not set."""
    with pytest.raises(ValueError, match=f"{name} is no setting of a shelf item"):
        await stored(change, room, shelf.item_update, item_id=item.pk, changes={name: 1})


async def test_a_product_changes_in_all_its_rooms(room, item, law_of, witness):
    """A new title, cover, list price or link is an `update` in every room that shows it."""
    second, third = await stored(factories.make_room, "second"), await stored(factories.make_room, "third")

    def place(where, on_shelf):
        with RoomTransaction(where.pk) as tx:
            return shelf.item_add(tx, room_id=where.pk, product=item.product, stock=1, on_shelf=on_shelf)

    shown, _hidden = await stored(place, second, True), await stored(place, third, False)
    elsewhere, hidden = await law_of(second), await law_of(third)
    changes = {"title": "Oolong", "cover": "/o.png", "link": "/o"}

    def update():
        with RoomTransaction(*shelf.rooms_of_product(item.product)) as tx:
            shelf.product_update(tx, product_id=item.product_id, changes={**changes, "list_price": Decimal(31)})

    for _ in range(2):
        await stored(update)
    await witness.saw(event("update", item, list_price="31.00", **changes))
    await elsewhere.saw(event("update", shown, stock=1, price="30.00", list_price="31.00", **changes))
    await hidden.saw()


# --- stock


async def test_restock_by_plus_and_minus(room, item, witness):
    """Stock is changed by ±n; 0 changes nothing."""
    for number in (10, -60, 0):
        await stored(change, room, shelf.item_restock, item_id=item.pk, change=number)
    await witness.saw(event("restock", item, stock=60), event("restock", item, stock=0))


@pytest.mark.parametrize(
    ("number", "code", "limit"), [(-51, Code.OUT_OF_STOCK, 0), (2_000_000_000, Code.LIMIT_REACHED, 2_000_000_000)]
)
async def test_a_stock_has_its_bounds(room, item, witness, number, code, limit):
    """It does not fall below 0, nor rise above what the database can hold."""
    with pytest.raises(Refused) as refused:
        await stored(change, room, shelf.item_restock, item_id=item.pk, change=number)
    assert (refused.value.code, refused.value.field, refused.value.limit) == (code, "stock", limit)
    assert (await stored(ShelfItem.objects.get, pk=item.pk)).stock == 50
    await witness.saw()


async def test_restock_and_sale_in_one_commit(room, item, viewer, witness):
    """Events of one commit carry the item as it is after it."""
    from products.services.orders import order_place

    def both():
        with RoomTransaction(room.pk) as tx:
            order_place(tx, room_id=room.pk, user=viewer, role=Role.VIEWER, item_id=item.pk, quantity=5, key="k")
            shelf.item_restock(tx, item_id=item.pk, change=-5)

    await stored(both)
    events = await witness.proves_the_law()
    assert [(event["action"], event.get("stock", event.get("item", {}).get("stock"))) for event in events] == [
        ("purchase", 40),
        ("restock", 40),
    ]


# --- removed for good


async def test_an_item_without_orders_can_be_removed(room, item, kept_off, witness):
    """What was on the shelf goes off it; what was not, goes in silence."""
    await stored(change, room, shelf.item_explain, item_id=item.pk)
    for item_id in (item.pk, kept_off.pk):
        await stored(change, room, shelf.item_remove, item_id=item_id)
    assert not await stored(ShelfItem.objects.exists)
    assert await stored(Product.objects.count) == 2
    await witness.saw(event("explain", item, explaining=True), event("off_shelf", item))


async def test_an_item_with_orders_stays(room, item, viewer, enter, witness):
    """It can only go off the shelf."""
    li = await enter(user=viewer)
    await li.send("buy", item_id=item.pk, client_order_id="o")
    await li.rest()
    with pytest.raises(Refused) as refused:
        await stored(change, room, shelf.item_remove, item_id=item.pk)
    assert refused.value.code is Code.LIMIT_REACHED
    assert len(await witness.proves_the_law()) == 1


async def test_several_steps_in_one_commit(room, item, witness):
    """Off and on again, explained and changed: what is told at the end is what is so."""

    def steps():
        with RoomTransaction(room.pk) as tx:
            shelf.item_explain(tx, item_id=item.pk)
            shelf.item_set_on_shelf(tx, item_id=item.pk, on_shelf=False)
            shelf.item_set_on_shelf(tx, item_id=item.pk, on_shelf=True)
            shelf.item_set_on_shelf(tx, item_id=item.pk, on_shelf=False)
            shelf.item_set_on_shelf(tx, item_id=item.pk, on_shelf=True)
            shelf.item_update(tx, item_id=item.pk, changes={"price": Decimal(1)})

    await stored(steps)
    await witness.proves_the_law()
