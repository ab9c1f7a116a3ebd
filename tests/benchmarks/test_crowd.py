"""benchmarks/load/crowd.py: viewers of a real server, and what is counted of what it sent."""

import asyncio
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.http11 import Response

from benchmarks.load.crowd import Answer, Crowd, Refused, Taker, Ticket
from benchmarks.load.dialects import RELAY, Dialect
from benchmarks.load.frame_reader import FrameReader
from benchmarks.load.frames import stamped
from benchmarks.measuring import percentiles
from tests.benchmarks.careful import Careful, frame

PICTURE = f'{{"msg_type":"init","comments":["{stamped(0)}"]}}'


class Relay:
    """A server that shows a room's picture and sends on what it is told, on a thread of its own."""

    def __init__(self) -> None:
        self.viewers: set[ServerConnection] = set()
        self.paths: list[str] = []
        self.pongs = 0
        self.turned_away = 0
        self.port = 0
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def __enter__(self) -> "Relay":
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *error: object) -> None:
        self.loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)

    async def _serve(self) -> None:
        self.loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        async with serve(self._relay, "127.0.0.1", 0, compression=None, process_request=self._judge) as server:
            self.port = next(iter(server.sockets)).getsockname()[1]
            self._ready.set()
            await self._end.wait()

    def _judge(self, viewer: ServerConnection, request: Any) -> Response | None:
        self.paths.append(request.path)
        self.turned_away += request.path == "/later"
        if request.path == "/later" and self.turned_away < 4:
            viewer.transport.abort()
        return viewer.respond(403, "no") if request.path == "/closed" else None

    async def _relay(self, viewer: ServerConnection) -> None:
        await viewer.send(PICTURE)
        self.viewers.add(viewer)
        try:
            await (await viewer.ping(b"there"))
            self.pongs += 1
            async for message in viewer:
                broadcast(self.viewers, message)
        finally:
            self.viewers.discard(viewer)


@pytest.fixture
def relay() -> Iterator[Relay]:
    with Relay() as server:
        yield server


@pytest.fixture
def crowd(relay: Relay) -> Iterator[Crowd]:
    found = Crowd(Dialect("/", RELAY.comment, ready=b'"init"'), relay.port)
    yield found
    found.close()


def test_every_comment_is_counted_for_every_viewer(relay: Relay, crowd: Crowd) -> None:
    """Exactly: and not the one that the room's picture held. Pings are answered meanwhile."""
    crowd.connect(60, timeout=20)
    crowd.run(20, until=lambda: relay.pongs == 60)
    assert relay.pongs == 60
    assert crowd.received == 0
    crowd.run(1, rate=40)
    crowd.run(20, until=lambda: crowd.received >= crowd.said * 60)
    assert crowd.said >= 39
    assert [viewer.reader.count for viewer in crowd.viewers] == [crowd.said] * 60
    assert crowd.received == crowd.said * 60
    assert len(crowd.latencies) == crowd.said * 2
    assert all(0 < taken < 20e9 for taken in crowd.latencies)


def test_pings_are_spread_over_the_viewers(relay: Relay, crowd: Crowd) -> None:
    """Each viewer sends one in its time: the relay tells all of every one."""
    crowd.connect(20, timeout=20)
    crowd.start_pings(0.5, stamped(0).encode())
    crowd.run(1.0)
    crowd.ping_every = 0
    crowd.run(20, until=lambda: crowd.received >= 39 * 20)
    assert 39 * 20 <= crowd.received <= 41 * 20


def test_viewers_go_and_come_back_with_a_ticket(relay: Relay, crowd: Crowd) -> None:
    """Who is cut is none of the crowd, nor lost; a ticket's reader hears everything, the picture first."""
    crowd.connect(10, timeout=20)
    crowd.cut(crowd.viewers[5:])
    heard: list[bytes] = []

    def reader(answer: Answer) -> Taker:
        return FrameReader(answer, heard.append)

    crowd.admit([Ticket("/?since=3", (("X-Who", "me"),), reader)], timeout=20)
    crowd.say()
    crowd.run(20, until=lambda: len(heard) >= 2)
    assert (len(crowd.viewers), crowd.lost) == (6, 0)
    assert relay.paths[-1] == "/?since=3"
    assert heard[0].decode() == PICTURE
    assert stamped(0)[:40].encode() in heard[1]


def test_who_reads_nothing_is_sent_to_all_the_same(relay: Relay, crowd: Crowd) -> None:
    """It counts nothing any more, says what it is to say, and is found lost when its socket ends."""
    crowd.connect(4, timeout=20)
    crowd.run(20, until=lambda: relay.pongs == 4)
    stalled = crowd.viewers[0]
    crowd.stop_reading([stalled])
    crowd.say(speakers=1)
    crowd.run(20, until=lambda: crowd.received >= 3)
    crowd.run(0.1)
    assert [viewer.reader.count for viewer in crowd.viewers] == [0, 1, 1, 1]
    assert (crowd.lost, stalled.alive) == (0, True)
    for viewer in list(relay.viewers):
        relay.loop.call_soon_threadsafe(viewer.transport.abort)
    crowd.run(20, until=lambda: crowd.lost == 4)
    assert (crowd.lost, stalled.alive) == (4, False)


def test_who_is_persistent_tries_again(relay: Relay, crowd: Crowd) -> None:
    """Cut before the picture came, until it comes; without that it is an error."""
    crowd.admit([Ticket("/later")], timeout=20, persistent=True)
    assert (crowd.refused, crowd.lost, len(crowd.viewers)) == (3, 0, 1)
    relay.turned_away = 0
    with pytest.raises(Refused, match="before it was ready"):
        crowd.admit([Ticket("/later")], timeout=20)


def test_a_refused_viewer_ends_it(relay: Relay) -> None:
    """With what the server said."""
    crowd = Crowd(Dialect("/closed", RELAY.comment), relay.port)
    with pytest.raises(Refused, match="403"):
        crowd.connect(1, timeout=20)
    crowd.close()


def test_who_does_not_become_ready_is_waited_for_no_longer(relay: Relay) -> None:
    """The time-out says how many were missing."""
    crowd = Crowd(Dialect("/", RELAY.comment, ready=b"never said"), relay.port)
    with pytest.raises(TimeoutError, match="3 of 3 viewers"):
        crowd.connect(3, timeout=0.5)
    crowd.close()


def hear(told: list[tuple[int, bytes]], opcode: int, payload: bytes) -> None:
    told.append((opcode, payload))


def test_frames_are_read_whole() -> None:
    """Wherever the stream is cut, the frame reader has what the careful reader has."""
    payloads = [(1, b"{}"), (1, b"x" * 200), (9, b"p"), (1, b"y" * 70_000), (1, b""), (8, b"\x03\xe8")]
    stream = b"".join(frame(*payload) for payload in payloads)
    careful = Careful()
    careful.take(stream)
    for cut in (*range(600), *range(len(stream) - 20, len(stream))):
        told: list[tuple[int, bytes]] = []
        reader = FrameReader(partial(hear, told), partial(hear, told, 1))
        for part in (stream[:cut], stream[cut:]):
            reader.take(bytearray(256) + part, 256 + len(part))
        assert told == careful.frames == payloads
        assert reader.count == 4


def test_percentiles_are_in_milliseconds() -> None:
    """Of ns; and none of nothing."""
    assert percentiles([value * 1_000_000 for value in range(1, 101)]) == pytest.approx((50.5, 95.95, 99.99))
    assert percentiles([]) != percentiles([])
