"""`manage.py demo`: two rooms to look at, made once."""

import re
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connections
from django.db.models import Sum
from django.test import Client

from accounts.models import User
from liveroom.demo import make
from liveroom.demo.content import EVENING, GOODS, MORNING, SHOWS, VIEWERS, Show
from liveroom.demo.views import PICTURES
from liveroom.language import language_of_environment
from liveroom.management.commands import demo
from products.models import Order, Product, ShelfItem
from rooms.models import Comment, Event, Follow, Room, RoomHead
from tests.api import ok
from tests.servers import run_python

pytestmark = pytest.mark.django_db(transaction=True)

THERE = "".join(f"The room “{show.slug}” is there already; nothing was changed.\n" for show in SHOWS)
ADDRESS = re.compile(r"/pictures/[a-z0-9-]+\.svg")
LANGUAGES = ("en", "zh")


def run(language: str = "en") -> str:
    """Run the command and return what it says."""
    said = StringIO()
    call_command("demo", language=language, stdout=said)
    return said.getvalue()


def everything() -> list[Any]:
    """All rows that the command could touch."""
    models = (User, Room, RoomHead, Product, ShelfItem, Comment, Follow, Order, Event)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_it_says_what_it_made_and_where_to_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line for each room."""
    monkeypatch.setenv("HOST", "0.0.0.0")
    monkeypatch.setenv("PORT", "81")
    assert run() == (
        "Made the room “demo” (live): 12 items, 23 comments. http://127.0.0.1:81/rooms/demo/\n"
        "Made the room “morning” (scheduled): 5 items, 3 comments. http://127.0.0.1:81/rooms/morning/\n"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_room_to_look_at(client: Client, language: str) -> None:
    """Live, with a notice, a pin, likes, followers, a full shelf and an hour of talk, all in one language."""
    run(language)
    room = ok(client.get("/api/rooms/demo/"))
    assert (room["status"], room["show"], room["followers"]) == ("live", 1, len(EVENING.follows))
    assert room["host"]["user"]["nickname"] == EVENING.host_name[language]
    assert (room["title"], room["notice"]) == (EVENING.title[language], EVENING.notice[language])
    assert room["pinned"]["content"] == EVENING.said[EVENING.pinned or 0].text[language]
    comments = ok(client.get("/api/rooms/demo/comments/"))["results"]
    names = {-1: EVENING.host_name[language]} | {number: name[language] for number, name in enumerate(VIEWERS)}
    assert [(comment["user"]["nickname"], comment["content"]) for comment in comments] == [
        (names[said.who], said.text[language]) for said in EVENING.said
    ]
    assert {comment["user"]["role"] for comment in comments} == {"host", "viewer"}
    assert Room.objects.get(slug="demo").head.likes == 1288


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_shelf_that_shows_what_there_is(client: Client, language: str) -> None:
    """One item explained, one on sale, one sold out, one with a limit, and what was sold was ordered."""
    run(language)
    shelf = ok(client.get("/api/rooms/demo/shelf/"))["results"]
    assert [item["title"] for item in shelf] == [GOODS[name].title[language] for name in EVENING.goods]
    assert [item["explaining"] for item in shelf] == [True] + 11 * [False]
    assert [item["stock"] for item in shelf].count(0) == 1
    assert [item["limit_per_user"] for item in shelf].count(2) == 1
    ordered = dict(Order.objects.values_list("item").annotate(Sum("quantity")))
    assert {item["id"]: item["sold"] for item in shelf if item["sold"]} == ordered
    assert len(ordered) == len({order.goods for order in EVENING.orders})


def test_sales_that_run_and_that_are_to_begin() -> None:
    """By the clock of the moment at which the room was made."""
    run()
    newest = Comment.objects.latest("created_at").created_at
    sales = ShelfItem.objects.filter(sale_price__isnull=False)
    assert sales.filter(sale_starts_at__lte=newest + timedelta(minutes=2), sale_ends_at__gt=newest).count() == 1
    assert sales.filter(sale_starts_at__gt=newest + timedelta(hours=2)).count() == 1


def test_the_room_that_is_to_begin(client: Client) -> None:
    """Scheduled, another host, its own shelf with some of the same products."""
    run()
    room = ok(client.get("/api/rooms/morning/"))
    assert (room["status"], room["host"]["user"]["nickname"]) == ("scheduled", "Tao")
    shelf = ok(client.get("/api/rooms/morning/shelf/"))["results"]
    assert [item["title"] for item in shelf] == [GOODS[name].title["en"] for name in MORNING.goods]
    assert Product.objects.count() == len(GOODS)


def test_the_history_is_of_the_last_hour(client: Client) -> None:
    """In the order of its numbers, none in the future, without a gap."""
    run()
    for show in SHOWS:
        answer = ok(client.get(f"/api/rooms/{show.slug}/events/?since=0"))
        times = [event["ts"] for event in answer["events"]]
        assert times == sorted(times)
        assert [event["seq"] for event in answer["events"]] == list(range(1, answer["seq"] + 1))
        assert 30 * 60_000 < times[-1] - times[0] < 60 * 60_000
        assert times[-1] <= time.time() * 1000


def test_every_picture_is_there(client: Client) -> None:
    """Covers and avatars lead to pictures of this server, that no page's policy forbids and that load nothing."""
    run()
    addresses = {
        *Product.objects.values_list("cover", flat=True),
        *Room.objects.values_list("cover", flat=True),
        *User.objects.values_list("avatar", flat=True),
    }
    assert len(addresses) == 12 + 2 + 8
    for address in addresses:
        assert ADDRESS.fullmatch(address), address
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer["Content-Type"] == "image/svg+xml"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert "max-age=3600" in answer["Cache-Control"]


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_a_picture(name: str) -> None:
    """Well-formed, of its size, with each paint that it uses, no script, nothing from elsewhere; always the same."""
    text = PICTURES[name]().render()
    assert text == PICTURES[name]().render()
    root = ElementTree.fromstring(text)  # noqa: S314 - our own
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    sizes = {"room-evening": ("720", "1280"), "room-morning": ("720", "1280")}
    person = ("160", "160") if name.startswith(("host", "viewer")) else ("400", "400")
    assert (root.get("width"), root.get("height")) == sizes.get(name, person)
    paints = {element.get("id") for element in root.iter() if element.get("id")}
    assert set(re.findall(r"url\(#(\w+)\)", text)) <= paints
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {
        "svg", "defs", "linearGradient", "radialGradient", "stop", "rect", "circle", "ellipse", "path", "g",
    }  # fmt: skip
    assert "href" not in text
    assert len(text) < 40_000


def test_a_picture_that_there_is_not(client: Client) -> None:
    assert client.get("/pictures/elephant.svg").status_code == 404
    assert client.post("/pictures/tea.svg").status_code == 405


def test_a_second_run_changes_nothing() -> None:
    """Not a row, and no new event; in the other language too."""
    run()
    before = everything()
    assert run() == THERE
    assert "未做任何改动" in run("zh")
    assert everything() == before


def test_what_the_operator_made_of_it_stays() -> None:
    """Changed, renamed and deleted things do not come back."""
    run()
    Room.objects.update(title="Ours", status="ended")
    Order.objects.all().delete()
    ShelfItem.objects.all().delete()
    Product.objects.exclude(cover__endswith="tea.svg").delete()
    before = everything()
    assert run() == THERE
    assert everything() == before


def test_a_room_of_that_name_is_taken_as_it_is() -> None:
    """Whoever made it; the other one is made."""
    ours = Room.objects.create(slug="demo", title="Ours", host=User.objects.create_user())
    assert run().startswith(THERE.splitlines()[0] + "\nMade the room “morning”")
    assert (Room.objects.get(pk=ours.pk).title, ours.shelf.count(), ours.events.count()) == ("Ours", 0, 0)


def test_a_deleted_room_is_made_again_with_what_is_left() -> None:
    """Its users and products are taken as they are, not made twice."""
    run()
    User.objects.filter(username="demo-host").update(nickname="Wang")
    Product.objects.filter(cover__endswith="tea.svg").update(list_price=1)
    Order.objects.all().delete()
    Room.objects.get(slug="demo").delete()
    run()
    room = Room.objects.get(slug="demo")
    assert (room.host.nickname, User.objects.count(), Product.objects.count()) == ("Wang", 8, 12)
    assert room.shelf.get(product__cover__endswith="tea.svg").product.list_price == 1


def test_two_at_once_make_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both see no room, and both begin; one says that it is there already."""
    both_look = threading.Barrier(2, timeout=30)
    looked = threading.local()
    exists: Callable[[Show], bool] = make._exists

    def look(show: Show) -> bool:
        found = exists(show)
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

    monkeypatch.setattr(make, "_exists", look)
    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said) == 2
    assert sorted(line.startswith("Made") for text in said for line in text.splitlines()) == [False, False, True, True]
    assert (Room.objects.count(), ShelfItem.objects.count(), User.objects.count()) == (2, 17, 8)


def test_a_room_that_appears_at_the_last_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database refuses the second one; nothing of it is left."""
    run()
    before = everything()
    answers = iter([False, False, True, True])
    monkeypatch.setattr(make, "_exists", lambda show: next(answers))
    assert run() == THERE
    assert everything() == before


def test_another_conflict_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a room that is there explains why it could not be made."""

    def fail(self: make.Maker) -> None:
        raise IntegrityError("something else")

    monkeypatch.setattr(make.Maker, "make", fail)
    with pytest.raises(IntegrityError, match="something else"):
        run()


def test_a_language_that_there_is_not() -> None:
    with pytest.raises(CommandError, match="invalid choice: 'fr'"):
        call_command("demo", "--language", "fr")


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "zh_TW"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "de_DE"}, "en"),
    ],
)
def test_the_language_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], language: str
) -> None:
    """Chinese where it is; else English."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert language_of_environment() == language


def test_a_database_without_tables(tmp_path: Path) -> None:
    """One line says what to do."""
    environment = {"DEBUG": "1", "DATABASE_URL": f"sqlite:///{tmp_path}/new.sqlite3", "LANG": "C.UTF-8"}
    done = run_python("manage.py", "demo", environment=environment)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "CommandError: The database is not set up. Run manage.py migrate, or make run, first.\n"


def test_a_fault_of_a_database_that_is_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not mistaken for one that is not."""

    def fail(show: Show, language: str) -> bool:
        raise DatabaseError("disk I/O error")

    monkeypatch.setattr(demo, "show_create", fail)
    with pytest.raises(DatabaseError, match="disk"):
        run()
