"""Viewers on raw sockets, light enough for hundreds at 100 KB a second each: they look at numbers, and keep nothing."""

import asyncio
import re
import socket
import ssl
from typing import cast

from tests.e2e.client import DEADLINE, Client

NUMBER = re.compile(rb'"seq":(\d+)')
TEXT, CLOSE, PING, PONG = 0x81, 0x88, 0x89, 0x8A
SMALL = 16 * 1024


class Reader(asyncio.Protocol):
    """``seq``: the last event that came; ``size``: bytes of all. ``closed`` is done at the end of the socket.

    ``mute``: one who answers no pings; ``pinged``: one came.
    """

    def __init__(self, slug: str) -> None:
        loop = asyncio.get_running_loop()
        self.seq = -1
        self.size = 0
        self.mute = False
        self.pinged = asyncio.Event()
        self.entered: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[None] = loop.create_future()
        self.wrong: list[str] = []
        self._slug = slug
        self._news = asyncio.Event()
        self._data = bytearray()
        self._answered = False

    @classmethod
    async def enter(
        cls, port: int, slug: str, *, small: bool = False, trusted: ssl.SSLContext | None = None
    ) -> "Reader":
        """Connect, over TLS with what is ``trusted``, and read the ``init``.

        ``small``: with a kernel that holds little for one who does not read.
        """
        peer = socket.socket()
        if small:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
        peer.setblocking(False)
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(DEADLINE):
            await loop.sock_connect(peer, ("127.0.0.1", port))
            name = "127.0.0.1" if trusted else None
            _, reader = await loop.create_connection(lambda: cls(slug), sock=peer, ssl=trusted, server_hostname=name)
            await reader.entered
        return reader

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(
            f"GET /ws/rooms/{self._slug}/ HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.entered.done():
            self.entered.set_exception(exc or ConnectionError("closed before the init"))
        self.closed.set_result(None)

    def data_received(self, data: bytes) -> None:
        self.size += len(data)
        self._data += data
        if not self._answered:
            head, end, rest = bytes(self._data).partition(b"\r\n\r\n")
            if not end:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self.wrong.append(head.decode())
            self._answered, self._data = True, bytearray(rest)
        self._read_frames()

    def _read_frames(self) -> None:
        """Take the whole frames off the beginning (RFC 6455, 5.2; a server's are unmasked)."""
        data, at = self._data, 0
        while len(data) - at >= 2:
            size, begin = data[at + 1], at + 2
            if size >= 126:
                begin += 2 if size == 126 else 8
                size = int.from_bytes(data[at + 2 : begin], "big")
            if len(data) < begin + size:
                break
            self._read_frame(data[at], data[begin : begin + size])
            at = begin + size
        del data[:at]

    def _read_frame(self, kind: int, payload: bytearray) -> None:
        if kind == PING:
            self.pinged.set()
            if not self.mute:
                # Masked with zeros.
                self.say(bytes([PONG, 0x80 | len(payload), 0, 0, 0, 0]) + payload)
        elif kind == CLOSE:
            self.wrong.append("closed by the server")
        elif kind == TEXT and payload.startswith(b'{"msg_type":"message"'):
            seq = self._number(payload)
            if seq != self.seq + 1:
                self.wrong.append(f"after {self.seq} came {seq}")
            self.seq = seq
            self._news.set()
        elif kind == TEXT and payload.startswith(b'{"msg_type":"init"'):
            self.seq = self._number(payload)
            self.entered.set_result(None)

    @staticmethod
    def _number(payload: bytearray) -> int:
        found = NUMBER.search(payload)
        assert found is not None, payload
        return int(found[1])

    async def reach(self, seq: int) -> None:
        """Wait for that event."""
        while self.seq < seq:
            self._news.clear()
            await self._news.wait()

    def stop_reading(self) -> None:
        """Read nothing more."""
        self._transport.pause_reading()

    def ping(self) -> None:
        """Send a ``ping`` frame, reading or not; on a socket that the server has dropped it brings the end to light."""
        self.say(b"\x81\x84\0\0\0\0ping")

    def say(self, data: bytes) -> None:
        """Send bytes as they are, as long as there is a socket."""
        if not self.closed.done():
            self._transport.write(data)

    def close(self) -> None:
        """Be gone, without a word."""
        self._transport.abort()


def told_online(watcher: Client) -> int | None:
    """The last number online that a viewer was told."""
    return next((frame["online"] for frame in reversed(watcher.frames) if "online" in frame), None)
