"""The shop over HTTP: the shelf of a room, and one's own orders."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, cast

import msgspec
from django.db.models import Count, Sum
from drf_spectacular.utils import extend_schema
from msgspec import UNSET, Meta, UnsetType
from rest_framework.exceptions import NotFound
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.schema import error_responses
from products import selectors
from products.messages import ItemPart, OrderPart
from products.models import POSITION_MAX, Order
from products.services import shelf
from rooms.api import wire
from rooms.api.base import RoomView, StaffView
from rooms.api.views import Limit, Next
from rooms.api.wire import WireView
from rooms.messages import Code, Refused
from rooms.models import Comment, RoomHead, from_ms
from rooms.realtime import runtime
from rooms.transaction import RoomTransaction

CHANGED = {200: ItemPart, **error_responses(400, 401, 403, 404, 409)}

INTEGER_MAX = 2_147_483_647
MOMENT_MAX = 4_102_444_800_000
"""The year 2100, in ms: far later moments are no dates in every time zone."""

Price = Annotated[str, Meta(pattern=r"^[0-9]{1,8}(\.[0-9]{1,2})?$", description="Yuan, as a string.")]
Moment = Annotated[int, Meta(ge=0, le=MOMENT_MAX, description="In ms since 1970 UTC.")]


class ShelfPage(msgspec.Struct, kw_only=True):
    """All items on the shelf, in order; there is no next page."""

    results: list[ItemPart]
    next: Next = None


class SaleBody(msgspec.Struct, kw_only=True):
    price: Price
    starts_at: Moment
    ends_at: Moment

    def __post_init__(self) -> None:
        if self.ends_at <= self.starts_at:
            raise ValueError("A sale ends after its start")


class ItemBody(msgspec.Struct, kw_only=True):
    """What is left out stays as it is; a `sale` of null ends it."""

    price: Price | UnsetType = UNSET
    sale: SaleBody | UnsetType | None = UNSET
    limit_per_user: Annotated[int, Meta(ge=0, le=INTEGER_MAX, description="0: none.")] | UnsetType = UNSET
    position: Annotated[int, Meta(ge=0, le=POSITION_MAX)] | UnsetType = UNSET


class ExplainBody(msgspec.Struct, kw_only=True):
    explaining: bool = True


class StockBody(msgspec.Struct, kw_only=True):
    change: Annotated[
        int, Meta(ge=-shelf.STOCK_MAX, le=shelf.STOCK_MAX, description="Pieces that come; negative: that go.")
    ]


class OrderPage(msgspec.Struct, kw_only=True):
    """Newest first."""

    results: list[OrderPart]
    next: Next


class OrderQuery(msgspec.Struct, kw_only=True):
    cursor: Annotated[str, Meta(max_length=32, pattern="^[0-9]+$", description="From `next`.")] | None = None
    limit: Limit = 50


class OrderSums(msgspec.Struct, kw_only=True):
    """Of the orders that were not cancelled."""

    count: int
    total: Annotated[str, Meta(description="Yuan.")]


class RoomStats(msgspec.Struct, kw_only=True):
    """The room in numbers; likes, held and comments are the current show's."""

    online: int
    likes: int
    held: Annotated[int, Meta(description="Comments held back because the room was busy.")]
    followers: int
    comments: int
    orders: OrderSums


class ShelfView(RoomView):
    """The shelf of a room."""

    @extend_schema(operation_id="room_shelf", responses={200: ShelfPage, **error_responses(403, 404)})
    def get(self, request: Request, slug: str) -> Response:
        """Return the items on the shelf, in order, at most 200."""
        return Response(ShelfPage(results=selectors.shelf(self.room.pk)))


class ItemCommandView(StaffView):
    """A change of one item, answered with the item."""

    def change(self, item_id: str, service: Callable[..., object], **arguments: Any) -> Response:
        """Do it and tell it; raises what the service raises."""
        with RoomTransaction(self.room.pk) as tx:
            service(tx, item_id=int(item_id), **arguments)
            item = selectors.item_part(shelf.item_get(tx, item_id=int(item_id)))
        return Response(item)


class ItemView(ItemCommandView):
    """An item."""

    @extend_schema(operation_id="item_change", request=ItemBody, responses=CHANGED)
    def patch(self, request: Request, slug: str, item_id: str) -> Response:
        """Change price, sale, limit or position; one event tells them all."""
        return self.change(item_id, shelf.item_update, changes=_changes(wire.body(request, ItemBody)))


class OnView(ItemCommandView):
    """On the shelf."""

    @extend_schema(operation_id="item_on", request=None, responses=CHANGED)
    def post(self, request: Request, slug: str, item_id: str) -> Response:
        """Put the item on the shelf."""
        return self.change(item_id, shelf.item_set_on_shelf, on_shelf=True)


class OffView(ItemCommandView):
    """Off the shelf."""

    @extend_schema(operation_id="item_off", request=None, responses=CHANGED)
    def post(self, request: Request, slug: str, item_id: str) -> Response:
        """Take the item off the shelf."""
        return self.change(item_id, shelf.item_set_on_shelf, on_shelf=False)


class ExplainView(ItemCommandView):
    """Explained."""

    @extend_schema(operation_id="item_explain", request=ExplainBody, responses=CHANGED)
    def post(self, request: Request, slug: str, item_id: str) -> Response:
        """Explain the item, instead of any other; or stop explaining it."""
        return self.change(item_id, shelf.item_explain, explaining=wire.body(request, ExplainBody).explaining)


class StockView(ItemCommandView):
    """The stock."""

    @extend_schema(operation_id="item_stock", request=StockBody, responses=CHANGED)
    def post(self, request: Request, slug: str, item_id: str) -> Response:
        """Add pieces, or take some away. Asked twice, it is done twice."""
        return self.change(item_id, shelf.item_restock, change=wire.body(request, StockBody).change)


class StatsView(StaffView):
    """The room in numbers."""

    @extend_schema(operation_id="room_stats", responses={200: RoomStats, **error_responses(401, 403, 404)})
    def get(self, request: Request, slug: str) -> Response:
        """Return how many there are of what."""
        room = self.room
        head = RoomHead.objects.get(room=room)
        shown = Comment.objects.filter(room=room, show=room.show, state=Comment.State.SHOWN)
        orders = Order.objects.filter(room=room).exclude(status=Order.Status.CANCELLED)
        sums = orders.aggregate(count=Count("pk"), total=Sum("total"))
        return Response(
            RoomStats(
                online=runtime.online_of([room.pk])[room.pk],
                likes=head.likes,
                held=head.held,
                followers=head.followers,
                comments=shown.count(),
                orders=OrderSums(count=sums["count"], total=selectors.money(sums["total"] or Decimal(0))),
            )
        )


class OrderListView(WireView):
    """One's own orders."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(
        operation_id="orders",
        parameters=wire.query_parameters(OrderQuery),
        responses={200: OrderPage, **error_responses(400, 401)},
    )
    def get(self, request: Request) -> Response:
        """Return the caller's orders, newest first."""
        asked = wire.query(request, OrderQuery)
        orders = selectors.orders_of(cast(User, request.user))
        if asked.cursor is not None:
            last = orders.filter(number=asked.cursor).first()
            if last is None:
                raise Refused(Code.BAD_MESSAGE, "This cursor is not from the caller's orders.", field="cursor")
            orders = orders.filter(pk__lt=last.pk)
        rows = list(orders[: asked.limit + 1])
        page = rows[: asked.limit]
        following = wire.link(request, cursor=page[-1].number, limit=asked.limit) if len(rows) > asked.limit else None
        return Response(OrderPage(results=[selectors.order_part(order) for order in page], next=following))


class OrderView(WireView):
    """One of one's own orders."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(operation_id="order", responses={200: OrderPart, **error_responses(401, 404)})
    def get(self, request: Request, number: str) -> Response:
        """Return an order of the caller."""
        order = selectors.orders_of(cast(User, request.user)).filter(number=number).first()
        if order is None:
            raise NotFound("There is no such order of yours.")
        return Response(selectors.order_part(order))


def _changes(asked: ItemBody) -> dict[str, Any]:
    """Return the fields of the item that are to be set, with their values."""
    values: dict[str, Decimal | datetime | int | UnsetType | None] = {
        "price": UNSET if asked.price is UNSET else Decimal(asked.price),
        "limit_per_user": asked.limit_per_user,
        "position": asked.position,
    }
    if asked.sale is None:
        values.update(sale_price=None, sale_starts_at=None, sale_ends_at=None)
    elif asked.sale is not UNSET:
        sale = asked.sale
        values.update(
            sale_price=Decimal(sale.price), sale_starts_at=from_ms(sale.starts_at), sale_ends_at=from_ms(sale.ends_at)
        )
    return {name: value for name, value in values.items() if value is not UNSET}
