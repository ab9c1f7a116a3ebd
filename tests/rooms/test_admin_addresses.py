"""Addresses of the administration that nobody was given: whatever stands in them, they are answered."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.admin_lists import key
from accounts.models import User
from products.models import POSITION_MAX, Product, ShelfItem
from rooms.models import Room
from tests import factories
from tests.admin_pages import Page
from tests.api import JSON, as_user

LISTS = ("rooms_comment", "rooms_follow", "rooms_sanction", "products_order", "products_product", "accounts_user")
NINES = "9" * 23


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    "query", [f"room={NINES}", f"user={NINES}", f"product={NINES}", f"p={'9' * 5000}", "p=0", "state=%00", "room=%00"]
)
def test_a_list(browser: Client, name: str, query: str) -> None:
    """Of a key that no row can have, a page that no list has, or a state that there is none of."""
    response = browser.get(f"{reverse(f'admin:{name}_changelist')}?{query}")
    # What a list does not know it leads away from.
    assert response.status_code in (200, 302)


@pytest.mark.parametrize("name", ["rooms_room", "products_product", "accounts_user"])
@pytest.mark.parametrize("pk", ["9" * 30, "9" * 19, "\u0663", "x", "0"])
def test_a_form_of_nothing(browser: Client, name: str, pk: str) -> None:
    """It is said that there is no such row."""
    response = browser.post(reverse(f"admin:{name}_change", args=[pk]), {})
    assert (response.status_code, response["Location"]) == (302, reverse("admin:index"))


@pytest.mark.parametrize("named", [NINES, "x", "\u0663"])
@pytest.mark.parametrize("form", ["rooms_room_add", "rooms_sanction_add"])
def test_an_empty_form(browser: Client, form: str, named: str) -> None:
    """Whose address names a row that there can be none of, is empty there."""
    assert browser.get(f"{reverse(f'admin:{form}')}?host={named}&user={named}&room={named}").status_code == 200


@pytest.mark.parametrize("named", [NINES, "x", "\u0663"])
@pytest.mark.parametrize(
    ("name", "action"), [("rooms_room", "pause"), ("rooms_comment", "remove"), ("accounts_user", "revoke_tokens")]
)
def test_an_action_on_nothing(browser: Client, room: Room, name: str, action: str, named: str) -> None:
    """Rows that there can be none of are not among those chosen; others are."""
    sent = {"action": action, "_selected_action": [named, str(room.pk)], "index": "0"}
    assert browser.post(reverse(f"admin:{name}_changelist"), sent).status_code == 302
    if name == "rooms_room":
        assert Room.objects.get().status == "paused"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1", 1),
        ("007", 7),
        (str(2**63 - 1), 2**63 - 1),
        (str(2**63), None),
        ("9" * 5000, None),
        ("0" * 5000, 0),
        ("-1", None),
        ("\u0663", None),
        ("", None),
        (None, None),
    ],
)
def test_a_key(text: str | None, found: int | None) -> None:
    """Is what the database takes as one."""
    assert key(text) == found


def test_the_rooms_of_a_host_are_locked_before_he_is(browser: Client, room: Room, host: User) -> None:
    """In the order of all who write there, of ended rooms too; or each would wait for the other."""
    factories.make_room("second", host=host, status="ended")
    page = Page(browser, "admin:accounts_user_change", host.pk)
    with CaptureQueriesContext(connection) as queries:
        page.save({"username": "host", "nickname": "New"})
    made = [query["sql"] for query in queries]
    heads = next(at for at, sql in enumerate(made) if 'FROM "rooms_roomhead"' in sql)
    himself = next(at for at, sql in enumerate(made) if 'FROM "accounts_user"' in sql and f'"id" = {host.pk}' in sql)
    assert f"IN ({room.pk}, {Room.objects.get(slug='second').pk})" in made[heads]
    assert heads < himself


BAD = ["javascript:alert(1)", "//evil.example/x.png", "ftp://example.org/", "https://", "/a b", "data:text/html,x"]
ADDRESS = 'An address begins with "/", "http://" or "https://".'


@pytest.mark.parametrize("address", BAD)
@pytest.mark.parametrize("field", ["cover", "stream"])
def test_an_address_of_a_room(browser: Client, room: Room, field: str, address: str) -> None:
    """Is one that browsers may be sent to, in the form as in the API."""
    page = Page(browser, "admin:rooms_room_change", room.pk)
    assert page.refused({field: address}) == [ADDRESS]
    answer = as_user(room.host).post(f"/api/rooms/{room.slug}/settings/", {field: address}, content_type=JSON)
    assert (answer.status_code, answer.json()["field"]) == (400, field)
    page.save({field: "https://cdn.example/x"})
    assert getattr(Room.objects.get(), field) == "https://cdn.example/x"


@pytest.mark.parametrize("address", BAD)
@pytest.mark.parametrize("field", ["cover", "link"])
def test_an_address_of_a_product(browser: Client, item: ShelfItem, field: str, address: str) -> None:
    """Likewise."""
    page = Page(browser, "admin:products_product_change", item.product_id)
    assert page.refused({field: address}) == [ADDRESS]
    page.save({field: "/pages/x"})
    assert getattr(Product.objects.get(), field) == "/pages/x"


def test_an_item_has_no_place_behind_all_others(browser: Client, item: ShelfItem) -> None:
    """A position that leaves no room after it is refused in the form and by the API."""
    page = Page(browser, "admin:rooms_room_change", item.room_id)
    said = page.refused({"shelf-0-position": str(POSITION_MAX + 1)})
    assert said == [f"Ensure this value is less than or equal to {POSITION_MAX}."]
    path = f"/api/rooms/{item.room.slug}/shelf/{item.pk}/"
    answer = as_user(item.room.host).patch(path, {"position": POSITION_MAX + 1}, content_type=JSON)
    assert (answer.status_code, answer.json()["field"]) == (400, "position")
