"""Products, orders, and rooms with their shelf in the administration."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import DateTimeField, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin_forms import with_token
from products.admin_forms import ShelfFormSet, ShelfItemForm, save_shelf
from products.models import Order, Product, ShelfItem
from products.services.shelf import product_update, rooms_of_product
from rooms.admin import RoomAdmin
from rooms.admin_forms import ServiceForm, refusals_of
from rooms.admin_saving import ReadOnlyAdmin, RoomFilter, Saving, ServiceAdmin, saving_of
from rooms.models import Room

PRODUCT_FIELDS = ("title", "cover", "list_price", "link")


class ShelfInline(admin.TabularInline):  # type: ignore[type-arg]
    model = ShelfItem
    form = ShelfItemForm
    formset = ShelfFormSet
    extra = 0
    formfield_overrides: ClassVar[dict[Any, Any]] = {
        # With seconds: a time cut short would differ from what was rendered.
        DateTimeField: {
            "form_class": forms.DateTimeField,
            "widget": forms.DateTimeInput({"type": "datetime-local", "step": 1}, "%Y-%m-%dT%H:%M:%S"),
        }
    }
    autocomplete_fields = ("product",)
    readonly_fields = ("stock", "sold")
    fields = (
        "position",
        "product",
        "on_shelf",
        "explaining",
        "stock",
        "stock_change",
        "sold",
        "price",
        "sale_price",
        "sale_starts_at",
        "sale_ends_at",
        "limit_per_user",
    )

    class Media:
        css: ClassVar[dict[str, Any]] = {"all": ("products/admin.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShelfItem]:
        return super().get_queryset(request).select_related("product")

    def get_fieldsets(self, request: HttpRequest, obj: Room | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if not self.has_change_permission(request, obj) or not request.user.has_perm("rooms.change_room"):
            return fieldsets
        return with_token(fieldsets)


admin.site.unregister(Room)


@admin.register(Room)
class ShopRoomAdmin(RoomAdmin):
    inlines = (ShelfInline,)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        save_shelf(saving_of(request).tx, room_id=form.instance.pk, formset=formset)


class ProductForm(ServiceForm):
    pass


@admin.register(Product)
class ProductAdmin(ServiceAdmin):
    """A product. A change of it is told in all rooms that have it on their shelf."""

    form = ProductForm
    list_display = ("title", "list_price", "link", "created_at")
    search_fields = ("title",)
    fieldsets = ((None, {"fields": PRODUCT_FIELDS}),)

    def lock(self, saving: Saving, pk: Any) -> None:
        saving.lock(*rooms_of_product(Product(pk=pk)))
        Product.objects.select_for_update(no_key=True).filter(pk=pk).first()

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        if not change:
            obj.save()
            return
        with refusals_of(form):
            product_update(saving_of(request).tx, product_id=obj.pk, changes=form.changes(*PRODUCT_FIELDS))


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    """The orders as they were placed."""

    list_display = ("number", "room", "title", "quantity", "total", "status", "user", "created_at")
    list_filter = (RoomFilter, "status", "created_at")
    search_fields = ("=number", "title", "=user__public_id", "user__nickname")
    search_help_text = _("An order's number, a title, or a buyer's nickname or public id.")
    list_select_related = ("room", "user")
    fields = ("number", "status", "room", "title", "quantity", "price", "total", "user", "created_at", "expires_at")
