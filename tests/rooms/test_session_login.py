"""Becoming somebody: a login, and a guest who talks."""

import json

import pytest

from accounts import services as accounts
from accounts import tokens
from accounts.models import User
from rooms import session
from rooms.realtime import hub
from tests import factories
from tests.clients import stored
from tests.parts import LI, error, init_of, without_ts

# --- login


async def test_login_makes_a_guest_a_user(room, viewer, other, enter, witness):
    """After `login` an init shows the user, and the others see him join."""
    han, guest = await enter(user=other), await enter()
    await han.rest()
    await guest.send("login", token=factories.token_of(viewer))
    assert await guest.init() == init_of(room, user=LI, role="viewer", online=3)
    await guest.nothing()
    await han.expect("join", user=LI, online=3)
    await han.nothing()
    await guest.send("message", content="hi")
    assert (await han.recv())["user"] == LI
    await witness.proves_the_law()


async def test_a_typeless_token_is_a_login(room, viewer, enter):
    """`{"token": "…"}` alone is a login."""
    guest = await enter()
    await guest.send_text(json.dumps({"token": factories.token_of(viewer)}))
    assert (await guest.init())["user"] == LI


async def test_login_with_a_ref_is_acknowledged_after_init(room, viewer, enter):
    """The ack follows the init."""
    guest = await enter()
    await guest.send("login", token=factories.token_of(viewer), ref="l")
    await guest.init()
    await guest.expect("ack", to="login", ref="l")
    await guest.nothing()


async def test_login_recovers(room, viewer, other, enter):
    """`since` and `epoch` in a login work as on the handshake."""
    await stored(factories.make_comments, room, other, "a", "b")
    guest = await enter()
    await guest.send("login", token=factories.token_of(viewer), since=1, epoch=room.epoch)
    assert await guest.init() == init_of(room, user=LI, role="viewer", recovered=True, seq=1)
    assert (await guest.recv())["content"] == "b"
    await guest.nothing()
    await guest.send("login", token=factories.token_of(viewer), since=1, epoch="other")
    init = await guest.init()
    assert (init["recovered"], init["seq"], len(init["comments"])) == (False, 2, 2)


@pytest.mark.parametrize(
    ("token", "detail"),
    [
        ("nonsense", "This is no token of this server."),
        ("", "This is no token of this server."),
        ("x" * 600, "This is no token of this server."),
        ("revoked", "The token was revoked."),
        ("expired", "The token has expired."),
        ("inactive", "The user of this token or session is gone."),
    ],
)
async def test_a_refused_login_leaves_you_who_you_were(room, viewer, other, enter, witness, settings, token, detail):
    """A bad token in `login` is an error; the socket stays open, and is whose it was."""
    li = await enter(user=viewer)
    han = await enter(user=other)
    await li.rest()
    value = token
    if token in ("revoked", "expired", "inactive"):
        third = await stored(factories.make_user, "Third")
        value = factories.token_of(third)
        if token == "revoked":
            await stored(accounts.tokens_revoke, user=third)
        elif token == "inactive":
            await stored(User.objects.filter(pk=third.pk).update, is_active=False)
        else:
            settings.LIVEROOM_TOKEN_AGE = -1
    await li.send("login", token=value, ref=1)
    await li.expect(**error("bad_token", detail, to="login", ref=1, field="token"))
    await li.nothing()
    await han.nothing()
    await li.send("message", content="still me")
    assert (await han.recv())["user"] == LI
    await witness.proves_the_law()


async def test_login_as_someone_else_is_leave_and_join(room, viewer, other, enter, witness):
    """The others see the first leave and the second join; commands run as whoever sent them."""
    third = await stored(factories.make_user, "Third", public_id="cc")
    han, socket = await enter(user=other), await enter(user=viewer)
    await han.rest()
    await socket.send("message", content="as li")
    await socket.send("login", token=factories.token_of(third))
    await socket.send("message", content="as third")
    part = {"id": "cc", "nickname": "Third", "avatar": "", "role": "viewer"}
    frames = await han.rest()
    assert [(frame["user"], frame["content"]) for frame in frames if frame["msg_type"] == "message"] == [
        (LI, "as li"),
        (part, "as third"),
    ]
    coming = [without_ts(frame) for frame in frames if frame["msg_type"] != "message"]
    assert sorted(coming, key=str) == [
        {"msg_type": "join", "user": part, "online": 3},
        {"msg_type": "leave", "user": LI, "online": 3},
    ]
    mine = await socket.rest()
    assert next(frame for frame in mine if frame["msg_type"] == "init")["user"] == part
    # He is another now: that the one before has left is told to him too.
    assert {frame["msg_type"] for frame in mine} == {"message", "ack", "init", "leave"}
    await witness.proves_the_law()


async def test_login_as_oneself_tells_nobody(room, viewer, other, enter):
    """The same user again gets an init; the others see nothing."""
    li, han = await enter(user=viewer), await enter(user=other)
    await li.rest()
    await li.send("login", token=factories.token_of(viewer))
    assert (await li.init())["user"] == LI
    await li.nothing()
    await han.nothing()


async def test_login_takes_a_guests_new_name(room, other, enter):
    """A stored guest may bring another nickname; a bad one is refused, and nothing has changed."""
    guest = await stored(accounts.user_create_guest, nickname="Old")
    socket, han = await enter(), await enter(user=other)
    await socket.rest()
    await socket.send("login", token=factories.token_of(guest), nickname=" \n ")
    await socket.expect(**error("bad_message", "A nickname cannot be empty.", to="login", field="nickname"))
    await socket.nothing()
    await han.nothing()
    await socket.send("login", token=factories.token_of(guest), nickname=" New ")
    user = {"id": guest.public_id, "nickname": "New", "avatar": "", "role": "viewer"}
    assert (await socket.init())["user"] == user
    await han.expect("join", user=user, online=2)
    await han.nothing()


async def test_who_renames_himself_at_a_login_is_missed_by_that_name(room, other, enter):
    """The same guest logs in once more with another nickname: nobody leaves or joins; his leave has the new name."""
    guest = await stored(accounts.user_create_guest, nickname="Old")
    socket, han = await enter(user=guest), await enter(user=other)
    await socket.rest()
    await socket.send("login", token=factories.token_of(guest), nickname="New")
    user = {"id": guest.public_id, "nickname": "New", "avatar": "", "role": "viewer"}
    assert (await socket.init())["user"] == user
    await han.nothing()
    await socket.send("leave")
    await han.expect("leave", user=user, online=1)
    await han.nothing()


async def test_login_does_not_rename_a_user(room, viewer, enter):
    """Who has an account keeps his name."""
    socket = await enter()
    await socket.send("login", token=factories.token_of(viewer), nickname="Other")
    assert (await socket.init())["user"] == LI


# --- guests who talk


async def test_a_guest_becomes_a_user_at_his_first_comment(room, other, connect, enter, settings, witness):
    """`me` hands over a token before the ack; the token is his."""
    settings.LIVEROOM_GUESTS = "talk"
    han, guest = await enter(user=other), await connect()
    user = (await guest.init())["user"]
    await guest.send("message", content="hi")
    me = await guest.recv()
    token = me.pop("token")
    assert without_ts(me) == {
        "msg_type": "me",
        "user": user,
        "role": "viewer",
        "following": False,
        "muted_until": None,
    }
    assert sorted(frame["msg_type"] for frame in await guest.rest()) == ["ack", "message"]
    assert (await han.recv())["user"] == user
    assert (await stored(tokens.verify, token)).public_id == user["id"]
    await guest.send("message", content="again")
    assert sorted(frame["msg_type"] for frame in await guest.rest()) == ["ack", "message"]
    back = await connect(token=token)
    assert (await back.init())["user"] == user
    await witness.proves_the_law()


async def test_a_refused_comment_makes_no_user(room, connect, settings):
    """A comment that cannot be said is no reason to store a guest."""
    settings.LIVEROOM_GUESTS = "talk"
    guest = await connect()
    user = (await guest.init())["user"]
    await guest.send("message", content=" ", client_msg_id="k")
    await guest.expect(**error("bad_message", "content is empty.", to="message", field="content", client_msg_id="k"))
    await guest.nothing()
    assert not await stored(User.objects.filter(public_id=user["id"]).exists)


async def test_a_guest_names_himself(room, other, connect, enter, settings):
    """`join` with a nickname renames a guest, who hears it by `me`; the others meet him by that name."""
    settings.LIVEROOM_GUESTS = "talk"
    han, guest = await enter(user=other), await connect()
    user = {**(await guest.init())["user"], "nickname": "阿珍"}
    await guest.send("join", nickname=" 阿珍 ", ref=1)
    await guest.expect("me", user=user, role="viewer", following=False, muted_until=None)
    await guest.expect("ack", to="join", ref=1)
    await guest.send("join", nickname="阿珍")
    await guest.send("join", nickname="x" * 33)
    await guest.expect(**error("bad_message", "A nickname has at most 32 characters.", to="join", field="nickname"))
    await guest.nothing()
    await guest.send("like")
    await guest.expect("like", count=1, total=1, user=user)
    await han.expect("like", count=1, total=1, user=user)


async def test_a_guest_is_announced_after_two_seconds(room, other, connect, enter, settings, clock):
    """Others see a guest join 2 s after he came, not before, and he himself does not."""
    settings.LIVEROOM_GUESTS = "talk"
    han, guest = await enter(user=other), await connect()
    user = (await guest.init())["user"]
    assert {frame["msg_type"] for frame in await han.rest()} <= {"online"}
    await clock.advance(session.GUEST_ANNOUNCED_AFTER - 1)
    await han.nothing()
    await clock.advance(1)
    await han.expect("join", user=user, online=2)
    await han.nothing()
    await guest.nothing()


async def test_a_guest_who_logs_in_is_not_announced(room, viewer, other, connect, enter, settings, clock):
    """A login within 2 s leaves only the user's own join; the guest neither joins nor leaves."""
    settings.LIVEROOM_GUESTS = "talk"
    han, guest = await enter(user=other), await connect()
    await guest.init()
    assert {frame["msg_type"] for frame in await han.rest()} <= {"online"}
    await guest.send("login", token=factories.token_of(viewer))
    await guest.init()
    await han.expect("join", user=LI, online=2)
    await clock.advance(session.GUEST_ANNOUNCED_AFTER)
    await han.nothing()
    await guest.nothing()


async def test_logins_are_limited(room, viewer, enter, clock):
    """Five at once, then one in LIVEROOM_SYNC_EVERY seconds: each is a whole picture."""
    li = await enter(user=viewer)
    for _ in range(5):
        await li.send("login", token=factories.token_of(viewer))
        await li.init()
    await li.send("login", token=factories.token_of(viewer), ref=1)
    wanted = error(
        "rate_limited", "One login or new name every 2 s.", retry=True, retry_after=2, limit=2, to="login", ref=1
    )
    await li.expect(**wanted)
    await li.nothing()
    await clock.advance(2)
    await li.send("login", token=factories.token_of(viewer))
    await li.init()
    await li.nothing()


async def test_a_guest_who_is_stored_names_himself(room, other, enter, witness):
    """His first comment made him a user of the server's own: `join` gives him another name all the same."""
    guest = await stored(accounts.user_create_guest, nickname="Old")
    socket, han = await enter(user=guest), await enter(user=other)
    await socket.rest()
    user = {"id": guest.public_id, "nickname": "New", "avatar": "", "role": "viewer"}
    await socket.send("join", nickname=" New ", ref=1)
    ack, me = sorted(map(without_ts, await socket.rest()), key=lambda frame: frame["msg_type"])
    assert ack == {"msg_type": "ack", "to": "join", "ref": 1}
    assert me == {"msg_type": "me", "user": user, "role": "viewer", "following": False, "muted_until": None}
    await han.nothing()
    await socket.send("message", content="hi")
    (event,) = await witness.proves_the_law()
    assert event["user"] == user


async def test_a_user_does_not_rename_himself_by_join(room, viewer, enter):
    """His name is his own system's."""
    li = await enter(user=viewer)
    await li.send("join", nickname="New", ref=1)
    await li.expect("ack", to="join", ref=1)
    await li.nothing()
    assert (await stored(User.objects.get, pk=viewer.pk)).nickname == "李雷"


async def test_a_login_shows_nothing_older_than_what_was_seen(room, viewer, other, enter, monkeypatch):
    """The picture that is at hand may be a moment old: not for one who has what came after it."""
    monkeypatch.setattr(hub, "PICTURE_AGE", 1000)
    socket = await enter(user=other)
    await stored(factories.make_comments, room, viewer, "seen already")
    assert [frame["msg_type"] for frame in await socket.rest()] == ["message"]
    await socket.send("login", token=factories.token_of(other))
    init = await socket.init()
    assert (init["seq"], [comment["content"] for comment in init["comments"]]) == (1, ["seen already"])
    await socket.nothing()
