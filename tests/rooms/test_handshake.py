"""What a handshake says: the path, the subprotocol, who it is, from where."""

from urllib.parse import quote

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from accounts import services as accounts
from accounts.models import User
from liveroom.asgi import application
from rooms.handshake import read_handshake
from tests import factories
from tests.clients import Viewer, stored
from tests.parts import LI, error

NO_ROOM = error("room_not_found", "There is no room at this address.", close=4500)


def session_of(user):
    """The value of a session cookie under which that user is logged in."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return session.session_key


async def cookie_of(user):
    """The header that a logged-in browser sends."""
    return ("cookie", f"theme=dark; sessionid={await stored(session_of, user)}; x=y")


# --- the path


@pytest.mark.parametrize("path", ["/ws/rooms/demo/", "/ws/rooms/demo", "/ws/", "/ws", "/chat", "/chat/", "/ws/?x=1"])
async def test_paths_to_a_room(room, connect, path):
    """A room's own path and the default room's, with and without the last slash."""
    guest = await connect(path)
    assert (await guest.init())["room"]["slug"] == "demo"


async def test_the_default_room_is_a_setting(room, connect, settings):
    """`/ws/` and `/chat` lead to LIVEROOM_DEFAULT_ROOM."""
    await stored(factories.make_room, "second-room_2")
    settings.LIVEROOM_DEFAULT_ROOM = "second-room_2"
    for path in ("/ws/", "/chat"):
        assert (await (await connect(path)).init())["room"]["slug"] == "second-room_2"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "",
        "/ws/rooms/",
        "/ws/rooms/none/",
        "/ws/rooms/Demo/",
        "/ws/rooms/demo/x",
        "/ws/rooms/demo//",
        "/x/ws/rooms/demo/",
        "/ws/rooms/" + quote("直播"),
        "/ws/rooms/" + "a" * 65,
        "/wss",
        "/ws/rooms/demo%0a",
    ],
)
async def test_any_other_path_is_no_room(room, connect, path):
    """Every other path is accepted, told so, and closed with 4500."""
    guest = await connect(path)
    await guest.expect(**NO_ROOM)
    await guest.closed(4500)


async def test_no_room_comes_before_a_bad_token(room, connect):
    """Where there is no room nobody is asked who he is."""
    guest = await connect("/nowhere", token="bad")
    await guest.expect(**NO_ROOM)
    await guest.closed(4500)


# --- the subprotocol


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ([], None),
        (["chat", "superchat"], "chat"),
        (["superchat", "chat"], "chat"),
        (["protocol1"], "protocol1"),
        ([""], None),
        (["", "protocol1"], "protocol1"),
        (["protocol1", "protocol2"], "protocol1"),
        (["chat", "liveroom.v1"], "liveroom.v1"),
        (["x", "liveroom.v1"], "liveroom.v1"),
    ],
)
async def test_one_subprotocol_is_chosen(room, connect, offered, chosen):
    """`liveroom.v1`, else `chat`, else the first; none when none is offered."""
    guest = await connect(subprotocols=offered)
    assert guest.subprotocol == chosen
    await guest.init()


async def test_a_refusal_names_a_subprotocol_too(connect, transactional_db):
    """Without it a browser would not see why it was refused."""
    guest = await connect("/nowhere", subprotocols=["protocol1"])
    assert guest.subprotocol == "protocol1"


# --- who it is


async def test_a_bearer_token(room, viewer, connect):
    """The scheme is written as one likes."""
    for scheme in ("Bearer", "bearer", "BEARER"):
        li = await connect(headers=[("authorization", f"{scheme} {factories.token_of(viewer)}")])
        assert (await li.init())["user"] == LI


@pytest.mark.parametrize("token", ["nonsense", "", "a.1.b.c"])
async def test_a_bad_bearer_token(room, connect, token):
    """A bad token on the handshake is told and closed with 4501, even an empty one."""
    guest = await connect(token=token)
    await guest.expect(**error("bad_token", "This is no token of this server.", field="token", close=4501))
    await guest.closed(4501)


@pytest.mark.parametrize("fault", ["revoked", "inactive", "expired"])
async def test_a_token_that_is_good_no_more(room, viewer, connect, settings, fault):
    """Revoked, expired, or of a user who was switched off: 4501."""
    token = factories.token_of(viewer)
    details = {
        "revoked": "The token was revoked.",
        "inactive": "The user of this token or session is gone.",
        "expired": "The token has expired.",
    }
    if fault == "revoked":
        await stored(accounts.tokens_revoke, user=viewer)
    elif fault == "inactive":
        await stored(User.objects.filter(pk=viewer.pk).update, is_active=False)
    else:
        settings.LIVEROOM_TOKEN_AGE = -1
    guest = await connect(token=token)
    await guest.expect(**error("bad_token", details[fault], field="token", close=4501))
    await guest.closed(4501)


async def test_another_scheme_is_no_token(room, connect):
    """Basic credentials, of a proxy for example, say nothing."""
    guest = await connect(headers=[("authorization", "Basic dTpw")])
    assert (await guest.init())["user"] is None


async def test_a_session_cookie(room, viewer, connect):
    """A browser that is logged in is its user, without an Origin or with our own."""
    cookie = await cookie_of(viewer)
    for headers in ([cookie], [cookie, ("origin", "http://room.test")], [cookie, ("origin", "https://ROOM.test")]):
        li = await connect(headers=headers)
        assert (await li.init())["user"] == LI


async def test_a_session_that_is_gone_is_a_guest(room, connect):
    """An old cookie leaves one a guest."""
    guest = await connect(headers=[("cookie", "sessionid=gone")])
    assert (await guest.init())["user"] is None


async def test_a_bearer_token_beats_a_cookie(room, viewer, other, connect):
    """With both, the token says who it is, and the Origin does not count."""
    cookie = await cookie_of(other)
    li = await connect(user=viewer, headers=[cookie, ("origin", "https://evil.test")])
    assert (await li.init())["user"] == LI


async def test_a_bad_token_beats_a_cookie(room, viewer, connect):
    """A bad token is not made up for by a good cookie."""
    guest = await connect(token="bad", headers=[await cookie_of(viewer)])
    await guest.expect(**error("bad_token", "This is no token of this server.", field="token", close=4501))
    await guest.closed(4501)


# --- from where


@pytest.mark.parametrize(
    "origin",
    ["https://evil.test", "http://room.test.evil.test", "http://room.test:81", "null", "https://servicewechat.com"],
)
async def test_a_foreign_page_may_not_use_the_session(room, viewer, engine, origin):
    """With a session cookie and a foreign Origin the handshake is refused with 403."""
    headers = [await cookie_of(viewer), ("origin", origin)]
    await Viewer(application, headers=headers).refused()


async def test_web_origins_may_use_the_session(room, viewer, connect, settings):
    """LIVEROOM_WEB_ORIGINS are as good as our own host."""
    settings.LIVEROOM_WEB_ORIGINS = ["https://shop.test"]
    li = await connect(headers=[await cookie_of(viewer), ("origin", "https://shop.test")])
    assert (await li.init())["user"] == LI


@pytest.mark.parametrize("origin", ["https://evil.test", "https://servicewechat.com", "null", ""])
async def test_a_foreign_origin_is_fine_without_a_session(room, viewer, connect, origin):
    """Mini-programs send an Origin that is not ours: as a guest, with a token, and with a later login."""
    headers = [("origin", origin)]
    assert (await (await connect(headers=headers)).init())["user"] is None
    assert (await (await connect(user=viewer, headers=headers)).init())["user"] == LI


# --- the address that relative URLs are relative to, and the language


def handshake_of(*headers, path="/ws/", query=b"", scheme=None):
    scope = {"type": "websocket", "path": path, "query_string": query, "subprotocols": []}
    scope["headers"] = [(name.encode(), value.encode()) for name, value in headers]
    if scheme:
        scope["scheme"] = scheme
    return read_handshake(scope)


def test_base_url(settings):
    """It is the address that the client connected to, with https where that shows."""
    settings.HTTPS = False
    assert handshake_of(("host", "a.test:8000")).base_url == "http://a.test:8000"
    assert handshake_of(("host", "a.test"), scheme="wss").base_url == "https://a.test"
    assert handshake_of(("host", "a.test"), ("origin", "https://a.test")).base_url == "https://a.test"
    assert handshake_of(("host", "a.test"), ("origin", "https://b.test")).base_url == "http://a.test"
    assert handshake_of(("host", "a.test"), ("x-forwarded-proto", "https")).base_url == "http://a.test"
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert handshake_of(("host", "a.test"), ("x-forwarded-proto", "https")).base_url == "https://a.test"
    settings.LIVEROOM_BASE_URL = "https://cdn.test"
    assert handshake_of(("host", "a.test")).base_url == "https://cdn.test"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("", "en"), ("zh-CN,zh;q=0.9,en;q=0.8", "zh-hans"), ("en-GB,zh;q=0.5", "en"), ("fr", "en"), ("xx;;q", "en")],
)
def test_language(accepted, language):
    """The first of our languages that the client accepts; made-up names are in it."""
    assert handshake_of(("accept-language", accepted)).language == language


@pytest.mark.parametrize(
    ("cookie", "language"),
    [
        ("django_language=zh-hans", "zh-hans"),
        ('seen={"a":1}; django_language=zh-hans', "zh-hans"),
        ("django_language=fr", "en"),
        ("django_language=../a", "en"),
        ("django_language=", "en"),
    ],
)
def test_the_language_of_the_page(cookie, language):
    """What was chosen on a page goes before what the browser accepts, as on the page itself."""
    assert handshake_of(("cookie", cookie), ("accept-language", "en")).language == language


@pytest.mark.parametrize(
    ("query", "since", "epoch"),
    [
        (b"since=5&epoch=abc", 5, "abc"),
        (b"epoch=abc&since=0", 0, "abc"),
        (b"since=5", 5, None),
        (b"since=5&epoch=", 5, None),
        (b"since=9007199254740991", 2**53 - 1, None),
        (b"since=%35", 5, None),
        (b"epoch=abc", None, None),
        (b"since=a&epoch=abc", None, None),
        (b"since=1&since=2", 2, None),
        (b"since=\xff", None, None),
        (b"since=5%0a", None, None),
    ],
)
def test_since_and_epoch(query, since, epoch):
    """Both are read from the query; malformed is as if absent."""
    handshake = handshake_of(query=query)
    assert (handshake.since, handshake.epoch) == (since, epoch)


def test_odd_headers_are_no_error():
    """Whatever bytes a header has, there is an answer."""
    handshake = handshake_of(
        ("cookie", "sessionid=\udc00".encode("utf-8", "surrogatepass").decode("latin1")),
        ("origin", "http://[bad"),
        ("host", "[::1"),
        ("authorization", "Bearer"),
    )
    assert (handshake.bearer, handshake.foreign_origin) == ("", True)
