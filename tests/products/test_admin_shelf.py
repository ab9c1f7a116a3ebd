"""A room with more items than its page shows, and the list in which they all are."""

import re
from typing import Any

import pytest
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse

from products import admin_shelf
from products.models import Product, ShelfItem
from products.selectors import OFF_SHOWN, SHELF_MAX
from rooms.models import Room
from tests import factories
from tests.admin_pages import Page, act, frames, history, member

CHANGE = "admin:rooms_room_change"
LIST = "admin:products_shelfitem_changelist"
MANY = 1000


@pytest.fixture
def stored(room: Room) -> list[ShelfItem]:
    """Many items off the shelf, Old 0 to Old 999."""
    products = Product.objects.bulk_create(Product(title=f"Old {n}", list_price="1.00") for n in range(MANY))
    rows = (ShelfItem(room=room, product=row, price="1.00", stock=9, position=n) for n, row in enumerate(products))
    return ShelfItem.objects.bulk_create(rows)


def shown(page: Page) -> list[int]:
    return [int(pk) for pk in re.findall(r'data-item="(\d+)"', page.text)]


def titles(room: Room) -> list[str]:
    return [item.product.title for item in room.shelf.filter(on_shelf=True).select_related("product")]


def test_many_items_off_the_shelf(
    browser: Client, room: Room, stored: list[ShelfItem], django_assert_max_num_queries: Any
) -> None:
    """The page has the shelf and the newest of the others, and says where the rest is; a save touches no more."""
    ShelfItem.objects.filter(pk__in=[stored[3].pk, stored[500].pk]).update(on_shelf=True)
    with django_assert_max_num_queries(20):
        page = Page(browser, CHANGE, room.pk)
    newest = [item.pk for item in stored[-OFF_SHOWN:]]
    assert shown(page) == [stored[3].pk, stored[500].pk, *newest]
    assert len(page.values) < 30 * (OFF_SHOWN + 2)
    assert "978 items off the shelf are not shown here." in page.text
    assert f'href="{reverse(LIST)}?room={room.pk}">List of the room&#x27;s items (1000)' in page.text.replace(
        "'", "&#x27;"
    )
    before = list(ShelfItem.objects.exclude(pk=stored[3].pk).order_by("pk").values())
    with django_assert_max_num_queries(45):
        assert page.save({"shelf-0-price": "2.50"}) == "Saved: price of Old 3."
    assert list(ShelfItem.objects.exclude(pk=stored[3].pk).order_by("pk").values()) == before
    assert ShelfItem.objects.get(pk=stored[3].pk).price == 2.5


def test_a_row_that_is_not_shown_any_more_is_saved(browser: Client, room: Room, stored: list[ShelfItem]) -> None:
    """An open page has rows that newer ones have taken the place of since."""
    page = Page(browser, CHANGE, room.pk)
    for number in range(OFF_SHOWN):
        factories.make_item(room, f"Newer {number}", on_shelf=False)
    assert not {item.pk for item in stored} & set(shown(Page(browser, CHANGE, room.pk)))
    assert page.save({"shelf-0-on_shelf": "on"}) == f"Saved: on the shelf of Old {MANY - OFF_SHOWN}."
    assert titles(room) == [f"Old {MANY - OFF_SHOWN}"]


def test_what_was_taken_off_last_stays_on_the_page(browser: Client, room: Room, stored: list[ShelfItem]) -> None:
    """However old it is: of those off the shelf the one that was moved longest ago gives way."""
    for action in ("on", "off"):
        browser.post(reverse("admin:rooms_room_item", args=[room.pk, stored[5].pk, action]))
    newest = [item.pk for item in stored[-OFF_SHOWN + 1 :]]
    assert shown(Page(browser, CHANGE, room.pk)) == [stored[5].pk, *newest]


def test_an_item_that_is_long_off_the_shelf_is_edited(browser: Client, room: Room, stored: list[ShelfItem]) -> None:
    """The room's page shows it where it is asked for, saves it, and goes on showing it; a button leads back to it."""
    newest = [item.pk for item in stored[-OFF_SHOWN:]]
    page = Page(browser, CHANGE, room.pk, item=stored[5].pk)
    assert shown(page) == [stored[5].pk, *newest]
    assert "979 items off the shelf are not shown here." in page.text
    assert page.text.count(f'name="next" value="{page.url}"') == 3
    assert page.refused({"shelf-0-price": "0"}) == ["Ensure this value is greater than or equal to 0.01."]
    assert shown(page) == [stored[5].pk, *newest]
    response = page.post({"shelf-0-price": "2.50"})
    assert (response.status_code, response.headers["Location"]) == (302, page.url)
    assert ShelfItem.objects.get(pk=stored[5].pk).price == 2.5
    refused = browser.post(reverse("admin:rooms_room_new_item", args=[room.pk]), {"next": page.url})
    assert f'name="next" value="{page.url}"' in refused.text


def test_nothing_else_is_shown_that_is_asked_for(browser: Client, room: Room, stored: list[ShelfItem]) -> None:
    """What is no key, or another room's."""
    other = factories.make_item(factories.make_room("other"), on_shelf=False)
    for asked in ("", "x", "-1", "0", "9" * 40, 10**18, other.pk):
        assert shown(Page(browser, CHANGE, room.pk, item=asked)) == [item.pk for item in stored[-OFF_SHOWN:]]


def test_an_item_is_found_in_its_room(browser: Client, room: Room, stored: list[ShelfItem]) -> None:
    """The list of items leads there, and so does its product."""
    for item, query in ((stored[555], f"?item={stored[555].pk}"), (factories.make_item(room), "")):
        leads = f'href="{reverse(CHANGE, args=[room.pk])}{query}#item-{item.pk}"'
        assert leads in browser.get(reverse(LIST), {"q": item.product.title}).text
        assert leads in browser.get(reverse("admin:products_product_change", args=[item.product_id])).text


def test_the_list_puts_items_on_the_shelf(browser: Client, room: Room, stored: list[ShelfItem]) -> None:
    """By the button of its row, of the one room, looked for by its title; and off again."""
    other = factories.make_item(factories.make_room("other"), "Old 77 elsewhere", on_shelf=False)
    address = f"{reverse(LIST)}?room={room.pk}&q=Old+77"
    text = browser.get(address).text
    button = reverse("admin:products_shelfitem_do", args=[stored[77].pk, "put_on"])
    assert f'formaction="{button}"' in text
    assert other.product.title not in text
    response = browser.post(button, {"next": address})
    assert response.status_code == 302
    assert response.headers["Location"] == f"{address}#shelfitem-{stored[77].pk}"
    assert titles(room) == ["Old 77"]
    assert [(frame["action"], frame["item"]["title"]) for frame in frames(room)] == [("on_shelf", "Old 77")]
    assert history() == ["Changed on the shelf for shelf item “Old 77”."]
    assert reverse("admin:products_shelfitem_do", args=[stored[77].pk, "take_off"]) in browser.get(address).text
    assert act(browser, LIST, "take_off", stored[77].pk) == [("success", "“Old 77” is off the shelf.")]
    assert titles(room) == []


def test_several_are_put_on_the_shelf(browser: Client, room: Room, stored: list[ShelfItem]) -> None:
    """As far as there is room; of the rest it is said."""
    keys = [item.pk for item in stored[: SHELF_MAX + 5]]
    assert act(browser, LIST, "put_on", *keys[:2]) == [("success", "2 items were put on the shelf.")]
    assert act(browser, LIST, "put_on", *keys) == [
        ("error", "Demo: A shelf holds 200 items."),
        ("success", "198 items were put on the shelf."),
    ]
    assert act(browser, LIST, "put_on", keys[0]) == [("warning", "0 items were put on the shelf.")]
    assert act(browser, LIST, "take_off", *keys[:3]) == [("success", "3 items were taken off the shelf.")]
    assert room.shelf.filter(on_shelf=True).count() == SHELF_MAX - 3


def test_an_item_that_is_gone_stops_no_other(
    browser: Client, room: Room, stored: list[ShelfItem], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was removed while the others were chosen."""
    by_room = admin_shelf._by_room

    def remove(chosen: QuerySet[ShelfItem]) -> dict[int, list[int]]:
        found = by_room(chosen)
        ShelfItem.objects.filter(pk=stored[0].pk).delete()
        return found

    monkeypatch.setattr(admin_shelf, "_by_room", remove)
    assert act(browser, LIST, "put_on", *(item.pk for item in stored[:3])) == [
        ("error", "Demo: This item is not there any more."),
        ("success", "2 items were put on the shelf."),
    ]
    assert titles(room) == ["Old 1", "Old 2"]


def test_who_may_not_change_the_shelf_has_no_buttons(room: Room, stored: list[ShelfItem]) -> None:
    """He may look at the list."""
    browser = member("view_shelfitem", "view_room")
    button = reverse("admin:products_shelfitem_do", args=[stored[-1].pk, "put_on"])
    text = browser.get(f"{reverse(LIST)}?room={room.pk}").text
    assert stored[-1].product.title in text
    assert button not in text
    assert browser.post(button).status_code == 403


def test_an_item_moves_by_what_is_shown(browser: Client, room: Room, stored: list[ShelfItem]) -> None:
    """Its neighbour is the next one on the page, whatever stands between them; a place dragged to is a place there."""
    ShelfItem.objects.filter(pk__in=[item.pk for item in (stored[3], stored[500], stored[700])]).update(on_shelf=True)

    def press(index: int, action: str, **fields: str) -> list[str]:
        browser.post(reverse("admin:rooms_room_item", args=[room.pk, stored[index].pk, action]), fields)
        return titles(room)

    assert press(500, "up") == ["Old 500", "Old 3", "Old 700"]
    assert press(500, "up") == ["Old 500", "Old 3", "Old 700"]
    assert press(500, "down") == ["Old 3", "Old 500", "Old 700"]
    assert press(3, "move", before=str(stored[700].pk)) == ["Old 500", "Old 3", "Old 700"]
    assert press(500, "move") == ["Old 3", "Old 700", "Old 500"]


def test_a_move_leaves_what_is_not_shown(browser: Client, room: Room, stored: list[ShelfItem]) -> None:
    """It keeps its position: put on the shelf it stands there, and is moved as any other. It can be a place, too."""
    ShelfItem.objects.filter(pk__in=[item.pk for item in (stored[3], stored[500], stored[501])]).update(on_shelf=True)

    def press(index: int, action: str, **fields: str) -> list[str]:
        browser.post(reverse("admin:rooms_room_item", args=[room.pk, stored[index].pk, action]), fields)
        return titles(room)

    hidden = ShelfItem.objects.filter(pk__in=[item.pk for item in stored[:-OFF_SHOWN]], on_shelf=False)
    before = list(hidden.values_list("pk", "position"))
    assert press(501, "move", before=str(stored[3].pk)) == ["Old 501", "Old 3", "Old 500"]
    assert press(3, "move") == ["Old 501", "Old 500", "Old 3"]
    assert list(hidden.values_list("pk", "position")) == before
    assert press(502, "on") == ["Old 501", "Old 500", "Old 502", "Old 3"]
    assert press(502, "up") == ["Old 501", "Old 502", "Old 500", "Old 3"]
    assert press(501, "move", before=str(stored[700].pk)) == ["Old 502", "Old 500", "Old 501", "Old 3"]
