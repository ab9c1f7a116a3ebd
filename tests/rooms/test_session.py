"""Who a viewer is, what he is shown when he comes in, and what changes of him while he is there."""

import json
from unittest.mock import ANY

import pytest

from accounts import services as accounts
from accounts import tokens
from accounts.models import User
from rooms import session
from rooms.realtime import runtime
from rooms.services import rooms
from rooms.transaction import RoomTransaction
from tests import factories
from tests.clients import stored
from tests.parts import HAN, HOST, LI, error, item_part, room_part, without_ts


def init_of(where, **changes):
    """The ``init`` of a guest in the fixture ``room``, alone and with nothing there; ``where``: the stored room."""
    frame = {
        "msg_type": "init",
        "ts": ANY,
        "room": room_part(),
        "user": None,
        "role": "guest",
        "following": False,
        "muted_until": None,
        "epoch": where.epoch,
        "seq": 0,
        "recovered": None,
        "comments": [],
        "shelf": [],
        "online": 1,
        "likes": 0,
        "heartbeat": 25000,
        "limits": {"content": 200, "rate": 1, "frame": 16384},
        "base_url": "http://room.test",
    }
    return {**frame, **changes}


# --- init


async def test_init_of_a_guest_who_watches(room, connect):
    """A guest without an identity sees the room."""
    guest = await connect()
    assert await guest.init() == init_of(room)
    await guest.nothing()


async def test_init_of_a_guest_who_talks(room, connect, settings):
    """With LIVEROOM_GUESTS=talk a guest has an id and a made-up name, and is a viewer."""
    settings.LIVEROOM_GUESTS = "talk"
    guest = await connect()
    init = await guest.init()
    user = init["user"]
    assert user == {"id": ANY, "nickname": ANY, "avatar": "", "role": "viewer"}
    assert len(user["id"]) == 16
    assert user["nickname"].startswith("Guest ")
    assert init == init_of(room, user=user, role="viewer")
    await guest.nothing()
    assert not await stored(User.objects.filter(public_id=user["id"]).exists)


async def test_init_of_a_user(room, viewer, connect):
    """A user sees himself as the others do."""
    li = await connect(user=viewer)
    assert await li.init() == init_of(room, user=LI, role="viewer")
    await li.nothing()


async def test_init_of_the_host(room, host, connect):
    """The host is one in his own room only."""
    await stored(factories.make_room, "other")
    own, other = await connect(user=host), await connect("/ws/rooms/other/", user=host)
    assert await own.init() == init_of(room, user=HOST, role="host")
    init = await other.init()
    assert (init["user"], init["role"]) == ({**HOST, "role": "viewer"}, "viewer")


async def test_init_of_an_assistant(room, viewer, connect):
    """An assistant is one in the rooms that name him."""
    await stored(room.assistants.add, viewer)
    li = await connect(user=viewer)
    assert await li.init() == init_of(room, user={**LI, "role": "assistant"}, role="assistant")


async def test_init_of_a_follower(room, viewer, enter, connect):
    """`following` and `followers` are of the room's host."""
    li = await enter(user=viewer)
    await li.send("subscribe")
    await li.rest()
    again = await connect(user=viewer)
    assert await again.init() == init_of(
        room, user=LI, role="viewer", following=True, seq=1, room=room_part(followers=1)
    )


async def test_init_has_everything(host, viewer, item, enter, connect, settings):
    """A room with all that it can have."""
    settings.LIVEROOM_HEARTBEAT, settings.LIVEROOM_BASE_URL = 1000, "https://live.example"
    full = await stored(
        factories.make_room,
        "full",
        host=host,
        cover="/c.png",
        stream="/s.m3u8",
        notice="hello",
        slow_mode=3,
        allow_likes=False,
    )
    thing = await stored(factories.make_item, full, limit_per_user=2, stock=7, position=4)
    await stored(factories.make_comments, full, viewer, "one")
    guest = await connect("/ws/rooms/full")
    comment = {"id": ANY, "seq": 2, "ts": ANY, "user": LI, "content": "one"}
    assert await guest.init() == init_of(
        full,
        room=room_part(
            slug="full",
            cover="/c.png",
            stream="/s.m3u8",
            notice="hello",
            slow_mode=3,
            allow={"comments": True, "likes": False, "shop": True},
        ),
        seq=2,
        comments=[comment],
        shelf=[item_part(id=thing.pk, product_id=thing.product_id, stock=7, limit_per_user=2, position=4)],
        heartbeat=1000,
        base_url="https://live.example",
    )


async def test_init_has_the_last_fifty_comments(room, viewer, connect, settings):
    """LIVEROOM_HISTORY comments, oldest first."""
    settings.LIVEROOM_ROOM_BUDGET = 0
    await stored(factories.make_comments, room, viewer, *(str(number) for number in range(60)))
    guest = await connect()
    assert [comment["seq"] for comment in (await guest.init())["comments"]] == list(range(11, 61))


# --- since and epoch


async def test_recovery_sends_what_was_missed(room, viewer, connect):
    """With `since` and the epoch: `recovered`, no comments, then the missed events in order and nothing else."""
    guest = await connect()
    epoch = (await guest.init())["epoch"]
    await stored(factories.make_comments, room, viewer, "a", "b", "c")
    events = [frame for frame in await guest.rest() if "seq" in frame]
    back = await connect(f"/ws/rooms/demo/?since=1&epoch={epoch}")
    assert await back.init() == init_of(room, recovered=True, seq=1, online=2)
    assert [await back.recv(), await back.recv()] == events[1:]
    await stored(factories.make_comments, room, viewer, "d")
    assert (await back.recv())["content"] == "d"
    await back.nothing()


async def test_recovery_with_nothing_missed(room, viewer, connect):
    """Who missed nothing gets an init that says so, without his comments."""
    await stored(factories.make_comments, room, viewer, "a")
    back = await connect(f"/ws/rooms/demo/?since=1&epoch={room.epoch}")
    assert await back.init() == init_of(room, recovered=True, seq=1)
    await back.nothing()


@pytest.mark.parametrize(
    ("query", "limit"),
    [
        ("since=0&epoch={epoch}", 2),
        ("since=0&epoch=other", 500),
        ("since=0", 500),
        ("since=0&epoch=", 500),
        ("since=4&epoch={epoch}", 500),
        ("since=999999999999999&epoch={epoch}", 500),
    ],
)
async def test_no_recovery_gives_the_whole_picture(room, viewer, connect, settings, query, limit):
    """Too many missed, another epoch, or a number beyond the newest: everything anew."""
    settings.LIVEROOM_REPLAY = limit
    await stored(factories.make_comments, room, viewer, "a", "b", "c")
    back = await connect(f"/ws/rooms/demo/?{query.format(epoch=room.epoch)}")
    init = await back.init()
    assert [comment["content"] for comment in init["comments"]] == ["a", "b", "c"]
    assert init == init_of(room, recovered=False, seq=3, comments=ANY)
    await back.nothing()


@pytest.mark.parametrize("since", ["", "x", "-1", "1.5", "1e3", "٣", "0x1", " 1", "9" * 16, "99999999999999999999"])
async def test_a_malformed_since_is_as_if_absent(room, viewer, connect, since):
    """What is no number of an event leaves an ordinary init."""
    await stored(factories.make_comments, room, viewer, "a")
    guest = await connect(f"/ws/rooms/demo/?since={since}&epoch={room.epoch}")
    init = await guest.init()
    assert (init["recovered"], init["seq"], len(init["comments"])) == (None, 1, 1)
    await guest.nothing()


async def test_recovery_at_the_limit(room, viewer, connect, settings):
    """Exactly LIVEROOM_REPLAY events are still replayed, from the log when the process does not have them."""
    settings.LIVEROOM_REPLAY = 3
    await stored(factories.make_comments, room, viewer, "a", "b", "c")
    back = await connect(f"/ws/rooms/demo/?since=0&epoch={room.epoch}")
    assert (await back.init())["recovered"] is True
    assert [frame["seq"] for frame in await back.rest()] == [1, 2, 3]


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


# --- coming and going


async def test_join_and_leave_go_to_the_others(room, viewer, other, enter, settings):
    """Without a grace: `join`, then `leave`, each to all but whom it is about."""
    settings.LIVEROOM_GRACE = 0
    li = await enter(user=viewer)
    han = await enter(user=other)
    await li.expect("join", user=HAN, online=2)
    await li.nothing()
    await han.drop()
    await li.expect("leave", user=HAN, online=1)
    await li.nothing()


@pytest.mark.parametrize("code", [1000, 1001, 1006])
async def test_a_lost_socket_gets_the_grace(room, viewer, other, enter, clock, code):
    """However a socket ends, its user leaves after the grace; back within it he was never away."""
    li, han = await enter(user=viewer), await enter(user=other)
    await li.rest()
    await han.drop(code)
    await li.nothing()
    await clock.advance(9)
    await li.nothing()
    back = await enter(user=other)
    await clock.advance(9)
    await li.nothing()
    await back.drop(code)
    await clock.advance(10)
    await li.expect("leave", user=HAN, online=1)
    await li.nothing()


async def test_two_sockets_of_one_user_are_one_person(room, viewer, other, enter, settings):
    """A user joins with his first socket and leaves with his last."""
    settings.LIVEROOM_GRACE = 0
    li, first, second = await enter(user=viewer), await enter(user=other), await enter(user=other)
    await li.expect("join", user=HAN, online=2)
    await li.nothing()
    await first.drop()
    await li.nothing()
    await second.drop()
    await li.expect("leave", user=HAN, online=1)
    await li.nothing()


async def test_a_full_room_tells_only_the_number(room, viewer, other, enter, settings):
    """Above LIVEROOM_ANNOUNCE_UP_TO there is no join: only `online`."""
    settings.LIVEROOM_ANNOUNCE_UP_TO = 1
    li = await enter()
    await enter(user=other)
    await li.expect("online", online=2)
    await li.nothing()


async def test_online_is_told_every_two_seconds_at_most(room, enter, monkeypatch, clock):
    """The number of distinct viewers, at once after a quiet time, then at most once in 2 s; only when it changed."""
    from rooms.realtime import hub, tallies

    for module in (hub, tallies):
        monkeypatch.setattr(module, "ONLINE_EVERY", 2.0)
    first = await enter()
    await clock.advance(3)
    await first.rest()
    await clock.advance(3)
    await enter()
    await first.expect("online", online=2)
    await enter()
    await enter()
    await first.nothing()
    await clock.advance(2)
    await first.expect("online", online=4)
    await clock.advance(5)
    await first.nothing()


# --- me


async def test_me_goes_to_all_sockets_of_the_user(room, viewer, other, enter):
    """A follow by one socket is told to the user's others; nobody else gets it."""
    first, second, han = await enter(user=viewer), await enter(user=viewer), await enter(user=other)
    await first.send("subscribe")
    for socket in (first, second):
        me = [without_ts(frame) for frame in await socket.rest() if frame["msg_type"] == "me"]
        wanted = {"user": LI, "role": "viewer", "following": True, "muted_until": None}
        assert me == [{"msg_type": "me", **wanted}]
    assert [frame["msg_type"] for frame in await han.rest()] == ["subscribe"]


async def test_me_tells_a_new_assistant(room, viewer, other, enter, witness):
    """Who is made an assistant hears it at once, and who is one no more."""
    li, han = await enter(user=viewer), await enter(user=other)
    await li.rest()

    def make(*users):
        with RoomTransaction(room.pk) as tx:
            rooms.assistants_set(tx, room_id=room.pk, users=users)

    await stored(make, viewer)
    part = {**LI, "role": "assistant"}
    await li.expect("me", user=part, role="assistant", following=False, muted_until=None)
    await li.nothing()
    await stored(make, viewer)
    await li.nothing()
    await stored(make)
    await li.expect("me", user=LI, role="viewer", following=False, muted_until=None)
    await li.nothing()
    await han.nothing()
    await witness.saw()


async def test_me_tells_a_new_name_in_every_room(room, viewer, enter):
    """A profile changed over HTTP or in the admin reaches the user's sockets everywhere."""
    await stored(factories.make_room, "other")
    here, there = await enter(user=viewer), await enter("/ws/rooms/other/", user=viewer)
    await stored(accounts.profile_update, user=viewer, nickname="新名", avatar="/new.png")
    for socket in (here, there):
        part = {**LI, "nickname": "新名", "avatar": "/new.png"}
        await socket.expect("me", user=part, role="viewer", following=False, muted_until=None)
        await socket.nothing()
    await here.send("message", content="hi")
    event = next(frame for frame in await here.rest() if frame["msg_type"] == "message")
    assert event["user"]["nickname"] == "新名"


async def test_a_hosts_new_name_is_a_room_event(room, host, enter, witness):
    """The host's name stands in the room: all see the change."""
    own = await enter(user=host)
    await stored(accounts.profile_update, user=host, nickname="新主播")
    part = {**HOST, "nickname": "新主播"}
    frames = sorted((await own.rest()), key=lambda frame: frame["msg_type"])
    assert [frame["msg_type"] for frame in frames] == ["me", "room"]
    await witness.saw({"msg_type": "room", "room": room_part(host={"user": part})})


# --- the end of a token, too many sockets


async def test_revoked_tokens_end_their_sockets(room, viewer, enter):
    """A token that is revoked closes the sockets that came with it with 4501."""
    li = await enter(user=viewer)
    await stored(accounts.tokens_revoke, user=viewer)
    await li.expect(**error("bad_token", "The token was revoked.", field="token", close=4501))
    await li.closed(4501)


async def test_the_oldest_socket_goes(room, viewer, enter):
    """The sixth socket of a user ends his first with 4505; he is still there, and nobody sees him leave."""
    witness = await enter()
    sockets = [await enter(user=viewer) for _ in range(5)]
    await witness.rest()
    for socket in sockets:
        await socket.nothing()
    sixth = await enter(user=viewer)
    wanted = error("too_many_sockets", "One user has at most 5 sockets; this was the oldest.", limit=5, close=4505)
    await sockets[0].expect(**wanted)
    await sockets[0].closed(4505)
    for socket in (*sockets[1:], sixth, witness):
        await socket.nothing()


async def test_sockets_without_a_limit(room, viewer, enter, settings):
    """LIVEROOM_SOCKETS_PER_USER 0 is no limit; guests who watch have none."""
    settings.LIVEROOM_SOCKETS_PER_USER = 0
    sockets = [await enter(user=viewer) for _ in range(8)]
    assert len(runtime.current().connections_of(viewer.pk)) == 8
    for socket in sockets:
        await socket.nothing()
