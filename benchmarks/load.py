"""A load client light enough not to be the bottleneck: raw sockets, counted frames, latency by a time in the text."""

import asyncio
import base64
import json
import os
import re
import struct
import time
from dataclasses import dataclass, field

STAMP = re.compile(rb"@(\d+)@")
CONNECT_TIMEOUT = 30.0


@dataclass
class Seen:
    """What all viewers together were given. Latencies in ms."""

    comments: int = 0
    latencies: list[float] = field(default_factory=list)
    lost_sockets: int = 0


class ViewerProtocol(asyncio.Protocol):
    """One viewer: counts the comments that reach it, answers WebSocket pings, and reads nothing else."""

    def __init__(self, seen: Seen, request: bytes) -> None:
        self._seen = seen
        self._request = request
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("refused"))
        else:
            self._seen.lost_sockets += 1

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self.opened.done():
            head, found, rest = bytes(self._buffer).partition(b"\r\n\r\n")
            if not found:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self.opened.set_exception(ConnectionError(head.split(b"\r\n")[0].decode()))
                return
            self._buffer = bytearray(rest)
            self.opened.set_result(None)
        self._read_frames()

    def _read_frames(self) -> None:
        buffer, at = self._buffer, 0
        while len(buffer) - at >= 2:
            opcode, size, head = buffer[at] & 15, buffer[at + 1] & 127, 2
            if size == 126:
                if len(buffer) - at < 4:
                    break
                (size,) = struct.unpack_from("!H", buffer, at + 2)
                head = 4
            elif size == 127:
                if len(buffer) - at < 10:
                    break
                (size,) = struct.unpack_from("!Q", buffer, at + 2)
                head = 10
            if len(buffer) - at < head + size:
                break
            payload = bytes(buffer[at + head : at + head + size])
            at += head + size
            if opcode == 1:
                self._count(payload)
            elif opcode == 9:
                self._write(0xA, payload)
        del buffer[:at]

    def _count(self, payload: bytes) -> None:
        found = STAMP.search(payload)
        if found is None:
            return
        self._seen.comments += 1
        # One latency in ten is plenty for a p99 over many thousands.
        if self._seen.comments % 10 == 0:
            self._seen.latencies.append((time.time_ns() - int(found[1])) / 1e6)

    def say(self, number: int) -> None:
        """Send a comment that carries the time."""
        text = f"comment {number} of the benchmark, about as long as people write @{time.time_ns()}@"
        self._write(1, json.dumps({"msg_type": "message", "content": text}).encode())

    def _write(self, opcode: int, payload: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        mask = os.urandom(4)
        size = len(payload)
        head = bytes((0x80 | opcode, 0x80 | size)) if size < 126 else struct.pack("!BBH", 0x80 | opcode, 0xFE, size)
        masked = bytes(byte ^ mask[index & 3] for index, byte in enumerate(payload))
        self._transport.write(head + mask + masked)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


def request(port: int, path: str) -> bytes:
    """A WebSocket handshake."""
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


async def connect(port: int, path: str, seen: Seen) -> ViewerProtocol:
    """Open one viewer; raises ConnectionError, TimeoutError."""
    async with asyncio.timeout(CONNECT_TIMEOUT):
        loop = asyncio.get_running_loop()
        _, viewer = await loop.create_connection(lambda: ViewerProtocol(seen, request(port, path)), "127.0.0.1", port)
        await viewer.opened
    return viewer


async def connect_many(port: int, path: str, seen: Seen, count: int) -> list[ViewerProtocol]:
    """Open many viewers, 40 at a time."""
    viewers: list[ViewerProtocol] = []
    for start in range(0, count, 40):
        viewers += await asyncio.gather(*(connect(port, path, seen) for _ in range(min(40, count - start))))
    return viewers
