"""One room in one process: receive once, deliver to all."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec
from django.conf import settings

from rooms import selectors
from rooms.messages import Refused, Role, RoomEvent, Stats, UserPart, encode
from rooms.publish import Batch, LogEntry
from rooms.realtime.limits import Speaker
from rooms.realtime.outbox import Outbox
from rooms.realtime.presence import Presence
from rooms.realtime.tallies import ONLINE_EVERY, Ephemeral, Gossip, Tallies
from rooms.realtime.transport import Parcel
from rooms.selectors import HeadRow, Picture

if TYPE_CHECKING:
    from rooms.realtime.connection import Connection
    from rooms.realtime.runtime import Runtime

logger = logging.getLogger(__name__)

RING = 500
GAP_GRACE = 0.1
"""Seconds that a missing number may still arrive by itself before the log is read."""
HELD_MAX = 5000
REST_MIN, REST_MAX = 0.05, 1.0
SLICE = 0.004
"""Seconds of a pass after which other work gets its turn."""
PICTURE_AGE = 0.05
STATS_EVERY = 2.0


def now_ms() -> int:
    """The time as frames carry it."""
    return time.time_ns() // 1_000_000


class RoomHub:
    """Keeps the order of one room's events, fills gaps from the log, and delivers in passes.

    ``seq`` is the last event that it accepted; ``members`` are given everything up to it, by the next pass at the
    latest. An event in a quiet room goes out at once. In a busy one events gather: after a pass the hub rests twice
    as long as the pass took.
    """

    def __init__(self, runtime: "Runtime", room_id: int) -> None:
        self.runtime = runtime
        self.room_id = room_id
        self.seq = -1
        self.users = 0
        """Connections that use this hub, members or about to be; see Runtime.hub."""
        self.members: dict[Outbox, Connection] = {}
        self.tallies = Tallies()
        self.presence = Presence(self.tallies, self._wake, runtime.elsewhere(room_id))
        self.speakers: dict[str, Speaker] = {}
        self.held = 0
        self.empty_since = asyncio.get_running_loop().time()
        self._ring: deque[LogEntry] = deque(maxlen=RING)
        self._held: dict[int, LogEntry] = {}
        self._newest = -1
        self._pending: list[LogEntry] = []
        self._healing: asyncio.Task[None] | None = None
        self._passing: asyncio.Task[None] | None = None
        self._online_timer: asyncio.TimerHandle | None = None
        self._reading: asyncio.Task[Picture] | None = None
        self._read_at = float("-inf")
        self._advanced = asyncio.Event()
        self._stats_at = 0.0

    async def open(self) -> None:
        """Read where the room stands. What arrives meanwhile is kept. Raises Refused, Room.DoesNotExist."""
        picture = await self.runtime.database.read(selectors.picture, self.room_id)
        self._picture = picture
        self._read_at = asyncio.get_running_loop().time()
        self.room = picture.room
        self.tallies.total = picture.likes
        self.seq = picture.seq
        self._advance()
        self._mind_the_gap(GAP_GRACE)

    @property
    def epoch(self) -> str:
        return self._picture.epoch

    # --- The order.

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
        if seq > self._newest:
            self._newest = seq
        self._mind_the_gap(GAP_GRACE)

    async def reach(self, seq: int) -> None:
        """Wait until everything up to ``seq`` was accepted; raises TimeoutError after some seconds."""
        self._newest = max(self._newest, seq)
        async with asyncio.timeout(settings.LIVEROOM_DB_TIMEOUT or 10):
            while self.seq < seq:
                self._mind_the_gap(0)
                self._advanced.clear()
                await self._advanced.wait()

    async def catch_up(self) -> None:
        """Accept all that is in the log now."""
        row = await self.runtime.database.read(selectors.head_row, self.room_id)
        await self.reach(row.seq)

    def _advance(self) -> None:
        accepted = False
        while entry := self._held.pop(self.seq + 1, None):
            self.seq = entry.seq
            accepted = True
            if entry.kind == "remove":
                # Comments that it takes away must not be replayed with their text: the log has them without.
                self._ring.clear()
            elif entry.kind == "room":
                self._room_changed(entry)
            self._ring.append(entry)
            self._pending.append(entry)
        if accepted:
            self._advanced.set()
            for seq in [seq for seq in self._held if seq <= self.seq]:
                del self._held[seq]
            self._wake()
        if len(self._held) > HELD_MAX:
            self._held.clear()

    def _room_changed(self, entry: LogEntry) -> None:
        room = msgspec.json.decode(entry.payload, type=RoomEvent).room
        if room.show != self.room.show:
            self.tallies.total = 0
            self.held = 0
        if room.host.user.id != self.room.host.user.id:
            # Who is host, and whom one follows here, is another question now.
            for connection in self.runtime.connections:
                if connection.hub is self:
                    connection.viewer_changed({})
        self.room = room

    def _mind_the_gap(self, delay: float) -> None:
        if self._newest > self.seq >= 0 and self._healing is None:
            self._healing = asyncio.create_task(self._heal(delay))

    async def _heal(self, delay: float) -> None:
        try:
            await asyncio.sleep(delay)
            while self._newest > self.seq:
                try:
                    missing = await self.runtime.database.read(
                        selectors.events_since, self.room_id, self.seq, limit=RING, until=self._newest
                    )
                except Refused:
                    await asyncio.sleep(1)
                    continue
                if not missing:
                    logger.error("Room %s: the log has nothing after %s of %s", self.room_id, self.seq, self._newest)
                    self._newest = self.seq
                    return
                self._held.update((entry.seq, entry) for entry in missing if entry.seq > self.seq)
                self._advance()
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
        """All accepted events after ``since``, complete at the moment of its return."""
        entries: list[LogEntry] = []
        while True:
            last = entries[-1].seq if entries else since
            tail = self.after(last)
            if tail is not None:
                return entries + tail
            page = await self.runtime.database.read(
                selectors.events_since, self.room_id, last, limit=RING, until=self.seq
            )
            entries += page

    async def picture(self, *, at_least: int = 0) -> tuple[Picture, list[LogEntry]]:
        """The room as of a seq, ``at_least`` that one, and the accepted events after it.

        Read once for all who ask together; in a busy room it may be PICTURE_AGE old.
        """
        while True:
            picture = self._picture
            tail = self.after(picture.seq)
            fresh = asyncio.get_running_loop().time() - self._read_at < PICTURE_AGE
            if tail is not None and (not tail or (fresh and picture.seq >= at_least)):
                return picture, tail
            if self._reading is None:
                self._reading = asyncio.create_task(self._read_picture())
            await asyncio.shield(self._reading)

    async def _read_picture(self) -> Picture:
        try:
            picture = await self.runtime.database.read(selectors.picture, self.room_id)
            if picture.seq > self.seq:
                await self.reach(picture.seq)
            self._picture = picture
            self._read_at = asyncio.get_running_loop().time()
            return picture
        finally:
            self._reading = None

    # --- Delivery.

    def add(self, connection: "Connection") -> None:
        """Deliver to this connection too. Its outbox has everything up to ``seq`` already."""
        self.members[connection.outbox] = connection
        if len(self.members) == 1:
            # Alone, he knows the number from his init.
            self.tallies.online_told = self.presence.online

    def discard(self, connection: "Connection") -> None:
        """Deliver to this connection no more."""
        self.members.pop(connection.outbox, None)

    def _wake(self) -> None:
        if self._passing is None and self.seq >= 0:
            self._passing = asyncio.create_task(self._passes())

    async def _passes(self) -> None:
        try:
            while self._pending or self.tallies.waiting or self._online_due():
                started = time.perf_counter()
                await self._pass()
                rest = 2 * (time.perf_counter() - started)
                await asyncio.sleep(min(REST_MAX, max(REST_MIN, rest)))
        except Exception:
            logger.exception("Room %s: a pass failed", self.room_id)
        finally:
            self._passing = None

    def _online_due(self) -> bool:
        """Whether the number online is to be told now; if later, see that it will be."""
        if self.presence.online == self.tallies.online_told or not self.members:
            return False
        wait = self.tallies.online_told_at + ONLINE_EVERY - time.monotonic()
        if wait <= 0:
            return True
        if self._online_timer is None:
            self._online_timer = asyncio.get_running_loop().call_later(wait, self._online_time)
        return False

    def _online_time(self) -> None:
        self._online_timer = None
        self._wake()

    async def _pass(self) -> None:
        entries, self._pending = self._pending, []
        online = self.presence.online
        limit = settings.LIVEROOM_ANNOUNCE_UP_TO
        sums = self.tallies.take(
            online=online, announce=not limit or online <= limit, now=time.monotonic(), ts=now_ms()
        )
        self.runtime.gossip(self, self.tallies.take_gossip())
        if not entries and not sums:
            return
        events = [entry.payload for entry in entries]
        durable = Parcel(events)
        everything = Parcel([*events, *(frame.payload for frame in sums)])
        first, last = (entries[0].seq, entries[-1].seq) if entries else (0, 0)
        about = {frame.but for frame in sums if frame.but}
        slice_end = time.perf_counter() + SLICE
        for count, outbox in enumerate(list(self.members)):
            if outbox.person_id in about or (entries and outbox.seq != first - 1):
                self._deliver_own(outbox, entries, sums)
            else:
                outbox.put(everything, kept=durable if entries else None)
                if entries:
                    outbox.seq = last
            if count % 32 == 31 and time.perf_counter() > slice_end:
                await asyncio.sleep(0)
                slice_end = time.perf_counter() + SLICE

    def _deliver_own(self, outbox: Outbox, entries: list[LogEntry], sums: list[Ephemeral]) -> None:
        """Deliver to one who has some of this already, or whom some of it is about."""
        if entries and entries[0].seq > outbox.seq + 1:
            missed = self.after(outbox.seq)
            if missed is None:
                outbox.abort()
                return
            entries = [entry for entry in missed if entry.seq <= entries[-1].seq]
        events = [entry.payload for entry in entries if entry.seq > outbox.seq]
        others = [frame.payload for frame in sums if frame.but != outbox.person_id]
        if events or others:
            outbox.put(Parcel([*events, *others]), kept=Parcel(events) if events else None)
        if entries:
            outbox.seq = max(outbox.seq, entries[-1].seq)

    # --- What the other processes and the clock bring.

    def deliver(self, batch: Batch) -> None:
        """Accept a batch of this room."""
        self.take(batch.events)
        for user_id, values in batch.viewers:
            self.viewer_changed(user_id, values)

    def viewer_changed(self, user_id: int, values: dict[str, Any]) -> None:
        """Tell a user's sockets here what changed of him; without values they read it."""
        for connection in self.runtime.connections_of(user_id):
            if connection.hub is self:
                connection.viewer_changed(values)

    def hear(self, process: str, gossip: Gossip) -> None:
        """Add what another process tells of this room."""
        if gossip.likes:
            self.tallies.add_likes(gossip.likes, gossip.likers)
        self.presence.remote_moved(process, gossip.moves)

    def head_read(self, row: HeadRow) -> None:
        """What the look at the newest numbers found."""
        self.know(row.seq)
        self.held = row.held
        if row.seq <= self.seq:
            self.tallies.total = max(self.tallies.total, row.likes)

    def speaker(self, person_id: str, role: Role) -> Speaker:
        """The limits of one person in this room."""
        found = self.speakers.get(person_id)
        if found is None or found.role is not role:
            found = self.speakers[person_id] = Speaker(role)
        return found

    def like(self, count: int, user: UserPart | None) -> None:
        """Add likes to the room's sum; they are told with the next pass."""
        self.tallies.like(count, user)
        self._wake()

    def tidy(self, now: float) -> None:
        """What is done every two seconds; ``now`` is the loop's time."""
        self.presence.remote_silent(now)
        self.speakers = {person_id: speaker for person_id, speaker in self.speakers.items() if not speaker.idle}
        if self.users or not self.presence.empty:
            self.empty_since = now
        staff = [outbox for outbox, connection in self.members.items() if connection.is_staff]
        if staff:
            frame = encode(Stats(ts=now_ms(), online=self.presence.online, likes=self.tallies.total, held=self.held))
            for outbox in staff:
                outbox.send(frame, keep=False)

    def end(self, refused: Refused) -> None:
        """Send everybody in this room away."""
        for connection in list(self.members.values()):
            connection.end(refused)

    async def close(self) -> None:
        """Stop the hub's tasks and timers."""
        self.presence.close()
        if self._online_timer is not None:
            self._online_timer.cancel()
        tasks = [task for task in (self._healing, self._passing, self._reading) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
