"""`manage.py demo`: something to look at from the first start on."""

from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from products.models import Product
from products.services import shelf
from rooms.messages import Role
from rooms.models import Room, from_ms
from rooms.services import comments, rooms
from rooms.transaction import RoomTransaction

SLUG: Final = "demo"
TITLE: Final = "Liveroom demo: things for a quiet home"
NOTICE: Final = "Free shipping tonight from ¥99. Ask anything: we read every comment."
SALE_LENGTH: Final = 7 * 24 * 3600 * 1000
"""How long the sale lasts, in ms."""


class Item(NamedTuple):
    """A product and how it stands on the shelf; prices in yuan."""

    picture: str
    title: str
    list_price: str
    price: str
    stock: int
    limit_per_user: int = 0
    sale_price: str | None = None
    explained: bool = False


ITEMS: Final = (
    Item("tea", "Longjing green tea, spring harvest, 100 g", "168.00", "128.00", 200, explained=True),
    Item("mug", "Stoneware mug, hand-thrown, 350 ml", "89.00", "69.00", 120),
    Item("throw", "Linen throw, 130 × 170 cm", "399.00", "329.00", 40, sale_price="279.00"),
    Item("candle", "Soy candle, fig and cedar, 45 hours", "98.00", "78.00", 150),
    Item("board", "Walnut cutting board, 38 cm", "259.00", "219.00", 25),
    Item("oil", "Cold-pressed olive oil, 500 ml", "138.00", "118.00", 80, limit_per_user=2),
    Item("scarf", "Merino scarf, undyed blue", "329.00", "269.00", 3),
    Item("honey", "Wildflower honey, 400 g", "68.00", "49.90", 300),
)

VIEWERS: Final = ("Mei", "Jonas", "Xiaoyu", "Amara")

COMMENTS: Final = (
    (0, "Good evening! First time here."),
    (1, "Is the tea from this spring?"),
    (2, "The mug is even nicer than in the picture, I have had mine for a year."),
    (3, "Does the throw shrink in the wash?"),
    (1, "Ordered two, thank you!"),
)


class Command(BaseCommand):
    help = "Make the demo room with a host and products on its shelf. If it is there already, nothing is changed."

    def handle(self, *args: Any, **options: Any) -> None:
        if demo_create():
            summary = _("Made the room “%(slug)s”: live, with %(items)d items on its shelf and %(comments)d comments.")
            self.stdout.write(summary % {"slug": SLUG, "items": len(ITEMS), "comments": len(COMMENTS)})
        else:
            self.stdout.write(_("The room “%(slug)s” is there already; nothing was changed.") % {"slug": SLUG})


def demo_create() -> bool:
    """Make the demo room with all that is in it, or nothing when a room has its slug; return whether it was made.

    Users and products of an earlier demo room are taken as they are.
    """
    # Most runs end here, without the lock that writing takes.
    if _exists():
        return False
    try:
        with transaction.atomic():
            if _exists():
                return False
            _create()
    except IntegrityError:
        # Another process was quicker: on PostgreSQL it shows only when its transaction ends.
        if _exists():
            return False
        raise
    return True


def _exists() -> bool:
    return Room.objects.filter(slug=SLUG).exists()


def _create() -> None:
    room = Room.objects.create(slug=SLUG, title=TITLE, cover=_picture("room"), host=_user("demo-host", "Lin"))
    viewers = [_user(f"demo-viewer-{number}", nickname) for number, nickname in enumerate(VIEWERS, start=1)]
    with RoomTransaction(room.pk) as tx:
        rooms.room_start(tx, room_id=room.pk)
        rooms.notice_set(tx, room_id=room.pk, text=NOTICE)
        for item in ITEMS:
            _put_on_shelf(tx, room.pk, item)
        for number, content in COMMENTS:
            comments.comment_post(tx, room_id=room.pk, user=viewers[number], role=Role.VIEWER, content=content)


def _put_on_shelf(tx: RoomTransaction, room_id: int, item: Item) -> None:
    product = Product.objects.filter(title=item.title).first() or Product.objects.create(
        title=item.title, cover=_picture(item.picture), list_price=Decimal(item.list_price)
    )
    fields: dict[str, Any] = {"price": Decimal(item.price), "limit_per_user": item.limit_per_user}
    if item.sale_price is not None:
        fields |= {
            "sale_price": Decimal(item.sale_price),
            "sale_starts_at": from_ms(tx.now),
            "sale_ends_at": from_ms(tx.now + SALE_LENGTH),
        }
    made = shelf.item_add(tx, room_id=room_id, product=product, stock=item.stock, on_shelf=True, **fields)
    if item.explained:
        shelf.item_explain(tx, item_id=made.pk)


def _user(username: str, nickname: str) -> User:
    return User.objects.filter(username=username).first() or User.objects.create_user(username, nickname=nickname)


def _picture(name: str) -> str:
    return f"{settings.STATIC_URL}rooms/demo/{name}.svg"
