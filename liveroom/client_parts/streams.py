"""Frames on their way from a client to whoever reads them. Standard library only."""

import asyncio
from collections import deque
from typing import Self

from liveroom.client_parts.errors import RoomError, StreamOverrun
from liveroom.client_parts.state import Frame, RoomState, is_break


class Stream:
    """Frames in order, each once, for one reader: ``async for frame in stream``.

    It ends when the client is closed; raises RoomClosed when the server closed for good, StreamOverrun when more than
    ``limit`` frames waited.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._frames: deque[Frame] = deque()
        self._news = asyncio.Event()
        self._ended = False
        self._error: RoomError | None = None

    def put(self, frame: Frame) -> None:
        """Add a frame."""
        if self._ended:
            return
        if len(self._frames) >= self._limit:
            self.end(StreamOverrun(self._limit))
            return
        self._frames.append(frame)
        self._news.set()

    def end(self, error: RoomError | None = None) -> None:
        """Let the reader have what waits, and then end, or raise."""
        if not self._ended:
            self._ended, self._error = True, error
            self._news.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Frame:
        while not self._frames:
            if self._error is not None:
                raise self._error
            if self._ended:
                raise StopAsyncIteration
            self._news.clear()
            await self._news.wait()
        return self._frames.popleft()


class EventStream(Stream):
    """Durable events from now on; where some cannot be had any more, the ``init`` that stands for them."""

    def __init__(self, limit: int, state: RoomState) -> None:
        super().__init__(limit)
        self._epoch, self._seq = state.epoch, state.seq

    def put(self, frame: Frame) -> None:
        """Add an event, unless it is one of those given already."""
        if frame["seq"] > self._seq:
            self._seq = frame["seq"]
            super().put(frame)

    def restart(self, init: Frame) -> None:
        """Go on from a picture, given in place of what will not come, if there is anything such."""
        if is_break(init, self._epoch, self._seq):
            self._epoch, self._seq = init["epoch"], init["seq"]
            super().put(init)
