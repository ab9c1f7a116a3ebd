"""All items of the rooms as a list: looked for, and put on the shelf or taken off; their settings are in the rooms."""

from collections.abc import Iterable
from typing import ClassVar

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.admin_pictures import picture
from accounts.admin_rows import RowActions
from products.admin_said import changed_text, said_of
from products.models import ShelfItem
from products.selectors import SHELF_MAX, money
from products.services import shelf
from products.services.items import ItemBuffer
from rooms.admin_filters import RoomFilter
from rooms.admin_forms import reason
from rooms.admin_said import log
from rooms.admin_saving import ReadOnlyAdmin
from rooms.admin_shown import badge, link, room_link
from rooms.messages import Code, Refused
from rooms.models import Room
from rooms.transaction import RoomTransaction

ITEM = "item"
"""In the address of a room's page: an item that it shows in any case, such as one that is long off the shelf."""


def place_of(item: ShelfItem) -> str:
    """The address of an item's row on the page of its room."""
    asked = "" if item.on_shelf else f"?{ITEM}={item.pk}"
    return f"{reverse('admin:rooms_room_change', args=[item.room_id])}{asked}#item-{item.pk}"


class ShelfItemAdmin(RowActions, ReadOnlyAdmin):
    """All items of the rooms. Those long off the shelf are on a room's own page only where they are asked for."""

    list_display = ("item", "in_room", "price_shown", "stock_shown", "state_shown")
    list_display_links = None
    list_filter = (RoomFilter, "on_shelf")
    search_fields = ("product__title",)
    search_help_text = _("A product's title.")
    sortable_by = ()
    list_select_related = ("room", "product")
    actions = ("put_on", "take_off")
    row_actions: ClassVar[dict[str, str | Promise]] = {"put_on": _("Put on the shelf"), "take_off": _("Take off")}

    @admin.display(description=_("product"))
    def item(self, item: ShelfItem) -> SafeString:
        """It leads to where it is sold."""
        return format_html(
            '<span class="who">{}{}</span>',
            picture(item.product.cover, "avatar", name=item.product.title),
            link(place_of(item), item.product.title),
        )

    @admin.display(description=_("room"))
    def in_room(self, item: ShelfItem) -> SafeString:
        return room_link(item.room)

    @admin.display(description=_("price"))
    def price_shown(self, item: ShelfItem) -> str:
        return f"¥{money(item.price)}"

    @admin.display(description=_("stock"))
    def stock_shown(self, item: ShelfItem) -> str:
        return gettext("%(stock)s in stock, %(sold)s sold") % {"stock": item.stock, "sold": item.sold}

    @admin.display(description=_("state"))
    def state_shown(self, item: ShelfItem) -> SafeString:
        if item.explaining:
            return badge("explained", _("being explained"))
        return badge("on", _("on the shelf")) if item.on_shelf else badge("off", _("off the shelf"))

    def has_shelf_permission(self, request: HttpRequest) -> bool:
        """Whether the user may change the shelves of rooms."""
        return request.user.has_perms(("rooms.change_room", "products.change_shelfitem"))

    def actions_of(self, obj: ShelfItem) -> Iterable[str]:
        yield "take_off" if obj.on_shelf else "put_on"

    @admin.action(description=_("Put the selected items on the shelf"), permissions=["shelf"])
    def put_on(self, request: HttpRequest, queryset: QuerySet[ShelfItem]) -> None:
        self._set(request, queryset, on_shelf=True)

    @admin.action(description=_("Take the selected items off the shelf"), permissions=["shelf"])
    def take_off(self, request: HttpRequest, queryset: QuerySet[ShelfItem]) -> None:
        self._set(request, queryset, on_shelf=False)

    def _set(self, request: HttpRequest, queryset: QuerySet[ShelfItem], *, on_shelf: bool) -> None:
        done: list[ShelfItem] = []
        for room_id, item_ids in _by_room(queryset.exclude(on_shelf=on_shelf)).items():
            with RoomTransaction(room_id) as tx:
                # What is more finds no place in any case.
                tx.buffer(ItemBuffer).load(item_ids[: SHELF_MAX + 1])
                here: list[ShelfItem] = []
                for item_id in item_ids:
                    try:
                        item = shelf.item_get(tx, item_id=item_id)
                        if item.on_shelf == on_shelf:
                            continue
                        shelf.item_set_on_shelf(tx, item_id=item_id, on_shelf=on_shelf)
                    except Refused as refused:
                        self.message_user(request, f"{tx.rooms[room_id]}: {reason(refused)}", messages.ERROR)
                        if refused.code == Code.LIMIT_REACHED:
                            break
                        continue
                    here.append(item)
                for item in here:
                    log(request, Room.objects.filter(pk=room_id), CHANGE, changed_text(item, ["on_shelf"]))
            done += here
        self._say(request, done, on_shelf=on_shelf)

    def _say(self, request: HttpRequest, done: list[ShelfItem], *, on_shelf: bool) -> None:
        if len(done) == 1:
            text = said_of("on" if on_shelf else "off", done[0])
        elif on_shelf:
            text = ngettext("%(count)d item was put on the shelf.", "%(count)d items were put on the shelf.", len(done))
        else:
            text = ngettext(
                "%(count)d item was taken off the shelf.", "%(count)d items were taken off the shelf.", len(done)
            )
        level = messages.SUCCESS if done else messages.WARNING
        self.message_user(request, text if len(done) == 1 else text % {"count": len(done)}, level)


def _by_room(queryset: QuerySet[ShelfItem]) -> dict[int, list[int]]:
    rooms: dict[int, list[int]] = {}
    for room_id, pk in queryset.order_by("room_id", "position", "pk").values_list("room_id", "pk"):
        rooms.setdefault(room_id, []).append(pk)
    return rooms
