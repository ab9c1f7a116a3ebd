"""The order of one room's events in one process: in sequence, each once, what is missing read from the log."""

import asyncio
import logging
from collections import deque
from collections.abc import Iterable

from django.conf import settings

from rooms import selectors
from rooms.messages import Code, Refused
from rooms.publish import LogEntry
from rooms.realtime.database import Database

logger = logging.getLogger(__name__)

RING = 500
GAP_GRACE = 0.1
"""Seconds that a missing number may still arrive by itself before the log is read."""
HELD_MAX = 5000
REACH_TIMEOUT = 10.0


class EventOrder:
    """Accepts a room's events. ``seq`` is the last one accepted; -1 until it is known where the room stands.

    Whoever needs events again gets them from the ring of the last RING, or from the log.
    """

    def __init__(self, database: Database, room_id: int) -> None:
        self.room_id = room_id
        self.seq = -1
        self._database = database
        self._ring: deque[LogEntry] = deque(maxlen=RING)
        self._held: dict[int, LogEntry] = {}
        self._newest = -1
        self._cleared = 0
        """How often the ring was emptied."""
        self._healing: asyncio.Task[None] | None = None
        self._refilling: asyncio.Task[int] | None = None
        self._advanced = asyncio.Event()

    def accepted(self, entries: list[LogEntry]) -> None:
        """The next events of the room, in order; what is done with them is the subclass's."""
        raise NotImplementedError

    def begin(self, seq: int) -> None:
        """The room stands at ``seq``: go on from there, with what arrived meanwhile."""
        self.seq = seq
        self._advance()
        self._mind_the_gap(GAP_GRACE)

    def take(self, entries: Iterable[LogEntry]) -> None:
        """Accept events from wherever they come: in order, each once; what comes early waits for what is missing."""
        for entry in entries:
            if entry.seq > self.seq:
                self._held.setdefault(entry.seq, entry)
                self._newest = max(self._newest, entry.seq)
        if self.seq < 0:
            return
        self._advance()
        self._mind_the_gap(GAP_GRACE)

    def know(self, seq: int) -> None:
        """The log goes up to ``seq``: read what is missing, unless it arrives by itself."""
        self._newest = max(self._newest, seq)
        self._mind_the_gap(GAP_GRACE)

    async def reach(self, seq: int) -> None:
        """Wait until everything up to ``seq`` was accepted; raises Refused ``unavailable`` after some seconds."""
        self._newest = max(self._newest, seq)
        try:
            async with asyncio.timeout(settings.LIVEROOM_DB_TIMEOUT or REACH_TIMEOUT):
                while self.seq < seq:
                    self._mind_the_gap(0)
                    self._advanced.clear()
                    await self._advanced.wait()
        except TimeoutError:
            raise Refused(Code.UNAVAILABLE, "The room's log could not be read in time.", retry_after=2) from None

    async def catch_up(self) -> None:
        """Accept all that is in the log now."""
        row = await self._database.read(selectors.head_row, self.room_id)
        await self.reach(row.seq)

    def _advance(self) -> None:
        entries = []
        while entry := self._held.pop(self.seq + 1, None):
            self.seq = entry.seq
            if entry.kind == "remove":
                # Comments that it takes away must not be replayed with their text: the log has them without.
                self._ring.clear()
                self._cleared += 1
            self._ring.append(entry)
            entries.append(entry)
        if entries:
            for seq in [seq for seq in self._held if seq <= self.seq]:
                del self._held[seq]
            self._advanced.set()
            self.accepted(entries)
        if len(self._held) > HELD_MAX:
            self._held.clear()

    def _mind_the_gap(self, delay: float) -> None:
        if self._newest > self.seq >= 0 and self._healing is None:
            self._healing = asyncio.create_task(self._heal(delay))

    async def _heal(self, delay: float) -> None:
        try:
            await asyncio.sleep(delay)
            while self._newest > self.seq:
                before = self.seq
                try:
                    missing = await self._database.read(
                        selectors.events_since, self.room_id, before, limit=RING, until=self._newest
                    )
                except Refused:
                    await asyncio.sleep(1)
                    continue
                self._held.update((entry.seq, entry) for entry in missing if entry.seq > self.seq)
                self._advance()
                if self.seq == before:
                    logger.error(
                        "Room %s: the log lacks %s, with %s the newest", self.room_id, before + 1, self._newest
                    )
                    self._held.clear()
                    self._newest = self.seq
        finally:
            self._healing = None

    def after(self, seq: int) -> list[LogEntry] | None:
        """The accepted events after ``seq``, if they are still at hand."""
        if seq >= self.seq:
            return []
        if not self._ring or self._ring[0].seq > seq + 1:
            return None
        return [entry for entry in self._ring if entry.seq > seq]

    async def missed(self, since: int) -> list[LogEntry]:
        """All accepted events after ``since``, complete at the moment of its return; raises Refused.

        What is not too old is read once for all who ask together: after a start, or a removal, that is everybody.
        """
        entries: list[LogEntry] = []
        while True:
            last = entries[-1].seq if entries else since
            tail = self.after(last)
            if tail is None and self.seq - last <= RING:
                cleared = await self._refilled()
                tail = self.after(last)
                if tail is None and cleared != self._cleared:
                    continue
            if tail is not None:
                return entries + tail
            page = await self._database.read(selectors.events_since, self.room_id, last, limit=RING, until=self.seq)
            if not page:
                raise Refused(Code.INTERNAL, f"The room's log lacks {last + 1}.")
            entries += page

    async def _refilled(self) -> int:
        if self._refilling is None:
            self._refilling = asyncio.create_task(self._refill())
        return await asyncio.shield(self._refilling)

    async def _refill(self) -> int:
        """Read the last RING events into the ring, before those that it holds; returns of which emptying they are."""
        try:
            cleared = -1
            while cleared != self._cleared:
                # What was read before a removal was accepted may still have its text.
                cleared, newest = self._cleared, self.seq
                read = await self._database.read(
                    selectors.events_since, self.room_id, max(0, newest - RING), limit=RING, until=newest
                )
            first = self._ring[0].seq if self._ring else self.seq + 1
            for entry in reversed(read):
                # A full deque would lose its newest.
                if entry.seq == first - 1 and len(self._ring) < RING:
                    self._ring.appendleft(entry)
                    first = entry.seq
            return cleared
        finally:
            self._refilling = None
