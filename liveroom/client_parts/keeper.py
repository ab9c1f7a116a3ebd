"""Keeps a client in its room: one socket after the other, the heartbeat, and what is missing."""

import asyncio
import json
import logging
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Final

from liveroom.client_parts.errors import RoomClosed
from liveroom.client_parts.identity import Identity
from liveroom.client_parts.link import Link, LinkFailed
from liveroom.client_parts.requests import frame_of
from liveroom.client_parts.state import Frame, RoomState, Step, is_break
from liveroom.client_parts.stats import Stats

BACKOFF_FIRST: Final = 1.0
BACKOFF_MOST: Final = 30.0
STEADY_AFTER: Final = 30.0
"""Seconds in the room after which the next loss begins with the shortest back-off again."""
SYNC_EVERY: Final = 2.05
"""Seconds between two `sync`: the server takes one every 2."""
HEARTBEAT: Final = 25_000
"""Milliseconds between two pings where the server names none."""
SILENT_BEATS: Final = 2
"""Beats without a sign of life after which a connection is given up."""
GOODBYE: Final = 3.0
"""Seconds that the end of a socket may take."""
BAD_TOKEN: Final = 4501

logger = logging.getLogger(__name__)


class Keeper:
    """``arrived()`` is called when a socket is in the room; ``received(frame, step)`` with each frame after it went
    into ``state``; ``ended`` when all is over.

    ``first``: done when the client was in the room for the first time.
    """

    def __init__(
        self,
        address: Callable[[int | None, str | None], str],
        identity: Identity,
        *,
        state: RoomState,
        stats: Stats,
        arrived: Callable[[], None],
        received: Callable[[Frame, Step], None],
        ended: Callable[[RoomClosed], None],
        decode: Callable[[str], Frame],
        patience: float,
        rng: Random,
    ) -> None:
        self._address = address
        self._identity = identity
        self._state = state
        self._stats = stats
        self._arrived = arrived
        self._received = received
        self._ended = ended
        self._decode = decode
        self._patience = patience
        self._rng = rng
        self._link: Link | None = None
        self._task: asyncio.Task[None] | None = None
        self._shown = False
        self._entered_at: float | None = None
        self._failures = 0
        self._leaving = False
        self._broken: Exception | None = None
        self._back_in: float | None = None
        self._come_back = asyncio.Event()
        self._farewell: Frame = {}
        self._quiet = 0
        self._told = 0
        self._pinged_at = 0.0
        self._synced_at = float("-inf")
        self._beat_timer: asyncio.TimerHandle | None = None
        self._sync_timer: asyncio.TimerHandle | None = None
        self.first: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.failure = ""

    def start(self) -> None:
        """Begin to be in the room."""
        self._task = asyncio.create_task(self._stay())

    async def stop(self) -> None:
        """Close the socket in peace, and let nothing run on."""
        task, self._task = self._task, None
        if task is None:
            return
        try:
            if self._link is not None and not self._link.closed.done():
                self._leaving = True
                self._link.close()
                await asyncio.wait([self._link.closed], timeout=GOODBYE)
        finally:
            # Also when the caller is cancelled meanwhile.
            if self._link is not None:
                self._link.abort()
            task.cancel()
        # To await the task itself would make its cancellation and the caller's one and the same.
        await asyncio.wait([task])

    async def leave(self, goodbye: str) -> None:
        """Say so, and wait until the server closes."""
        if self.online and self._link is not None:
            self._leaving = True
            self.send(goodbye)
            await asyncio.wait([self._link.closed], timeout=GOODBYE)

    @property
    def online(self) -> bool:
        """Whether the client is in the room at this moment."""
        return self._shown and self._link is not None and self._link.open

    @property
    def busy(self) -> bool:
        """Whether what can be dropped should be: there is no connection, or the server does not read."""
        return not self.online or self._link is None or self._link.busy

    def send(self, text: str) -> None:
        """Send a text; nothing while the client is not in the room."""
        if self.online and self._link is not None:
            self._stats.frames_out += 1
            self._link.send(text)

    def cut(self, back_in: float | None) -> None:
        """Lose the connection; come back by the back-off, or after so many seconds."""
        self._back_in = back_in
        if self._link is not None:
            self._link.abort()

    def come_back(self) -> None:
        """End a stay away that ``cut`` began with ``back_in``; it does not shorten a pause of another kind."""
        if self._back_in is not None:
            self._come_back.set()

    # --- One socket after the other.

    async def _stay(self) -> None:
        try:
            while True:
                code = await self._one_socket()
                if self._leaving:
                    return
                end = self._verdict(code)
                if end is not None:
                    self._ended(end)
                    return
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._pause()):
                        await self._come_back.wait()
        except Exception as error:
            logger.exception("The client failed.")
            self._ended(RoomClosed("failed", f"The client failed: {error!r}"))

    async def _one_socket(self) -> int:
        """Be connected until the socket closes; the close code, 0 when it could not be opened."""
        self._shown, self._entered_at, self._told, self._quiet = False, None, 0, 0
        self._farewell, self._back_in = {}, None
        self._come_back.clear()
        state = self._state
        since = state.seq if state.entered else None
        link = self._link = Link(self._address(since, state.epoch), self._identity.headers(), self._text)
        try:
            await link.connect(self._patience)
            if not self._shown:
                # The room is shown soon, or the connection is as good as none.
                self._beat_timer = asyncio.get_running_loop().call_later(self._patience, self._silent)
            code = await link.closed
            if self._broken is not None:
                raise self._broken
            return code
        except LinkFailed as error:
            self.failure = str(error)
            return 0
        finally:
            self._stop_timers()
            link.abort()

    def _verdict(self, code: int) -> RoomClosed | None:
        """Why the client does not come back, or None."""
        if self._entered_at is None:
            self._stats.failures += 1
        else:
            self._stats.closes[int(code)] += 1
        if not 4500 <= code <= 4999 or (code == BAD_TOKEN and self._identity.renew()):
            return None
        reason = self._farewell.get("code", "closed")
        detail = self._farewell.get("detail", f"The server closed with {code}.")
        return RoomClosed(reason, detail, close_code=code, frame=self._farewell)

    def _pause(self) -> float:
        """Seconds until the next try."""
        now = asyncio.get_running_loop().time()
        if self._entered_at is not None and now - self._entered_at >= STEADY_AFTER:
            self._failures = 0
        most = min(BACKOFF_MOST, BACKOFF_FIRST * 2**self._failures)
        self._failures = min(self._failures + 1, 10)
        if self._back_in is not None:
            return self._back_in
        wait: float = self._farewell.get("retry_after") or 0.0
        return wait + self._rng.uniform(0, most if not wait else BACKOFF_FIRST)

    # --- What arrives.

    def _text(self, text: str) -> None:
        self._quiet = 0
        self._stats.frames_in += 1
        try:
            frame = self._decode(text)
            kind = frame["msg_type"]
        except (ValueError, TypeError, KeyError):
            logger.warning("A frame that is none: %.200s", text)
            return
        was_behind = self._state.behind
        before = (self._state.epoch, self._state.seq)
        step = self._state.apply(frame)
        if step is Step.EVENT:
            self._stats.events += 1
        elif step is Step.REPEATED:
            self._stats.repeated += 1
        elif step is Step.GAP:
            self._stats.gaps += not was_behind
            self._catch_up()
        elif step is Step.INIT:
            self._enter(frame, *before)
        elif kind == "pong":
            self._pong(frame)
        elif kind == "error":
            self._stats.errors[frame["code"]] += 1
            if "close" in frame:
                self._farewell = frame
            if frame.get("to") == "sync" and frame["retry"]:
                # No event and no pong may come that would ask again.
                self._catch_up(frame.get("retry_after") or 0.0)
        elif kind == "me" and "token" in frame:
            self._identity.given = frame["token"]
        try:
            self._received(frame, step)
        except Exception as error:
            self._broken = error
            self.cut(None)

    def _enter(self, frame: Frame, epoch: str | None, seq: int) -> None:
        if epoch is not None and is_break(frame, epoch, seq):
            self._stats.breaks += 1
            # It was told of what may not be in this log.
            self._told = 0
            self._stats.skipped += max(0, frame["seq"] - seq) if frame["epoch"] == epoch else 0
        if self._shown:
            return
        self._shown = True
        self._entered_at = asyncio.get_running_loop().time()
        self._identity.accepted()
        if self.first.done():
            self._stats.reconnects += 1
        else:
            self.first.set_result(None)
        self._stop_timers()
        self._beat()
        self._arrived()

    # --- The heartbeat, and what it tells.

    def _beat(self) -> None:
        if self._quiet >= SILENT_BEATS:
            self._silent()
            return
        self._quiet += 1
        loop = asyncio.get_running_loop()
        self._pinged_at = loop.time()
        self.send(json.dumps(frame_of("ping", seq=self._state.seq)))
        self._beat_timer = loop.call_later((self._state.heartbeat or HEARTBEAT) / 1000, self._beat)

    def _silent(self) -> None:
        self._stats.silences += 1
        self.failure = "nothing was heard"
        if self._link is not None:
            self._link.abort()

    def _pong(self, frame: Frame) -> None:
        if self._pinged_at:
            self._stats.pings.add(asyncio.get_running_loop().time() - self._pinged_at)
            self._pinged_at = 0.0
        self._told = max(self._told, frame["seq"])
        if self._told > self._state.seq and not self._state.behind:
            self._stats.gaps += 1
        self._catch_up()

    def _catch_up(self, least: float = 0.0) -> None:
        if self._sync_timer is None and self._missing:
            loop = asyncio.get_running_loop()
            self._sync_timer = loop.call_later(self.sync_slot(least), self._sync)

    @property
    def _missing(self) -> bool:
        return self._state.behind or self._told > self._state.seq

    def sync_slot(self, least: float = 0.0) -> float:
        """Seconds until the caller may send a ``sync``, ``least`` or more: the server takes one every 2 s."""
        now = asyncio.get_running_loop().time()
        self._synced_at = max(now + least, self._synced_at + SYNC_EVERY)
        return self._synced_at - now

    def _sync(self) -> None:
        self._sync_timer = None
        if self._missing:
            self.send(json.dumps(frame_of("sync", since=self._state.seq, epoch=self._state.epoch)))

    def _stop_timers(self) -> None:
        for timer in (self._beat_timer, self._sync_timer):
            if timer is not None:
                timer.cancel()
        self._beat_timer = self._sync_timer = None
