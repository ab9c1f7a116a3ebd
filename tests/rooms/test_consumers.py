"""The receive loop: frames that are too many or too big, failures, the end."""

import asyncio
import threading
from typing import Any

import msgspec
import pytest
from django.db import OperationalError

from rooms import messages, selectors
from rooms.consumers import RoomConsumer
from rooms.handlers import RoomHandlers
from rooms.messages import ClientFrame
from rooms.realtime import runtime
from rooms.services import rooms
from rooms.transaction import RoomTransaction
from rooms.who import find_viewer
from tests import factories
from tests.clients import DEADLINE, look, settle, stored, until
from tests.parts import error, without_ts

# --- too many, too big


async def test_ten_bad_frames_end_the_socket(room, enter):
    """The tenth bad frame within 10 s closes with 4504."""
    guest = await enter()
    for text in ("x", "[]", "{}", '{"msg_type": "like", "count": 0}') * 3:
        await guest.send_text(text)
    frames = [await guest.recv() for _ in range(10)]
    assert [frame.get("close") for frame in frames] == [None] * 9 + [4504]
    assert frames[9]["code"] == "bad_message"
    await guest.closed(4504)


async def test_bad_frames_are_forgotten_after_ten_seconds(room, enter, clock):
    """Nine now and nine later are no reason to close."""
    guest = await enter()
    for _ in range(2):
        for _ in range(9):
            await guest.send_text("x")
        assert [frame.get("close") for frame in await guest.rest()] == [None] * 9
        await clock.advance(10)


async def test_a_frame_that_is_too_large(room, viewer, enter, witness):
    """Over LIVEROOM_FRAME_MAX bytes: `too_large`, then 4504; nothing is done."""
    li = await enter(user=viewer)
    await li.send("message", content="x" * 16400)
    await li.expect(**error("too_large", "A frame has at most 16384 bytes.", limit=16384, close=4504))
    await li.closed(4504)
    await witness.saw()


async def test_the_size_of_a_frame_is_in_bytes(room, enter, settings):
    """A frame of just the limit is read; one more byte is too many, in any script."""
    settings.LIVEROOM_FRAME_MAX = 100
    guest, second = await enter(), await enter()
    for socket in (guest, second):
        await socket.rest()
    frame = '{"msg_type": "ping", "x": "%s"}'
    room_left = 100 - len(frame % "")
    await guest.send_text(frame % ("x" * room_left))
    await guest.expect("pong", seq=0)
    await guest.send_text(frame % ("直" * (room_left // 3 + 1)))
    await guest.expect(**error("too_large", "A frame has at most 100 bytes.", limit=100, close=4504))
    await guest.closed(4504)
    settings.LIVEROOM_FRAME_MAX = 0
    await second.send_text(frame % ("x" * 20_000))
    await second.expect("pong", seq=0)


async def test_too_many_frames_in_a_second(room, enter, settings, clock):
    """Above LIVEROOM_FRAME_RATE frames are refused; in the next second they are read again."""
    settings.LIVEROOM_FRAME_RATE = 5
    guest = await enter()
    await clock.advance(1)
    for _ in range(5):
        await guest.send_text("ping")
        await guest.expect("pong", seq=0)
    await guest.send("ping", ref=1)
    frame = await guest.recv()
    assert 0 < frame.pop("retry_after") <= 1
    wanted = error("rate_limited", "At most 5 frames a second.", retry=True, to="ping", ref=1, limit=5)
    assert without_ts(frame) == wanted
    await clock.advance(1)
    await guest.send_text("ping")
    await guest.expect("pong", seq=0)


async def test_flooding_ends_the_socket(room, enter, settings, clock):
    """Five seconds above the rate: `flooding` and 4504."""
    settings.LIVEROOM_FRAME_RATE = 5
    guest = await enter()
    for _ in range(5):
        await clock.advance(1)
        for _ in range(6):
            await guest.send_text("ping")
        last = [await guest.recv() for _ in range(6)][-1]
        assert (last["code"], "close" in last) == ("rate_limited", False)
    await clock.advance(1)
    for _ in range(6):
        await guest.send_text("ping")
    for _ in range(5):
        await guest.expect("pong", seq=0)
    await guest.expect(**error("flooding", "Over 5 frames a second for 5 s.", to="ping", limit=5, close=4504))
    await guest.closed(4504)


async def test_bursts_with_pauses_are_no_flood(room, enter, settings, clock):
    """A second within the rate begins the count anew."""
    settings.LIVEROOM_FRAME_RATE = 5
    guest = await enter()
    for second in range(16):
        await clock.advance(1)
        for _ in range(6 if second % 4 else 1):
            await guest.send_text("ping")
        for _ in range(6 if second % 4 else 1):
            assert (await guest.recv()).get("close") is None
    assert guest.close_code is None


async def test_frames_without_a_limit(room, enter, settings):
    """LIVEROOM_FRAME_RATE 0 is no limit."""
    settings.LIVEROOM_FRAME_RATE = 0
    guest = await enter()
    for _ in range(300):
        await guest.send_text("ping")
    assert [frame["msg_type"] for frame in await guest.rest()] == ["pong"] * 300


async def test_frames_that_wait_are_bounded(room, enter, settings, monkeypatch):
    """Over 200 frames of one socket behind a slow one are refused as `unavailable`, each for itself."""
    settings.LIVEROOM_FRAME_RATE = 0
    guest = await enter()
    go = asyncio.Event()

    async def read(*_args, **_kwargs):
        await go.wait()
        return [], False

    monkeypatch.setattr(runtime.current().database, "read", read)
    for number in range(203):
        await guest.send("history", ref=number)
    wanted = error("unavailable", "Too many of your frames wait.", retry=True, retry_after=1, to="history")
    for number in (200, 201, 202):
        await guest.expect(**wanted, ref=number)
    go.set()
    assert sum(frame["msg_type"] == "history" for frame in await guest.rest()) == 200


# --- failures


async def test_a_failure_is_told_and_the_socket_stays(room, enter, monkeypatch, caplog):
    """What the server did not foresee is `internal`; it is logged, and the next frame is served."""

    def fail(*_args, **_kwargs):
        raise ZeroDivisionError("oops")

    guest = await enter()
    monkeypatch.setattr(selectors, "history", fail)
    await guest.send("history", ref=1)
    await guest.expect(**error("internal", "The server failed on this request.", retry=True, to="history", ref=1))
    await guest.nothing()
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == ["A frame failed: history"]
    caplog.clear()


async def test_the_database_is_away_at_a_read(room, enter, monkeypatch):
    """A frame that needs it gets `unavailable`; the socket stays."""

    def fail(*_args, **_kwargs):
        raise OperationalError("gone")

    guest = await enter()
    monkeypatch.setattr(selectors, "history", fail)
    await guest.send("history")
    detail = "The database does not answer; try again with the same key."
    await guest.expect(**error("unavailable", detail, retry=True, retry_after=2, to="history"))
    await guest.nothing()


@pytest.mark.parametrize("where", ["room_id_by_slug", "picture", "viewer"])
async def test_the_database_is_away_at_the_handshake(room, viewer, connect, monkeypatch, where):
    """Whoever comes is told `unavailable` and closed with 4000; later he is let in."""

    def fail(*_args, **_kwargs):
        raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(selectors, where, fail)
        li = await connect(user=viewer)
        detail = "The database does not answer; try again with the same key."
        await li.expect(**error("unavailable", detail, retry=True, retry_after=2, close=4000))
        await li.closed(4000)
    again = await connect(user=viewer)
    assert (await again.init())["online"] == 1


async def test_a_slow_database_at_the_handshake(room, connect, monkeypatch, settings):
    """After LIVEROOM_DB_TIMEOUT a read counts as failed."""
    settings.LIVEROOM_DB_TIMEOUT = 0.01
    go = threading.Event()
    monkeypatch.setattr(selectors, "room_id_by_slug", lambda _slug: go.wait(10))
    guest = await connect()
    detail = "The database does not answer; try again with the same key."
    await guest.expect(**error("unavailable", detail, retry=True, retry_after=2, close=4000))
    await guest.closed(4000)
    go.set()


async def test_a_failure_at_the_handshake(room, connect, monkeypatch, caplog):
    """`internal` with 4000: the client comes again."""

    def fail(*_args, **_kwargs):
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(selectors, "picture", fail)
    guest = await connect()
    await guest.expect(
        **error("internal", "The server failed on this handshake.", retry=True, retry_after=5, close=4000)
    )
    await guest.closed(4000)
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == ["A handshake failed: demo"]
    caplog.clear()


async def test_a_client_that_is_gone_before_its_init(room, viewer, other, connect, enter, settings):
    """Who leaves while he is let in leaves nothing behind."""
    settings.LIVEROOM_GRACE = 0
    han = await enter(user=other)
    li = await connect(user=viewer)
    await li.drop()
    await settle()
    assert {frame["msg_type"] for frame in await han.rest()} <= {"join", "leave", "online"}
    assert runtime.current().users.sockets_of(viewer.pk) == []
    assert runtime.current().hubs[room.pk].presence.online == 1


async def test_a_frame_before_init_waits_for_it(room, viewer, connect):
    """What a client sends right after open is done after its init."""
    li = await connect(user=viewer)
    await li.send_text("ping")
    await li.send("message", content="first")
    await li.init()
    await li.expect("pong", seq=0)
    assert sorted(frame["msg_type"] for frame in await li.rest()) == ["ack", "message"]


# --- the end


async def test_a_deleted_room_ends_its_sockets(room, enter, connect, host):
    """Whoever is in it is told, and closed with 4500; a new room of that address is another one at once."""
    second = await stored(factories.make_room, "second", host=host)
    guest = await enter("/ws/rooms/second/")
    await stored(second.delete)
    again = await stored(factories.make_room, "second", host=host)
    await look()
    await guest.expect(**error("room_not_found", "This room was deleted.", close=4500))
    await guest.closed(4500)
    newcomer = await connect("/ws/rooms/second/")
    assert (await newcomer.init())["epoch"] == again.epoch
    await look()
    await newcomer.nothing()


async def test_a_room_deleted_while_somebody_is_looked_up(room, viewer, connect, host, monkeypatch):
    """He is in no list of the room's viewers yet, and is told all the same."""
    asked, go = asyncio.Event(), asyncio.Event()

    async def find_slowly(*args):
        asked.set()
        await go.wait()
        return await find_viewer(*args)

    second = await stored(factories.make_room, "second", host=host)
    monkeypatch.setattr("rooms.session.find_viewer", find_slowly)
    li = await connect("/ws/rooms/second/", user=viewer)
    await asked.wait()
    await stored(second.delete)
    await look()
    await li.expect(**error("room_not_found", "This room was deleted.", close=4500))
    go.set()
    await li.closed(4500)


async def test_a_room_deleted_while_its_picture_is_read(room, enter, connect, host, monkeypatch):
    """Whoever waits for it is told."""
    asked, go = threading.Event(), threading.Event()
    read = selectors.picture

    def read_slowly(room_id):
        asked.set()
        go.wait(DEADLINE)
        return read(room_id)

    def change():
        with RoomTransaction(second.pk) as tx:
            rooms.notice_set(tx, room_id=second.pk, text="newer than the picture")

    second = await stored(factories.make_room, "second", host=host)
    guest = await enter("/ws/rooms/second/")
    await stored(change)
    await guest.rest()
    monkeypatch.setattr(selectors, "picture", read_slowly)
    newcomer = await connect("/ws/rooms/second/")
    await until(asked.is_set)
    await stored(second.delete)
    await look()
    go.set()
    for socket in (guest, newcomer):
        frame = await socket.recv()
        while frame["msg_type"] == "online":
            frame = await socket.recv()
        assert without_ts(frame) == error("room_not_found", "This room was deleted.", close=4500)
        await socket.closed(4500)


async def test_a_room_deleted_before_it_is_opened(room, connect, monkeypatch):
    """It is like one that never was."""
    monkeypatch.setattr(selectors, "room_id_by_slug", lambda _slug: 999)
    guest = await connect("/ws/rooms/second/")
    await guest.expect(**error("room_not_found", "This room was deleted.", close=4500))
    await guest.closed(4500)


# --- how consumers are composed


def test_two_handlers_of_one_type_are_an_error():
    """Two classes that handle one msg_type fail when they are composed, at import."""

    class Twice:
        async def handle_like(self, frame: messages.SendLike) -> None: ...

    with pytest.raises(TypeError, match=r"Twice and RoomHandlers both handle 'like'\."):
        type("Broken", (Twice, RoomHandlers, RoomConsumer), {})


def test_an_app_adds_a_type_with_a_method():
    """A mixin's `handle_<msg_type>` is found by name, and its annotation says how the frame is read."""

    class Wave(ClientFrame, kw_only=True):
        hands: int = 2

    class WaveHandlers:
        async def handle_wave(self, frame: "Wave") -> None: ...

    WaveHandlers.handle_wave.__annotations__["frame"] = Wave
    consumer: Any = type("Waving", (WaveHandlers, RoomHandlers, RoomConsumer), {})
    route = consumer.routes["wave"]
    assert route.method == "handle_wave"
    assert msgspec.structs.asdict(route.decode('{"msg_type": "wave", "hands": 1}')) == {"ref": None, "hands": 1}


def test_the_contracts_types_are_all_handled():
    """The product's consumer has a handler for every client frame of the contract, and no other."""
    from liveroom.consumers import LiveRoomConsumer

    assert sorted(LiveRoomConsumer.routes) == sorted(
        ["login", "join", "message", "like", "subscribe", "buy", "leave", "ping", "history", "sync", "init"]
    )
