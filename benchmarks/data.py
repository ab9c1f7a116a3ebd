"""What the benchmarks put into a database, and read from it: ``python -m benchmarks.data NAME '{"argument": …}'``."""

import json
import sys
from collections.abc import Callable
from typing import Any

import django

if __name__ == "__main__":
    django.setup()

from django.db import transaction
from django.db.models import Sum

from accounts import tokens
from accounts.models import User
from products.models import Order, Product, ShelfItem
from products.services import shelf
from rooms.models import Room
from rooms.transaction import RoomTransaction


def shop(slug: str, items: int, stock: int, buyers: int) -> dict[str, Any]:
    """Make a live room with ``items`` on its shelf, ``stock`` of each, and buyers with tokens."""
    host = User.objects.create_user(nickname="Host")
    room = Room.objects.create(slug=slug, title=slug, host=host, status=Room.Status.LIVE)
    made = []
    with RoomTransaction(room.pk) as tx:
        for number in range(items):
            product = Product.objects.create(title=f"Tea {number}", list_price="20.00")
            made.append(shelf.item_add(tx, room_id=room.pk, product=product, stock=stock, on_shelf=True).pk)
    users = [User.objects.create_user(nickname=f"Buyer {number}") for number in range(buyers)]
    return {"items": made, "tokens": [tokens.issue(user) for user in users]}


def viewers(count: int) -> dict[str, Any]:
    """Make users who only watch; return their tokens."""
    with transaction.atomic():
        users = [User.objects.create_user(nickname=f"Viewer {number}") for number in range(count)]
    return {"tokens": [tokens.issue(user) for user in users]}


def sold(items: list[int]) -> dict[str, int]:
    """How many pieces of these were ordered, how many are left, and the least that is left of one."""
    left = list(ShelfItem.objects.filter(pk__in=items).values_list("stock", flat=True))
    ordered = Order.objects.filter(item_id__in=items).aggregate(pieces=Sum("quantity"))["pieces"] or 0
    return {"ordered": ordered, "left": sum(left), "least": min(left)}


COMMANDS: dict[str, Callable[..., dict[str, Any]]] = {"shop": shop, "sold": sold, "viewers": viewers}

if __name__ == "__main__":
    print(json.dumps(COMMANDS[sys.argv[1]](**json.loads(sys.argv[2]))))
