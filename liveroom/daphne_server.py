"""Daphne as Liveroom runs it: any listening socket and Origin, a clean end, and connections that leave no garbage.

Uses private names of Daphne, Twisted and autobahn; a test fails when one moves.
"""

import asyncio
import math
import socket
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from autobahn.websocket.protocol import _url_to_origin
from daphne.http_protocol import WebRequest
from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import defer, reactor

MASK_AT, SMALL_HEAD = 2, 6
"""Bytes before the key that masks a small frame, and before its payload."""

# Seconds for applications that were cancelled.
CANCEL_TIMEOUT = 1.0

LOOK_EVERY, TURNS = 2.0, 20
"""Seconds in which each connection is looked after once, and in how many turns at the most."""


class LiveroomRequest(WebRequest):
    """A handshake whose Origin and offers may be anything: they are no reason to turn a client away."""

    def process(self) -> Any:
        headers = self.requestHeaders
        origin = (headers.getRawHeaders(b"origin") or [b""])[0].strip()
        try:
            _url_to_origin(origin.decode("latin1"))  # type: ignore[no-untyped-call]
        except ValueError:
            # autobahn would answer 400. An empty one is none; "null" is as foreign as any nonsense.
            headers.removeHeader(b"origin")
            if origin:
                headers.addRawHeader(b"origin", b"null")
        offers = b",".join(headers.getRawHeaders(b"sec-websocket-protocol", []))
        names = dict.fromkeys(name.strip() for name in offers.split(b",") if name.strip() and name.isascii())
        headers.removeHeader(b"sec-websocket-protocol")
        if names:
            headers.addRawHeader(b"sec-websocket-protocol", b", ".join(names))
        processed = super().process()
        if self.transport is None:
            # It is a WebSocket now: nobody needs the channel and its request, which hold each other.
            self.channel.requests.clear()
        return processed


class LiveroomProtocol(WebSocketProtocol):
    """A WebSocket that reads its options from the class, and is freed when its connection is gone."""

    on_write: Callable[[], None] | None = None
    """Called when autobahn writes something of its own: a ping, a pong, a close frame that has to be the last."""

    # Else each connection copies 30 options from the factory and formats them for a line that is not logged.
    CONFIG_ATTRS: tuple[str, ...] = ()

    @classmethod
    def take_options(cls, factory: Any) -> None:
        """Take over what the factory was told."""
        for name in WebSocketProtocol.CONFIG_ATTRS:
            option = getattr(factory, name)
            # A function in a class would become a method.
            setattr(cls, name, staticmethod(option) if callable(option) else option)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        # autobahn's states, lazy log lines and futures cost more than all that answers a ping.
        at = 0
        while (
            self.state == self.STATE_OPEN
            and not self.data
            and not self.inside_message
            and self.current_frame is None
            and (end := small_text_end(data, at))
        ):
            payload = unmasked(data[at + MASK_AT : at + SMALL_HEAD], data[at + SMALL_HEAD : end])
            try:
                payload.decode()
            except UnicodeDecodeError:
                break
            self.onMessage(payload, False)
            at = end
        if at < len(data):
            super().dataReceived(data[at:] if at else data)

    def _sendAutoPing(self) -> None:  # noqa: N802 - autobahn's name
        # Daphne asks for one after each 20 s of silence. While an answer is waited for it is let be, and asks again: a
        # second ping would take its place, so that the pong that comes late, but in time, is not known any more.
        if self.autoPingTimeoutCall is None:
            super()._sendAutoPing()

    def sendData(self, *args: Any, **options: Any) -> None:  # noqa: N802 - autobahn's name
        super().sendData(*args, **options)
        if self.on_write is not None:
            self.on_write()

    def connectionLost(self, reason: Any) -> None:  # noqa: N802 - Twisted's name
        super().connectionLost(reason)
        # It holds who holds the protocol.
        self.on_write = None
        # Its result is the protocol itself: a cycle.
        self.is_closed = None


def small_text_end(data: bytes, at: int) -> int:
    """Where the frame that begins at ``at`` ends, if it is a whole masked text of at most 125 bytes; else 0.

    RFC 6455, 5.2: FIN without RSV and opcode 1 is 0x81; the next byte is the mask's bit and the length.
    """
    if len(data) < at + SMALL_HEAD or data[at] != 0x81:
        return 0
    length = data[at + 1] - 0x80
    end = at + SMALL_HEAD + length
    return end if 0 <= length <= 125 and end <= len(data) else 0


def unmasked(key: bytes, payload: bytes) -> bytes:
    """The payload of a frame that was masked with this key of 4 bytes."""
    size = len(payload)
    mask = int.from_bytes((key * (size // 4 + 1))[:size], "little")
    return (int.from_bytes(payload, "little") ^ mask).to_bytes(size, "little")


class LiveroomServer(Server):
    """Daphne with a listening socket of ours, of any family, and an end that lets the rooms drain."""

    def __init__(
        self, application: Any, listener: socket.socket, drain: Callable[[], Awaitable[None]], **options: Any
    ) -> None:
        super().__init__(application, endpoints=["adopted"], ready_callable=self.adopt, **options)
        self.listener, self.drain = listener, drain
        self.unchecked: deque[Any] = deque()
        self.turn, self.pause = 0, LOOK_EVERY
        # Daphne's own endpoint for a descriptor knows IPv4 only: `adopt` takes its place.
        self.endpoints: list[str] = []

    def adopt(self) -> None:
        # A reset tells a client nothing: with a close frame it reads 1009 or 1007. The call resets allowNullOrigin,
        # which Daphne has set: "null" is the origin of a page that was opened from a file.
        # A ping is answered by its pong alone: what a client sends says nothing of whether it reads.
        self.ws_factory.setProtocolOptions(failByDrop=False, allowNullOrigin=True, autoPingRestartOnAnyTraffic=False)
        LiveroomProtocol.take_options(self.ws_factory)
        self.ws_factory.protocol = LiveroomProtocol
        build = self.http_factory.buildProtocol

        def build_protocol(peer: Any) -> Any:
            protocol = build(peer)
            protocol.requestFactory = LiveroomRequest
            return protocol

        self.http_factory.buildProtocol = build_protocol
        twisted: Any = reactor
        self.port = twisted.adoptStreamPort(self.listener.fileno(), self.listener.family, self.http_factory)
        self.listener.close()  # Twisted holds a duplicate; while ours is open too, the kernel goes on accepting.

    def timeout_checker(self) -> None:
        # Daphne looks after all in one go: where thousands are to be pinged the loop would stand still for that long.
        if not self.unchecked:
            self.unchecked.extend(self.connections)
            self.turn = len(self.unchecked) // TURNS + 1
            self.pause = LOOK_EVERY / max(1, math.ceil(len(self.unchecked) / self.turn))
        twisted: Any = reactor
        twisted.callLater(self.pause, self.timeout_checker)
        for _ in range(min(len(self.unchecked), self.turn)):
            protocol = self.unchecked.popleft()
            if protocol in self.connections:
                protocol.check_timeouts()

    def kill_all_applications(self) -> "defer.Deferred[None]":
        # What the reactor waits for at SIGTERM and SIGINT. Daphne's own raises KeyError while a connection has no
        # application yet or no more, and cancels the rest before anybody could be told.
        return defer.Deferred.fromFuture(asyncio.ensure_future(self.end()))

    async def end(self) -> None:
        self.port.stopListening()
        await self.drain()
        running = [details.get("application_instance") for details in self.connections.values()]
        tasks = [task for task in running if task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=CANCEL_TIMEOUT)
