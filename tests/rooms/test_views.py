"""The pages as the server writes them; what moves on them is tested in a browser."""

import json
import re
from collections.abc import Awaitable, Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from rooms.models import Room
from rooms.page_texts import TEXTS
from tests import factories
from tests.clients import Viewer, stored

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' http: https:; "
    "media-src 'self' http: https: blob:; connect-src 'self' ws://testserver wss://testserver; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)


class Elements(HTMLParser):
    """All start tags of a page, with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def config_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script id="config" type="application/json">(.*?)</script>', page)
    assert found is not None
    config: dict[str, Any] = json.loads(found[1])
    return config


def get(client: Client, path: str, **options: Any) -> str:
    response = client.get(path, **options)
    assert response.status_code == 200
    return response.content.decode()


def test_the_list_has_live_rooms_first(client: Client, transactional_db: None) -> None:
    """Live, paused, scheduled, ended; the newest first among equals, each with its state and a link."""
    host = factories.make_user("主播")
    for slug, status in (("e", "ended"), ("s", "scheduled"), ("l1", "live"), ("p", "paused"), ("l2", "live")):
        factories.make_room(slug, host=host, title=f"Room {slug}", status=status)
    page = get(client, "/")
    links = [link["href"] for link in Elements(page).all("a") if link.get("class") == "card"]
    assert links == [f"/rooms/{slug}/" for slug in ("l2", "l1", "p", "s", "e")]
    assert re.findall(r'class="card-title">(.*?)<', page) == ["Room l2", "Room l1", "Room p", "Room s", "Room e"]
    badges = re.findall(r'class="badge" data-status="\w+">(.*?)<', page)
    assert badges == ["live", "live", "paused", "soon", "ended"]
    assert page.count('class="card-name">主播<') == page.count('class="card-followers">0 followers<') == 5
    # Where nobody is and nothing is on, nobody need read a zero.
    assert page.count('class="card-online">0 watching<') == 3
    assert "2 rooms are live now" in page


def test_an_empty_list_says_where_rooms_are_made(client: Client, transactional_db: None) -> None:
    """Without rooms there is a sentence, and the link to the administration."""
    page = get(client, "/")
    assert "There are no rooms yet. A room is made in the administration." in page
    assert [link["href"] for link in Elements(page).all("a")][-2:] == ["/admin/", "/api/docs"]


def test_a_long_list_has_pages(client: Client, transactional_db: None) -> None:
    """24 rooms on a page; a page that is none leads to the nearest one."""
    host = factories.make_user("主播")
    for number in range(25):
        factories.make_room(f"r{number}", host=host)
    assert get(client, "/").count('class="card"') == 24
    for last in ("?page=2", "?page=99"):
        page = get(client, f"/{last}")
        assert page.count('class="card"') == 1
        assert "Page 2 of 2" in page


def test_the_list_is_three_queries(
    client: Client, transactional_db: None, django_assert_num_queries: Callable[[int], Any]
) -> None:
    """However many rooms there are: their number, those that are live, and a page of them with hosts and followers."""
    for number in range(5):
        factories.make_room(f"r{number}", host=factories.make_user(f"主播{number}"))
    with django_assert_num_queries(3):
        get(client, "/")


async def test_the_list_knows_who_is_online(
    client: Client, room: Room, enter: Callable[..., Awaitable[Viewer]]
) -> None:
    """Two guests in a room are two who watch."""
    await enter()
    await enter()
    assert ">2 watching<" in await stored(get, client, "/")


@pytest.mark.parametrize(
    ("place", "address"),
    [
        ("/login/", "/login/?next=%2Frooms%2Fdemo%2F%3Fa%3D1"),
        ("/login/?from=room#form", "/login/?from=room&next=%2Frooms%2Fdemo%2F%3Fa%3D1#form"),
        ("https://shop.test/login", "https://shop.test/login?next=http%3A%2F%2Ftestserver%2Frooms%2Fdemo%2F%3Fa%3D1"),
    ],
)
def test_where_to_log_in(client: Client, room: Room, settings: Any, place: str, address: str) -> None:
    """The page's script gets LIVEROOM_LOGIN_URL with the way back; another host is told this one's name too."""
    settings.LIVEROOM_LOGIN_URL = place
    assert config_of(get(client, "/rooms/demo/?a=1"))["login"] == address


def test_a_room_has_title_host_and_what_its_script_needs(client: Client, room: Room) -> None:
    """The page names room and host without any script, and tells the script the socket's path and all texts."""
    page = get(client, "/rooms/demo/")
    assert "<title>Demo · Liveroom</title>" in page
    assert '<h1 id="title">Demo</h1>' in page
    assert '<strong id="host">主播</strong>' in page
    assert '<link rel="stylesheet" href="/static/rooms/stage.css">' in page
    assert config_of(page) == {
        "slug": "demo",
        "path": "/ws/rooms/demo/",
        "comments": "/api/rooms/demo/comments",
        "orders": "/api/orders",
        "history": 50,
        "signed_in": False,
        "readable": [],
        "login": "",
        "texts": {name: str(text) for name, text in TEXTS.items()},
    }


def test_who_is_signed_in_needs_no_token(client: Client, room: Room) -> None:
    """The script is told of the session, and then keeps no guest's token."""
    client.force_login(room.host)
    assert config_of(get(client, "/rooms/demo/"))["signed_in"] is True


def test_a_room_is_there_without_the_last_slash_too(client: Client, room: Room) -> None:
    """Both addresses are the page."""
    assert config_of(get(client, "/rooms/demo"))["path"] == "/ws/rooms/demo/"


def test_pages_carry_a_policy_and_nothing_that_it_forbids(client: Client, room: Room) -> None:
    """Scripts and styles come from files of this server; the page itself has none, in no attribute either."""
    for path in ("/", "/rooms/demo/"):
        response = client.get(path)
        assert response.headers["Content-Security-Policy"] == POLICY
        elements = Elements(response.content.decode())
        assert elements.all("style") == []
        for script in elements.all("script"):
            assert script.get("type") == "application/json" or (script.get("src") or "").startswith("/static/rooms/")
        written = {name for _, attributes in elements.found for name in attributes}
        assert [name for name in written if name == "style" or name.startswith("on")] == []


def test_a_login_name_is_nobodys_business(client: Client, transactional_db: None) -> None:
    """A host without a nickname is somebody, on both pages as over the socket."""
    factories.make_room(host=factories.make_user("", username="root"))
    for path in ("/", "/rooms/demo/"):
        page = get(client, path)
        assert "root" not in page
        assert "Somebody" in page


def test_what_people_wrote_is_escaped(client: Client, transactional_db: None) -> None:
    """Markup in a title or a name is text on both pages."""
    host = factories.make_user("<i>Host</i>")
    factories.make_room("bad", host=host, title="</script><b>", cover='"><u>')
    for path in ("/", "/rooms/bad/"):
        page = get(client, path)
        assert "&lt;i&gt;Host&lt;/i&gt;" in page
        assert "&lt;/script&gt;&lt;b&gt;" in page
        assert "&quot;&gt;&lt;u&gt;" in page
        assert [tag for tag, _ in Elements(page).found if tag in ("i", "u")] == []


def test_pages_that_name_no_icon_have_one(client: Client) -> None:
    """What browsers ask for by themselves leads to the icon."""
    response = client.get("/favicon.ico")
    assert (response.status_code, response.headers["Location"]) == (302, "/static/rooms/icon.svg")


def test_no_room_no_page(client: Client, room: Room) -> None:
    """An unknown room is 404, with a page that leads back."""
    response = client.get("/rooms/nowhere/")
    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()


@pytest.mark.parametrize("path", ["/", "/rooms/demo/"])
def test_pages_are_only_read(client: Client, room: Room, path: str) -> None:
    """Other methods than GET and HEAD are refused."""
    assert client.post(path).status_code == 405
    assert client.head(path).status_code == 200


def test_the_browsers_language_and_the_switch(client: Client, room: Room) -> None:
    """A Chinese browser gets Chinese; the switch leads back to the page and holds."""
    chinese = {"accept-language": "zh-CN,zh;q=0.9"}
    page = get(client, "/rooms/demo/", headers=chinese)
    assert '<html lang="zh-hans">' in page
    assert config_of(page)["texts"]["sold_out"] == "已售罄"
    response = client.post("/i18n/setlang/", {"language": "en", "next": "/rooms/demo/"}, headers=chinese)
    assert (response.status_code, response.headers["Location"]) == (302, "/rooms/demo/")
    assert '<html lang="en">' in get(client, "/rooms/demo/", headers=chinese)


def test_the_scripts_ask_for_texts_that_exist() -> None:
    """Each name that a script asks for by itself is one of TEXTS, and each of TEXTS stands in a script."""
    folder = finders.find("rooms/room.js")
    assert isinstance(folder, str)
    scripts = "".join(path.read_text() for path in sorted(Path(folder).parent.glob("*.js")))
    asked = set(re.findall(r'\btext\(\s*"(\w+)"', scripts))
    assert asked
    assert asked - set(TEXTS) == set()
    # Names in quotes, and the beginnings of those that are put together: `face_${status}`.
    quoted = set(re.findall(r'"(\w+)"', scripts))
    begun = tuple(re.findall(r"`(\w+_)\$\{", scripts))
    # What the client file tells by its own names: states of the connection and of a room, notes of the traffic.
    told = {"idle", "connecting", "online", "waiting", "stopped", "scheduled", "live", "paused", "ended"}
    told |= {"opening", "opened", "closed"}
    assert [name for name in TEXTS if name not in quoted | told and not name.startswith(begun)] == []


@pytest.mark.parametrize(
    ("stream", "origin"),
    [
        ("https://cdn.example.com/live/a.m3u8", " https://cdn.example.com"),
        ("http://cdn.example.com:8080/a.m3u8", " http://cdn.example.com:8080"),
        ("https://CDN.example.com:443/a.m3u8", " https://cdn.example.com"),
        ("/media/a.m3u8", ""),
        ("https://evil.example.com;script-src/*", ""),
        ("https://a b/", ""),
        ("https://[::1/", ""),
        ("https://host:99999/", ""),
        ("javascript:alert(1)", ""),
    ],
)
def test_a_player_may_read_its_stream_and_nothing_else(
    client: Client, transactional_db: None, stream: str, origin: str
) -> None:
    """The policy of a room's page names the stream's origin, unless that is no plain one; the list's never does."""
    factories.make_room(stream=stream)
    response = client.get("/rooms/demo/")
    assert config_of(response.content.decode())["readable"] == origin.split()
    policy = response.headers["Content-Security-Policy"]
    assert f"connect-src 'self' ws://testserver wss://testserver{origin};" in policy
    assert policy.replace(origin, "", 1) == POLICY
    assert client.get("/").headers["Content-Security-Policy"] == POLICY


@pytest.mark.parametrize("path", ["/", "/rooms/demo/", "/api/rooms/", "/api/rooms/demo/", "/api/orders/"])
def test_nobody_keeps_what_is_for_one_viewer(client: Client, room: Room, path: str) -> None:
    """A cache on the way asks again, and shares nothing."""
    asked = client.get(path).headers["Cache-Control"]
    assert {part.strip() for part in asked.split(",")} == {"private", "no-cache"}


async def test_an_ended_room_counts_nobody(client: Client, room: Room, enter: Callable[..., Awaitable[Viewer]]) -> None:
    """Sockets stay after the end; nobody watches a show that is over."""
    await enter()

    def end() -> None:
        Room.objects.filter(pk=room.pk).update(status=Room.Status.ENDED)

    await stored(end)
    assert "card-online" not in await stored(get, client, "/")


@pytest.mark.parametrize(
    ("setting", "staff", "shown"), [(False, False, False), (False, True, True), (True, False, True)]
)
def test_who_gets_the_inspector(
    client: Client, transactional_db: None, settings: Any, setting: bool, staff: bool, shown: bool
) -> None:
    """Everybody by the setting, staff always, nobody by the address; the way to the administration is for staff."""
    settings.LIVEROOM_INSPECTOR = setting
    host = factories.make_user("主播", is_staff=staff)
    factories.make_room("r", host=host)
    if staff:
        client.force_login(host)
    page = get(client, "/rooms/r/?inspect")
    for part in ('id="inspector"', 'id="open-inspector"', "inspector.css"):
        assert (part in page) == shown
    assert ('href="/admin/"' in page) == staff
