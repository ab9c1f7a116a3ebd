"""Rooms with their shelf, products and orders in the administration."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from products.models import Order, Product, ShelfItem
from products.selectors import item_part
from products.services import shelf
from products.services.orders import order_place
from rooms.messages import Role
from rooms.models import Room
from rooms.transaction import RoomTransaction
from tests import factories
from tests.admin_pages import Frame, Page, frames, history, member

CHANGE = "admin:rooms_room_change"
CONFLICT = "Somebody has changed this to “{}” meanwhile. Save again to replace that by yours."


def buy(item: ShelfItem, quantity: int) -> Order:
    """Order pieces as a new user."""
    with RoomTransaction(item.room_id) as tx:
        return order_place(
            tx,
            room_id=item.room_id,
            user=factories.make_user("买家"),
            role=Role.VIEWER,
            item_id=item.pk,
            quantity=quantity,
            key="k",
        )


def event(action: str, item: ShelfItem) -> Frame:
    """The event of a shelf with the item as it is now."""
    fresh = ShelfItem.objects.select_related("product").get(pk=item.pk)
    return {"msg_type": "buy", "action": action, "item": msgspec.to_builtins(item_part(fresh))}


CHANGES: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
    ({"price": "18.5"}, "update", {"price": Decimal("18.50")}),
    ({"position": "7"}, "update", {"position": 7}),
    ({"limit_per_user": "2"}, "update", {"limit_per_user": 2}),
    (
        {
            "sale_price": "9",
            "sale_starts_at": "2030-01-01T08:00",
            "sale_ends_at": "2030-01-02T08:00:00",
        },
        "update",
        {
            "sale_price": Decimal("9.00"),
            "sale_starts_at": datetime(2030, 1, 1, tzinfo=UTC),
            "sale_ends_at": datetime(2030, 1, 2, tzinfo=UTC),
        },
    ),
    ({"stock_change": "5"}, "restock", {"stock": 55}),
    ({"stock_change": "-50"}, "restock", {"stock": 0}),
    ({"explaining": "on"}, "explain", {"explaining": True}),
    ({"on_shelf": None}, "off_shelf", {"on_shelf": False}),
]


@pytest.mark.parametrize(("changes", "action", "values"), CHANGES, ids=lambda value: str(value))
def test_a_field_of_a_row_is_one_event(
    browser: Client, item: ShelfItem, changes: dict[str, Any], action: str, values: dict[str, Any]
) -> None:
    """The field and no other is written, and told by one event with the whole item."""
    before = ShelfItem.objects.filter(pk=item.pk).values().get()
    Page(browser, CHANGE, item.room_id).save({f"shelf-0-{name}": value for name, value in changes.items()})
    after = ShelfItem.objects.filter(pk=item.pk).values().get()
    assert (after["moved_at"] == before["moved_at"]) == ("on_shelf" not in changes)
    assert after == {**before, **values, "moved_at": after["moved_at"]}
    assert frames(item.room, after=1) == [event(action, item)]


def test_an_item_goes_off_and_on_again(browser: Client, item: ShelfItem) -> None:
    """While it is off, its changes are told to nobody; coming back it is told whole."""
    page = Page(browser, CHANGE, item.room_id)
    page.save({"shelf-0-on_shelf": None, "shelf-0-price": "15"})
    assert frames(item.room, after=1) == [event("off_shelf", item)]
    Page(browser, CHANGE, item.room_id).save({"shelf-0-price": "16", "shelf-0-stock_change": "1"})
    Page(browser, CHANGE, item.room_id).save({"shelf-0-on_shelf": "on", "shelf-0-limit_per_user": "3"})
    assert frames(item.room, after=2) == [event("on_shelf", item)]
    assert history() == [
        "Changed price and on the shelf for shelf item “Tea”.",
        "Changed price and ± stock for shelf item “Tea”.",
        "Changed on the shelf and limit per user for shelf item “Tea”.",
    ]


def test_stock_is_true_after_a_save_of_an_open_form(browser: Client, item: ShelfItem) -> None:
    """Open the form, sell 3, save the title: the stock is true, and nothing is told but the title."""
    page = Page(browser, CHANGE, item.room_id)
    buy(item, 3)
    page.save({"title": "New"})
    item.refresh_from_db()
    assert (item.stock, item.sold) == (47, 3)
    assert [frame["msg_type"] for frame in frames(item.room, after=2)] == ["room"]


def test_a_stock_change_counts_from_what_is_there(browser: Client, item: ShelfItem) -> None:
    """Two forms add, and somebody buys in between: all of it counts. The field is empty again afterwards."""
    one, two = Page(browser, CHANGE, item.room_id), Page(browser, CHANGE, item.room_id)
    one.save({"shelf-0-stock_change": "10"})
    buy(item, 4)
    two.save({"shelf-0-stock_change": "-6"})
    item.refresh_from_db()
    assert item.stock == 50
    assert Page(browser, CHANGE, item.room_id).values["shelf-0-stock_change"] == [""]


def test_a_stock_below_zero_is_refused(browser: Client, item: ShelfItem) -> None:
    """On its field, with the true stock; nothing else of the form is saved either."""
    page = Page(browser, CHANGE, item.room_id)
    buy(item, 3)
    said = page.refused({"shelf-0-stock_change": "-48", "title": "New"})
    assert said == ["There are 47 pieces: the stock cannot fall below 0."]
    assert Room.objects.get(pk=item.room_id).title == "Demo"


def test_a_service_refuses_after_the_check(browser: Client, item: ShelfItem, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is rolled back, and the form shown again with that error on the row's field, and what was typed."""
    monkeypatch.setattr(shelf, "STOCK_MAX", 60)
    page = Page(browser, CHANGE, item.room_id)
    said = page.refused({"shelf-0-stock_change": "11", "shelf-0-price": "1.00", "title": "New"})
    assert said == ["A stock is at most 60."]
    (rows,) = [formset.formset for formset in page.response.context["inline_admin_formsets"]]
    assert [row.errors.keys() for row in rows.forms] == [{"stock_change"}]
    assert (page.values["shelf-0-stock_change"], page.values["title"]) == (["11"], ["New"])
    item.refresh_from_db()
    assert (item.stock, item.price, Room.objects.get(pk=item.room_id).title) == (50, Decimal("20.00"), "Demo")


@pytest.mark.parametrize("name", ["stock", "sold"])
def test_counters_cannot_be_sent(browser: Client, item: ShelfItem, name: str) -> None:
    """A field of that name changes nothing."""
    Page(browser, CHANGE, item.room_id).save({f"shelf-0-{name}": "7"})
    item.refresh_from_db()
    assert (item.stock, item.sold) == (50, 0)


def test_a_price_that_somebody_else_changed_is_refused_and_shown(browser: Client, item: ShelfItem) -> None:
    """Other fields of the same row are no conflict; a second save replaces the other's."""
    page = Page(browser, CHANGE, item.room_id)
    with RoomTransaction(item.room_id) as tx:
        shelf.item_update(tx, item_id=item.pk, changes={"price": Decimal("19.00"), "position": 5})
    assert page.refused({"shelf-0-price": "18", "shelf-0-limit_per_user": "1"}) == [CONFLICT.format("19.00")]
    page.save({})
    item.refresh_from_db()
    assert (item.price, item.limit_per_user, item.position) == (Decimal("18.00"), 1, 5)


def test_a_sale_that_somebody_else_moved_is_shown_in_local_time(browser: Client, item: ShelfItem) -> None:
    """As the form shows times."""
    starts, ends = datetime(2030, 1, 1, tzinfo=UTC), datetime(2030, 1, 2, tzinfo=UTC)
    sale = {"sale_price": Decimal("9.00"), "sale_starts_at": starts, "sale_ends_at": ends}
    with RoomTransaction(item.room_id) as tx:
        shelf.item_update(tx, item_id=item.pk, changes=sale)
    page = Page(browser, CHANGE, item.room_id)
    with RoomTransaction(item.room_id) as tx:
        shelf.item_update(tx, item_id=item.pk, changes={"sale_ends_at": datetime(2030, 1, 3, tzinfo=UTC)})
    assert page.refused({"shelf-0-sale_ends_at": "2030-01-04T08:00:00"}) == [CONFLICT.format("Jan. 3, 2030, 8 a.m.")]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"sale_price": "9"}, ["A sale has a start and an end."] * 2),
        (
            {
                "sale_price": "9",
                "sale_starts_at": "2030-01-02T08:00",
                "sale_ends_at": "2030-01-01T08:00",
            },
            ["A sale ends after its start."],
        ),
        ({"price": ""}, ["This field is required."]),
        ({"price": "-1"}, ["Ensure this value is greater than or equal to 0.01."]),
        ({"price": "0"}, ["Ensure this value is greater than or equal to 0.01."]),
        ({"on_shelf": None, "explaining": "on"}, ["Only an item on the shelf can be explained."]),
    ],
)
def test_a_row_that_is_wrong_is_an_error(
    browser: Client, item: ShelfItem, fields: dict[str, Any], said: list[str]
) -> None:
    """On its field; nothing is saved."""
    page = Page(browser, CHANGE, item.room_id)
    assert page.refused({f"shelf-0-{name}": value for name, value in fields.items()}) == said


def test_explaining_moves_in_one_event(browser: Client, item: ShelfItem) -> None:
    """The row newly checked wins, whether the other is unchecked or not."""
    second, third = factories.make_item(item.room, "Cup", position=1), factories.make_item(item.room, "Pot", position=2)
    Page(browser, CHANGE, item.room_id).save({"shelf-0-explaining": "on"})
    Page(browser, CHANGE, item.room_id).save({"shelf-1-explaining": "on"})
    assert frames(item.room, after=4) == [event("explain", second)]
    Page(browser, CHANGE, item.room_id).save({"shelf-1-explaining": None, "shelf-2-explaining": "on"})
    assert frames(item.room, after=5) == [event("explain", third)]
    Page(browser, CHANGE, item.room_id).save({"shelf-2-explaining": None})
    assert frames(item.room, after=6) == [event("explain", third)]
    assert not ShelfItem.objects.filter(explaining=True).exists()


def test_what_goes_off_the_shelf_is_not_explained_any_more(browser: Client, item: ShelfItem) -> None:
    """Though its box is still checked."""
    Page(browser, CHANGE, item.room_id).save({"shelf-0-explaining": "on"})
    Page(browser, CHANGE, item.room_id).save({"shelf-0-on_shelf": None})
    assert frames(item.room, after=2) == [event("off_shelf", item)]
    item.refresh_from_db()
    assert (item.on_shelf, item.explaining) == (False, False)


def test_two_rows_newly_explained_are_an_error(browser: Client, item: ShelfItem) -> None:
    """Nobody can tell which one is meant."""
    factories.make_item(item.room, "Cup")
    page = Page(browser, CHANGE, item.room_id)
    said = page.refused({"shelf-0-explaining": "on", "shelf-1-explaining": "on"})
    assert said == ["Only one item can be explained at a time."]


def test_an_item_without_orders_is_removed(browser: Client, item: ShelfItem) -> None:
    """It goes off the shelf for everybody."""
    gone = {**event("off_shelf", item)}
    Page(browser, CHANGE, item.room_id).save({"shelf-0-DELETE": "on"})
    assert frames(item.room, after=1) == [gone]
    assert not ShelfItem.objects.exists()
    assert history() == ["Deleted shelf item “Tea”."]


def test_an_item_with_orders_stays(browser: Client, item: ShelfItem) -> None:
    """The error names the way out, and not every order."""
    page = Page(browser, CHANGE, item.room_id)
    buy(item, 1)
    said = page.refused({"shelf-0-DELETE": "on", "title": "New"})
    assert said == ["An item that was ordered stays; take it off the shelf."]


def test_a_row_removed_meanwhile_falls_out_of_an_open_form(browser: Client, item: ShelfItem) -> None:
    """Untouched rows do; the other rows are found by their keys, not by their places."""
    second, third = factories.make_item(item.room, "Cup", position=1), factories.make_item(item.room, "Pot", position=2)
    page = Page(browser, CHANGE, item.room_id)
    Page(browser, CHANGE, item.room_id).save({"shelf-0-DELETE": "on"})
    page.save({"shelf-2-price": "5", "title": "New"})
    second.refresh_from_db()
    third.refresh_from_db()
    assert (second.price, third.price) == (Decimal("20.00"), Decimal("5.00"))
    assert ShelfItem.objects.count() == 2


def test_a_changed_row_that_was_removed_meanwhile_is_an_error(browser: Client, item: ShelfItem) -> None:
    """The rest of the form stays as it was typed, and can be saved then."""
    second = factories.make_item(item.room, "Cup", position=1)
    page = Page(browser, CHANGE, item.room_id)
    Page(browser, CHANGE, item.room_id).save({"shelf-0-DELETE": "on"})
    said = page.refused({"shelf-0-price": "1", "shelf-1-price": "5"})
    assert said == ["A row that you have changed was removed by somebody else meanwhile. It is not shown any more."]
    assert [name for name in page.values if name.endswith("-price")][:-1] == ["shelf-0-price"]
    page.save({})
    second.refresh_from_db()
    assert (second.price, ShelfItem.objects.count()) == (Decimal("5.00"), 1)


def test_a_row_that_both_remove_is_gone(browser: Client, item: ShelfItem) -> None:
    """That is what both wanted."""
    page = Page(browser, CHANGE, item.room_id)
    Page(browser, CHANGE, item.room_id).save({"shelf-0-DELETE": "on"})
    page.save({"shelf-0-DELETE": "on"})
    assert not ShelfItem.objects.exists()


def test_rows_added_and_moved_meanwhile_are_left_alone(browser: Client, item: ShelfItem) -> None:
    """The open form knows nothing of them; its own row is still its own, also when shown again with an error."""
    page = Page(browser, CHANGE, item.room_id)
    cup = factories.make_item(item.room, "Cup", position=0)
    with RoomTransaction(item.room_id) as tx:
        shelf.item_update(tx, item_id=item.pk, changes={"position": 9})
    page.refused({"shelf-0-price": "7", "title": ""})
    assert ("Tea" in page.text, "Cup" in page.text) == (True, False)
    page.save({"title": "New"})
    cup.refresh_from_db()
    item.refresh_from_db()
    assert (item.price, item.position, cup.price, cup.position) == (Decimal("7.00"), 9, Decimal("20.00"), 0)


def test_a_room_is_added_with_its_shelf(browser: Client, host: User) -> None:
    """A row says how many pieces there are; an empty price is the list price, an empty position the end."""
    tea = Product.objects.create(title="Tea", list_price="30.00")
    cup = Product.objects.create(title="Cup", list_price="12.00")
    page = Page(browser, "admin:rooms_room_add")
    rows = page.new_row("shelf", 0, product=str(tea.pk), stock_change="40", on_shelf="on", explaining="on")
    rows |= page.new_row("shelf", 1, product=str(cup.pk), price="10", on_shelf=None)
    page.save({"title": "New", "slug": "new", "host": str(host.pk), **rows})
    room = Room.objects.get(slug="new")
    first, second = room.shelf.all()
    assert (first.product, first.price, first.stock, first.position) == (tea, Decimal("30.00"), 40, 0)
    assert (second.product, second.price, second.stock, second.on_shelf) == (cup, Decimal("10.00"), 0, False)
    assert frames(room) == [event("on_shelf", first), event("explain", first)]
    assert history() == ["Added. Added shelf item “Tea”. Added shelf item “Cup”."]


def test_a_room_whose_shelf_is_wrong_is_not_added(browser: Client, host: User) -> None:
    """Neither the room nor its head is left behind."""
    tea = Product.objects.create(title="Tea", list_price="30.00")
    page = Page(browser, "admin:rooms_room_add")
    said = page.refused(
        {
            "title": "New",
            "slug": "new",
            "host": str(host.pk),
            **page.new_row("shelf", 0, product=str(tea.pk), stock_change="-1"),
        }
    )
    assert said == ["There are 0 pieces: the stock cannot fall below 0."]
    assert not Room.objects.exists()


def test_a_product_stands_once_on_a_shelf(browser: Client, item: ShelfItem) -> None:
    """A second row of it is an error, whether the first is there or new."""
    page = Page(browser, CHANGE, item.room_id)
    row = page.new_row("shelf", 1, product=str(item.product_id))
    assert page.refused(row) == ["This room has the product already."]
    cup = Product.objects.create(title="Cup", list_price="12.00")
    page = Page(browser, CHANGE, item.room_id)
    rows = page.new_row("shelf", 1, product=str(cup.pk)) | page.new_row("shelf", 2, product=str(cup.pk))
    assert page.refused(rows)[0] == "Please correct the duplicate data for product."


def test_a_row_keeps_its_product(browser: Client, item: ShelfItem) -> None:
    """Sent another one, nothing happens."""
    cup = Product.objects.create(title="Cup", list_price="12.00")
    Page(browser, CHANGE, item.room_id).save({"shelf-0-product": str(cup.pk)})
    item.refresh_from_db()
    assert item.product_id != cup.pk


def fill(item: ShelfItem, count: int) -> None:
    """Put so many further items on the shelf."""
    products = Product.objects.bulk_create(Product(title=f"P{n}", list_price="1.00") for n in range(count))
    ShelfItem.objects.bulk_create(
        ShelfItem(room=item.room, product=product, price="1.00", position=1, on_shelf=True) for product in products
    )


def test_a_full_shelf_takes_one_for_one(browser: Client, item: ShelfItem) -> None:
    """200 items: one more is refused on its row, and goes on when another goes off in the same save."""
    fill(item, 198)
    waits = [factories.make_item(item.room, name, position=2, on_shelf=False) for name in ("Cup", "Pot")]
    page = Page(browser, CHANGE, item.room_id)
    said = page.refused({"shelf-199-on_shelf": "on", "shelf-200-on_shelf": "on"})
    assert said == ["A shelf holds 200 items."]
    page.save({"shelf-0-on_shelf": None})
    on_shelf = ShelfItem.objects.filter(on_shelf=True)
    assert (on_shelf.count(), on_shelf.filter(pk__in=[row.pk for row in waits]).count()) == (200, 2)


def test_a_long_shelf_costs_few_queries(browser: Client, item: ShelfItem, django_assert_max_num_queries: Any) -> None:
    """Opening and saving it costs the same for 100 rows as for one: what was not changed is not checked."""
    fill(item, 99)
    with django_assert_max_num_queries(15):
        page = Page(browser, CHANGE, item.room_id)
    with django_assert_max_num_queries(45):
        page.save({"shelf-50-price": "3", "title": "New"})


def test_who_may_not_change_the_shelf_changes_the_room(item: ShelfItem) -> None:
    """He sees the rows; what he sends for them is not looked at."""
    page = Page(member("change_room", "view_shelfitem"), CHANGE, item.room_id)
    assert "Tea" in page.text
    assert [name for name in page.values if name.startswith("shelf-0-")] == ["shelf-0-id", "shelf-0-room"]
    page.save({"title": "New", "shelf-0-price": "1", "shelf-0-stock_change": "-50", "shelf-0-DELETE": "on"})
    item.refresh_from_db()
    assert (item.price, item.stock, Room.objects.get(pk=item.room_id).title) == (Decimal("20.00"), 50, "New")


def test_who_may_not_change_the_room_changes_no_shelf(item: ShelfItem) -> None:
    """Its rows are part of the room's form."""
    client = member("view_room", "change_shelfitem")
    page = Page(client, CHANGE, item.room_id)
    assert ("Tea" in page.text, "rendered" in page.text) == (True, False)
    assert page.post({"shelf-0-price": "1"}).status_code == 403


def test_a_product_is_told_in_all_its_rooms(browser: Client, item: ShelfItem) -> None:
    """One event in each room that has it on its shelf, and only the field is written."""
    second = factories.make_room("second", host=item.room.host)
    third = factories.make_room("third", host=item.room.host)
    for room, on_shelf in ((second, True), (third, False)):
        with RoomTransaction(room.pk) as tx:
            shelf.item_add(tx, room_id=room.pk, product=item.product, on_shelf=on_shelf)
    Page(browser, "admin:products_product_change", item.product_id).save({"title": "Green <tea>"})
    assert frames(item.room, after=1) == [event("update", item)]
    assert frames(second, after=1) == [event("update", second.shelf.get())]
    assert frames(third) == []
    assert history() == ["Changed title."]


def test_a_product_that_comes_to_another_room_meanwhile_is_told_there_too(
    browser: Client, item: ShelfItem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at its rooms and their locks: the rooms are locked anew, and it is told once."""
    page = Page(browser, "admin:products_product_change", item.product_id)
    second = factories.make_room("second", host=item.room.host)

    def before_it_came(product: Product) -> list[int]:
        monkeypatch.undo()
        return [item.room_id]

    with RoomTransaction(second.pk) as tx:
        shelf.item_add(tx, room_id=second.pk, product=item.product, on_shelf=True)
    monkeypatch.setattr("products.admin.rooms_of_product", before_it_came)
    page.save({"title": "Green tea"})
    assert frames(item.room, after=1) == [event("update", item)]
    assert frames(second, after=1) == [event("update", second.shelf.get())]
    assert history() == ["Changed title."]


def test_a_product_that_somebody_else_changed_is_refused_and_shown(browser: Client, item: ShelfItem) -> None:
    """Other fields are kept."""
    one = Page(browser, "admin:products_product_change", item.product_id)
    two = Page(browser, "admin:products_product_change", item.product_id)
    three = Page(browser, "admin:products_product_change", item.product_id)
    one.save({"list_price": "31"})
    assert two.refused({"list_price": "29"}) == [CONFLICT.format("31.00")]
    three.save({"link": "/shop/tea"})
    product = Product.objects.get()
    assert (product.list_price, product.link, product.title) == (Decimal("31.00"), "/shop/tea", "Tea")


def test_a_product_is_added_and_deleted_while_unused(browser: Client, item: ShelfItem) -> None:
    """One that stands on a shelf is protected, and the page says by what."""
    Page(browser, "admin:products_product_add").save({"title": "Cup", "list_price": "12"})
    cup = Product.objects.get(title="Cup")
    assert browser.post(reverse("admin:products_product_delete", args=[cup.pk]), {"post": "yes"}).status_code == 302
    response = browser.post(reverse("admin:products_product_delete", args=[item.product_id]), {"post": "yes"})
    assert "Cannot delete product" in response.text
    assert list(Product.objects.all()) == [item.product]


def test_orders_are_only_looked_at(browser: Client, item: ShelfItem) -> None:
    """List, search and form; nobody adds, changes or deletes one."""
    order = buy(item, 2)
    orders = reverse("admin:products_order_changelist")
    for query, count in (({}, 1), ({"q": order.number}, 1), ({"q": "买家"}, 1), ({"q": "x"}, 0)):
        assert len(browser.get(orders, query).context["cl"].result_list) == count
    change = reverse("admin:products_order_change", args=[order.pk])
    assert order.number in browser.get(change).text
    assert browser.post(change, {"quantity": "1"}).status_code == 403
    assert browser.get(reverse("admin:products_order_add")).status_code == 403
    delete = reverse("admin:products_order_delete", args=[order.pk])
    assert browser.post(delete, {"post": "yes"}).status_code == 403
