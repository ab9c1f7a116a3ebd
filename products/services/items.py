"""The items of a transaction: locked, changed in memory, written once."""

from collections.abc import Iterable

from products.models import ShelfItem
from rooms.compiled import update
from rooms.transaction import RoomTransaction

STOCK = {"stock", "sold"}
"""What a purchase changes: written for all items at once."""


class ItemBuffer:
    """Shelf items under their row locks.

    Load all that are needed at once: items are locked in the order of their keys.
    """

    def __init__(self, tx: RoomTransaction) -> None:
        self._tx = tx
        self._items: dict[int, ShelfItem | None] = {}
        self._changed: dict[int, set[str]] = {}
        self._gone: set[int] = set()

    def load(self, item_ids: Iterable[int]) -> None:
        """Lock items of the transaction's rooms and read them with their products; others are as if not there."""
        asked = set(item_ids) - self._items.keys()
        if not asked:
            return
        self._items.update(dict.fromkeys(asked))
        rows = ShelfItem.objects.select_for_update(no_key=True, of=("self",)).filter(
            pk__in=asked, room_id__in=self._tx.rooms
        )
        self._items.update((row.pk, row) for row in rows.select_related("product").order_by("pk"))

    def get(self, item_id: int) -> ShelfItem | None:
        """The item, locked; None if there is none with that key."""
        self.load([item_id])
        return self._items[item_id]

    def known(self, room_id: int) -> list[ShelfItem]:
        """The room's items that are locked, as this transaction leaves them."""
        return [item for item in self._items.values() if item is not None and item.room_id == room_id]

    def take(self, item: ShelfItem, quantity: int) -> None:
        """Sell pieces; the caller has looked that there are as many."""
        item.stock -= quantity
        item.sold += quantity
        self.changed(item, "stock", "sold")

    def changed(self, item: ShelfItem, *fields: str) -> None:
        """Have these fields written at the commit."""
        self._changed.setdefault(item.pk, set()).update(fields)

    def remove(self, item: ShelfItem) -> None:
        """Have the item deleted at the commit; for this transaction it is gone already."""
        self._gone.add(item.pk)
        self._items[item.pk] = None

    def flush(self) -> None:
        # What goes, or stops being explained, goes first: at most one item of a room is, at every moment.
        if self._gone:
            ShelfItem.objects.filter(pk__in=self._gone).delete()
        changed = [item for pk in self._changed if (item := self._items[pk]) is not None]
        sold = [item for item in changed if self._changed[item.pk] <= STOCK]
        update(ShelfItem, ("stock", "sold"), [(item.pk, item.stock, item.sold) for item in sold])
        others = [item for item in changed if not self._changed[item.pk] <= STOCK]
        for item in sorted(others, key=lambda item: item.explaining):
            item.save(update_fields=sorted(self._changed[item.pk]))
