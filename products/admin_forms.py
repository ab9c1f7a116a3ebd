"""The shelf as rows of a room's form, and how they are saved: by the services of the shelf."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms.formsets import DELETION_FIELD_NAME
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from products.models import ShelfItem
from products.selectors import shown_to_operator
from products.services import shelf
from products.services.items import ItemBuffer
from products.services.shelf import STOCK_MAX
from rooms.admin_forms import ServiceForm, refusals_of
from rooms.admin_formsets import OptimisticFormSet
from rooms.transaction import RoomTransaction

SALE = ("sale_price", "sale_starts_at", "sale_ends_at")


class FixedText(forms.Widget):
    """Shows what cannot be changed; sends nothing."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        return format_html("<p>{}</p>", self.text)


class ShelfItemForm(ServiceForm):
    """One row. ``stock_change`` is added to the stock; in a new row it is the first stock."""

    stock_change = forms.IntegerField(
        label=_("± stock"),
        required=False,
        min_value=-STOCK_MAX,
        max_value=STOCK_MAX,
        help_text=_("Pieces that come in, or with a minus go out. The stock itself changes by every sale."),
    )
    refused_fields: ClassVar[dict[str, str]] = {"stock": "stock_change"}

    class Meta:
        help_texts: ClassVar[dict[str, Any]] = dict.fromkeys(
            ("sale_starts_at", "sale_ends_at"), format_lazy(_("Time zone: {name}."), name=settings.TIME_ZONE)
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.existing:
            if "product" in self.fields:
                text = FixedText(str(self.instance.product))
                self.fields["product"] = forms.Field(label=_("product"), required=False, disabled=True, widget=text)
            return
        self.initial["on_shelf"] = True
        for name in ("price", "position"):
            if name in self.fields:
                # Empty: the list price, and the end of the shelf.
                self.fields[name].required = False
                self.initial[name] = None

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        if self.existing and data.get(DELETION_FIELD_NAME):
            self._check_not_ordered()
            return data
        if "explaining" in self.changed_data and data.get("explaining") and not data.get("on_shelf"):
            self.add_error("explaining", ValidationError(_("Only an item on the shelf can be explained."), "off"))
        if data.get("sale_price") is not None and not self.errors.keys() & set(SALE):
            self._check_sale(data)
        stock = self.instance.stock + (data.get("stock_change") or 0)
        if stock < 0:
            text = _("There are %(stock)d pieces: the stock cannot fall below 0.")
            self.add_error("stock_change", ValidationError(text, "stock", {"stock": self.instance.stock}))
        return data

    def _check_not_ordered(self) -> None:
        """Here, because Django would name every order in its own error."""
        if self.instance.orders.exists():
            del self.cleaned_data[DELETION_FIELD_NAME]
            self.add_error(
                None, ValidationError(_("An item that was ordered stays; take it off the shelf."), "ordered")
            )

    def _check_sale(self, data: dict[str, Any]) -> None:
        starts, ends = data.get("sale_starts_at"), data.get("sale_ends_at")
        for name, value in (("sale_starts_at", starts), ("sale_ends_at", ends)):
            if value is None:
                self.add_error(name, ValidationError(_("A sale has a start and an end."), "required"))
        if starts is not None and ends is not None and ends <= starts:
            self.add_error("sale_ends_at", ValidationError(_("A sale ends after its start."), "order"))

    def validate_unique(self) -> None:
        """Look for the product in the database too: of an inline Django compares only the rows that were sent."""
        super().validate_unique()
        product = self.cleaned_data.get("product")
        if (
            not self.existing
            and product
            and ShelfItem.objects.filter(room=self.instance.room_id, product=product).exists()
        ):
            self.add_error("product", ValidationError(_("This room has the product already."), "unique"))


class ShelfFormSet(OptimisticFormSet):
    also: ClassVar[tuple[int, ...]] = ()
    """Keys of items that are shown in any case, where they are the room's."""

    def shown(self, rows: QuerySet[ShelfItem]) -> QuerySet[ShelfItem]:
        return shown_to_operator(rows, also=self.also)

    def clean(self) -> None:
        super().clean()
        asked = [form for form in self.kept() if "explaining" in form.changed_data]
        if len([form for form in asked if form.cleaned_data.get("explaining")]) > 1:
            raise ValidationError(_("Only one item can be explained at a time."), "explaining")

    def kept(self) -> list[ShelfItemForm]:
        """The rows that were changed or added, and are not to be deleted."""
        rows: list[Any] = self.forms
        return [form for form in rows if form.has_changed() and form not in self.deleted_forms]

    def gone(self) -> list[ShelfItemForm]:
        """The rows that are to be deleted."""
        rows: list[Any] = self.deleted_forms
        return rows


def save_shelf(tx: RoomTransaction, *, room_id: int, formset: ShelfFormSet) -> None:
    """Apply the rows' changes in an order in which none stands in another's way; raises FormRefused."""
    formset.save(commit=False)
    kept, gone = formset.kept(), formset.gone()
    shelf.products_lock(form.cleaned_data["product"].pk for form in kept if not form.existing)
    tx.buffer(ItemBuffer).load(form.instance.pk for form in (*kept, *gone) if form.existing)
    items = {form: form.instance.pk for form in kept}
    for form in gone:
        with refusals_of(form):
            shelf.item_remove(tx, item_id=form.instance.pk)
    for form in kept:
        with refusals_of(form):
            if form.existing:
                _change(tx, form)
            else:
                items[form] = _add(tx, room_id, form)
    for form, item_id in items.items():
        with refusals_of(form):
            if form.changes("on_shelf").get("on_shelf"):
                shelf.item_set_on_shelf(tx, item_id=item_id, on_shelf=True)
    _explain(tx, items)


def _change(tx: RoomTransaction, form: ShelfItemForm) -> None:
    item_id = form.instance.pk
    if form.changes("on_shelf") == {"on_shelf": False}:
        shelf.item_set_on_shelf(tx, item_id=item_id, on_shelf=False)
    shelf.item_update(tx, item_id=item_id, changes=form.changes(*shelf.SETTINGS))
    shelf.item_restock(tx, item_id=item_id, change=form.cleaned_data.get("stock_change") or 0)


def _add(tx: RoomTransaction, room_id: int, form: ShelfItemForm) -> int:
    data = form.cleaned_data
    fields = {name: data[name] for name in shelf.SETTINGS if data.get(name) is not None}
    stock = data.get("stock_change") or 0
    return shelf.item_add(tx, room_id=room_id, product=data["product"], stock=stock, **fields).pk


def _explain(tx: RoomTransaction, items: dict[ShelfItemForm, int]) -> None:
    asked = [form for form in items if "explaining" in form.changed_data]
    # Explaining one ends the other: then that is one event, not two.
    for form in [form for form in asked if form.cleaned_data["explaining"]] or asked:
        with refusals_of(form):
            shelf.item_explain(tx, item_id=items[form], explaining=form.cleaned_data["explaining"])
