"""Stores the demo's rooms, each by the services that a real one uses, as if it had happened in the last hour."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from liveroom.demo.content import GOODS, HOST, VIEWERS, Goods, Ordered, Show
from liveroom.demo.views import address
from products.models import Product, ShelfItem
from products.services import shelf
from products.services.orders import order_place
from rooms.messages import Role
from rooms.models import Room, from_ms
from rooms.services.comments import Posted, comment_pin, comment_store
from rooms.services.follows import follow_set
from rooms.services.rooms import notice_set, room_start
from rooms.transaction import RoomTransaction, likes_add

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
OPENED: Final = 55.0
"""Minutes before now at which the shelf was filled and the show began."""

Step = Callable[[RoomTransaction], object]


def show_create(show: Show, language: str) -> bool:
    """Make a room with all that is in it, or nothing when a room has its slug; return whether it was made.

    Users and products that are there already are taken as they are.
    """
    # Most runs end here, without the lock that writing takes.
    if _exists(show):
        return False
    try:
        with transaction.atomic():
            if _exists(show):
                return False
            Maker(show, language).make()
    except IntegrityError:
        # Another process was quicker: on PostgreSQL it shows only when its transaction ends.
        if _exists(show):
            return False
        raise
    return True


def _exists(show: Show) -> bool:
    return Room.objects.filter(slug=show.slug).exists()


class Maker:
    """Makes one room: gathers its steps, and takes them in the order of their time."""

    def __init__(self, show: Show, language: str) -> None:
        self._show = show
        self._language = language
        self._host = _user(f"demo-{show.host}", show.host_name[language], show.host)
        self._viewers = [
            _user(f"demo-viewer-{number}", name[language], f"viewer-{number}")
            for number, name in enumerate(VIEWERS, start=1)
        ]
        self._room = Room.objects.create(
            slug=show.slug,
            title=show.title[language],
            cover=address(show.cover),
            host=self._host,
            created_at=timezone.now() - timedelta(days=1),
        )
        self._items: dict[str, ShelfItem] = {}
        self._posted: dict[int, Posted] = {}

    def make(self) -> None:
        """Take all steps, each in a transaction of its own time."""
        steps = [(OPENED, self._open), *self._said(), *self._followed(), *self._ordered()]
        for ago, step in sorted(steps, key=lambda each: -each[0]):
            with RoomTransaction(self._room.pk) as tx:
                tx.now -= round(ago * MINUTE)
                step(tx)
        with RoomTransaction(self._room.pk) as tx:
            self._finish(tx)
        likes_add({self._room.pk: self._show.likes})

    def _open(self, tx: RoomTransaction) -> None:
        room_id = self._room.pk
        notice_set(tx, room_id=room_id, text=self._show.notice[self._language])
        if self._show.live:
            room_start(tx, room_id=room_id)
        for name in self._show.goods:
            self._items[name] = self._put_on_shelf(tx, GOODS[name])

    def _put_on_shelf(self, tx: RoomTransaction, goods: Goods) -> ShelfItem:
        title = goods.title[self._language]
        product = Product.objects.filter(title=title).first() or Product.objects.create(
            title=title, cover=address(goods.picture), list_price=Decimal(goods.list_price)
        )
        fields: dict[str, Any] = {"price": Decimal(goods.price), "limit_per_user": goods.limit_per_user}
        if goods.sale is not None:
            price, begins, ends = goods.sale
            now = tx.now + round(OPENED * MINUTE)
            fields |= {
                "sale_price": Decimal(price),
                "sale_starts_at": from_ms(now + begins * HOUR),
                "sale_ends_at": from_ms(now + ends * HOUR),
            }
        return shelf.item_add(tx, room_id=self._room.pk, product=product, stock=goods.stock, on_shelf=True, **fields)

    def _said(self) -> list[tuple[float, Step]]:
        return [(said.ago, partial(self._say, number)) for number, said in enumerate(self._show.said)]

    def _say(self, number: int, tx: RoomTransaction) -> None:
        said = self._show.said[number]
        user, role = (self._host, Role.HOST) if said.who == HOST else (self._viewers[said.who], Role.VIEWER)
        text = said.text[self._language]
        # Unasked: an operator's blocked words and mutes are about what viewers say.
        posted = comment_store(tx, room_id=self._room.pk, user=user, role=role, content=text)
        self._posted[number] = posted

    def _followed(self) -> list[tuple[float, Step]]:
        return [(ago, partial(self._follow, self._viewers[who])) for ago, who in self._show.follows]

    def _follow(self, user: User, tx: RoomTransaction) -> None:
        follow_set(tx, room_id=self._room.pk, user=user, role=Role.VIEWER, following=True)

    def _ordered(self) -> list[tuple[float, Step]]:
        return [(order.ago, partial(self._order, order)) for order in self._show.orders]

    def _order(self, order: Ordered, tx: RoomTransaction) -> None:
        order_place(
            tx,
            room_id=self._room.pk,
            user=self._viewers[order.who],
            role=Role.VIEWER,
            item_id=self._items[order.goods].pk,
            quantity=order.pieces,
            key=f"demo {order.goods}",
        )

    def _finish(self, tx: RoomTransaction) -> None:
        if self._show.explained:
            shelf.item_explain(tx, item_id=self._items[self._show.explained].pk)
        if self._show.pinned is not None:
            pinned = self._posted[self._show.pinned]
            comment_pin(tx, room_id=self._room.pk, comment_id=pinned.comment.pk)


def _user(username: str, nickname: str, picture: str) -> User:
    return User.objects.filter(username=username).first() or User.objects.create_user(
        username, nickname=nickname, avatar=address(picture)
    )
