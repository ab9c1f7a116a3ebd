"""The order of a room's events: in sequence, each once, whatever is late, doubled or lost."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, cast

import pytest
from django.db import OperationalError
from hypothesis import given, settings
from hypothesis import strategies as st

from rooms import selectors, transaction
from rooms.realtime import hub as hub_module
from rooms.realtime import order as order_module
from rooms.realtime import pace, runtime
from rooms.selectors import HeadRow
from rooms.services import comments
from rooms.transaction import RoomTransaction
from tests import factories
from tests.clients import look, settle, stored
from tests.parts import error
from tests.rooms.realtime.fakes import FakeConnection, FakeRuntime, entry, passed


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch):
    """Let gaps be filled and passes follow each other at once."""
    monkeypatch.setattr(order_module, "GAP_GRACE", 0.001)
    for rest in ("REST_ALONE", "REST_MIN"):
        monkeypatch.setattr(pace, rest, 0.0)


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run on a loop of its own."""
    asyncio.run(work)


# --- Passes.


def test_what_a_pass_told_decides_how_long_it_rests(monkeypatch):
    """The events of the log, whether there were sums besides, and to how many: nobody, where there was nothing."""
    told: list[tuple[int, bool, int]] = []

    def rest(_pace: pace.Pace, *, events: int, sums: bool, viewers: int, worked: float) -> float:
        assert worked >= 0
        told.append((events, sums, viewers))
        return 0.0

    monkeypatch.setattr(pace.Pace, "rest", rest)

    async def deliver() -> None:
        engine = FakeRuntime()
        hub = await engine.hub()
        for _ in range(3):
            FakeConnection(engine, hub)
        hub.take(engine.commit(2))
        await passed(hub)
        hub.like(1, None)
        await passed(hub)
        hub.take(engine.commit(1))
        hub.like(1, None)
        await passed(hub)
        hub.tallies.gossip.likes += 1
        hub._wake()
        await passed(hub)

    run(deliver())
    assert told == [(2, False, 3), (0, True, 3), (1, True, 3), (0, False, 0)]


# --- take()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data(), count=st.integers(1, 12), begin=st.integers(0, 5))
def test_whatever_arrives_members_get_everything_once_in_order(data, count, begin):
    """Events in any order, doubled, some never: with the look at the newest seq all arrive, 1…n."""
    seqs = range(begin + 1, begin + count + 1)
    arriving = data.draw(st.lists(st.lists(st.sampled_from(seqs), max_size=6), max_size=8))
    pauses = data.draw(st.lists(st.booleans(), min_size=len(arriving), max_size=len(arriving)))

    async def deliver() -> None:
        engine = FakeRuntime(begin=begin)
        hub = await engine.hub()
        member = FakeConnection(engine, hub)
        engine.commit(count)
        for batch, pause in zip(arriving, pauses, strict=True):
            hub.take(entry(seq) for seq in batch)
            if pause:
                await asyncio.sleep(0)
        hub.know(begin + count)
        await passed(hub)
        assert member.socket.seqs == list(seqs)
        assert hub.seq == begin + count

    run(deliver())


async def test_the_next_event_goes_out_at_once():
    """Nothing is read for it."""
    engine = FakeRuntime()
    hub = await engine.hub()
    member = FakeConnection(engine, hub)
    hub.take(engine.commit())
    await passed(hub)
    assert (member.socket.seqs, engine.asked) == ([1], [])


async def test_a_gap_that_closes_by_itself_is_not_read(monkeypatch):
    """What comes late within 100 ms is waited for."""
    monkeypatch.setattr(order_module, "GAP_GRACE", 0.05)
    engine = FakeRuntime()
    hub = await engine.hub()
    member = FakeConnection(engine, hub)
    first, second = engine.commit(2)
    hub.take([second])
    await asyncio.sleep(0)
    assert (hub.seq, member.socket.seqs) == (0, [])
    hub.take([first])
    await passed(hub)
    assert (member.socket.seqs, engine.asked) == ([1, 2], [])


async def test_a_gap_is_filled_from_the_log_once():
    """One query for all that is missing, up to what is known of."""
    engine = FakeRuntime()
    hub = await engine.hub()
    members = [FakeConnection(engine, hub) for _ in range(3)]
    engine.commit(9)
    hub.take([entry(5), entry(9)])
    hub.know(9)
    await passed(hub)
    assert all(member.socket.seqs == list(range(1, 10)) for member in members)
    assert engine.asked == [(0, 9)]


async def test_a_long_gap_is_read_in_pieces():
    """RING lines at a time."""
    engine = FakeRuntime()
    hub = await engine.hub()
    member = FakeConnection(engine, hub)
    engine.commit(1200)
    hub.know(1200)
    await passed(hub)
    assert member.socket.seqs == list(range(1, 1201))
    assert [since for since, _ in engine.asked] == [0, 500, 1000]


async def test_what_arrives_before_the_hub_is_open_is_kept(monkeypatch):
    """A hub joins the group before it reads where the room stands."""
    engine = FakeRuntime(begin=3)
    hub = hub_module.RoomHub(cast(runtime.Runtime, engine), 1)
    opening = asyncio.create_task(hub.open())
    await asyncio.sleep(0)
    hub.take([entry(2), entry(5)])
    engine.commit(0)
    await opening
    assert hub.seq == 3
    engine.commit(2)
    hub.take([entry(4)])
    assert hub.seq == 5
    await hub.close()


async def test_a_flood_of_early_events_is_bounded(monkeypatch):
    """More than HELD_MAX that wait are dropped, and read again from the log."""
    monkeypatch.setattr(order_module, "HELD_MAX", 10)
    engine = FakeRuntime()
    hub = await engine.hub()
    member = FakeConnection(engine, hub)
    engine.commit(30)
    hub.take(entry(seq) for seq in range(2, 31))
    assert len(hub._held) == 0
    await passed(hub)
    assert member.socket.seqs == list(range(1, 31))


async def test_a_number_that_the_log_does_not_have(caplog):
    """It is logged, and the hub goes on with what comes."""
    engine = FakeRuntime()
    hub = await engine.hub()
    member = FakeConnection(engine, hub)
    hub.know(3)
    await passed(hub)
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    caplog.clear()
    hub.take(engine.commit())
    await passed(hub)
    assert member.socket.seqs == [1]


async def test_a_gap_is_filled_when_the_database_is_back(monkeypatch):
    """While it is away the hub tries again every second."""
    from rooms.messages import Code, Refused

    pauses = []
    sleep = asyncio.sleep

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        await sleep(0)

    engine = FakeRuntime()
    hub = await engine.hub()
    member = FakeConnection(engine, hub)
    engine.commit(2)
    read, failures = engine.read, [Refused(Code.UNAVAILABLE, "away"), Refused(Code.UNAVAILABLE, "away")]

    async def failing(*args: Any, **kwargs: Any) -> Any:
        if failures:
            raise failures.pop()
        return await read(*args, **kwargs)

    monkeypatch.setattr(engine, "read", failing)
    monkeypatch.setattr(asyncio, "sleep", pause)
    hub.know(2)
    await passed(hub)
    assert member.socket.seqs == [1, 2]
    assert pauses.count(1) == 2


# --- members


async def test_who_joins_gets_only_what_is_newer():
    """An outbox that has an event already is not given it again, nor less than all that follows."""
    engine = FakeRuntime()
    hub = await engine.hub()
    before = FakeConnection(engine, hub)
    hub.take(engine.commit(2))
    joining = FakeConnection(engine, hub)
    assert joining.outbox.seq == 2
    hub.take(engine.commit(2))
    await passed(hub)
    assert (before.socket.seqs, joining.socket.seqs) == ([1, 2, 3, 4], [3, 4])


async def test_a_member_that_fell_behind_is_given_what_it_missed():
    """From the ring; if that does not reach back so far, it is cut, and comes again with `since`."""
    engine = FakeRuntime()
    hub = await engine.hub()
    behind, lost = FakeConnection(engine, hub), FakeConnection(engine, hub)
    hub.take(engine.commit(3))
    await passed(hub)
    for member, seq in ((behind, 1), (lost, -1)):
        member.socket.writes.clear()
        member.outbox.seq = seq
    hub.take(engine.commit(1))
    await passed(hub)
    assert (behind.socket.seqs, behind.socket.aborted) == ([2, 3, 4], False)
    assert (lost.socket.seqs, lost.socket.aborted) == ([], True)


async def test_events_of_a_pass_are_one_write_per_viewer():
    """What gathered is one parcel, the same for all."""
    engine = FakeRuntime()
    hub = await engine.hub()
    members = [FakeConnection(engine, hub) for _ in range(40)]
    for event in engine.commit(5):
        hub.take([event])
    await passed(hub)
    assert {len(member.socket.writes) for member in members} == {1}
    assert len({id(member.socket.writes[0]) for member in members}) == 1


async def test_one_who_goes_during_a_pass_gets_nothing_more():
    """Neither does he hold it up."""
    engine = FakeRuntime()
    hub = await engine.hub()
    members = [FakeConnection(engine, hub) for _ in range(3)]
    members[1].outbox.close()
    hub.discard(members[1])
    hub.take(engine.commit())
    await passed(hub)
    assert [member.socket.seqs for member in members] == [[1], [], [1]]


async def test_a_removal_empties_the_ring():
    """What was removed is never replayed from memory: the log has it without its text, and is read again once."""
    engine = FakeRuntime()
    hub = await engine.hub()
    hub.take(engine.commit(3))
    assert [event.seq for event in await hub.missed(1)] == [2, 3]
    assert engine.asked == []
    (event,) = engine.commit()
    engine.log[1] = event._replace(seq=2)
    hub.take([event._replace(kind="remove")])
    assert await hub.missed(1) == [*engine.log[1:3], event._replace(kind="remove")]
    assert [event.seq for event in await hub.missed(0)] == [1, 2, 3, 4]
    assert engine.asked == [(0, 4)]
    await hub.close()


async def test_the_log_is_read_once_for_all_who_come_back_after_a_start():
    """The ring is empty then; further back than it reaches each reads for himself."""
    engine = FakeRuntime(begin=900)
    hub = await engine.hub()
    found = await asyncio.gather(*(hub.missed(since) for since in (400, 401, 899) * 20))
    for since, events in zip((400, 401, 899), found, strict=False):
        assert [event.seq for event in events] == list(range(since + 1, 901))
    hub.take(engine.commit(3))
    assert [event.seq for event in await hub.missed(890)] == list(range(891, 904))
    assert engine.asked == [(400, 900)]
    assert [event.seq for event in await hub.missed(100)] == list(range(101, 904))
    assert engine.asked[1:] == [(100, 903)]
    await hub.close()


def during_the_first_read(monkeypatch: pytest.MonkeyPatch, engine: FakeRuntime, happens: Callable[[], None]) -> None:
    """Have something happen after the log was first read, before what was read is there."""
    read = engine.read

    async def reading(*args: Any, **kwargs: Any) -> Any:
        found = await read(*args, **kwargs)
        if len(engine.asked) == 1:
            happens()
        return found

    monkeypatch.setattr(engine, "read", reading)


async def test_a_removal_while_the_log_is_read(monkeypatch):
    """What was read before it may have the text still, and is read again."""
    engine = FakeRuntime(begin=3)
    hub = await engine.hub()

    def remove() -> None:
        engine.log[1] = engine.log[1]._replace(payload=b"{}")
        (event,) = engine.commit()
        hub.take([event._replace(kind="remove")])

    during_the_first_read(monkeypatch, engine, remove)
    found = await asyncio.gather(*(hub.missed(0) for _ in range(5)))
    assert [[event.payload for event in events][1] for events in found] == [b"{}"] * 5
    assert engine.asked == [(0, 3), (0, 4)]
    await hub.close()


async def test_the_ring_holds_the_newest_whatever_is_read_into_it(monkeypatch):
    """It is bounded: what came while the log was read stays, and the oldest of what was read goes."""
    engine = FakeRuntime(begin=900)
    hub = await engine.hub()
    during_the_first_read(monkeypatch, engine, lambda: hub.take(engine.commit(10)))
    assert [event.seq for event in await hub.missed(800)] == list(range(801, 911))
    assert [event.seq for event in hub._ring] == list(range(411, 911))
    await hub.close()


async def test_a_picture_newer_than_the_hub_is_delivered_first():
    """Before a newcomer gets it, the hub accepts all events up to its seq."""
    engine = FakeRuntime()
    hub = await engine.hub()
    member = FakeConnection(engine, hub)
    engine.commit(2)
    hub._read_at = float("-inf")
    hub.take([entry(1)])
    picture, tail = await hub.picture()
    assert (picture.seq, tail, hub.seq) == (2, [], 2)
    await passed(hub)
    assert member.socket.seqs == [1, 2]


async def test_a_picture_is_read_once_for_all_who_ask(monkeypatch):
    """10,000 who come back together are one query."""
    engine = FakeRuntime()
    hub = await engine.hub()
    reads = []
    read = engine.read

    async def counting(*args: Any, **kwargs: Any) -> Any:
        reads.append(args[0].__name__)
        return await read(*args, **kwargs)

    monkeypatch.setattr(engine, "read", counting)
    hub.take(engine.commit())
    hub._read_at = float("-inf")
    pictures = await asyncio.gather(*(hub.picture() for _ in range(50)))
    assert {picture.seq for picture, _ in pictures} == {1}
    assert reads == ["picture"]
    # The room stands still: the picture is as good as new.
    assert (await hub.picture())[0].seq == 1
    assert reads == ["picture"]
    await hub.close()


async def test_a_picture_in_a_busy_room_may_be_a_little_old(monkeypatch):
    """Within PICTURE_AGE it is given with the events after it; it is never older than what is asked for."""
    monkeypatch.setattr(hub_module, "PICTURE_AGE", 1000)
    engine = FakeRuntime()
    hub = await engine.hub()
    hub.take(engine.commit(2))
    picture, tail = await hub.picture()
    assert (picture.seq, [event.seq for event in tail]) == (0, [1, 2])
    picture, tail = await hub.picture(at_least=1)
    assert (picture.seq, tail) == (2, [])
    await hub.close()


async def test_who_waited_for_a_picture_takes_it(monkeypatch):
    """However old it is when his turn comes, with what came since: in a storm there would always be a newer one."""
    monkeypatch.setattr(hub_module, "PICTURE_AGE", 0)
    engine = FakeRuntime()
    hub = await engine.hub()
    hub.take(engine.commit())
    reads = []
    read = engine.read

    async def busy_meanwhile(*args: Any, **kwargs: Any) -> Any:
        reads.append(args[0].__name__)
        found = await read(*args, **kwargs)
        if len(reads) < 5:
            hub.take(engine.commit())
        return found

    monkeypatch.setattr(engine, "read", busy_meanwhile)
    pictures = await asyncio.gather(*(hub.picture() for _ in range(50)))
    assert {(picture.seq, *(event.seq for event in tail)) for picture, tail in pictures} == {(1, 2)}
    assert reads == ["picture"]
    picture, _ = await hub.picture(at_least=2)
    assert picture.seq == 2
    await hub.close()


# --- with the real database, and other processes that lose messages


async def test_the_look_at_the_newest_seq(room, viewer, enter, monkeypatch):
    """With every message of the layer lost, a commit arrives by the look every half second."""
    socket = await enter()
    monkeypatch.setattr(transaction, "publish", lambda batch: None)
    await stored(factories.make_comments, room, viewer, "a", "b")
    await socket.nothing()
    await look()
    assert [(frame["seq"], frame["content"]) for frame in await socket.rest()] == [(1, "a"), (2, "b")]


async def test_a_newcomer_brings_what_was_lost(room, viewer, enter, connect, monkeypatch):
    """His picture is newer than the hub: those who were there get the events, and he gets none twice."""
    socket = await enter()
    monkeypatch.setattr(transaction, "publish", lambda batch: None)
    await stored(factories.make_comments, room, viewer, "a")
    await stored(factories.make_comments, room, viewer, "b")
    newcomer = await connect(f"/ws/rooms/demo/?since=1&epoch={room.epoch}")
    init = await newcomer.init()
    assert (init["recovered"], init["seq"]) == (True, 1)
    assert [frame["seq"] for frame in await newcomer.rest() if "seq" in frame] == [2]
    assert [frame["seq"] for frame in await socket.rest() if "seq" in frame] == [1, 2]


@pytest.mark.parametrize("count", [1, 8])
async def test_the_log_is_read_once_for_all_who_come_back(room, viewer, connect, monkeypatch, count):
    """However many they are: to a process that was just started, and after a removal."""
    ids = await stored(factories.make_comments, room, viewer, *"abcdef")
    reads = []
    read = selectors.events_since

    def counting(*args, **options):
        reads.append(args)
        return read(*args, **options)

    def remove():
        with RoomTransaction(room.pk) as tx:
            comments.comments_remove(tx, room_id=room.pk, comment_ids=[ids[3]])

    async def come_back(last):
        path = f"/ws/rooms/demo/?since=2&epoch={room.epoch}"
        for socket in await asyncio.gather(*(connect(path) for _ in range(count))):
            assert (await socket.init())["recovered"] is True
            events = [frame for frame in await socket.rest() if "seq" in frame]
            assert [event["seq"] for event in events] == list(range(3, last + 1))
            assert [event["content"] for event in events if event.get("removed")] == [""] * (last - 6)

    monkeypatch.setattr(selectors, "events_since", counting)
    await come_back(6)
    assert len(reads) == 1
    await stored(remove)
    await settle()
    await come_back(7)
    assert len(reads) == 2


async def test_a_batch_from_another_process(room, enter):
    """It goes out like one of this process; with a gap before it, the log is read."""
    socket = await enter()
    hub = runtime.current().hubs[room.pk]
    hub.take([entry(1)])
    await socket.expect("notice", seq=1, text="1")


# --- sums


async def test_a_pass_carries_sums_and_events_together():
    """Ephemeral frames go after the events, in the same write; one who is behind keeps the events alone."""
    engine = FakeRuntime()
    hub = await engine.hub()
    reading, behind = FakeConnection(engine, hub), FakeConnection(engine, hub)
    behind.socket.backed_up = True
    hub.like(3, None)
    hub.take(engine.commit())
    await passed(hub)
    assert [frame["msg_type"] for frame in reading.socket.frames] == ["notice", "like"]
    assert len(reading.socket.writes) == 1
    behind.socket.backed_up = False
    behind.outbox.sweep(0)
    assert [frame["msg_type"] for frame in behind.socket.frames] == ["notice"]


async def test_counters_that_were_read_at_another_seq(room, viewer, enter):
    """A look that began before a new show knows the likes of the last one: they are not this one's."""
    await enter(user=viewer)
    hub = runtime.current().hubs[room.pk]
    hub.head_read(HeadRow(hub.seq - 1, 50, 3))
    assert (hub.tallies.total, hub.held) == (0, 0)
    hub.head_read(HeadRow(hub.seq, 50, 3))
    assert (hub.tallies.total, hub.held) == (50, 3)


async def test_a_picture_that_fails_for_all_who_wait(room, viewer, enter, connect, monkeypatch):
    """Who comes in is sent away to come back; who is there and asked for it is only told."""
    li = await enter(user=viewer)
    await stored(factories.make_comments, room, viewer, "newer than the picture")
    await li.rest()

    def fail(_room_id):
        raise OperationalError("gone")

    monkeypatch.setattr(selectors, "picture", fail)
    await li.send("sync", ref=1)
    newcomer = await connect()
    detail = "The database does not answer; try again with the same key."
    await newcomer.expect(**error("unavailable", detail, retry=True, retry_after=2, close=4000))
    await newcomer.closed(4000)
    await li.expect(**error("unavailable", detail, retry=True, retry_after=2, to="sync", ref=1))
    await li.nothing()
