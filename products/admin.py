"""Products, orders, and rooms with their shelf in the administration."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Count, DateTimeField, IntegerField, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.admin_forms import with_token
from accounts.admin_lists import LongListAdmin, key
from accounts.admin_pictures import PictureInput, picture
from products.admin_forms import ShelfFormSet, ShelfItemForm, save_shelf
from products.admin_items import ItemActions, NewItemForm
from products.admin_orders import OrderAdmin
from products.admin_shelf import ITEM, ShelfItemAdmin, place_of
from products.models import Order, Product, ShelfItem
from products.services.shelf import product_update, rooms_of_product
from rooms.admin import RoomAdmin
from rooms.admin_forms import ServiceForm, refusals_of
from rooms.admin_saving import Saving, ServiceAdmin, saving_of
from rooms.admin_shown import link, list_of
from rooms.models import Room

PRODUCT_FIELDS = ("title", "cover", "list_price", "link")


class ShelfInline(admin.StackedInline):  # type: ignore[type-arg]
    model = ShelfItem
    form = ShelfItemForm
    formset = ShelfFormSet
    template = "admin/products/shelf.html"
    extra = 0
    formfield_overrides: ClassVar[dict[Any, Any]] = {
        # With seconds: a time cut short would differ from what was rendered.
        DateTimeField: {
            "form_class": forms.DateTimeField,
            "widget": forms.DateTimeInput({"type": "datetime-local", "step": 1}, "%Y-%m-%dT%H:%M:%S"),
        }
    }
    autocomplete_fields = ("product",)
    fieldsets: ClassVar[Any] = (
        (None, {"fields": (("product", "price", "stock_change"),)}),
        (
            _("More"),
            {
                "fields": (
                    ("on_shelf", "explaining", "limit_per_user", "position"),
                    ("sale_price", "sale_starts_at", "sale_ends_at"),
                ),
                "classes": ("collapse",),
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShelfItem]:
        return super().get_queryset(request).select_related("product")

    def get_formset(self, request: HttpRequest, obj: Room | None = None, **kwargs: Any) -> Any:
        formset: Any = super().get_formset(request, obj, **kwargs)
        asked = key(request.GET.get(ITEM))
        formset.also = () if asked is None else (asked,)
        return formset

    def get_fieldsets(self, request: HttpRequest, obj: Room | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if not self.has_change_permission(request, obj) or not request.user.has_perm("rooms.change_room"):
            return fieldsets
        return with_token(fieldsets)


admin.site.unregister(Room)


@admin.register(Room)
class ShopRoomAdmin(ItemActions):
    inlines = (ShelfInline,)
    change_form_template = "admin/products/room.html"
    list_display = (*RoomAdmin.list_display, "on_shelf_count", "orders_today")

    @admin.display(description=_("on the shelf"))
    def on_shelf_count(self, room: Any) -> int:
        return room.on_shelf_count or 0

    @admin.display(description=_("orders today"))
    def orders_today(self, room: Any) -> int:
        return room.orders_today or 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Room]:
        midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        items = ShelfItem.objects.filter(room=OuterRef("pk"), on_shelf=True)
        orders = Order.objects.filter(room=OuterRef("pk"), created_at__gte=midnight)
        return super().get_queryset(request).annotate(on_shelf_count=_number_of(items), orders_today=_number_of(orders))

    def facts(self, room: Room) -> Sequence[tuple[str | Promise, object]]:
        counted = ((_("on the shelf"), self.on_shelf_count(room)), (_("orders today"), self.orders_today(room)))
        return (*super().facts(room), *counted)

    def links(self, room: Room) -> Sequence[tuple[str | Promise, str]]:
        shelf = f"{reverse('admin:rooms_room_change', args=[room.pk])}#shelf-group"
        return (*super().links(room), (_("Orders"), list_of("products_order", room=room.pk)), (_("Shelf"), shelf))

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        room = kwargs.get("obj")
        if room is not None and self.may_add_items(request, room):
            context["new_item"] = NewItemForm(place=self.new_item)
        context["may_change_items"] = self.may_change_items(request, room)
        if room is not None:
            shown = [formset.formset for formset in context["inline_admin_formsets"]]
            context["items"] = _items_of(room, sum(formset.initial_form_count() for formset in shown))
        return super().render_change_form(request, context, *args, **kwargs)

    def response_post_save_change(self, request: HttpRequest, obj: Room) -> HttpResponseRedirect:
        """With the item that was asked for."""
        address = super().response_post_save_change(request, obj).url
        return HttpResponseRedirect(f"{address}?{ITEM}={asked}" if (asked := key(request.GET.get(ITEM))) else address)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        save_shelf(saving_of(request).tx, room_id=form.instance.pk, formset=formset)


def _items_of(room: Room, shown: int) -> dict[str, object]:
    """How many items a room has in all, how many of them its page leaves out, and where they all are."""
    total = room.shelf.count()
    return {"total": total, "left_out": max(0, total - shown), "list": list_of("products_shelfitem", room=room.pk)}


def _number_of(rows: QuerySet[Any]) -> Subquery:
    """How many rows there are of each room."""
    counted = rows.order_by().values("room").annotate(number=Count("pk")).values("number")
    return Subquery(counted, output_field=IntegerField())


class ProductForm(ServiceForm):
    pass


@admin.register(Product)
class ProductAdmin(ServiceAdmin, LongListAdmin):
    """A product. A change of it is told in all rooms that have it on their shelf."""

    form = ProductForm
    list_display = ("cover_shown", "title", "list_price", "rooms", "orders", "created_at")
    list_display_links = ("cover_shown", "title")
    search_fields = ("title",)
    fieldsets = ((None, {"fields": PRODUCT_FIELDS}), (_("Where it is sold"), {"fields": ("rooms", "orders")}))
    readonly_fields = ("rooms", "orders")

    @admin.display(description=_("cover"))
    def cover_shown(self, product: Product) -> SafeString:
        return picture(product.cover)

    @admin.display(description=_("rooms"))
    def rooms(self, product: Product) -> SafeString | str:
        """The rooms that have it, with the place on their shelf."""
        items = product.shelf_items.all() if product.pk else ()
        places = ((place_of(item), item.on_shelf, item.room.title) for item in items)
        shown = '<a href="{}" class="on-{}">{}</a>'
        return format_html('<span class="links">{}</span>', format_html_join(" ", shown, places)) if items else "-"

    @admin.display(description=_("orders"))
    def orders(self, product: Product) -> SafeString | str:
        return link(list_of("products_order", product=product.pk), _("Orders")) if product.pk else "-"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        return super().get_queryset(request).prefetch_related("shelf_items__room")

    def get_fieldsets(self, request: HttpRequest, obj: Product | None = None) -> Any:
        return super().get_fieldsets(request, obj) if obj else self.fieldsets[:1]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "cover":
            kwargs["widget"] = PictureInput()
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def lock(self, saving: Saving, pk: Any) -> None:
        saving.lock(*rooms_of_product(Product(pk=pk)))
        Product.objects.select_for_update(no_key=True).filter(pk=pk).first()

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        if not change:
            obj.save()
            return
        with refusals_of(form):
            product_update(saving_of(request).tx, product_id=obj.pk, changes=form.changes(*PRODUCT_FIELDS))


admin.site.register(Order, OrderAdmin)
admin.site.register(ShelfItem, ShelfItemAdmin)
