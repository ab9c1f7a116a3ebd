"""The shop over HTTP."""

import json
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from products.models import Order, ShelfItem
from products.services.orders import order_place
from rooms.messages import Role
from rooms.models import Event, Room, RoomHead
from rooms.realtime import runtime
from rooms.services.comments import comment_post
from rooms.transaction import RoomTransaction
from tests import factories
from tests.accounts.errors import error_of
from tests.api import JSON, as_user, in_browser, ok
from tests.clients import settle, stored
from tests.parts import item_part, without_ts


def part_of(item: ShelfItem, **changes: Any) -> dict[str, Any]:
    """The item of the fixture as it goes over the wire."""
    return item_part(id=item.pk, product_id=item.product_id, **changes)


def path_of(item: ShelfItem, rest: str = "") -> str:
    """Where an item is changed."""
    return f"/api/rooms/{item.room.slug}/shelf/{item.pk}/{rest}"


def news_of(room: Room) -> list[dict[str, Any]]:
    """The room's events after the one that put the fixture's item on the shelf, without their times."""
    payloads = Event.objects.filter(room=room, seq__gt=1).order_by("seq").values_list("payload", flat=True)
    return [without_ts(json.loads(payload)) for payload in payloads]


def order(item: ShelfItem, user: User, key: str, quantity: int = 1) -> Order:
    """An order of that user."""
    with RoomTransaction(item.room_id) as tx:
        return order_place(
            tx, room_id=item.room_id, user=user, role=Role.VIEWER, item_id=item.pk, quantity=quantity, key=key
        )


def order_body(placed: Order, **changes: Any) -> dict[str, Any]:
    """An order as its buyer sees it."""
    body = {
        "number": placed.number,
        "status": "pending",
        "item_id": placed.item_id,
        "title": "Tea",
        "quantity": placed.quantity,
        "price": "20.00",
        "total": f"{20 * placed.quantity}.00",
        "created_at": round(placed.created_at.timestamp() * 1000),
        "expires_at": None,
    }
    return {**body, **changes}


# --- The shelf.


@pytest.mark.parametrize("path", ["/api/rooms/demo/shelf", "/api/rooms/demo/shelf/"])
def test_the_shelf_is_what_stands_on_it(client: Client, room: Room, item: ShelfItem, path: str) -> None:
    """For anybody; what is off the shelf is not told."""
    factories.make_item(room, "Secret", on_shelf=False)
    last = factories.make_item(room, "Mug", price="9.90", stock=0, limit_per_user=2, cover="/mug.png")
    assert ok(client.get(path)) == {
        "results": [
            part_of(item),
            part_of(last, title="Mug", price="9.90", stock=0, limit_per_user=2, position=2, cover="/mug.png"),
        ],
        "next": None,
    }


@pytest.mark.parametrize(
    ("rest", "body"),
    [("on/", {}), ("off/", {}), ("explain/", {}), ("stock/", {"change": 1}), ("", {"price": "1.00"})],
)
def test_the_shelf_is_for_the_host_and_his_assistants(
    room: Room, item: ShelfItem, viewer: User, rest: str, body: Any
) -> None:
    """Nobody: 401; an ordinary user: 403; nothing happens."""

    def ask(client: Client) -> Any:
        ask_by = client.post if rest else client.patch
        return ask_by(path_of(item, rest), body, JSON)

    response = ask(Client())
    assert (response.status_code, error_of(response)["code"]) == (401, "login_required")
    response = ask(as_user(viewer))
    assert (response.status_code, error_of(response)["code"]) == (403, "forbidden")
    assert news_of(room) == []
    room.assistants.add(viewer)
    ok(ask(as_user(viewer)))


def test_an_item_goes_off_the_shelf_and_on_again(room: Room, item: ShelfItem, host: User) -> None:
    """Each is answered with the item; what is so already is no event."""
    caller = as_user(host)
    for _ in range(2):
        assert ok(caller.post(path_of(item, "off"))) == part_of(item)
    for _ in range(2):
        assert ok(caller.post(path_of(item, "on/"))) == part_of(item)
    assert news_of(room) == [
        {"msg_type": "buy", "seq": 2, "action": "off_shelf", "item": part_of(item)},
        {"msg_type": "buy", "seq": 3, "action": "on_shelf", "item": part_of(item)},
    ]


def test_an_item_is_explained_and_no_more(room: Room, item: ShelfItem, host: User) -> None:
    """Without a body it begins."""
    caller = as_user(host)
    assert ok(caller.generic("POST", path_of(item, "explain/"))) == part_of(item, explaining=True)
    assert ok(caller.post(path_of(item, "explain"), {"explaining": False}, JSON)) == part_of(item)
    assert news_of(room) == [
        {"msg_type": "buy", "seq": 2, "action": "explain", "item": part_of(item, explaining=True)},
        {"msg_type": "buy", "seq": 3, "action": "explain", "item": part_of(item)},
    ]


def test_what_is_off_the_shelf_is_not_explained(room: Room, host: User) -> None:
    """It is a conflict."""
    item = factories.make_item(room, on_shelf=False)
    response = as_user(host).post(path_of(item, "explain/"), {}, JSON)
    assert response.status_code == 409
    assert error_of(response) == {
        "code": "not_on_shelf",
        "detail": "Only an item on the shelf can be explained.",
        "retry": False,
        "field": "explaining",
    }


def test_stock_comes_and_goes(room: Room, item: ShelfItem, host: User) -> None:
    """By so many pieces; never below 0."""
    caller = as_user(host)
    assert ok(caller.post(path_of(item, "stock/"), {"change": 5}, JSON)) == part_of(item, stock=55)
    assert ok(caller.post(path_of(item, "stock"), {"change": -55}, JSON)) == part_of(item, stock=0)
    response = caller.post(path_of(item, "stock/"), {"change": -1}, JSON)
    assert response.status_code == 409
    assert error_of(response) == {
        "code": "out_of_stock",
        "detail": "A stock cannot fall below 0.",
        "retry": False,
        "field": "stock",
        "limit": 0,
    }
    assert news_of(room) == [
        {"msg_type": "buy", "seq": 2, "action": "restock", "item": part_of(item, stock=55)},
        {"msg_type": "buy", "seq": 3, "action": "restock", "item": part_of(item, stock=0)},
    ]


def test_an_item_is_changed(room: Room, item: ShelfItem, host: User) -> None:
    """What is left out stays as it is; a sale of null ends it; stock and others cannot be set."""
    caller = as_user(host)
    sale = {"price": "9.90", "starts_at": 1_700_000_000_001, "ends_at": 1_800_000_000_000}
    body = {"price": "19.5", "sale": sale, "limit_per_user": 2, "position": 7, "stock": 1000, "title": "x"}
    changed = part_of(item, price="19.50", sale=sale, limit_per_user=2, position=7)
    assert ok(caller.patch(path_of(item), body, JSON)) == changed
    assert ok(caller.patch(path_of(item)[:-1], {}, JSON)) == changed
    assert ok(caller.patch(path_of(item), {"sale": None}, JSON)) == {**changed, "sale": None}
    assert news_of(room) == [
        {"msg_type": "buy", "seq": 2, "action": "update", "item": changed},
        {"msg_type": "buy", "seq": 3, "action": "update", "item": {**changed, "sale": None}},
    ]


SALE = {"price": "1.00", "starts_at": 1, "ends_at": 2}


@pytest.mark.parametrize(
    ("rest", "body", "field"),
    [
        ("", {"price": 20}, "price"),
        ("", {"price": "-1.00"}, "price"),
        ("", {"price": "0.00"}, "price"),
        ("", {"price": "1.005"}, "price"),
        ("", {"price": "NaN"}, "price"),
        ("", {"price": "123456789.00"}, "price"),
        ("", {"price": None}, "price"),
        ("", {"sale": {"price": "1.00"}}, "sale"),
        ("", {"sale": {**SALE, "price": "x"}}, "sale"),
        ("", {"sale": {**SALE, "ends_at": 1}}, "sale"),
        ("", {"sale": {**SALE, "ends_at": 10**15}}, "sale"),
        ("", {"limit_per_user": -1}, "limit_per_user"),
        ("", {"limit_per_user": 2**31}, "limit_per_user"),
        ("", {"position": "1"}, "position"),
        ("", {"position": 1.5}, "position"),
        ("stock/", {}, "change"),
        ("stock/", {"change": "1"}, "change"),
        ("stock/", {"change": 10**10}, "change"),
        ("explain/", {"explaining": None}, "explaining"),
    ],
)
def test_a_bad_field_is_named(room: Room, item: ShelfItem, host: User, rest: str, body: Any, field: str) -> None:
    """And nothing is changed."""
    caller = as_user(host)
    ask = caller.post if rest else caller.patch
    response = ask(path_of(item, rest), body, JSON)
    error = error_of(response)
    assert (response.status_code, error["code"], error["field"]) == (400, "bad_message", field)
    assert news_of(room) == []


@pytest.mark.parametrize("rest", ["on/", "off/", "explain/", ""])
def test_an_item_of_another_room_is_not_there(room: Room, item: ShelfItem, host: User, rest: str) -> None:
    """Not for that room's host either."""
    stranger = factories.make_user("Other host")
    factories.make_room("other", host=stranger)
    caller = as_user(stranger)
    ask = caller.post if rest else caller.patch
    response = ask(f"/api/rooms/other/shelf/{item.pk}/{rest}", {}, JSON)
    assert response.status_code == 409
    assert error_of(response) == {
        "code": "not_on_shelf",
        "detail": f"This room has no item {item.pk}.",
        "retry": False,
        "field": "item_id",
    }
    assert news_of(room) == []


def test_a_session_needs_a_csrf_token(item: ShelfItem, host: User) -> None:
    """For PATCH too."""
    browser = in_browser(host)
    response = browser.patch(path_of(item), {"price": "1.00"}, format="json")
    assert (response.status_code, error_of(response)["detail"]) == (403, "CSRF Failed: CSRF cookie not set.")
    browser.cookies["csrftoken"] = "c" * 32
    response = browser.patch(path_of(item), {"price": "1.00"}, format="json", headers={"X-CSRFToken": "c" * 32})
    assert ok(response) == part_of(item, price="1.00")


async def test_a_change_of_the_shelf_is_seen_on_the_sockets(
    room: Room, item: ShelfItem, host: User, enter: Any
) -> None:
    """Once, with the whole item."""
    socket = await enter()
    caller = await stored(as_user, host)
    ok(await stored(caller.post, path_of(item, "off/")))
    await settle()
    await socket.expect("buy", seq=2, action="off_shelf", item=part_of(item))
    await socket.nothing()


# --- Numbers.


def test_the_numbers_of_a_room(
    room: Room, item: ShelfItem, host: User, viewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Comments of this show that are shown; orders that were not cancelled."""
    monkeypatch.setattr(runtime, "online_of", lambda room_ids: dict.fromkeys(room_ids, 5))
    RoomHead.objects.filter(room=room).update(likes=7, held=2, followers=3)
    with RoomTransaction(room.pk) as tx:
        comment_post(tx, room_id=room.pk, user=viewer, role=Role.VIEWER, content="a")
    order(item, viewer, "1", 2)
    order(item, viewer, "2")
    Order.objects.filter(pk=order(item, viewer, "3", 5).pk).update(status="cancelled")
    numbers = {"online": 5, "likes": 7, "held": 2, "followers": 3, "comments": 1}
    assert ok(as_user(host).get("/api/rooms/demo/stats/")) == {
        **numbers,
        "orders": {"count": 2, "total": "60.00"},
    }
    empty = factories.make_room("empty", host=host)
    zeros = dict.fromkeys(numbers, 0)
    assert ok(as_user(host).get(f"/api/rooms/{empty.slug}/stats")) == {
        **zeros,
        "online": 5,
        "orders": {"count": 0, "total": "0.00"},
    }


# --- Orders.


@pytest.mark.parametrize("path", ["/api/orders", "/api/orders/", "/api/orders/1/"])
def test_orders_are_for_their_buyer(room: Room, path: str) -> None:
    """Nobody has none."""
    response = Client().get(path)
    assert (response.status_code, error_of(response)["code"]) == (401, "login_required")


@pytest.mark.parametrize("path", ["/api/orders", "/api/orders/"])
def test_orders_run_newest_first(item: ShelfItem, viewer: User, other: User, path: str) -> None:
    """One's own alone; an order that is to be paid by some time says so."""
    placed = [order(item, viewer, str(number), number) for number in (1, 2)]
    order(item, other, "1")
    assert ok(as_user(viewer).get(path)) == {
        "results": [order_body(placed[1]), order_body(placed[0])],
        "next": None,
    }


def test_orders_come_in_pages(item: ShelfItem, viewer: User) -> None:
    """What is ordered meanwhile moves no page."""
    placed = [order(item, viewer, str(number)) for number in range(3)]
    caller = as_user(viewer)
    first = ok(caller.get("/api/orders/?limit=2"))
    assert [line["number"] for line in first["results"]] == [placed[2].number, placed[1].number]
    assert first["next"] == f"/api/orders/?cursor={placed[1].number}&limit=2"
    order(item, viewer, "meanwhile")
    assert ok(caller.get(first["next"])) == {"results": [order_body(placed[0])], "next": None}


def test_a_cursor_is_from_ones_own_orders(item: ShelfItem, viewer: User, other: User) -> None:
    """Another one is refused, whether there is such an order or not."""
    for number in (order(item, other, "1").number, "7"):
        response = as_user(viewer).get(f"/api/orders/?cursor={number}")
        assert response.status_code == 400
        assert error_of(response) == {
            "code": "bad_message",
            "detail": "This cursor is not from the caller's orders.",
            "retry": False,
            "field": "cursor",
        }


def test_one_order(item: ShelfItem, viewer: User, other: User) -> None:
    """For its buyer; for others it is not there."""
    placed = order(item, viewer, "1", 3)
    for path in (f"/api/orders/{placed.number}", f"/api/orders/{placed.number}/"):
        assert ok(as_user(viewer).get(path)) == order_body(placed)
        response = as_user(other).get(path)
        assert response.status_code == 404
        assert error_of(response) == {"code": "not_found", "detail": "There is no such order of yours.", "retry": False}
