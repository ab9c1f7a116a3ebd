"""Orders in the administration: as they were placed."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.admin_pictures import picture
from products.models import Order, Product
from products.selectors import money
from rooms.admin_filters import KeyFilter, RoomFilter, UserFilter
from rooms.admin_said import short_time, when
from rooms.admin_saving import ReadOnlyAdmin
from rooms.admin_search import UserSearch
from rooms.admin_shown import badge, link, list_of, room_link


class ProductFilter(KeyFilter):
    """Orders of one product, in whichever rooms."""

    title = _("product")
    parameter_name = "product"
    field = "item__product_id"
    model = Product


class OrderAdmin(UserSearch, ReadOnlyAdmin):
    """The orders as they were placed."""

    list_display = ("number", "goods", "quantity", "total_shown", "status_shown", "buyer", "in_room", "placed")
    list_filter = (RoomFilter, "status", "created_at", ProductFilter, UserFilter)
    search_fields = ("=number", "title", "user__nickname")
    search_help_text = _("An order's number, a title, or a buyer's nickname or public id.")
    sortable_by = ()
    list_select_related = ("room", "user", "item__product")
    fields = ("number", "status", "in_room", "goods", "quantity", "price", "total", "buyer", "created_at", "expires_at")
    readonly_fields = ("in_room", "goods", "buyer")

    @admin.display(description=_("title"))
    def goods(self, order: Order) -> SafeString:
        """What was bought, as it was called then; it leads to all orders of the product."""
        product = order.item.product
        address = list_of("products_order", product=product.pk)
        return format_html(
            '<span class="who">{}{}</span>',
            picture(product.cover, "avatar", name=order.title),
            link(address, order.title),
        )

    @admin.display(description=_("total"))
    def total_shown(self, order: Order) -> str:
        return f"¥{money(order.total)}"

    @admin.display(description=_("status"))
    def status_shown(self, order: Order) -> SafeString:
        return badge(order.status, Order.Status(order.status).label)

    @admin.display(description=_("buyer"))
    def buyer(self, order: Order) -> SafeString:
        return link(list_of("products_order", user=order.user_id), order.user)

    @admin.display(description=_("room"))
    def in_room(self, order: Order) -> SafeString:
        return room_link(order.room)

    @admin.display(description=_("time"))
    def placed(self, order: Order) -> SafeString:
        return when(order.created_at, short_time(order.created_at))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if (numbered := queryset.filter(number=search_term.strip())).exists():
            return numbered, False
        return super().get_search_results(request, queryset, search_term)
