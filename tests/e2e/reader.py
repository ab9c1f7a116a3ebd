"""A viewer who is cut off again and again, and comes back with what he has."""

import asyncio
import json
import random

from websockets.asyncio.client import ClientConnection

from tests.e2e.client import DEADLINE, Frame, dial, is_durable
from tests.servers import PATIENCE


class Reader:
    """Reads a room's durable events over one socket after the other, each to a process drawn at random.

    ``events`` holds what was read; a frame that was under way when the socket was cut is lost, as on a real phone.
    """

    def __init__(self, urls: list[str], slug: str, rng: random.Random) -> None:
        self.events: list[Frame] = []
        self.recovered: list[bool | None] = []
        self._urls = urls
        self._slug = slug
        self._rng = rng
        self._epoch: str | None = None

    @property
    def seq(self) -> int:
        """The number of the last event read."""
        return self.events[-1]["seq"] if self.events else 0

    async def read_until_cut(self, seq: int) -> None:
        """Come back, read up to the event with that number, and be cut off: no close frame, no word."""
        socket = await self._come_back()
        try:
            await self._read_to(socket, seq)
        finally:
            socket.transport.abort()
            await socket.wait_closed()

    async def read(self, seq: int) -> None:
        """Come back, read up to the event with that number, and leave in peace."""
        async with await self._come_back() as socket:
            await self._read_to(socket, seq)

    async def _come_back(self) -> ClientConnection:
        since = self.seq if self._epoch is not None else None
        return await dial(self._rng.choice(self._urls), self._slug, since=since, epoch=self._epoch)

    async def _read_to(self, socket: ClientConnection, seq: int) -> None:
        async with asyncio.timeout(DEADLINE + 20 * PATIENCE):
            while self.seq < seq or self._epoch is None:
                self._take(json.loads(await socket.recv()))

    def _take(self, frame: Frame) -> None:
        if frame["msg_type"] == "init":
            assert frame["seq"] == self.seq, f"after {self.seq} came an init of {frame['seq']}"
            self._epoch = frame["epoch"]
            self.recovered.append(frame["recovered"])
        elif is_durable(frame):
            self.events.append(frame)
