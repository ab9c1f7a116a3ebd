"""The pages as the server writes them; what moves on them is tested in a browser."""

import json
import re
from collections.abc import Awaitable, Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from rooms.messages import Code
from rooms.models import Room
from rooms.page_texts import ERRORS, TEXTS
from tests import factories
from tests.clients import Viewer, stored

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' http: https:; "
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
    assert re.findall(r'data-status="\w+">(.*?)<', page) == ["live", "live", "paused", "scheduled", "ended"]
    assert page.count("<span>主播</span> <span>0 watching</span>") == 5


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


def test_the_list_is_two_queries(
    client: Client, transactional_db: None, django_assert_num_queries: Callable[[int], Any]
) -> None:
    """However many rooms there are: their number, and the rooms with their hosts."""
    for number in range(5):
        factories.make_room(f"r{number}", host=factories.make_user(f"主播{number}"))
    with django_assert_num_queries(2):
        get(client, "/")


async def test_the_list_knows_who_is_online(
    client: Client, room: Room, enter: Callable[..., Awaitable[Viewer]]
) -> None:
    """Two guests in a room are two who watch."""
    await enter()
    await enter()
    assert "<span>2 watching</span>" in await stored(get, client, "/")


def test_a_room_has_title_host_and_what_its_script_needs(client: Client, room: Room) -> None:
    """The page names room and host without any script, and tells the script the socket's path and all texts."""
    page = get(client, "/rooms/demo/")
    assert "<title>Demo · Liveroom</title>" in page
    assert '<h1 id="title">Demo</h1>' in page
    assert '<strong id="host">主播</strong>' in page
    assert config_of(page) == {
        "slug": "demo",
        "path": "/ws/rooms/demo/",
        "signed_in": False,
        "texts": {name: str(text) for name, text in TEXTS.items()},
        "errors": {code.value: str(text) for code, text in ERRORS.items()},
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
    assert config_of(page)["errors"]["out_of_stock"] == "已售罄：剩余数量不足。"
    response = client.post("/i18n/setlang/", {"language": "en", "next": "/rooms/demo/"}, headers=chinese)
    assert (response.status_code, response.headers["Location"]) == (302, "/rooms/demo/")
    assert '<html lang="en">' in get(client, "/rooms/demo/", headers=chinese)


def test_every_error_has_a_text() -> None:
    """What a viewer reads exists for each code of the protocol."""
    assert set(ERRORS) == set(Code)


def test_the_scripts_ask_for_texts_that_exist() -> None:
    """Each name that a script asks for by itself is one of TEXTS."""
    asked = set()
    for name in ("room", "view", "frames", "texts"):
        path = finders.find(f"rooms/{name}.js")
        assert isinstance(path, str)
        with open(path, encoding="utf-8") as script:
            asked |= set(re.findall(r'\btext\(\s*"(\w+)"', script.read()))
    assert asked
    assert asked - set(TEXTS) == set()
