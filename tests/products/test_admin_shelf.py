"""A room with more items than its page shows, and the list in which they all are."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

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
    assert response.headers["Location"] == f"{address}#row-{stored[77].pk}"
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
