"""What the others see of a viewer who comes and goes, and what changes of him while he is there."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from accounts import services as accounts
from rooms import selectors, transaction
from rooms.messages import Refused
from rooms.models import Room, ViewerChange
from rooms.realtime import runtime
from rooms.services import profiles, rooms
from rooms.transaction import RoomTransaction
from tests import factories
from tests.clients import look, stored, until
from tests.parts import HAN, HOST, LI, error, room_part, without_ts
from tests.servers import PATIENCE

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


async def test_me_comes_without_a_layer(room, viewer, enter, monkeypatch):
    """What another process changed of a user is found in the database, once; so is a token that it revoked."""
    monkeypatch.setattr(transaction, "publish", lambda batch: None)
    monkeypatch.setattr(profiles, "publish_user", lambda user_id: None)
    li = await enter(user=viewer)

    def make_assistant():
        with RoomTransaction(room.pk) as tx:
            rooms.assistants_set(tx, room_id=room.pk, users=[viewer])

    await stored(make_assistant)
    await li.nothing()
    await look()
    await li.expect("me", user={**LI, "role": "assistant"}, role="assistant", following=False, muted_until=None)
    await stored(Room.assistants.through.objects.all().delete)
    await look()
    await li.nothing()
    await stored(accounts.tokens_revoke, user=viewer)
    await li.nothing()
    await look()
    await li.expect(**error("bad_token", "The token was revoked.", field="token", close=4501))
    await li.closed(4501)


@pytest.mark.parametrize("again", [False, True])
async def test_a_change_while_one_is_read(room, viewer, enter, connect, monkeypatch, again):
    """Who is made an assistant between the reading of him and his `init`, or his `me`, is shown as one."""
    read = selectors.viewer
    reads = []

    def read_and_change(room_id, **who):
        found = read(room_id, **who)
        reads.append(found.role)
        if len(reads) == 1:
            with RoomTransaction(room.pk) as tx:
                rooms.assistants_set(tx, room_id=room.pk, users=[viewer])
        return found

    if again:
        li = await enter(user=viewer)
        monkeypatch.setattr(selectors, "viewer", read_and_change)
        await stored(accounts.profile_update, user=viewer, avatar="/new.png")
        assert [frame["role"] for frame in await li.rest()] == ["assistant"]
    else:
        monkeypatch.setattr(selectors, "viewer", read_and_change)
        li = await connect(user=viewer)
        assert (await li.init())["role"] == "assistant"
        assert {frame["msg_type"] for frame in await li.rest()} <= {"online"}
    assert reads[:2] == ["viewer", "assistant"]


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
    assert len(runtime.current().users.sockets_of(viewer.pk)) == 8
    for socket in sockets:
        await socket.nothing()


async def test_a_viewer_who_cannot_be_read_again_is_read_later(room, viewer, enter, monkeypatch):
    """A token that was revoked while the database was away ends its socket when it is back; he hears nothing before."""
    li = await enter(user=viewer)

    def fail(*_args, **_who):
        raise OperationalError("gone")

    with monkeypatch.context() as away:
        away.setattr(selectors, "viewer", fail)
        await stored(accounts.tokens_revoke, user=viewer)
        await look()
        await li.nothing()
    await look()
    await li.expect(**error("bad_token", "The token was revoked.", field="token", close=4501))
    await li.closed(4501)


async def test_a_change_during_a_long_outage_is_found(room, viewer, enter, monkeypatch, clock):
    """A look goes back to the last one that came to something."""
    li = await enter(user=viewer)
    await look()

    def fail(*_args, **_options):
        raise OperationalError("gone")

    with monkeypatch.context() as away:
        away.setattr(profiles, "publish_user", lambda user_id: None)
        away.setattr(selectors, "news", fail)
        await stored(accounts.tokens_revoke, user=viewer)
        await clock.advance(300)
        await stored(ViewerChange.objects.update, at=timezone.now() - timedelta(seconds=300))
        with pytest.raises(Refused):
            await look()
    await look()
    frame = await li.recv()
    assert (frame["code"], frame["close"]) == ("bad_token", 4501)
    await li.closed(4501)


async def test_many_changes_are_read_once(room, viewer, enter, monkeypatch):
    """While one reading waits, what changes meanwhile is read together."""
    read, reads, all_changed = selectors.viewer, [], threading.Event()

    def count(room_id, **who):
        reads.append(room_id)
        assert all_changed.wait(10 * PATIENCE)
        return read(room_id, **who)

    li = await enter(user=viewer)
    monkeypatch.setattr(selectors, "viewer", count)

    def rename():
        for number in range(20):
            accounts.profile_update(user=viewer, nickname=f"name {number}")

    await stored(rename)
    all_changed.set()
    frames = await li.rest()
    assert {frame["msg_type"] for frame in frames} == {"me"}
    assert frames[-1]["user"]["nickname"] == "name 19"
    # Begun before the changes, and once more after the last one.
    assert len(reads) <= 3
    before = len(reads)
    await look()
    await li.nothing()
    assert len(reads) == before + 1


async def test_a_change_of_one_who_logs_in_as_another_is_not_his(room, viewer, other, enter, connect, monkeypatch):
    """What was read of the last user is not taken for the present one."""
    li = await enter(user=viewer)
    await li.rest()
    read = selectors.viewer

    async def read_slowly(function, *args, **kwargs):
        found = await original(function, *args, **kwargs)
        if function is read and kwargs.get("pk") == viewer.pk:
            await li.send("login", token=factories.token_of(other))
            await until(lambda: connection.viewer.user == other)
        return found

    connection: Any
    (connection,) = runtime.current().users.sockets_of(viewer.pk)
    original = runtime.current().database.read
    monkeypatch.setattr(runtime.current().database, "read", read_slowly)
    await stored(accounts.profile_update, user=viewer, nickname="changed")
    assert (await li.init())["user"] == HAN
    assert [frame for frame in await li.rest() if frame["msg_type"] == "me"] == []
