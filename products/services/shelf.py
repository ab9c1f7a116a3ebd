"""The shelf: on, off, explained, changed, restocked. Every change is one event with the whole item."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Max
from django.utils import timezone

from products.messages import ShelfAction, ShelfEvent
from products.models import POSITION_MAX, PRICE_MIN, Product, ShelfItem
from products.selectors import SHELF_MAX, item_part
from products.services.items import ItemBuffer
from rooms.messages import Code, Refused
from rooms.transaction import RoomTransaction

SETTINGS = frozenset({"price", "sale_price", "sale_starts_at", "sale_ends_at", "limit_per_user", "position"})
"""Fields of ShelfItem that are told by an ``update`` event."""

STOCK_MAX = 2_000_000_000


def products_lock(product_ids: Iterable[int]) -> None:
    """Lock products in the order of their keys, before any item: what adds several of them to a shelf does so first."""
    list(Product.objects.select_for_update(no_key=True).filter(pk__in=set(product_ids)).order_by("pk"))


def item_get(tx: RoomTransaction, *, item_id: int) -> ShelfItem:
    """The item, locked; raises Refused ``not_on_shelf`` when none of the locked rooms has it."""
    item = tx.buffer(ItemBuffer).get(item_id)
    if item is None or item.room_id not in tx.rooms:
        raise Refused(Code.NOT_ON_SHELF, f"This room has no item {item_id}.", field="item_id")
    # The one Room of this transaction, so that all see the same.
    item.room = tx.rooms[item.room_id]
    return item


def item_add(
    tx: RoomTransaction, *, room_id: int, product: Product, stock: int = 0, on_shelf: bool = False, **fields: Any
) -> ShelfItem:
    """Allot a product to a room's shelf, at its end unless ``position`` is given; ``fields`` are those of SETTINGS."""
    # A change of the product either sees this room among those that it is told in, or is seen here.
    product = Product.objects.select_for_update(no_key=True).get(pk=product.pk)
    if "position" not in fields:
        last = ShelfItem.objects.filter(room_id=room_id).aggregate(last=Max("position"))["last"]
        # Of equal positions the newest comes last; the next sorting gives each its own.
        fields["position"] = 0 if last is None else last + (last < POSITION_MAX)
    fields.setdefault("price", product.list_price)
    _check_stock(stock)
    _check_prices(fields)
    item = ShelfItem(room_id=room_id, product=product, stock=stock, **fields)
    _check_sale(item)
    item.save()
    if on_shelf:
        item_set_on_shelf(tx, item_id=item.pk, on_shelf=True)
    return item


def item_set_on_shelf(tx: RoomTransaction, *, item_id: int, on_shelf: bool) -> None:
    """Put an item on the shelf or take it off; what is taken off is not explained any more."""
    item = item_get(tx, item_id=item_id)
    if item.on_shelf == on_shelf:
        return
    if on_shelf and _count_on_shelf(tx, item.room_id) >= SHELF_MAX:
        raise Refused(Code.LIMIT_REACHED, f"A shelf holds {SHELF_MAX} items.", field="on_shelf", limit=SHELF_MAX)
    item.on_shelf = on_shelf
    changed = ["on_shelf"]
    if not on_shelf:
        item.moved_at = timezone.now()
        changed.append("moved_at")
        if item.explaining:
            item.explaining = False
            changed.append("explaining")
    tx.buffer(ItemBuffer).changed(item, *changed)
    _tell(tx, item, ShelfAction.ON_SHELF if on_shelf else ShelfAction.OFF_SHELF)


def item_explain(tx: RoomTransaction, *, item_id: int, explaining: bool = True) -> None:
    """Explain an item on the shelf, instead of any other of its room; or stop explaining it."""
    item = item_get(tx, item_id=item_id)
    if item.explaining == explaining:
        return
    if explaining and not item.on_shelf:
        raise Refused(Code.NOT_ON_SHELF, "Only an item on the shelf can be explained.", field="explaining")
    buffer = tx.buffer(ItemBuffer)
    if explaining:
        buffer.load(ShelfItem.objects.filter(room_id=item.room_id, explaining=True).values_list("pk", flat=True))
        for other in buffer.known(item.room_id):
            if other.explaining:
                other.explaining = False
                buffer.changed(other, "explaining")
    item.explaining = explaining
    buffer.changed(item, "explaining")
    _tell(tx, item, ShelfAction.EXPLAIN)


def item_update(tx: RoomTransaction, *, item_id: int, changes: Mapping[str, Any]) -> None:
    """Change settings of an item, and those alone; what is so already is left out."""
    unknown = changes.keys() - SETTINGS
    if unknown:
        raise ValueError(f"{sorted(unknown)[0]} is no setting of a shelf item.")
    item = item_get(tx, item_id=item_id)
    fields = [name for name, value in changes.items() if getattr(item, name) != value]
    if not fields:
        return
    _check_prices({name: changes[name] for name in fields})
    for name in fields:
        setattr(item, name, changes[name])
    _check_sale(item)
    tx.buffer(ItemBuffer).changed(item, *fields)
    _tell(tx, item, ShelfAction.UPDATE)


def item_restock(tx: RoomTransaction, *, item_id: int, change: int) -> None:
    """Add pieces to an item's stock, or take some away; raises Refused ``out_of_stock`` when there are not as many."""
    item = item_get(tx, item_id=item_id)
    if not change:
        return
    _check_stock(item.stock + change)
    item.stock += change
    tx.buffer(ItemBuffer).changed(item, "stock")
    _tell(tx, item, ShelfAction.RESTOCK)


def item_remove(tx: RoomTransaction, *, item_id: int) -> None:
    """Take an item off its room for good.

    Raises Refused ``limit_reached`` when it has orders: then it can only go off the shelf.
    """
    item = item_get(tx, item_id=item_id)
    if item.sold or item.orders.exists():
        raise Refused(Code.LIMIT_REACHED, "An item that was ordered stays; take it off the shelf.", field="item_id")
    item_set_on_shelf(tx, item_id=item_id, on_shelf=False)
    tx.buffer(ItemBuffer).remove(item)


def product_changed(tx: RoomTransaction, *, product: Product) -> None:
    """Tell a product's new title, cover, list price or link in the locked rooms; the product is saved already."""
    buffer = tx.buffer(ItemBuffer)
    item_ids = list(ShelfItem.objects.filter(product=product, room_id__in=tx.rooms).values_list("pk", flat=True))
    buffer.load(item_ids)
    for item_id in item_ids:
        item = item_get(tx, item_id=item_id)
        item.product = product
        _tell(tx, item, ShelfAction.UPDATE)


def rooms_of_product(product: Product) -> list[int]:
    """Keys of the rooms that have the product: what a change of it locks."""
    return sorted(ShelfItem.objects.filter(product=product).values_list("room_id", flat=True))


def product_update(tx: RoomTransaction, *, product_id: int, changes: Mapping[str, Any]) -> Product:
    """Change fields of a product, and tell it in all rooms that have it.

    The transaction must hold ``rooms_of_product``; raises Refused ``unavailable`` when the product has come to another
    room meanwhile.
    """
    product = Product.objects.select_for_update(no_key=True).get(pk=product_id)
    if not tx.rooms.keys() >= set(rooms_of_product(product)):
        raise Refused(Code.UNAVAILABLE, "The product has just come to another room; try again.")
    fields = [name for name, value in changes.items() if getattr(product, name) != value]
    if fields:
        for name in fields:
            setattr(product, name, changes[name])
        product.save(update_fields=fields)
        product_changed(tx, product=product)
    return product


def _tell(tx: RoomTransaction, item: ShelfItem, action: ShelfAction) -> None:
    """Tell an item; one off the shelf would be put there on the screens, so of it only ``off_shelf`` is told."""
    if not item.on_shelf and action is not ShelfAction.OFF_SHELF:
        return
    # Only the room's last change of the shelf may stand for this one too: what was told after it undoes it.
    last = tx.found(item.room_id, "shelf", ShelfEvent)
    if last is not None and (last.action, last.item.id) == (action, item.pk):
        return
    frame = ShelfEvent(action=action, item=item_part(item))

    def finish() -> None:
        frame.item = item_part(item)

    tx.emit(item.room_id, frame, key="shelf", finish=finish)


def _count_on_shelf(tx: RoomTransaction, room_id: int) -> int:
    """How many items are on the shelf, with what this transaction has changed and not written yet."""
    on_shelf = set(ShelfItem.objects.filter(room_id=room_id, on_shelf=True).values_list("pk", flat=True))
    known = tx.buffer(ItemBuffer).known(room_id)
    return len(on_shelf - {item.pk for item in known}) + sum(item.on_shelf for item in known)


def _check_stock(stock: int) -> None:
    if stock < 0:
        raise Refused(Code.OUT_OF_STOCK, "A stock cannot fall below 0.", field="stock", limit=0)
    if stock > STOCK_MAX:
        raise Refused(Code.LIMIT_REACHED, f"A stock is at most {STOCK_MAX}.", field="stock", limit=STOCK_MAX)


def _check_prices(fields: Mapping[str, Any]) -> None:
    """Refuse a price of nothing: what is for sale already at such a price stays so."""
    for name in ("price", "sale_price"):
        if fields.get(name) is not None and Decimal(fields[name]) < PRICE_MIN:
            raise Refused(Code.BAD_MESSAGE, f"{name} is at least {PRICE_MIN} yuan.", field=name)


def _check_sale(item: ShelfItem) -> None:
    if item.sale_price is None:
        return
    starts, ends = item.sale_starts_at, item.sale_ends_at
    if starts is None or ends is None or ends <= starts:
        raise Refused(
            Code.BAD_MESSAGE, "A sale has a price, a start, and an end after its start.", field="sale_ends_at"
        )
