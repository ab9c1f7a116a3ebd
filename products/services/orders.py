"""Purchases: never more than there is, one order per key."""

import contextlib
import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Self

from django.conf import settings
from django.db.models import Sum

from accounts.models import User
from products.messages import PurchaseEvent
from products.models import Order, ShelfItem
from products.selectors import item_part, money, price_now
from products.services.items import ItemBuffer
from rooms.messages import Code, Refused, Role
from rooms.models import Room, from_ms
from rooms.selectors import user_part
from rooms.services.sanctions import check_may_act, look_up_askers
from rooms.transaction import RoomTransaction


def order_number(now: int) -> str:
    """A number that cannot be guessed: the day (UTC) and twelve random digits; ``now`` in ms."""
    return f"{datetime.fromtimestamp(now // 1000, tz=UTC):%Y%m%d}{secrets.randbelow(10**12):012d}"


def mask(nickname: str) -> str:
    """A buyer's name as others see it: 李**; a setting."""
    return f"{nickname[:1]}**" if settings.LIVEROOM_MASK_BUYERS else nickname


class OrderBuffer:
    """The orders of one transaction, and what its buyers have of limited items."""

    def __init__(self, tx: RoomTransaction) -> None:
        self._known: dict[tuple[int, int, str], Order | None] = {}
        self._bought: dict[tuple[int, int], int] = {}
        self._new: list[Order] = []

    def look_up(self, room_id: int, keys: Iterable[tuple[int, str]]) -> None:
        """Read the orders that have one of these (user, key) already."""
        asked = {(user_id, room_id, key) for user_id, key in keys} - self._known.keys()
        if not asked:
            return
        self._known.update(dict.fromkeys(asked))
        rows = Order.objects.filter(
            room_id=room_id,
            user_id__in={user_id for user_id, _, _ in asked},
            client_order_id__in={key for _, _, key in asked},
        )
        self._known.update(((row.user_id, room_id, row.client_order_id), row) for row in rows)

    def look_up_bought(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Read how many pieces of these (item, user) were ordered and not cancelled."""
        asked = set(pairs) - self._bought.keys()
        if not asked:
            return
        self._bought.update(dict.fromkeys(asked, 0))
        rows = Order.objects.filter(
            item_id__in={item_id for item_id, _ in asked}, user_id__in={user_id for _, user_id in asked}
        ).exclude(status=Order.Status.CANCELLED)
        for item_id, user_id, pieces in rows.values_list("item_id", "user_id").annotate(pieces=Sum("quantity")):
            self._bought[item_id, user_id] = pieces

    def known(self, user_id: int, room_id: int, key: str) -> Order | None:
        self.look_up(room_id, [(user_id, key)])
        return self._known[user_id, room_id, key]

    def bought(self, item_id: int, user_id: int) -> int:
        self.look_up_bought([(item_id, user_id)])
        return self._bought[item_id, user_id]

    def add(self, order: Order) -> None:
        self._new.append(order)
        self._known[order.user_id, order.room_id, order.client_order_id] = order
        pair = (order.item_id, order.user_id)
        if pair in self._bought:
            self._bought[pair] += order.quantity

    def flush(self) -> None:
        Order.objects.bulk_create(self._new)


def order_place(
    tx: RoomTransaction,
    *,
    room_id: int,
    user: User,
    role: Role,
    item_id: int,
    quantity: int,
    key: str,
    price: str | float | None = None,
) -> Order:
    """Order pieces of an item on the room's shelf; a known ``key`` gives the order that it gave first.

    ``price`` is the one that the buyer saw, in yuan. Raises Refused: ``room_closed``, ``switched_off``,
    ``not_on_shelf``, ``price_changed``, ``limit_reached``, ``out_of_stock``.
    """
    orders, items = tx.buffer(OrderBuffer), tx.buffer(ItemBuffer)
    if before := orders.known(user.pk, room_id, key):
        return before
    _check_open(tx.rooms[room_id])
    item = items.get(item_id)
    if item is None or item.room_id != room_id or not item.on_shelf or item.product.link:
        raise Refused(Code.NOT_ON_SHELF, f"Item {item_id} is not for sale on this room's shelf.", field="item_id")
    cost = price_now(item, now=tx.now)
    if price is not None and _decimal(price) != cost:
        raise Refused(Code.PRICE_CHANGED, f"One piece costs {money(cost)} now.", field="price", item=item_part(item))
    if item.limit_per_user and orders.bought(item_id, user.pk) + quantity > item.limit_per_user:
        raise Refused(
            Code.LIMIT_REACHED,
            f"One user may order {item.limit_per_user} of this item.",
            field="quantity",
            limit=item.limit_per_user,
        )
    if quantity > item.stock:
        raise Refused(Code.OUT_OF_STOCK, f"{item.stock} left.", field="quantity", limit=item.stock)
    items.take(item, quantity)
    order = Order(
        number=order_number(tx.now),
        room=tx.rooms[room_id],
        item=item,
        user=user,
        client_order_id=key,
        title=item.product.title,
        quantity=quantity,
        price=cost,
        total=cost * quantity,
        created_at=from_ms(tx.now),
    )
    orders.add(order)
    _tell(tx, item, user, role, quantity)
    return order


def _check_open(room: Room) -> None:
    if room.status in (Room.Status.SCHEDULED, Room.Status.ENDED):
        raise Refused(Code.ROOM_CLOSED, f"Nothing is sold while the room is {room.status}.")
    if not room.allow_shop:
        raise Refused(Code.SWITCHED_OFF, "Purchases are switched off in this room.")


def _decimal(price: str | float) -> Decimal:
    with contextlib.suppress(InvalidOperation):
        amount = Decimal(str(price))
        if amount.is_finite():
            return amount
    raise Refused(Code.BAD_MESSAGE, "price is no amount in yuan.", field="price")


def _tell(tx: RoomTransaction, item: ShelfItem, user: User, role: Role, quantity: int) -> None:
    frame = tx.found(item.room_id, ("purchase", item.pk), PurchaseEvent)
    if frame is None:
        new = PurchaseEvent(
            user=user_part(user, role),
            count=0,
            item_id=item.pk,
            title=item.product.title,
            quantity=0,
            stock=item.stock,
            sold=item.sold,
        )

        def finish() -> None:
            new.stock, new.sold = item.stock, item.sold

        frame = tx.emit(item.room_id, new, key=("purchase", item.pk), finish=finish)
    frame.user = user_part(user, role)
    frame.user.nickname = mask(frame.user.nickname)
    frame.count += 1
    frame.quantity += quantity


@dataclass(slots=True, frozen=True)
class PlaceOrder:
    """The command behind a ``buy`` frame; see ``order_place``. Refused ``banned`` to one who is."""

    room_id: int
    user: User
    role: Role
    item_id: int
    quantity: int
    key: str
    price: str | float | None = None

    @classmethod
    def rooms(cls, commands: Sequence[Self]) -> set[int]:
        return set()

    @classmethod
    def prepare(cls, tx: RoomTransaction, commands: Sequence[Self]) -> None:
        orders, items = tx.buffer(OrderBuffer), tx.buffer(ItemBuffer)
        items.load(command.item_id for command in commands)
        keys = defaultdict(list)
        for command in commands:
            keys[command.room_id].append((command.user.pk, command.key))
        for room_id, pairs in keys.items():
            orders.look_up(room_id, pairs)
        limited = ((c.item_id, c.user.pk) for c in commands if (item := items.get(c.item_id)) and item.limit_per_user)
        orders.look_up_bought(limited)
        look_up_askers(tx, commands)

    def apply(self, tx: RoomTransaction) -> Order:
        # What was ordered before stays so, and is told again.
        if tx.buffer(OrderBuffer).known(self.user.pk, self.room_id, self.key) is None:
            check_may_act(tx, room_id=self.room_id, user=self.user, role=self.role)
        return order_place(
            tx,
            room_id=self.room_id,
            user=self.user,
            role=self.role,
            item_id=self.item_id,
            quantity=self.quantity,
            key=self.key,
            price=self.price,
        )
