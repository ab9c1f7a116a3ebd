"""Users, rooms and items for tests. Synchronous; a test on the event loop calls them through ``clients.stored``."""

from typing import Any

from accounts import tokens
from accounts.models import User
from products.models import Product, ShelfItem
from products.services import shelf
from rooms.messages import Role
from rooms.models import Room
from rooms.services.comments import comment_post
from rooms.transaction import RoomTransaction


def make_user(nickname: str = "小明", **fields: Any) -> User:
    """Store a user who only comes by a token."""
    return User.objects.create_user(nickname=nickname, **fields)


def make_room(slug: str = "demo", *, host: User | None = None, **fields: Any) -> Room:
    """Store a live room; its host is made when none is given."""
    values: dict[str, Any] = {"title": "Demo", "status": Room.Status.LIVE, **fields}
    return Room.objects.create(slug=slug, host=host or make_user("主播"), **values)


def make_item(
    room: Room, title: str = "Tea", *, price: str = "20.00", stock: int = 50, on_shelf: bool = True, **fields: Any
) -> ShelfItem:
    """Put a new product on a room's shelf: one ``on_shelf`` event, unless it stays off.

    ``fields`` are the item's, and the product's ``link`` and ``cover``.
    """
    product = Product.objects.create(
        title=title, list_price="30.00", link=fields.pop("link", ""), cover=fields.pop("cover", "")
    )
    with RoomTransaction(room.pk) as tx:
        item = shelf.item_add(
            tx, room_id=room.pk, product=product, price=price, stock=stock, on_shelf=on_shelf, **fields
        )
    return ShelfItem.objects.select_related("product", "room").get(pk=item.pk)


def token_of(user: User) -> str:
    """A fresh token of that user."""
    return tokens.issue(user)


def make_comments(room: Room, user: User, *texts: str, role: Role = Role.VIEWER) -> list[int]:
    """Post comments as that user, each in a commit of its own; returns their ids."""
    ids = []
    for text in texts:
        with RoomTransaction(room.pk) as tx:
            posted = comment_post(tx, room_id=room.pk, user=user, role=role, content=text)
        ids.append(posted.comment.pk)
    return ids
