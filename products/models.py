"""The shop: what is sold, what stands on a room's shelf, and what was ordered."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import validate_address

PRICE_MIN = Decimal("0.01")
"""The least price of what is sold, in yuan: one of 0 is a slip of whoever typed it."""

PRICE = [MinValueValidator(PRICE_MIN)]

POSITION_MAX = 1_000_000_000
"""Beyond it no item is put: there is room for others after the last, whatever the database holds."""


class Product(models.Model):
    """Something to sell. What a room sells of it, and at what price, is a ShelfItem."""

    title = models.CharField(_("title"), max_length=100)
    cover = models.CharField(
        _("cover"), max_length=500, blank=True, validators=[validate_address], help_text=_("Address of a picture.")
    )
    list_price = models.DecimalField(
        _("list price"),
        max_digits=10,
        decimal_places=2,
        validators=PRICE,
        help_text=_("In yuan."),
    )
    link = models.CharField(
        _("link"),
        max_length=500,
        blank=True,
        validators=[validate_address],
        help_text=_("Page of an existing shop that is opened instead of an order here."),
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ("pk",)
        constraints = [
            models.CheckConstraint(condition=models.Q(list_price__gte=0), name="product_price_not_negative"),
        ]

    def __str__(self) -> str:
        return self.title


class ShelfItem(models.Model):
    """A product on one room's shelf. ``stock`` is allotted to this room; it and ``sold`` change by services alone."""

    room = models.ForeignKey("rooms.Room", models.CASCADE, related_name="shelf", verbose_name=_("room"))
    product = models.ForeignKey(Product, models.PROTECT, related_name="shelf_items", verbose_name=_("product"))
    price = models.DecimalField(_("price"), max_digits=10, decimal_places=2, validators=PRICE, help_text=_("In yuan."))
    sale_price = models.DecimalField(
        _("sale price"),
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        validators=PRICE,
    )
    sale_starts_at = models.DateTimeField(_("sale starts"), null=True, blank=True)
    sale_ends_at = models.DateTimeField(_("sale ends"), null=True, blank=True)
    stock = models.PositiveIntegerField(_("stock"), default=0, editable=False)
    sold = models.PositiveIntegerField(_("sold"), default=0, editable=False)
    limit_per_user = models.PositiveIntegerField(
        _("limit per user"), default=0, help_text=_("Pieces that one user may order; 0: no limit.")
    )
    position = models.PositiveIntegerField(_("position"), default=0, validators=[MaxValueValidator(POSITION_MAX)])
    on_shelf = models.BooleanField(_("on the shelf"), default=False)
    explaining = models.BooleanField(_("being explained"), default=False)
    moved_at = models.DateTimeField(_("added or taken off"), default=timezone.now, editable=False)
    """When it came to its room, or else went off the shelf the last time."""

    class Meta:
        verbose_name = _("shelf item")
        verbose_name_plural = _("shelf items")
        ordering = ("position", "pk")
        constraints = [
            models.UniqueConstraint(fields=["room", "product"], name="product_once_per_shelf"),
            models.CheckConstraint(condition=models.Q(stock__gte=0), name="item_stock_not_negative"),
            models.CheckConstraint(condition=models.Q(price__gte=0), name="item_price_not_negative"),
            models.CheckConstraint(
                condition=models.Q(sale_price__isnull=True)
                | models.Q(sale_starts_at__isnull=False, sale_ends_at__gt=models.F("sale_starts_at")),
                name="item_sale_has_a_time",
            ),
            models.UniqueConstraint(
                fields=["room"], condition=models.Q(explaining=True), name="one_item_explained_per_room"
            ),
        ]
        indexes = [
            models.Index(fields=["room", "on_shelf", "position"], name="shelf_order"),
            # Those off the shelf, as an operator sees them.
            models.Index(
                fields=["room", "-moved_at", "-id"], condition=models.Q(on_shelf=False), name="off_shelf_order"
            ),
        ]

    def __str__(self) -> str:
        return self.product.title


class Order(models.Model):
    """One purchase: one per user, room and ``client_order_id``. Title and prices as they were."""

    class Status(models.TextChoices):
        PENDING = "pending", _("to be paid")
        PAID = "paid", _("paid")
        CANCELLED = "cancelled", _("cancelled")

    number = models.CharField(_("number"), max_length=32, unique=True)
    room = models.ForeignKey("rooms.Room", models.PROTECT, related_name="orders", verbose_name=_("room"))
    item = models.ForeignKey(ShelfItem, models.PROTECT, related_name="orders", verbose_name=_("shelf item"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="orders", verbose_name=_("buyer"))
    client_order_id = models.CharField(max_length=64)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.PENDING)
    title = models.CharField(_("title"), max_length=100)
    quantity = models.PositiveIntegerField(_("quantity"))
    price = models.DecimalField(_("price"), max_digits=10, decimal_places=2)
    total = models.DecimalField(_("total"), max_digits=12, decimal_places=2)
    created_at = models.DateTimeField(_("time"), default=timezone.now)
    expires_at = models.DateTimeField(_("expires"), null=True)

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ("-pk",)
        constraints = [
            models.UniqueConstraint(fields=["user", "room", "client_order_id"], name="order_once_per_key"),
            models.CheckConstraint(condition=models.Q(quantity__gte=1), name="order_quantity_at_least_1"),
        ]
        indexes = [
            models.Index(fields=["item", "user"], name="order_of_item_and_user"),
            # The administration's lists, newest first, and how many a room had today.
            models.Index(fields=["room", "-id"], name="order_of_room"),
            models.Index(fields=["status", "-id"], name="order_status"),
            models.Index(fields=["room", "created_at"], name="order_of_room_and_time"),
        ]

    def __str__(self) -> str:
        return self.number
