"""The client frames that ask and change nothing: `ping`, `history`, `sync`, `init`."""

import asyncio
from unittest.mock import ANY

import pytest

from rooms.realtime import runtime
from rooms.services import comments, rooms
from rooms.transaction import RoomTransaction
from tests import factories
from tests.clients import stored
from tests.parts import error, without_ts

# --- ping


async def test_ping_tells_the_last_seq_of_this_socket(room, viewer, enter):
    """A pong carries the last number put on this socket before it."""
    li = await enter(user=viewer)
    await li.send("ping")
    await li.expect("pong", seq=0)
    await li.send("message", content="hi")
    await li.rest()
    await li.send("ping", seq=1, ref=3)
    await li.expect("pong", seq=1)
    await li.expect("ack", to="ping", ref=3)
    await li.nothing()


@pytest.mark.parametrize("text", ["ping", " ping\n", '{"type": "ping"}', '{"msg_type": "ping", "seq": null}'])
async def test_ping_in_all_its_forms(room, viewer, enter, text):
    """The bare word is a ping too."""
    li = await enter(user=viewer)
    await li.send_text(text)
    await li.expect("pong", seq=0)
    await li.nothing()


async def test_a_pong_does_not_wait_for_a_handler(room, viewer, enter, monkeypatch):
    """While a frame of this socket waits for the database, its ping is answered."""
    go, reached = asyncio.Event(), asyncio.Event()

    async def read(*_args, **_kwargs):
        reached.set()
        await go.wait()
        return [], False

    li = await enter(user=viewer)
    monkeypatch.setattr(runtime.current().database, "read", read)
    await li.send("history", ref=1)
    await reached.wait()
    await li.send("ping")
    await li.expect("pong", seq=0)
    go.set()
    await li.expect("history", comments=[], more=False)
    await li.expect("ack", to="history", ref=1)


# --- history


async def test_history_pages_by_seq(room, viewer, other, connect, enter):
    """Pages run backwards by seq, exclusive, oldest first; `more` says whether there is one."""
    await stored(factories.make_comments, room, viewer, *(f"c{number}" for number in range(1, 8)))
    guest = await connect()
    shown = (await guest.init())["comments"]
    assert [comment["content"] for comment in shown] == [f"c{number}" for number in range(1, 8)]
    await guest.send("history")
    await guest.expect("history", comments=shown, more=False)
    await guest.send("history", before=6, limit=3, ref="h")
    await guest.expect("history", comments=shown[2:5], more=True)
    await guest.expect("ack", to="history", ref="h")
    await guest.send("history", before=3, limit=2)
    await guest.expect("history", comments=shown[:2], more=False)
    await guest.send("history", before=1)
    await guest.expect("history", comments=[], more=False)
    await guest.nothing()


async def test_history_has_fifty_by_default(room, viewer, connect, settings):
    """Without a limit a page has 50; with 100 it has 100."""
    settings.LIVEROOM_ROOM_BUDGET = 0
    await stored(factories.make_comments, room, viewer, *(str(number) for number in range(101)))
    guest = await connect()
    assert [c["seq"] for c in (await guest.init())["comments"]] == list(range(52, 102))
    for fields, wanted in (({}, range(52, 102)), ({"limit": 100}, range(2, 102)), ({"limit": 1}, range(101, 102))):
        await guest.send("history", **fields)
        frame = await guest.recv()
        assert [comment["seq"] for comment in frame["comments"]] == list(wanted)
        assert frame["more"] is True


async def test_history_is_of_the_current_show(room, viewer, connect):
    """Comments of an earlier show, held back or removed ones are in no history."""
    await stored(factories.make_comments, room, viewer, "old")

    def next_show():
        for step in (rooms.room_end, rooms.room_start):
            with RoomTransaction(room.pk) as tx:
                step(tx, room_id=room.pk)

    await stored(next_show)
    await stored(factories.make_comments, room, viewer, "new", "removed")

    def remove():
        with RoomTransaction(room.pk) as tx:
            last = room.comments.latest("pk")
            comments.comments_remove(tx, room_id=room.pk, comment_ids=[last.pk])

    await stored(remove)
    guest = await connect()
    await guest.init()
    await guest.send("history")
    frame = await guest.recv()
    assert [comment["content"] for comment in frame["comments"]] == ["new"]


# --- sync, init


async def test_sync_sends_what_was_missed(room, viewer, connect, enter):
    """The events after `since` come again, then an ack with the newest number."""
    li = await enter(user=viewer)
    await stored(factories.make_comments, room, viewer, "a", "b")
    events = await li.rest()
    await li.send("sync", since=0, ref=1)
    for event in events:
        assert await li.recv() == event
    await li.expect("ack", to="sync", ref=1, seq=2)
    await li.nothing()


async def test_sync_with_nothing_missed(room, viewer, enter):
    """Who has everything gets the ack alone, with or without a ref."""
    li = await enter(user=viewer)
    await li.send("sync", since=0)
    await li.expect("ack", to="sync", seq=0)
    await li.nothing()


async def test_sync_with_the_epoch(room, viewer, connect, settings):
    """The right epoch is the same as none; another one gives the whole picture."""
    settings.LIVEROOM_SYNC_EVERY = 0
    guest = await connect()
    init = await guest.init()
    await guest.send("sync", since=0, epoch=init["epoch"])
    await guest.expect("ack", to="sync", seq=0)
    await guest.send("sync", since=0, epoch="other")
    assert await guest.init() == {**init, "recovered": False, "ts": ANY}
    await guest.nothing()


async def test_sync_without_since_gives_the_picture(room, viewer, connect, settings):
    """`sync` without `since`, and `init`, give the whole picture; a ref is acknowledged after it."""
    settings.LIVEROOM_SYNC_EVERY = 0
    guest = await connect()
    init = await guest.init()
    for msg_type in ("sync", "init"):
        await guest.send(msg_type)
        assert await guest.init() == {**init, "ts": ANY}
        await guest.nothing()
        await guest.send(msg_type, ref=2)
        await guest.init()
        await guest.expect("ack", to=msg_type, ref=2)
        await guest.nothing()


@pytest.mark.parametrize(("limit", "since", "recovered"), [(2, 0, False), (2, 1, None), (0, 0, None), (2, 99, False)])
async def test_sync_of_too_much_gives_the_picture(room, viewer, connect, settings, limit, since, recovered):
    """More than LIVEROOM_REPLAY missed, or a number beyond the newest: the whole picture instead."""
    settings.LIVEROOM_REPLAY = limit
    await stored(factories.make_comments, room, viewer, "a", "b", "c")
    guest = await connect()
    await guest.init()
    await guest.send("sync", since=since)
    if recovered is None:
        events = [await guest.recv() for _ in range(3 - since)]
        assert [event["seq"] for event in events] == list(range(since + 1, 4))
        await guest.expect("ack", to="sync", seq=3)
    else:
        init = await guest.init()
        assert (init["recovered"], init["seq"], len(init["comments"])) == (False, 3, 3)
    await guest.nothing()


async def test_one_sync_in_two_seconds(room, enter, clock):
    """`sync` and `init` together: one per 2 s and socket."""
    guest, second = await enter(), await enter()
    await guest.rest()
    await guest.send("sync", since=0)
    await guest.expect("ack", to="sync", seq=0)
    for msg_type in ("sync", "init"):
        await guest.send(msg_type, ref=1)
        frame = await guest.recv()
        assert 1 < frame.pop("retry_after") <= 2
        assert without_ts(frame) == error(
            "rate_limited", "One sync every 2 s.", retry=True, to=msg_type, ref=1, limit=2
        )
    await second.send("sync", since=0)
    await second.expect("ack", to="sync", seq=0)
    await clock.advance(2)
    await guest.send("sync", since=0)
    await guest.expect("ack", to="sync", seq=0)
    await guest.nothing()


async def test_commands_run_in_order(room, viewer, enter, settings):
    """The frames of one socket are done in the order in which they came."""
    settings.LIVEROOM_RATE = settings.LIVEROOM_REPEAT = 0
    li = await enter(user=viewer)
    for number in range(20):
        await li.send("message", content=str(number))
    frames = await li.rest()
    events = [frame["content"] for frame in frames if frame["msg_type"] == "message"]
    acks = [frame["seq"] for frame in frames if frame["msg_type"] == "ack"]
    assert (events, acks) == ([str(number) for number in range(20)], list(range(1, 21)))
