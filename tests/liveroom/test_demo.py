"""`manage.py demo`: a room to look at, made once."""

import threading
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.db import IntegrityError, connections
from django.test import Client

from accounts.models import User
from liveroom.management.commands import demo
from products.models import Product, ShelfItem
from rooms.models import Comment, Event, Room, RoomHead
from tests.api import ok

pytestmark = pytest.mark.django_db(transaction=True)

THERE = "The room “demo” is there already; nothing was changed.\n"


def run() -> str:
    """Run the command and return what it says."""
    said = StringIO()
    call_command("demo", stdout=said)
    return said.getvalue()


def everything() -> list[Any]:
    """All rows that the command could touch."""
    models = (User, Room, RoomHead, Product, ShelfItem, Comment, Event)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_a_room_to_look_at(client: Client) -> None:
    """Live, with a notice, products on the shelf, one of them explained, and comments."""
    assert run() == "Made the room “demo”: live, with 8 items on its shelf and 5 comments.\n"
    room = ok(client.get("/api/rooms/demo/"))
    assert (room["status"], room["show"], room["host"]["user"]["nickname"]) == ("live", 1, "Lin")
    assert room["notice"] == demo.NOTICE
    shelf = ok(client.get("/api/rooms/demo/shelf/"))["results"]
    assert [item["title"] for item in shelf] == [item.title for item in demo.ITEMS]
    assert [item["explaining"] for item in shelf] == [True] + 7 * [False]
    assert [item["sale"] and item["sale"]["price"] for item in shelf].count("279.00") == 1
    comments = ok(client.get("/api/rooms/demo/comments/"))["results"]
    assert [(comment["user"]["nickname"], comment["content"]) for comment in comments] == [
        (demo.VIEWERS[number], content) for number, content in demo.COMMENTS
    ]
    assert room["seq"] == Event.objects.count()


def test_the_pictures_are_there() -> None:
    """Every cover is one of our static files."""
    run()
    covers = {*Product.objects.values_list("cover", flat=True), *Room.objects.values_list("cover", flat=True)}
    assert len(covers) == 9
    for cover in covers:
        assert finders.find(cover.removeprefix(settings.STATIC_URL)) is not None, cover


def test_a_second_run_changes_nothing() -> None:
    """Not a row, and no new event."""
    run()
    before = everything()
    assert run() == THERE
    assert everything() == before


def test_what_the_operator_made_of_it_stays() -> None:
    """Changed, renamed and deleted things do not come back."""
    run()
    Room.objects.update(title="Ours", status="ended")
    ShelfItem.objects.all().delete()
    Product.objects.exclude(cover__endswith="tea.svg").delete()
    before = everything()
    assert run() == THERE
    assert everything() == before


def test_a_room_of_that_name_is_taken_as_it_is() -> None:
    """Whoever made it."""
    Room.objects.create(slug="demo", title="Ours", host=User.objects.create_user())
    before = everything()
    assert run() == THERE
    assert everything() == before


def test_a_deleted_room_is_made_again_with_what_is_left() -> None:
    """Its users and products are taken as they are, not made twice."""
    run()
    User.objects.filter(username="demo-host").update(nickname="Wang")
    Product.objects.filter(cover__endswith="tea.svg").update(list_price=1)
    Room.objects.all().delete()
    run()
    room = Room.objects.get()
    assert (room.host.nickname, User.objects.count(), Product.objects.count()) == ("Wang", 5, 8)
    assert room.shelf.get(product__cover__endswith="tea.svg").product.list_price == 1


def test_two_at_once_make_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both see no room, and both begin; one says that it is there already."""
    both_look = threading.Barrier(2, timeout=30)
    looked = threading.local()
    exists: Callable[[], bool] = demo._exists

    def look() -> bool:
        found = exists()
        if not getattr(looked, "once", False):
            looked.once = True
            both_look.wait()
        return found

    said: list[str] = []

    def start() -> None:
        try:
            said.append(run())
        finally:
            connections.close_all()

    monkeypatch.setattr(demo, "_exists", look)
    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert THERE in said
    assert len(said) == 2
    assert (Room.objects.count(), ShelfItem.objects.count(), User.objects.count()) == (1, 8, 5)


def test_a_room_that_appears_at_the_last_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database refuses the second one; nothing of it is left."""
    host = User.objects.create_user()
    answers = iter([False, False, True])
    monkeypatch.setattr(demo, "_exists", lambda: next(answers))
    Room.objects.create(slug="demo", title="Ours", host=host)
    before = everything()
    assert run() == THERE
    assert everything() == before


def test_another_conflict_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a room that is there explains why it could not be made."""

    def fail() -> None:
        raise IntegrityError("something else")

    monkeypatch.setattr(demo, "_create", fail)
    with pytest.raises(IntegrityError, match="something else"):
        run()
