"""A viewer over a real socket."""

import asyncio
import itertools
import json
import time
from collections.abc import Callable
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.servers import PATIENCE

DEADLINE = 10 * PATIENCE
"""Seconds after which something that a test waits for counts as missing."""

Frame = dict[str, Any]
_refs = itertools.count(1)


def now_ms() -> int:
    """The time as frames carry it."""
    return time.time_ns() // 1_000_000


async def dial(
    url: str, slug: str, *, token: str | None = None, since: int | None = None, epoch: str | None = None
) -> ClientConnection:
    """Open a socket to a room on the process with that HTTP address."""
    query = f"?since={since}&epoch={epoch}" if since is not None else ""
    return await connect(
        f"{url.replace('http', 'ws', 1)}/ws/rooms/{slug}/{query}",
        additional_headers={"Authorization": f"Bearer {token}"} if token else {},
        compression=None,
        proxy=None,
        ping_interval=None,
        max_queue=None,
        open_timeout=DEADLINE,
        close_timeout=DEADLINE,
    )


def is_durable(frame: Frame) -> bool:
    """Whether a server frame is an event of the room's log."""
    return "seq" in frame and frame["msg_type"] not in ("init", "ack", "pong")


class Ended(AssertionError):
    """The socket ended while something was expected of it."""


class Client:
    """One socket of one viewer. ``frames``: all that came; ``arrivals``: when (ms); ``code``: how it ended."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.frames: list[Frame] = []
        self.arrivals: list[int] = []
        self.code: int | None = None
        self._read = 0
        self._changed = asyncio.Event()
        self._reading = asyncio.create_task(self._keep_reading())

    @classmethod
    async def open(cls, url: str, slug: str, **options: Any) -> Self:
        """Connect as ``dial`` does; nothing is read yet."""
        return cls(await dial(url, slug, **options))

    @classmethod
    async def enter(cls, url: str, slug: str, **options: Any) -> Self:
        """Connect, and read the ``init``."""
        client = await cls.open(url, slug, **options)
        assert (await client.next())["msg_type"] == "init", client.frames
        return client

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    @property
    def init(self) -> Frame:
        return next(frame for frame in self.frames if frame["msg_type"] == "init")

    @property
    def events(self) -> list[Frame]:
        """The durable events that came, in order."""
        return [frame for frame in self.frames if is_durable(frame)]

    def seen(self, msg_type: str) -> list[Frame]:
        """All frames of a type that came so far."""
        return [frame for frame in self.frames if frame["msg_type"] == msg_type]

    async def _keep_reading(self) -> None:
        try:
            while True:
                frame = json.loads(await self.socket.recv())
                self.arrivals.append(now_ms())
                self.frames.append(frame)
                self._changed.set()
        except ConnectionClosed:
            self.code = self.socket.close_code
        finally:
            self._changed.set()

    async def send(self, msg_type: str, **fields: Any) -> None:
        await self.socket.send(json.dumps({"msg_type": msg_type, **fields}))

    async def wait(self, condition: Callable[[], object], what: str = "a condition") -> None:
        """Wait for what incoming frames make true."""
        try:
            async with asyncio.timeout(DEADLINE):
                while not condition():
                    if self._reading.done():
                        raise Ended(f"closed with {self.code} before {what}; came: {self.frames[-20:]}")
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"no {what} in {DEADLINE} s; came: {self.frames[-20:]}") from None

    async def next(self) -> Frame:
        """The next frame."""
        await self.wait(lambda: len(self.frames) > self._read, "frame")
        self._read += 1
        return self.frames[self._read - 1]

    async def until(self, msg_type: str, **fields: Any) -> Frame:
        """The next frame of that type with those fields, past all others."""
        while True:
            await self.wait(lambda: len(self.frames) > self._read, f"{msg_type} {fields or ''}")
            frame = await self.next()
            if frame["msg_type"] == msg_type and fields.items() <= frame.items():
                return frame

    async def ask(self, msg_type: str, **fields: Any) -> Frame:
        """Send a frame and return the ``ack`` or ``error`` that answers it; what else comes can still be read."""
        ref = next(_refs)
        await self.send(msg_type, ref=ref, **fields)
        answers: list[Frame] = []

        def answered() -> bool:
            answers[:] = [frame for frame in self.frames if frame.get("ref") == ref]
            return bool(answers)

        await self.wait(answered, f"answer to {msg_type} {fields}")
        return answers[0]

    async def reach(self, seq: int) -> None:
        """Wait for the durable event with that number, or for one after it."""
        await self.wait(lambda: self.events and self.events[-1]["seq"] >= seq, f"event {seq}")

    async def closed(self) -> int | None:
        """Wait for the end of the socket; the code of the close frame, or 1006."""
        async with asyncio.timeout(DEADLINE):
            await asyncio.wait({self._reading})
        return self.code

    async def abort(self) -> None:
        """Be cut off: no close frame, and nothing that is under way arrives."""
        self._reading.cancel()
        self.socket.transport.abort()
        await asyncio.wait({self._reading})
        await self.socket.wait_closed()

    async def close(self) -> None:
        """Close as a browser does; nothing when the socket has ended."""
        await self.socket.close()
        await asyncio.wait({self._reading})
