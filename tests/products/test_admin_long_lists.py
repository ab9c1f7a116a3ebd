"""Lists of many rows: opened, paged through, filtered and searched with few queries, and never counted."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from products.models import Order, Product, ShelfItem
from rooms.models import Comment, Follow, Room
from tests import factories

QUERIES = 10
LISTS = ("rooms_comment", "products_order", "products_shelfitem", "rooms_follow", "accounts_user")


@pytest.fixture(params=[400, pytest.param(100_000, marks=[pytest.mark.long, pytest.mark.timeout(600)])])
def many(request: pytest.FixtureRequest, transactional_db: None) -> int:
    """So many comments, orders, items, follows and users, in two rooms; the second has few of them."""
    count: int = request.param
    item = factories.make_item(factories.make_room())
    other = factories.make_item(factories.make_room("other"))
    users = User.objects.bulk_create(
        (User(username=f"v{n}", public_id=f"{n:016x}", nickname=f"Viewer {n}") for n in range(count)), batch_size=5000
    )
    began = timezone.now() - timedelta(days=20)
    rows = [(n, user, other if n % 1000 == 7 else item, began + timedelta(seconds=n)) for n, user in enumerate(users)]
    Comment.objects.bulk_create((comment(*row) for row in rows), batch_size=5000)
    Order.objects.bulk_create((order(*row) for row in rows), batch_size=5000)
    Follow.objects.bulk_create(
        (Follow(host=i.room.host, user=user, room=i.room, created_at=at) for _, user, i, at in rows), batch_size=5000
    )
    goods = Product.objects.bulk_create((product(n) for n in range(count)), batch_size=5000)
    # The second room has an item already.
    places = ((row, other.room if n % 1000 == 7 and n > 7 else item.room) for n, row in enumerate(goods))
    ShelfItem.objects.bulk_create((ShelfItem(product=row, room=room, price=1) for row, room in places), batch_size=5000)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    return count


def comment(n: int, user: User, item: ShelfItem, at: Any) -> Comment:
    state = Comment.State.REMOVED if n == 11 else Comment.State.SHOWN
    text = "a needle" if n == 3 else f"comment {n}"
    said = {"nickname": user.nickname, "role": "viewer", "content": text, "state": state}
    return Comment(room=item.room, show=1, user=user, created_at=at, **said)


def order(n: int, user: User, item: ShelfItem, at: Any) -> Order:
    status = Order.Status.PAID if n == 11 else Order.Status.PENDING
    title = "a needle" if n == 3 else "Tea"
    paid = {"quantity": 1, "price": 1, "total": 1, "status": status, "title": title}
    bought = {"room": item.room, "item": item, "user": user, "client_order_id": "k"}
    return Order(number=f"N{n}", created_at=at, **bought, **paid)


def product(n: int) -> Product:
    return Product(title="a needle" if n == 3 else f"Product {n}", list_price=1)


def opened(browser: Client, name: str, **query: Any) -> Any:
    """A list as its page shows it: at most QUERIES, none of which counts."""
    with CaptureQueriesContext(
        connection,
    ) as asked:
        response = browser.get(reverse(f"admin:{name}_changelist"), query)
    assert response.status_code == 200
    assert len(asked) <= QUERIES, [each["sql"] for each in asked]
    assert [each["sql"] for each in asked if "COUNT(" in each["sql"].upper()] == []
    return response


def test_lists_open_and_are_paged_through(browser: Client, many: int) -> None:
    """They say that there are more, and know the pages ahead; a page beyond the end leads back."""
    for name in LISTS:
        first = opened(browser, name)
        assert str(first.context["cl"].result_count) == "250+"
        assert "250+" in first.text
        second = opened(browser, name, p=2)
        keys = [row.pk for page in (first, second) for row in page.context["cl"].result_list]
        assert (len(keys), keys) == (100, sorted(keys, reverse=True))
        last = opened(browser, name, p=-(-many // 50))
        assert int(last.context["cl"].result_count) >= many
        assert "+" not in str(last.context["cl"].result_count)
        for beyond in ("999999", "9" * 40):
            response = browser.get(reverse(f"admin:{name}_changelist"), {"p": beyond})
            assert (response.status_code, response["Location"]) == (302, f"{reverse(f'admin:{name}_changelist')}?e=1")


SEARCHES: list[tuple[str, dict[str, str], int | None]] = [
    ("rooms_comment", {"q": "needle"}, 1),
    ("rooms_comment", {"q": f"{3:016x}"}, 1),
    ("rooms_comment", {"q": "nothing at all"}, 0),
    ("rooms_comment", {"state__exact": "removed"}, 1),
    ("rooms_comment", {"user": "{user}"}, 1),
    ("rooms_comment", {"room": "{room}"}, None),
    ("products_order", {"q": "needle"}, 1),
    ("products_order", {"q": "N3"}, 1),
    ("products_order", {"status__exact": "paid"}, 1),
    ("products_order", {"product": "{product}"}, None),
    ("products_order", {"room": "{room}"}, None),
    ("products_shelfitem", {"q": "needle"}, 1),
    ("products_shelfitem", {"on_shelf__exact": "1"}, 2),
    ("products_shelfitem", {"room": "{room}"}, None),
    ("rooms_follow", {"q": f"{3:016x}"}, 1),
    ("rooms_follow", {"room": "{room}"}, None),
    ("accounts_user", {"q": f"{3:016x}"}, 1),
]
"""A list, what is asked of it, and how many it has; None: those of the second room."""


def test_lists_are_filtered_and_searched(browser: Client, many: int) -> None:
    """They have exactly as many as there are, when these are few."""
    other = ShelfItem.objects.get(room__slug="other", on_shelf=True)
    user = User.objects.get(username="v3")
    values = {"room": other.room_id, "product": other.product_id, "user": user.pk}
    for name, query, found in SEARCHES:
        rows = opened(browser, name, **{key: value.format(**values) for key, value in query.items()}).context["cl"]
        expected = found if found is not None else -(-(many - 7) // 1000)
        assert (len(rows.result_list), rows.result_count) == (min(expected, 50), expected), (name, query)


def test_users_are_chosen_from_many(browser: Client, many: int) -> None:
    """An autocomplete field asks for a page of choices, and counts nothing either."""
    asked = {"app_label": "rooms", "model_name": "room", "field_name": "host", "term": "Viewer", "page": "2"}
    with CaptureQueriesContext(connection) as queries:
        answer = browser.get(reverse("admin:autocomplete"), asked).json()
    assert (len(answer["results"]), answer["pagination"]["more"]) == (20, True)
    assert [each["sql"] for each in queries if "COUNT(" in each["sql"].upper()] == []


def test_a_room_among_many_orders_and_changes(browser: Client, many: int) -> None:
    """Its page, the list of rooms and the first page cost the same, however much was sold, said and changed."""
    room = Room.objects.get(slug="demo")
    kind, root = ContentType.objects.get_for_model(Room), User.objects.get(username="root")
    LogEntry.objects.bulk_create(
        (LogEntry(user=root, content_type=kind, object_id=str(room.pk), action_flag=CHANGE) for _ in range(many)),
        batch_size=5000,
    )
    for url, limit in (
        (reverse("admin:index"), QUERIES),
        (reverse("admin:rooms_room_changelist"), QUERIES),
        (reverse("admin:rooms_room_change", args=[room.pk]), 16),
    ):
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(url).status_code == 200
        assert len(asked) <= limit, [each["sql"] for each in asked]
