"""The order of a shelf: an item is moved, and as few others as possible get another position."""

from products.models import POSITION_MAX, ShelfItem
from products.selectors import shown_to_operator
from products.services import shelf
from products.services.items import ItemBuffer
from rooms.messages import Code, Refused
from rooms.transaction import RoomTransaction

Place = tuple[int, int]
"""An item's (position, key): what a shelf is sorted by."""


def item_move(tx: RoomTransaction, *, item_id: int, before: int | None) -> None:
    """Put an item before another one of its room, or (None) at the end: one ``update`` for each that gets a position.

    Raises Refused ``not_on_shelf`` when the room has no such item.
    """
    order = _order(shelf.item_get(tx, item_id=item_id), before)
    keys = [key for _, key in order if key != item_id]
    if before is not None and before not in keys:
        if before == item_id:
            return
        raise Refused(Code.NOT_ON_SHELF, f"This room has no item {before}.", field="before")
    keys.insert(keys.index(before) if before is not None else len(keys), item_id)
    _renumber(tx, keys, {key: position for position, key in order})


def item_step(tx: RoomTransaction, *, item_id: int, steps: int) -> None:
    """Move an item up (−1) or down (1) by one place; at the end of the shelf it stays."""
    keys = [key for _, key in _order(shelf.item_get(tx, item_id=item_id))]
    at = keys.index(item_id)
    place = min(max(at + steps, 0), len(keys) - 1)
    if place == at:
        return
    others = [key for key in keys if key != item_id]
    item_move(tx, item_id=item_id, before=others[place] if place < len(others) else None)


def _order(item: ShelfItem, before: int | None = None) -> list[Place]:
    """The places of a room's items that an operator sees, and of these two. Of all items of a room, which may be many
    thousands, the others keep theirs: they may have it in common with one that was moved, until they are moved too."""
    # Whoever moves an item holds the room's lock.
    items = ShelfItem.objects.filter(room_id=item.room_id)
    shown = shown_to_operator(items, also=(item.pk,) if before is None else (item.pk, before))
    return list(shown.order_by("position", "pk").values_list("position", "pk"))


def _renumber(tx: RoomTransaction, keys: list[int], positions: dict[int, int]) -> None:
    new = new_positions([(positions[key], key) for key in keys])
    changed = {key: position for key, position in new.items() if position != positions[key]}
    tx.buffer(ItemBuffer).load(changed)
    for key, position in changed.items():
        shelf.item_update(tx, item_id=key, changes={"position": position})


def new_positions(order: list[Place]) -> dict[int, int]:
    """Positions, by key, that give this order; the most items that can keep theirs do."""
    kept = _kept(order)
    new: dict[int, int] = {}
    last = -1
    for index, (position, key) in enumerate(order):
        last = position if index in kept else last + 1
        new[key] = last
    return new


def _kept(order: list[Place]) -> set[int]:
    """The longest choice of items between which there is room for all others."""
    best: list[tuple[int, int]] = []
    """For each item as the last one kept: how many are kept up to it, and the one before it (-1: none)."""
    for index, place in enumerate(order):
        after = len(order) - 1 - index
        if place[0] + after > POSITION_MAX:
            # Nothing could stand after it.
            best.append((0, -1))
            continue
        count, before = (1, -1) if not index or place[0] >= index else (0, -1)
        for earlier in range(index):
            if best[earlier][0] >= max(count, 1) and _room(order[earlier], place, index - earlier):
                count, before = best[earlier][0] + 1, earlier
        best.append((count, before))
    kept: set[int] = set()
    # Of choices of the same length that which ends last: positions stay small.
    last = max(range(len(best)), key=lambda index: (best[index][0], index), default=-1)
    while last >= 0 and best[last][0]:
        kept.add(last)
        last = best[last][1]
    return kept


def _room(low: Place, high: Place, distance: int) -> bool:
    """Whether the items between two can be numbered in their order; neighbours only need to be in order themselves."""
    return low < high if distance == 1 else high[0] - low[0] >= distance
