"""What the rows of a shelf show in the administration."""

from django import template
from django.utils.translation import gettext

from products.models import ShelfItem
from products.selectors import is_on_sale, money
from rooms.admin_said import short_time
from rooms.models import now_ms

register = template.Library()


@register.simple_tag
def sale_of(item: ShelfItem) -> str:
    """What an item costs instead of its price, and until when; "" while no sale runs."""
    if item.sale_price is None or item.sale_ends_at is None or not is_on_sale(item, now=now_ms()):
        return ""
    values = {"price": money(item.sale_price), "time": short_time(item.sale_ends_at)}
    return gettext("now ¥%(price)s until %(time)s") % values
