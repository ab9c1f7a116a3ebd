"""The end of a process: what was taken is answered, everybody is sent elsewhere."""

import asyncio
import threading
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import InternalError, OperationalError

from rooms.models import Comment, RoomHead
from rooms.realtime import drain as ending
from rooms.realtime import likes, runtime
from rooms.realtime import writer as writing
from rooms.transaction import likes_add_once
from tests import factories
from tests.clients import DEADLINE, Viewer, stored, until
from tests.parts import error, without_ts


async def sent_away(viewer: Viewer, **fields: object) -> None:
    """The next frame tells the viewer to come back in some seconds."""
    frame = without_ts(await viewer.recv())
    assert 1 <= frame.pop("retry_after") <= 5
    assert frame == error("restarting", "The server restarts.", retry=True, close=4000, **fields)


async def test_a_drain_sends_everybody_elsewhere(room, viewer, enter, connect):
    """`restarting` with a time to come back, then 4000."""
    li, guest = await enter(user=viewer), await enter()
    await li.rest()
    running = runtime.current()
    draining = asyncio.create_task(ending.drain(running))
    for socket in (li, guest):
        await sent_away(socket)
        await socket.closed(4000)
    await draining
    assert not running.connections


async def test_a_drain_finishes_commits_and_their_acks(room, viewer, enter):
    """A comment that was taken is committed and acknowledged before its sender is sent away."""
    li = await enter(user=viewer)
    await li.send("message", content="just in time", client_msg_id="k")
    await asyncio.sleep(0)
    draining = asyncio.create_task(ending.drain(runtime.current()))
    kinds = [(await li.recv())["msg_type"] for _ in range(3)]
    await li.closed(4000)
    await draining
    assert sorted(kinds) == ["ack", "error", "message"]
    assert kinds[-1] == "error"


async def test_who_comes_during_a_drain_is_sent_elsewhere(room, connect):
    """A new socket gets `restarting` and 4000."""
    runtime.current().draining = True
    guest = await connect()
    await sent_away(guest)
    await guest.closed(4000)


async def test_a_drain_cuts_who_does_not_go(room, connect, monkeypatch):
    """A client that ignores the close is aborted WITHIN after the drain began."""
    monkeypatch.setattr(ending, "WITHIN", 0.05)
    guest = await connect()
    await guest.init()
    (connection,) = runtime.current().connections
    aborted = []
    monkeypatch.setattr(type(connection.outbox.socket), "abort", lambda socket: aborted.append(socket))
    await ending.drain(runtime.current())
    assert aborted == [connection.outbox.socket]


async def test_a_drain_without_anybody_is_at_once(engine, transactional_db):
    """There is nobody to wait for."""
    async with asyncio.timeout(1):
        await ending.drain(runtime.current())


async def test_what_comes_during_a_drain_is_not_taken(room, viewer, other, enter, monkeypatch):
    """A command that would be committed unanswered is refused with its key: another process takes it."""
    li, han = await enter(user=viewer), await enter(user=other)
    await li.rest()
    finish = runtime.Runtime.finish

    async def finish_then_hear(running, **options):
        await finish(running, **options)
        if running.connections:
            await li.send("message", content="late", client_msg_id="k")
            await asyncio.sleep(0)
            await sent_away(li, to="message", client_msg_id="k")

    monkeypatch.setattr(runtime.Runtime, "finish", finish_then_hear)
    draining = asyncio.create_task(ending.drain(runtime.current()))
    await sent_away(han)
    for socket in (li, han):
        await socket.closed(4000)
    await draining
    assert await stored(Comment.objects.count) == 0


@pytest.fixture
def time_outs(monkeypatch: pytest.MonkeyPatch) -> list[asyncio.Timeout]:
    """What the end waits for is not ended by the clock, but by the test: these are its time-outs."""
    begun: list[asyncio.Timeout] = []

    def timeout(_seconds: float) -> asyncio.Timeout:
        begun.append(asyncio.timeout(None))
        return begun[-1]

    monkeypatch.setattr(runtime, "asyncio", SimpleNamespace(**{**vars(asyncio), "timeout": timeout}))
    return begun


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    """The database commits one command for each that is released."""
    turns, commit = threading.Semaphore(0), writing.commit

    def commit_in_turn(*args: Any) -> list[Any]:
        assert turns.acquire(timeout=DEADLINE)
        return commit(*args)

    monkeypatch.setattr(writing, "BATCH_MAX", 1)
    monkeypatch.setattr(writing, "commit", commit_in_turn)
    return turns


async def test_a_slow_database_is_given_its_time(room, viewer, enter, time_outs, turns):
    """While it answers it is waited for, those too whose commands come late: they are sent away meanwhile."""
    li = await enter(user=viewer)
    running = runtime.current()
    for text in "abc":
        await li.send("message", content=text, client_msg_id=text)
    await until(lambda: running.writer(room.pk).unanswered == 3)
    draining = asyncio.create_task(ending.drain(running))
    turns.release()
    await until(lambda: running.writer(room.pk).unanswered == 2)
    time_outs[0].reschedule(asyncio.get_running_loop().time())
    kinds = [(await li.recv())["msg_type"] for _ in range(2)]
    await sent_away(li)
    await li.closed(4000)
    turns.release(2)
    assert await draining == (0, 0, False)
    assert sorted(kinds) == ["ack", "message"]
    assert await stored(list, Comment.objects.values_list("content", flat=True).order_by("seq")) == ["a", "b", "c"]


async def test_a_slow_database_is_given_its_time_for_likes_too(room, host, viewer, enter, time_outs, monkeypatch):
    """They are saved a few rooms at a time: what is saved of them shows that it answers."""
    turns = threading.Semaphore(0)

    def save_in_turn(saver: str, number: int, counts: dict[int, int]) -> None:
        assert turns.acquire(timeout=DEADLINE)
        likes_add_once(saver, number, counts)

    monkeypatch.setattr(likes, "TOGETHER", 1)
    monkeypatch.setattr(likes, "likes_add_once", save_in_turn)
    second = await stored(factories.make_room, "second", host=host)
    for path in ("/ws/rooms/demo/", "/ws/rooms/second/"):
        li = await enter(path, user=viewer)
        await li.send("like", count=3)
        await li.rest()
        await li.drop()
    running = runtime.current()
    draining = asyncio.create_task(ending.drain(running))
    turns.release()
    await until(lambda: running.left == (0, 3))
    time_outs[0].reschedule(asyncio.get_running_loop().time())
    await until(lambda: len(time_outs) == 2)
    turns.release(2)
    assert await draining == (0, 0, False)
    assert [(await stored(RoomHead.objects.get, room=each)).likes for each in (room, second)] == [3, 3]


async def test_a_database_that_hangs_is_given_up(room, viewer, enter, time_outs, turns, monkeypatch):
    """Where nothing moved it is not waited for again; what was not committed is counted, and refused."""
    monkeypatch.setattr(runtime, "CLOSE_WITHIN", 0)
    li = await enter(user=viewer)
    running = runtime.current()
    writer = running.writer(room.pk)
    for text in "ab":
        await li.send("message", content=text, client_msg_id=text)
    await until(lambda: writer.unanswered == 2)
    draining = asyncio.create_task(ending.drain(running))
    await until(lambda: bool(time_outs))
    time_outs[0].reschedule(asyncio.get_running_loop().time())
    await sent_away(li)
    await li.closed(4000)
    assert await draining == (2, 0, True)
    assert len(time_outs) == 1
    turns.release()
    await asyncio.to_thread(running.database.close)
    await writer.finish()
    assert writer.unanswered == 0
    assert await stored(Comment.objects.count) == 1


async def test_who_comes_while_a_slow_database_is_given_its_time(room, viewer, enter, connect, time_outs, turns):
    """All have gone, and the process has not: it takes nobody else, and says that it ends."""
    li = await enter(user=viewer)
    running = runtime.current()
    for text in "ab":
        await li.send("message", content=text, client_msg_id=text)
    await until(lambda: running.writer(room.pk).unanswered == 2)
    draining = asyncio.create_task(ending.drain(running))
    turns.release()
    await until(lambda: running.writer(room.pk).unanswered == 1)
    time_outs[0].reschedule(asyncio.get_running_loop().time())
    await until(lambda: len(time_outs) == 2)
    late = await connect()
    await sent_away(late)
    await late.closed(4000)
    assert runtime.state().draining
    turns.release()
    assert await draining == (0, 0, False)


@pytest.fixture
def refused(monkeypatch):
    """The database refuses every commit as soon as this is set."""
    go = threading.Event()

    def refuse(*_: Any) -> list[Any]:
        assert go.wait(DEADLINE)
        raise OperationalError("gone")

    monkeypatch.setattr(writing, "commit", refuse)
    return go


async def ended_with_a_command(room, viewer):
    """Begin the end while a comment of this viewer is being committed; with the runtime, and the drain as a task."""
    running = runtime.current()
    await viewer.send("message", content="a", client_msg_id="a")
    await until(lambda: running.writer(room.pk).unanswered == 1)
    return viewer, running, asyncio.create_task(ending.drain(running))


async def test_a_command_that_is_refused_when_its_sender_has_gone_is_lost(room, viewer, enter, time_outs, refused):
    """It was taken and has no answer: a database that refuses late is no better than one that hangs."""
    li, running, draining = await ended_with_a_command(room, await enter(user=viewer))
    await until(lambda: bool(time_outs))
    time_outs[0].reschedule(asyncio.get_running_loop().time())
    await sent_away(li)
    refused.set()
    await until(lambda: running.writer(room.pk).unanswered == 0)
    await li.closed(4000)
    assert await draining == (1, 0, False)


async def test_a_command_that_is_refused_in_time_is_not_lost(room, viewer, enter, refused):
    """Its sender knows, and sends it again."""
    li, running, draining = await ended_with_a_command(room, await enter(user=viewer))
    await until(lambda: running.draining)
    refused.set()
    frame = await li.recv()
    assert (frame["code"], frame["client_msg_id"]) == ("unavailable", "a")
    await sent_away(li)
    await li.closed(4000)
    assert await draining == (0, 0, False)


async def test_likes_that_cannot_be_saved_hold_up_nobody(room, viewer, enter, monkeypatch, caplog):
    """Whatever the database says of them, as one that only reads: everybody is told to come back."""

    def fail(*_: Any) -> None:
        raise InternalError("cannot execute INSERT in a read-only transaction")

    monkeypatch.setattr(likes, "likes_add_once", fail)
    li = await enter(user=viewer)
    await li.send("like", count=3)
    await li.rest()
    draining = asyncio.create_task(ending.drain(runtime.current()))
    await sent_away(li)
    await li.closed(4000)
    assert await draining == (0, 3, False)
    assert [record.levelname for record in caplog.records] == ["ERROR"]


async def test_likes_given_at_the_end_do_not_hide_that_others_are_saved(
    room, host, viewer, enter, time_outs, monkeypatch
):
    """More of them wait than before, and the database answers: it is given its time."""
    turns = threading.Semaphore(0)

    def save_in_turn(saver: str, number: int, counts: dict[int, int]) -> None:
        assert turns.acquire(timeout=DEADLINE)
        likes_add_once(saver, number, counts)

    monkeypatch.setattr(likes, "TOGETHER", 1)
    monkeypatch.setattr(likes, "likes_add_once", save_in_turn)
    second = await stored(factories.make_room, "second", host=host)
    li, han = await enter(user=viewer), await enter("/ws/rooms/second/", user=viewer)
    for socket in (li, han):
        await socket.send("like", count=3)
        await socket.rest()
    running = runtime.current()
    draining = asyncio.create_task(ending.drain(running))
    turns.release()
    await until(lambda: running.left == (0, 3))
    await li.send("like", count=9)
    await until(lambda: running.left == (0, 12))
    time_outs[0].reschedule(asyncio.get_running_loop().time())
    turns.release(3)
    assert await draining == (0, 0, False)
    assert [(await stored(RoomHead.objects.get, room=each)).likes for each in (room, second)] == [12, 3]


async def test_the_closes_are_spread(engine, transactional_db, monkeypatch):
    """Some clients come back a fixed time after theirs: they are sent away in steps, all of them, each once."""
    running = runtime.current()
    waits: list[tuple[float, int]] = []
    sent: list[Any] = []

    async def sleep(seconds):
        waits.append((seconds, len(sent)))

    class Member:
        outbox = SimpleNamespace(abort=lambda: None)

        def end(self, refused):
            sent.append(self)

    members: set[Any] = {Member() for _ in range(1000)}
    running.connections |= members
    monkeypatch.setattr(ending, "asyncio", SimpleNamespace(**{**vars(asyncio), "sleep": sleep}))
    monkeypatch.setattr(ending, "WITHIN", 0)
    await ending.drain(running)
    running.connections -= members
    assert set(sent) == members
    assert len(sent) == 1000
    assert sum(seconds for seconds, _ in waits) <= ending.SPREAD
    assert len({count for _, count in waits}) > 50
