"""The items of a transaction: what is sold of many is written at once, and guarded all the same."""

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from products.models import ShelfItem
from products.services import shelf
from products.services.items import ItemBuffer
from rooms.models import Room
from rooms.transaction import RoomTransaction
from tests import factories


@pytest.fixture
def items(room: Room) -> list[ShelfItem]:
    """Five on the shelf, 50 pieces of each."""
    return [factories.make_item(room) for _ in range(5)]


def stocks(room: Room) -> list[tuple[int, int]]:
    """Stock and sold of each."""
    return list(room.shelf.order_by("pk").values_list("stock", "sold"))


def updates(queries: CaptureQueriesContext) -> list[str]:
    """The statements that changed items."""
    begin = f'UPDATE "{ShelfItem._meta.db_table}"'
    return [query["sql"] for query in queries.captured_queries if query["sql"].startswith(begin)]


def sell(room: Room, pieces: dict[ShelfItem, int]) -> None:
    """Sell so many pieces of each, in one transaction."""
    with RoomTransaction(room.pk) as tx:
        take(tx, pieces)


def take(tx: RoomTransaction, pieces: dict[ShelfItem, int]) -> None:
    buffer = tx.buffer(ItemBuffer)
    buffer.load(item.pk for item in pieces)
    for item, quantity in pieces.items():
        sold = buffer.get(item.pk)
        assert sold is not None
        buffer.take(sold, quantity)


def test_what_is_sold_of_many_items_is_one_statement(room: Room, items: list[ShelfItem]) -> None:
    """Each has its own numbers; an item that is not sold, and what else an item has, stay as they are."""
    before = list(ShelfItem.objects.order_by("pk").values())
    with CaptureQueriesContext(connection) as queries:
        sell(room, dict(zip(items[:3], (2, 4, 6), strict=True)))
    assert len(updates(queries)) == 1
    assert stocks(room) == [(48, 2), (46, 4), (44, 6), (50, 0), (50, 0)]
    after = ShelfItem.objects.order_by("pk").values()
    assert [row | {"stock": 50, "sold": 0} for row in after] == before


def test_what_else_changes_is_written_too(room: Room, items: list[ShelfItem]) -> None:
    """An item that is sold and explained in one commit, one that was explained before, one restocked, one that goes."""
    with RoomTransaction(room.pk) as tx:
        shelf.item_explain(tx, item_id=items[1].pk)
    with CaptureQueriesContext(connection) as queries, RoomTransaction(room.pk) as tx:
        take(tx, dict.fromkeys(items[:3], 5))
        shelf.item_explain(tx, item_id=items[0].pk)
        shelf.item_restock(tx, item_id=items[3].pk, change=7)
        shelf.item_restock(tx, item_id=items[4].pk, change=7)
        shelf.item_remove(tx, item_id=items[4].pk)
    assert len(updates(queries)) == 3
    assert stocks(room) == [(45, 5), (45, 5), (45, 5), (57, 0)]
    assert [item.explaining for item in room.shelf.order_by("pk")] == [True, False, False, False]


def test_no_stock_gets_below_zero(room: Room, items: list[ShelfItem]) -> None:
    """The database has the last word, and nothing of such a commit stays."""
    with pytest.raises(IntegrityError):
        sell(room, dict(zip(items[:3], (1, 51, 1), strict=True)))
    assert stocks(room) == [(50, 0)] * 5
