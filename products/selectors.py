"""What is read of the shop. Synchronous; called in a database thread."""

from collections.abc import Iterable
from decimal import Decimal

from django.db.models import Q, QuerySet

from accounts.models import User
from products.messages import ItemPart, OrderPart, SalePart
from products.models import Order, ShelfItem
from rooms.models import to_ms

SHELF_MAX = 200
OFF_SHOWN = 20
"""So many items off the shelf, added or taken off last, are on the page where a room is run; all are in the list."""


def money(amount: Decimal) -> str:
    """Yuan with two decimals."""
    return f"{amount:.2f}"


def item_part(item: ShelfItem) -> ItemPart:
    """An item as it goes over the wire; its product must be loaded."""
    sale = None
    if item.sale_price is not None and item.sale_starts_at is not None and item.sale_ends_at is not None:
        sale = SalePart(
            price=money(item.sale_price), starts_at=to_ms(item.sale_starts_at), ends_at=to_ms(item.sale_ends_at)
        )
    return ItemPart(
        id=item.pk,
        product_id=item.product_id,
        title=item.product.title,
        cover=item.product.cover,
        price=money(item.price),
        list_price=money(item.product.list_price),
        sale=sale,
        stock=item.stock,
        sold=item.sold,
        limit_per_user=item.limit_per_user,
        position=item.position,
        explaining=item.explaining,
        link=item.product.link,
    )


def is_on_sale(item: ShelfItem, *, now: int) -> bool:
    """Whether its sale runs at ``now`` (ms)."""
    starts, ends = item.sale_starts_at, item.sale_ends_at
    if item.sale_price is None or starts is None or ends is None:
        return False
    return to_ms(starts) <= now < to_ms(ends)


def price_now(item: ShelfItem, *, now: int) -> Decimal:
    """What one piece costs at ``now`` (ms): the sale's price while a sale runs."""
    return item.sale_price if item.sale_price is not None and is_on_sale(item, now=now) else item.price


def order_part(order: Order) -> OrderPart:
    """An order as its buyer sees it."""
    return OrderPart(
        number=order.number,
        status=order.status,
        item_id=order.item_id,
        title=order.title,
        quantity=order.quantity,
        price=money(order.price),
        total=money(order.total),
        created_at=to_ms(order.created_at),
        expires_at=to_ms(order.expires_at) if order.expires_at else None,
    )


def shelf(room_id: int) -> list[ItemPart]:
    """The items on a room's shelf, in order, at most SHELF_MAX."""
    items = ShelfItem.objects.filter(room_id=room_id, on_shelf=True).select_related("product")
    return [item_part(item) for item in items.order_by("position", "pk")[:SHELF_MAX]]


def shown_to_operator(items: QuerySet[ShelfItem], *, also: Iterable[int] = ()) -> QuerySet[ShelfItem]:
    """Of one room's items those on the shelf, those that were added or taken off last, and those with these keys."""
    off = items.filter(on_shelf=False).order_by("-moved_at", "-pk").values_list("pk", flat=True)
    shown = Q(on_shelf=True) | Q(pk__in=list(off[:OFF_SHOWN]))
    for pk in also:
        shown |= Q(pk=pk)
    return items.filter(shown)


def orders_of(user: User) -> QuerySet[Order]:
    """A buyer's orders, newest first."""
    return Order.objects.filter(user=user).order_by("-pk")
