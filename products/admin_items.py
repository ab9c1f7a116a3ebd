"""One item of a shelf at a time: the buttons of its row, and a new product put on the shelf in one go."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin_pictures import PictureInput
from accounts.admin_rows import back
from products.admin_said import LOGGED, changed_text, said_of
from products.models import PRICE, Product, ShelfItem
from products.services import shelf, sorting
from products.services.shelf import STOCK_MAX
from rooms.admin import RoomAdmin
from rooms.admin_forms import reason
from rooms.messages import Code, Refused
from rooms.models import Room
from rooms.transaction import RoomTransaction

Run = Callable[[RoomTransaction, int, QueryDict], None]


def _number(data: QueryDict, name: str) -> int:
    try:
        return int(data.get(name, ""))
    except ValueError:
        raise Refused(Code.BAD_MESSAGE, f"{name} is no whole number.", field=name) from None


def _move(tx: RoomTransaction, item_id: int, data: QueryDict) -> None:
    sorting.item_move(tx, item_id=item_id, before=_number(data, "before") if data.get("before") else None)


ACTIONS: dict[str, Run] = {
    "on": lambda tx, item_id, data: shelf.item_set_on_shelf(tx, item_id=item_id, on_shelf=True),
    "off": lambda tx, item_id, data: shelf.item_set_on_shelf(tx, item_id=item_id, on_shelf=False),
    "explain": lambda tx, item_id, data: shelf.item_explain(tx, item_id=item_id),
    "stop": lambda tx, item_id, data: shelf.item_explain(tx, item_id=item_id, explaining=False),
    "stock": lambda tx, item_id, data: shelf.item_restock(tx, item_id=item_id, change=_number(data, "change")),
    "up": lambda tx, item_id, data: sorting.item_step(tx, item_id=item_id, steps=-1),
    "down": lambda tx, item_id, data: sorting.item_step(tx, item_id=item_id, steps=1),
    "move": _move,
}


TWICE_WITHIN = timedelta(seconds=10)
"""The same product for the same shelf again, so soon, is a button that was pressed twice."""


class NewItemForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a new product needs to be sold in a room. ``place``: the id of the form that its fields belong to."""

    price = forms.DecimalField(
        label=_("price"),
        max_digits=10,
        decimal_places=2,
        validators=PRICE,
        help_text=_("In yuan."),
    )
    stock = forms.IntegerField(
        label=_("stock"), initial=10, validators=[MinValueValidator(0), MaxValueValidator(STOCK_MAX)]
    )
    field_order = ("title", "price", "stock", "cover")

    class Meta:
        model = Product
        fields = ("title", "cover")
        widgets: ClassVar[dict[str, Any]] = {"cover": PictureInput(), "title": forms.TextInput({"class": "vTextField"})}

    def __init__(self, data: Any = None, *, place: str) -> None:
        super().__init__(data, prefix="new")
        for field in self.fields.values():
            field.widget.attrs["form"] = place


class ItemActions(RoomAdmin):
    """The views behind the buttons of a room's shelf."""

    new_item = "new-item"

    def get_urls(self) -> Any:
        site = self.admin_site
        return [
            path("<int:pk>/shelf/new/", site.admin_view(self.new_item_view), name="rooms_room_new_item"),
            path("<int:pk>/shelf/<int:item_id>/<str:action>/", site.admin_view(self.item_view), name="rooms_room_item"),
            *super().get_urls(),
        ]

    def may_change_items(self, request: HttpRequest, room: Room | None) -> bool:
        return self.has_change_permission(request, room) and request.user.has_perm("products.change_shelfitem")

    def may_add_items(self, request: HttpRequest, room: Room | None) -> bool:
        needed = ("products.add_product", "products.add_shelfitem")
        return self.has_change_permission(request, room) and request.user.has_perms(needed)

    def item_view(self, request: HttpRequest, pk: int, item_id: int, action: str) -> HttpResponse:
        """Do what a button of a row says."""
        if request.method != "POST":
            # Led here after a log-in: the button is there.
            return HttpResponseRedirect(reverse("admin:rooms_room_change", args=[pk]))
        room = self.get_object(request, str(pk))
        if action not in ACTIONS or not self.may_change_items(request, room):
            raise PermissionDenied
        if room is None or not room.shelf.filter(pk=item_id).exists():
            self.message_user(request, gettext("This item is not there any more."), messages.ERROR)
            return back(request, reverse("admin:rooms_room_changelist"))
        try:
            with RoomTransaction(pk) as tx:
                item = shelf.item_get(tx, item_id=item_id)
                before = {name: getattr(item, name) for name in LOGGED}
                ACTIONS[action](tx, item_id, request.POST)
                changed = [name for name in LOGGED if getattr(item, name) != before[name]]
                if changed:
                    self.log_change(request, room, [changed_text(item, changed)])
        except Refused as refused:
            self.message_user(request, reason(refused), messages.ERROR)
        else:
            self.message_user(request, said_of(action, item), messages.SUCCESS)
        return back(request, reverse("admin:rooms_room_change", args=[pk]), f"item-{item_id}")

    def new_item_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Make a product and put it on the shelf; what is wrong is shown on a page of its own."""
        room = self.get_object(request, str(pk))
        if not self.may_add_items(request, room):
            raise PermissionDenied
        if room is None:
            self.message_user(request, gettext("This room is not there any more."), messages.ERROR)
            return back(request, reverse("admin:rooms_room_changelist"))
        form = NewItemForm(request.POST or None, place=self.new_item)
        if form.is_valid():
            try:
                item = self._add(request, room, form)
            except Refused as refused:
                form.add_error(None, reason(refused))
            else:
                text = gettext("“%(item)s” is new on the shelf.") % {"item": item}
                self.message_user(request, text, messages.SUCCESS)
                return back(request, reverse("admin:rooms_room_change", args=[pk]), f"item-{item.pk}")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": room,
            "title": _("New product on the shelf"),
            "form": form,
            "place": self.new_item,
            "next": back(request, reverse("admin:rooms_room_change", args=[pk])).url,
        }
        return render(request, "admin/products/new_item.html", context)

    def _add(self, request: HttpRequest, room: Room, form: NewItemForm) -> ShelfItem:
        """Under the room's lock: of a form that was sent twice, the second finds what the first has made."""
        data = form.cleaned_data
        with RoomTransaction(room.pk) as tx:
            same = room.shelf.filter(
                product__title=data["title"],
                product__cover=data["cover"],
                product__list_price=data["price"],
                product__created_at__gt=timezone.now() - TWICE_WITHIN,
            )
            if (before := same.select_related("product").first()) is not None:
                return before
            product = form.save(commit=False)
            product.list_price = data["price"]
            product.save()
            item = shelf.item_add(tx, room_id=room.pk, product=product, stock=data["stock"], on_shelf=True)
            self.log_addition(request, product, [{"added": {}}])
            self.log_change(request, room, [{"added": {"name": "shelf item", "object": str(product)}}])
        return item
