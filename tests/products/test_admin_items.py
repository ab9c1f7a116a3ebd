"""The buttons of a room's shelf, and a new product put on it in one go."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import User
from products.models import Product, ShelfItem
from products.services import shelf
from rooms.models import Room
from rooms.transaction import RoomTransaction
from tests import factories
from tests.admin_pages import Page, frames, history, member
from tests.products.test_admin import buy

CHANGE = "admin:rooms_room_change"


def address(item: ShelfItem, action: str) -> str:
    return reverse("admin:rooms_room_item", args=[item.room_id, item.pk, action])


def press(browser: Client, item: ShelfItem, action: str, **fields: str) -> list[tuple[str, str]]:
    """Press a button of the item's row; returns what the administration says, as (level, text)."""
    return said(browser, browser.post(address(item, action), fields))


def said(browser: Client, response: Any) -> list[tuple[str, str]]:
    assert response.status_code == 302
    browser.cookies.pop("messages", None)
    return [(message.level_tag, str(message)) for message in get_messages(response.wsgi_request)]


def told(room: Room, *, after: int) -> list[str]:
    return [frame["action"] for frame in frames(room, after=after)]


def test_an_item_through_its_buttons(browser: Client, item: ShelfItem) -> None:
    """Each says what is so now, is one event, and one line of the room's history."""
    assert press(browser, item, "explain") == [("success", "“Tea” is being explained.")]
    assert press(browser, item, "stop") == [("success", "“Tea” is not explained any more.")]
    assert press(browser, item, "stock", change="+10") == [("success", "“Tea”: 60 in stock.")]
    assert press(browser, item, "stock", change="-1") == [("success", "“Tea”: 59 in stock.")]
    assert press(browser, item, "off") == [("success", "“Tea” is off the shelf.")]
    assert press(browser, item, "on") == [("success", "“Tea” is on the shelf.")]
    assert told(item.room, after=1) == ["explain", "explain", "restock", "restock", "off_shelf", "on_shelf"]
    assert history() == [
        f"Changed {field} for shelf item “Tea”."
        for field in ("being explained", "being explained", "stock", "stock", "on the shelf", "on the shelf")
    ]


def test_a_row_shows_what_an_item_costs_now(browser: Client, item: ShelfItem) -> None:
    """While a sale runs, and until when."""

    def shown(**changes: Any) -> list[str]:
        with RoomTransaction(item.room_id) as tx:
            shelf.item_update(tx, item_id=item.pk, changes=changes)
        page = browser.get(reverse(CHANGE, args=[item.room_id])).text
        return re.findall(r'<span class="sale">([^<]*)</span>', page)

    now = timezone.now()
    before, after, later = now - timedelta(hours=1), now + timedelta(days=40), now + timedelta(days=41)
    (text,) = shown(sale_price=Decimal("9.50"), sale_starts_at=before, sale_ends_at=after)
    assert text == f"now ¥9.50 until {date_format(timezone.localtime(after), 'SHORT_DATETIME_FORMAT')}"
    assert shown(sale_starts_at=after, sale_ends_at=later) == []
    assert shown(sale_price=None, sale_starts_at=None, sale_ends_at=None) == []


@pytest.mark.parametrize("price", ["0", "0.00", "-1"])
def test_nothing_new_is_sold_for_nothing(browser: Client, room: Room, price: str) -> None:
    """A price of 0 is a slip."""
    data = {"new-title": "Plum wine", "new-price": price, "new-stock": "5"}
    response = browser.post(reverse("admin:rooms_room_new_item", args=[room.pk]), data)
    assert "Ensure this value is greater than or equal to 0.01." in response.text
    assert not Product.objects.exists()


def test_a_save_names_the_item(browser: Client, item: ShelfItem) -> None:
    """Whose price it was."""
    page = Page(browser, CHANGE, item.room_id)
    assert page.save({"shelf-0-price": "18.50"}) == "Saved: price of Tea."
    assert Page(browser, CHANGE, item.room_id).save({"shelf-0-DELETE": "on"}) == "Saved: removed: Tea."


def test_a_button_pressed_again_changes_nothing(browser: Client, item: ShelfItem) -> None:
    """Two operators press the same one: both are told what is so."""
    assert press(browser, item, "on") == [("success", "“Tea” is on the shelf.")]
    assert (told(item.room, after=1), history()) == ([], [])


@pytest.mark.parametrize(
    ("action", "fields", "text"),
    [
        ("stock", {"change": "-51"}, "There are not that many pieces."),
        ("stock", {"change": "x"}, "This is no whole number."),
        ("stock", {}, "This is no whole number."),
        ("move", {"before": "x"}, "This is no whole number."),
        ("move", {"before": "999"}, "This item is not there any more."),
        ("move", {"before": "9" * 30}, "This item is not there any more."),
    ],
)
def test_a_refusal_is_an_error(
    browser: Client, item: ShelfItem, action: str, fields: dict[str, str], text: str
) -> None:
    """And nothing is logged or told."""
    assert press(browser, item, action, **fields) == [("error", text)]
    assert (told(item.room, after=1), history()) == ([], [])


def test_an_item_that_is_off_is_not_explained(browser: Client, item: ShelfItem) -> None:
    """Its row offers it no more; a page that is older is told why not."""
    press(browser, item, "off")
    ((level, text),) = press(browser, item, "explain")
    assert (level, text) == ("error", "Only an item on the shelf can be explained.")
    assert address(item, "explain") not in browser.get(reverse(CHANGE, args=[item.room_id])).text


def test_the_shelf_is_sorted_by_buttons(browser: Client, item: ShelfItem) -> None:
    """Up, down, and before another one; told are those that got a position."""
    cup, pot = factories.make_item(item.room, "Cup"), factories.make_item(item.room, "Pot")
    assert press(browser, pot, "up") == [("success", "“Pot” was moved.")]
    assert press(browser, item, "down") == [("success", "“Tea” was moved.")]
    press(browser, cup, "move", before=str(pot.pk))
    press(browser, cup, "move", before="")
    assert list(item.room.shelf.values_list("pk", flat=True)) == [pot.pk, item.pk, cup.pk]
    assert set(told(item.room, after=3)) == {"update"}


def test_an_item_that_is_gone_is_said_to_be(browser: Client, item: ShelfItem) -> None:
    """So is one of another room."""
    other = factories.make_room("other", host=item.room.host)
    for room_id, item_id in ((item.room_id, 999), (other.pk, item.pk), (999, item.pk)):
        url = reverse("admin:rooms_room_item", args=[room_id, item_id, "off"])
        assert said(browser, browser.post(url)) == [("error", "This item is not there any more.")]
    assert told(item.room, after=1) == []


def test_buttons_take_a_post_with_its_token(item: ShelfItem) -> None:
    """A link from elsewhere presses none; it leads to where the button stands."""
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(User.objects.create_superuser("root"))
    assert careful.post(address(item, "off")).status_code == 403
    assert careful.get(address(item, "off"))["Location"] == reverse("admin:rooms_room_change", args=[item.room_id])
    assert ShelfItem.objects.get(pk=item.pk).on_shelf


def test_there_are_no_other_actions(browser: Client, item: ShelfItem) -> None:
    """A name that is none is forbidden."""
    assert browser.post(address(item, "delete")).status_code == 403


@pytest.mark.parametrize("permissions", [("view_room", "view_shelfitem"), ("change_room",), ("change_shelfitem",)])
def test_who_may_not_change_the_shelf_has_no_buttons(item: ShelfItem, permissions: tuple[str, ...]) -> None:
    """It takes the right to change the room and its items."""
    client = member(*permissions, "view_room")
    page = client.get(reverse(CHANGE, args=[item.room_id])).text
    assert f"/shelf/{item.pk}/" not in page
    assert 'form="new-item"' not in page
    for action in ("off", "explain", "stock", "up"):
        assert client.post(address(item, action), {"change": "1"}).status_code == 403
    new = reverse("admin:rooms_room_new_item", args=[item.room_id])
    assert client.post(new, {"new-title": "Cup", "new-price": "1", "new-stock": "1"}).status_code == 403
    assert told(item.room, after=1) == []


def test_a_visitor_is_sent_to_the_login(item: ShelfItem) -> None:
    """Before anything is looked at."""
    response = Client().post(address(item, "off"))
    assert (response.status_code, response["Location"].startswith("/admin/login/")) == (302, True)


def test_a_button_leads_back_to_its_row(browser: Client, item: ShelfItem) -> None:
    """On the page that it stood on; never to another site."""
    page = reverse(CHANGE, args=[item.room_id])
    for asked, leads in (
        (f"{page}?x=1#elsewhere", f"{page}?x=1"),
        ("", page),
        ("https://evil.example/", page),
        ("//evil.example/", page),
    ):
        response = browser.post(address(item, "on"), {"next": asked})
        assert response["Location"] == f"{leads}#item-{item.pk}"
    assert f'id="item-{item.pk}"' in browser.get(page).text


def test_a_new_product_is_on_the_shelf_in_one_go(browser: Client, room: Room) -> None:
    """The product with its list price, the item at the end of the shelf, one event, the history of both."""
    factories.make_item(room)
    url = reverse("admin:rooms_room_new_item", args=[room.pk])
    fields = {"new-title": "Cup <b>", "new-price": "9.5", "new-stock": "7", "new-cover": "/cup.png"}
    assert said(browser, browser.post(url, fields)) == [("success", "“Cup <b>” is new on the shelf.")]
    item = room.shelf.get(product__title="Cup <b>")
    assert (str(item.price), item.stock, item.on_shelf, item.position) == ("9.50", 7, True, 1)
    assert (str(item.product.list_price), item.product.cover) == ("9.50", "/cup.png")
    assert told(room, after=1) == ["on_shelf"]
    assert history() == ["Added.", "Added shelf item “Cup <b>”."]
    assert "Cup &lt;b&gt;" in browser.get(reverse(CHANGE, args=[room.pk])).text


def test_a_new_product_that_is_wrong_is_shown_again(browser: Client, room: Room) -> None:
    """With what was typed, each error on its field; nothing is made."""
    url = reverse("admin:rooms_room_new_item", args=[room.pk])
    response = browser.post(url, {"new-title": "", "new-price": "-1", "new-stock": "many", "new-cover": "/cup.png"})
    assert response.context["form"].errors.keys() == {"title", "price", "stock"}
    assert 'value="/cup.png"' in response.text
    assert (Product.objects.count(), told(room, after=0), history()) == (0, [], [])


def test_a_new_product_for_a_full_shelf_is_refused(
    browser: Client, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the service says; the product is not left behind."""
    monkeypatch.setattr(shelf, "SHELF_MAX", 0)
    url = reverse("admin:rooms_room_new_item", args=[room.pk])
    response = browser.post(url, {"new-title": "Cup", "new-price": "1", "new-stock": "1"})
    assert response.context["form"].non_field_errors() == ["A shelf holds 0 items."]
    assert Product.objects.count() == 0


def test_a_new_product_for_a_room_that_is_not_there(browser: Client, room: Room) -> None:
    """Is said to be missing."""
    response = browser.post(reverse("admin:rooms_room_new_item", args=[999]), {"new-title": "Cup"})
    assert said(browser, response) == [("error", "This room is not there any more.")]


def test_products_show_where_they_are_sold(browser: Client, item: ShelfItem) -> None:
    """Their picture, their rooms with the place on the shelf, and their orders."""
    Product.objects.filter(pk=item.product_id).update(cover="/tea.png")
    for url in (
        reverse("admin:products_product_changelist"),
        reverse("admin:products_product_change", args=[item.product_id]),
    ):
        page = browser.get(url).text
        assert 'src="/tea.png"' in page
        assert f'href="/admin/rooms/room/{item.room_id}/change/#item-{item.pk}"' in page
        assert f"/admin/products/order/?product={item.product_id}" in page


def test_orders_lead_to_room_product_and_buyer(browser: Client, item: ShelfItem, viewer: User) -> None:
    """And are found by each."""
    other = factories.make_item(item.room, "Cup")
    tea, cup = buy(item, 2), buy(other, 1)
    orders = reverse("admin:products_order_changelist")
    page = browser.get(orders).text
    for link in (f"?product={item.product_id}", f"?user={tea.user_id}", f"/admin/rooms/room/{item.room_id}/change/"):
        assert link in page
    for query, found in (
        ({"product": item.product_id}, [tea]),
        ({"user": cup.user_id}, [cup]),
        ({"product": "x"}, [cup, tea]),
        ({"q": tea.number}, [tea]),
        ({"q": cup.user.public_id}, [cup]),
    ):
        assert list(browser.get(orders, query).context["cl"].result_list) == found


def test_a_message_waits_for_the_page_that_it_is_meant_for(browser: Client, item: ShelfItem) -> None:
    """Another window that looks what is so now does not take it."""
    browser.post(address(item, "off"))
    page = reverse(CHANGE, args=[item.room_id])
    assert "is off the shelf" not in browser.get(page, headers={"X-Look": "1"}).content.decode()
    assert "“Tea” is off the shelf." in browser.get(page).content.decode()


def test_a_new_product_that_is_sent_twice(browser: Client, room: Room) -> None:
    """By a double click is one; later, or at another price, it is another."""
    url = reverse("admin:rooms_room_new_item", args=[room.pk])
    sent = {"new-title": "Cup", "new-price": "1", "new-stock": "1"}
    for changes, count in (({}, 1), ({}, 1), ({"new-price": "2"}, 2), ({"new-title": "Mug"}, 3)):
        response = browser.post(url, {**sent, **changes})
        assert response.status_code == 302
        assert Product.objects.count() == ShelfItem.objects.filter(room=room).count() == count
    Product.objects.update(created_at=timezone.now() - timedelta(seconds=11))
    browser.post(url, sent)
    assert Product.objects.count() == 4
