"""Who lives is judged by the answers to the server's own pings, one at a time."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from daphne.ws_protocol import WebSocketFactory
from twisted.internet.testing import StringTransport

from liveroom import daphne_server
from liveroom.daphne_server import LiveroomProtocol, LiveroomServer
from tests.deployment import Deployments
from tests.faults.readers import Reader
from tests.liveroom.test_frames_on_the_wire import frame, ping
from tests.servers import PATIENCE, Server

PING, PONG = 0x9, 0xA
IMPATIENT = """
from liveroom import serve

serve.PING_INTERVAL = serve.PING_TIMEOUT = 1
serve.main()
"""


class Timer:
    """autobahn's timer; nothing is due before the test says so."""

    def __init__(self) -> None:
        self.due: list[Callable[[], None]] = []

    def call_later(self, _seconds: float, function: Callable[[], None]) -> Any:
        self.due.append(function)
        return SimpleNamespace(cancel=lambda: self.due.remove(function))


class Peer:
    """An open WebSocket of the server's, and what it writes."""

    def __init__(self) -> None:
        class Protocol(LiveroomProtocol):
            """One with options of its own."""

        factory = WebSocketFactory(SimpleNamespace(ping_interval=20, websocket_timeout=-1), server="")
        factory.setProtocolOptions(autoPingTimeout=30, openHandshakeTimeout=0)
        self.timer = factory._batched_timer = Timer()
        Protocol.take_options(factory)
        self.transport = StringTransport()
        self.protocol: Any = Protocol()
        self.protocol.factory = factory
        self.protocol.makeConnection(self.transport)
        # What a handshake leaves behind.
        self.transport.registerProducer(self.protocol, True)
        self.protocol.state = Protocol.STATE_OPEN
        self.protocol.inside_message, self.protocol.current_frame = False, None
        self.protocol.server = factory.server_class
        self.protocol.socket_opened, self.protocol.client_addr = 0, None

    def look_after(self, silence: float) -> None:
        """What Daphne does every two seconds; so long ago something was heard, or a ping sent."""
        self.protocol.last_ping = time.time() - silence
        self.protocol.check_timeouts()

    @property
    def pings(self) -> list[bytes]:
        """The payloads of the pings that were sent: 12 bytes each."""
        written = self.transport.value()
        assert written[::14] == bytes([0x80 | PING]) * (len(written) // 14)
        return [written[at + 2 : at + 14] for at in range(0, len(written), 14)]


@dataclass(frozen=True)
class Checked:
    """A connection."""

    check_timeouts: Callable[[], None]


def test_a_ping_waits_for_the_answer_to_the_one_before() -> None:
    """An answer after more than 20 s is in time, and ends the wait; then the next ping may go."""
    peer = Peer()
    peer.look_after(21)
    (first,) = peer.pings
    peer.look_after(21)
    assert (peer.pings, len(peer.timer.due)) == ([first], 1)
    peer.protocol.dataReceived(frame(first, PONG))
    assert peer.timer.due == []
    peer.look_after(19)
    assert len(peer.pings) == 1
    peer.look_after(21)
    assert (len(peer.pings), len(peer.timer.due)) == (2, 1)


def test_a_ping_without_an_answer_cuts() -> None:
    """Whatever became due meanwhile."""
    peer = Peer()
    for _ in range(2):
        peer.look_after(21)
    (due,) = peer.timer.due
    due()
    assert peer.transport.disconnected


def test_connections_are_looked_after_by_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each once in two seconds, and never more than a twentieth of them at once; who has gone is left alone."""
    waits: list[float] = []
    monkeypatch.setattr(daphne_server, "reactor", SimpleNamespace(callLater=lambda seconds, _: waits.append(seconds)))
    checked: list[int] = []
    gone = range(0, 1000, 10)

    def check(number: int) -> None:
        checked.append(number)
        if number == 500:
            for one in gone:
                server.connections.pop(peers[one], None)

    peers = [Checked(partial(check, number)) for number in range(1000)]
    server: Any = LiveroomServer.__new__(LiveroomServer)
    server.unchecked, server.connections = deque(), {peer: {} for peer in peers}
    counts = []
    while server.unchecked or not waits:
        before = len(checked)
        server.timeout_checker()
        counts.append(len(checked) - before)
    assert checked == [number for number in range(1000) if number not in gone or number <= 500]
    assert max(counts) <= 51
    assert sum(waits) < 2.05


def test_who_has_gone_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """All at once: two seconds later nothing holds them."""
    waits: list[float] = []
    monkeypatch.setattr(daphne_server, "reactor", SimpleNamespace(callLater=lambda seconds, _: waits.append(seconds)))
    server: Any = LiveroomServer.__new__(LiveroomServer)
    server.unchecked, server.connections = deque(), {Checked(lambda: None): {} for _ in range(1000)}
    server.timeout_checker()
    server.connections.clear()
    while sum(waits) < 2:
        server.timeout_checker()
    assert not server.unchecked


@pytest.mark.parametrize("count", [0, 1, 3, 20, 39])
def test_a_few_to_look_after(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Each once in two seconds too; without any a look every two seconds. One that fails ends nothing."""
    waits: list[float] = []
    monkeypatch.setattr(daphne_server, "reactor", SimpleNamespace(callLater=lambda seconds, _: waits.append(seconds)))
    checked: list[int] = []

    def check(number: int) -> None:
        checked.append(number)
        if not number:
            raise ValueError

    server: Any = LiveroomServer.__new__(LiveroomServer)
    server.unchecked, server.connections = deque(), {Checked(partial(check, number)): {} for number in range(count)}
    while sum(waits) < 1.99 or server.unchecked:
        with suppress(ValueError):
            server.timeout_checker()
    assert checked == list(range(count))
    assert sum(waits) < 2.2


@contextmanager
def impatient(deployments: Deployments, directory: Path, kind: str) -> Iterator[Server]:
    """A server with a room that pings after 1 s of silence, and waits 1 s for the answer."""
    with deployments.sqlite(f"impatient-{kind}") as site:
        site.call("make_room", slug="frames")
        server = Server(f"impatient-{kind}", site.environment, directory, server=kind)
        server.command[1:3] = ["-c", IMPATIENT]
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.mark.long
@pytest.mark.parametrize("kind", ["daphne", pytest.param("uvicorn", marks=pytest.mark.long)])
async def test_what_a_client_sends_is_no_answer_to_a_ping(deployments: Deployments, tmp_path: Path, kind: str) -> None:
    """One who writes and does not read is cut, whatever he writes: small frames or long ones."""

    async def go_on_writing(size: int) -> None:
        reader = await Reader.enter(server.port, "frames")
        reader.mute = True
        await reader.pinged.wait()
        while not reader.closed.done():
            reader.say(frame(ping("a", more="a" * size)))
            await asyncio.wait({reader.closed}, timeout=0.1)

    with impatient(deployments, tmp_path, kind) as server:
        async with asyncio.timeout(10 * PATIENCE):
            await asyncio.gather(go_on_writing(10), go_on_writing(400))
