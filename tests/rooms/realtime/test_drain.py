"""The end of a process: what was taken is answered, everybody is sent elsewhere."""

import asyncio
from types import SimpleNamespace
from typing import Any

from rooms.models import Comment
from rooms.realtime import drain as ending
from rooms.realtime import runtime
from tests.clients import Viewer, stored
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

    async def finish_then_hear(running):
        await finish(running)
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
