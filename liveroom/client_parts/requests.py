"""Commands that wait for their answer, and are sent again until they have it. Standard library only."""

import asyncio
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from liveroom.client_parts.errors import RoomError, RoomTimeout
from liveroom.client_parts.state import Frame
from liveroom.client_parts.stats import Stats

WAITING_MAX: Final = 100
"""Commands that wait at once."""
AGAIN: Final = frozenset({"unavailable", "internal", "restarting"})
"""Refusals after which nothing has happened, and the same command may succeed."""
REPEATED_AT_ONCE: Final = 20
"""Commands repeated per second after a reconnect: the server takes 30 frames a second."""
PAUSE_FIRST: Final = 1.0
PAUSE_MOST: Final = 10.0


@dataclass(eq=False)
class Request:
    """A command, sent or about to be."""

    text: str
    answer: asyncio.Future[Frame]
    asked_at: float
    refused: int = 0
    timers: list[asyncio.TimerHandle] = field(default_factory=list)


class Requests:
    """All that waits. ``send`` gives a text to the socket, or drops it when there is none that is ready."""

    def __init__(self, send: Callable[[str], None], stats: Stats, rng: Random) -> None:
        self._send = send
        self._stats = stats
        self._rng = rng
        self._refs = itertools.count(1)
        self._waiting: dict[int, Request] = {}
        self._again: asyncio.TimerHandle | None = None
        self._end: RoomError | None = None

    async def ask(self, frame: Frame, *, timeout: float, key: str | None = None) -> Frame:
        """Send a command until it is answered; return its ``ack``. Raises RoomError, RoomTimeout, RoomClosed."""
        if self._end is not None:
            raise self._end
        if len(self._waiting) >= WAITING_MAX:
            raise RoomError("queue_full", f"{WAITING_MAX} commands wait for an answer.", retry_after=1)
        loop = asyncio.get_running_loop()
        ref = next(self._refs)
        request = Request(json.dumps({**frame, "ref": ref}), loop.create_future(), loop.time())
        self._waiting[ref] = request
        try:
            async with asyncio.timeout(timeout):
                self._send(request.text)
                return await request.answer
        except TimeoutError:
            raise RoomTimeout(f"No answer to {frame['msg_type']} within {timeout:g} s.", key=key) from None
        finally:
            del self._waiting[ref]
            for timer in request.timers:
                timer.cancel()

    def repeat(self) -> None:
        """Send again all that has no answer: the socket is a new one."""
        if self._again is not None:
            self._again.cancel()
        self._repeat(list(self._waiting))

    def _repeat(self, refs: list[int]) -> None:
        self._again = None
        for ref in refs[:REPEATED_AT_ONCE]:
            request = self._waiting.get(ref)
            if request is not None and not request.answer.done():
                self._send(request.text)
        if refs[REPEATED_AT_ONCE:]:
            loop = asyncio.get_running_loop()
            self._again = loop.call_later(1.0, self._repeat, refs[REPEATED_AT_ONCE:])

    def settle(self, frame: Frame) -> None:
        """Take an ``ack`` or an ``error``; one that answers nothing here changes nothing."""
        request = self._waiting.get(frame.get("ref", 0))
        if request is None or request.answer.done():
            return
        if frame["msg_type"] == "ack":
            self._stats.acks.add(asyncio.get_running_loop().time() - request.asked_at)
            request.answer.set_result(frame)
        elif frame["code"] in AGAIN:
            self._later(request, frame.get("retry_after"))
        else:
            request.answer.set_exception(RoomError.of(frame))

    def _later(self, request: Request, retry_after: float | None) -> None:
        self._stats.retries += 1
        request.refused += 1
        pause = retry_after or PAUSE_FIRST
        most = min(PAUSE_MOST, PAUSE_FIRST * 2**request.refused)
        timer = asyncio.get_running_loop().call_later(pause + self._rng.uniform(0, most), self._send, request.text)
        request.timers = [timer]

    def end(self, error: RoomError) -> None:
        """Refuse all that waits, and all that comes."""
        self._end = error
        if self._again is not None:
            self._again.cancel()
        for request in self._waiting.values():
            if not request.answer.done():
                request.answer.set_exception(error)


def frame_of(msg_type: str, **fields: Any) -> Frame:
    """A client frame without the fields that are None."""
    return {"msg_type": msg_type, **{name: value for name, value in fields.items() if value is not None}}
