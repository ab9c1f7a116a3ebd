"""What the tests put into a deployment's database, and read from it, in a process of its own: as any command would.

python -m tests.data NAME '{"argument": …}'   # one function, its result as JSON
python -m tests.data                          # the same, one JSON line after another: {"name": …, "arguments": {…}}
"""

import json
import sys
import traceback
from decimal import Decimal
from typing import Any

import django
from django.db import close_old_connections
from django.db.models import F

if __name__ == "__main__":
    django.setup()

from django.contrib.auth.models import Permission

from accounts import tokens
from accounts.models import User
from products.models import Order, Product, ShelfItem
from products.services import shelf
from products.services.orders import order_place
from rooms.messages import Role
from rooms.models import BlockedWord, Comment, Event, Review, Room, RoomHead, Sanction, from_ms, now_ms
from rooms.services import comments, reviews, rooms, sanctions
from rooms.services.words import words_add, words_remove
from rooms.transaction import RoomTransaction
from tests import moderation


def make_room(slug: str, *, status: str = "live", items: int = 1, stock: int = 50) -> dict[str, Any]:
    """A room with a host of its own and some items on the shelf, at 20.00 yuan each."""
    host = User.objects.create_user(nickname="Host")
    room = Room.objects.create(slug=slug, title=slug, host=host, status=status)
    made = []
    with RoomTransaction(room.pk) as tx:
        for number in range(items):
            product = Product.objects.create(title=f"Tea {number}", list_price="20.00")
            made.append(shelf.item_add(tx, room_id=room.pk, product=product, stock=stock, on_shelf=True).pk)
    return {"id": room.pk, "slug": slug, "items": made, "host": tokens.issue(host), "seq": len(made)}


def make_users(count: int, *, prefix: str = "Viewer") -> list[dict[str, str]]:
    """Stored users with tokens."""
    users = [User.objects.create_user(nickname=f"{prefix} {number}") for number in range(count)]
    return [{"id": user.public_id, "nickname": user.nickname, "token": tokens.issue(user)} for user in users]


def revoke_tokens(user: str) -> None:
    """Let no token of a user's be good any more, without a word to his sockets."""
    User.objects.filter(public_id=user).update(token_version=F("token_version") + 1)


def make_administrator(username: str, password: str, *, permissions: list[str] | None = None) -> None:
    """Somebody who may do everything in the admin, or only that."""
    if permissions is None:
        User.objects.create_superuser(username, password)
        return
    user = User.objects.create_user(username, password=password, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))


def add_item(room_id: int, title: str) -> int:
    """Put a new product on a room's shelf; returns the item's key."""
    product = Product.objects.create(title=title, list_price="20.00")
    with RoomTransaction(room_id) as tx:
        return shelf.item_add(tx, room_id=room_id, product=product, stock=50, on_shelf=True).pk


def remove_item(item_id: int) -> None:
    """Take an item off its room for good."""
    with RoomTransaction(ShelfItem.objects.get(pk=item_id).room_id) as tx:
        shelf.item_remove(tx, item_id=item_id)


def lengthen(room_id: int) -> None:
    """Give a room, its host and its products names as long as they may be, without a place to break."""
    room = Room.objects.get(pk=room_id)
    User.objects.filter(pk=room.host_id).update(nickname="W" * 32)
    with RoomTransaction(room_id) as tx:
        rooms.room_update(tx, room_id=room_id, changes={"title": "T" * 100})
        for item in ShelfItem.objects.filter(room=room):
            shelf.product_update(tx, product_id=item.product_id, changes={"title": "A" * 100})


def set_notice(room_id: int, text: str) -> None:
    """Put up a room's notice."""
    with RoomTransaction(room_id) as tx:
        rooms.notice_set(tx, room_id=room_id, text=text)


def set_room(room_id: int, **changes: Any) -> None:
    """Change settings of a room, such as its slow mode."""
    with RoomTransaction(room_id) as tx:
        rooms.room_update(tx, room_id=room_id, changes=changes)


def post_comments(room_id: int, texts: list[str]) -> None:
    """Have a new viewer post these, in one commit."""
    viewer = User.objects.create_user(nickname="Crowd")
    with RoomTransaction(room_id) as tx:
        for text in texts:
            comments.comment_post(tx, room_id=room_id, user=viewer, role=Role.VIEWER, content=text)


def pin_comment(room_id: int, nickname: str, text: str) -> None:
    """Have a new viewer of that name post this, and pin it."""
    viewer = User.objects.create_user(nickname=nickname)
    with RoomTransaction(room_id) as tx:
        posted = comments.comment_post(tx, room_id=room_id, user=viewer, role=Role.VIEWER, content=text)
    with RoomTransaction(room_id) as tx:
        comments.comment_pin(tx, room_id=room_id, comment_id=posted.comment.pk)


def remove_comments(room_id: int, texts: list[str]) -> None:
    """Take down the comments with these texts."""
    ids = list(Comment.objects.filter(room_id=room_id, content__in=texts).values_list("pk", flat=True))
    with RoomTransaction(room_id) as tx:
        comments.comments_remove(tx, room_id=room_id, comment_ids=ids)


def review(room_id: int, text: str, *, passes: bool) -> None:
    """Pass or refuse the comment with that text."""
    decide = reviews.comment_pass if passes else reviews.comment_refuse
    with RoomTransaction(room_id) as tx:
        comment = Comment.objects.get(room_id=room_id, content=text)
        decide(tx, room_id=room_id, comment_id=comment.pk)


def next_show(room_id: int) -> None:
    """End a room's show, and begin the next one."""
    with RoomTransaction(room_id) as tx:
        rooms.room_end(tx, room_id=room_id)
    with RoomTransaction(room_id) as tx:
        rooms.room_start(tx, room_id=room_id)


def pause_show(room_id: int) -> None:
    """Have the show take a break."""
    with RoomTransaction(room_id) as tx:
        rooms.room_pause(tx, room_id=room_id)


def start_show(room_id: int) -> None:
    """Begin the show, or the next one."""
    with RoomTransaction(room_id) as tx:
        rooms.room_start(tx, room_id=room_id)


def set_on_shelf(item_id: int, *, on_shelf: bool) -> None:
    """Put an item on the shelf, or take it off."""
    with RoomTransaction(ShelfItem.objects.get(pk=item_id).room_id) as tx:
        shelf.item_set_on_shelf(tx, item_id=item_id, on_shelf=on_shelf)


def change_item(item_id: int, *, price: str | None = None, **changes: Any) -> None:
    """Change an item on the shelf."""
    if price is not None:
        changes["price"] = Decimal(price)
    with RoomTransaction(ShelfItem.objects.get(pk=item_id).room_id) as tx:
        shelf.item_update(tx, item_id=item_id, changes=changes)


def change_stock(item_id: int, by: int) -> None:
    """Put pieces of an item in stock, or take them out."""
    with RoomTransaction(ShelfItem.objects.get(pk=item_id).room_id) as tx:
        shelf.item_restock(tx, item_id=item_id, change=by)


def order_often(user: str, item_id: int, count: int) -> None:
    """Have a user, by his id on the wire, order one piece of an item so many times."""
    buyer, item = User.objects.get(public_id=user), ShelfItem.objects.get(pk=item_id)
    with RoomTransaction(item.room_id) as tx:
        for number in range(count):
            order_place(
                tx,
                room_id=item.room_id,
                user=buyer,
                role=Role.VIEWER,
                item_id=item_id,
                quantity=1,
                key=f"often-{number}",
            )


def explain(item_id: int) -> None:
    """Have an item explained."""
    with RoomTransaction(ShelfItem.objects.get(pk=item_id).room_id) as tx:
        shelf.item_explain(tx, item_id=item_id)


def set_assistants(room_id: int, users: list[str]) -> None:
    """Make these users, by their ids on the wire, a room's assistants."""
    with RoomTransaction(room_id) as tx:
        rooms.assistants_set(tx, room_id=room_id, users=User.objects.filter(public_id__in=users))


def impose(kind: str, user: str, room_id: int | None, *, seconds: int | None = None) -> int | None:
    """Mute or ban a user, by his id on the wire, in a room or (None) in all; returns until when, in ms."""
    until = None if seconds is None else now_ms() + 1000 * seconds
    room = None if room_id is None else Room.objects.get(pk=room_id)
    moderation.impose(Sanction.Kind(kind), User.objects.get(public_id=user), room, until=until)
    return until


def lift(kind: str, user: str, room_id: int) -> None:
    """End what holds against a user, by his id on the wire, in a room."""
    with RoomTransaction(room_id) as tx:
        sanctions.sanction_lift(
            tx, room_id=room_id, user=User.objects.get(public_id=user), kind=Sanction.Kind(kind), by=None
        )


def primary_key(user: str) -> int:
    """The key in the administration of a user, by his id on the wire."""
    return User.objects.get(public_id=user).pk


def block_words(words: list[str], *, action: str) -> None:
    """Block words."""
    words_add(words, action=action)


def know_by_wechat(user: str, openid: str) -> None:
    """Let a user be one of the mini-program."""
    User.objects.filter(public_id=user).update(openid=openid)


def expire_claims() -> None:
    """Let the claims on what is to be checked be over, as some time after their processes were killed."""
    Review.objects.update(claimed_until=from_ms(now_ms() - 1000))


def unblock_all_words() -> None:
    """Block no word any more."""
    words_remove(list(BlockedWord.objects.values_list("pk", flat=True)))


def read_item(item_id: int) -> dict[str, Any]:
    """An item's true stock, and the orders of it."""
    item = ShelfItem.objects.get(pk=item_id)
    orders = Order.objects.filter(item=item).order_by("pk")
    return {
        "stock": item.stock,
        "sold": item.sold,
        "on_shelf": item.on_shelf,
        "title": item.product.title,
        "orders": [
            {"number": order.number, "key": order.client_order_id, "quantity": order.quantity} for order in orders
        ],
        "buyers": len({order.user_id for order in orders}),
    }


def read_room(room_id: int) -> dict[str, Any]:
    """How far a room's log goes, and what is in it."""
    head = RoomHead.objects.get(room_id=room_id)
    return {
        "seq": head.seq,
        "likes": head.likes,
        "log": list(Event.objects.filter(room_id=room_id).order_by("seq").values_list("seq", flat=True)),
        "comments": list(Comment.objects.filter(room_id=room_id).order_by("pk").values_list("content", flat=True)),
    }


def read_log(room_id: int) -> list[str]:
    """The events of a room, oldest first, as JSON."""
    return list(Event.objects.filter(room_id=room_id).order_by("seq").values_list("payload", flat=True))


def answer(name: str, arguments: dict[str, Any]) -> str:
    """Call a function of this file; its result, or what it raised, as one line of JSON."""
    try:
        return json.dumps({"result": globals()[name](**arguments)})
    except Exception:
        return json.dumps({"error": traceback.format_exc()})
    finally:
        close_old_connections()


if __name__ == "__main__":
    if sys.argv[1:]:
        print(answer(sys.argv[1], json.loads(sys.argv[2])))
    else:
        for line in sys.stdin:
            request = json.loads(line)
            print(answer(request["name"], request["arguments"]), flush=True)
