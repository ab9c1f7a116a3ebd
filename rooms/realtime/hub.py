"""One room in one process: receive once, deliver to all."""

import asyncio
import logging
import time
from typing import TYPE_CHECKING

import msgspec
from django.conf import settings

from rooms import selectors
from rooms.messages import Refused, Role, RoomEvent, Stats, UserPart, encode
from rooms.models import now_ms
from rooms.publish import LogEntry
from rooms.realtime.limits import Speaker
from rooms.realtime.order import EventOrder
from rooms.realtime.outbox import Outbox
from rooms.realtime.pace import Pace
from rooms.realtime.presence import Presence
from rooms.realtime.tallies import ONLINE_EVERY, Ephemeral, Gossip, Tallies
from rooms.realtime.transport import Parcel
from rooms.selectors import HeadRow, Picture

if TYPE_CHECKING:
    from rooms.realtime.connection import Connection
    from rooms.realtime.runtime import Runtime

logger = logging.getLogger(__name__)

SLICE = 0.004
"""Seconds of a pass after which other work gets its turn."""
STRIDE = 32
"""Viewers between two looks at the clock."""
PICTURE_AGE = 0.05


class RoomHub(EventOrder):
    """Delivers one room's events in passes, with the sums of what is not stored.

    ``members`` are given everything up to ``seq``, by the next pass at the latest. An event in a quiet room goes out at
    once. In a busy one events gather while the hub rests.
    """

    def __init__(self, runtime: "Runtime", room_id: int) -> None:
        super().__init__(runtime.database, room_id)
        self.runtime = runtime
        self.users = 0
        """Connections that use this hub, members or about to be; see Runtime.hub."""
        self.members: dict[Outbox, Connection] = {}
        self.tallies = Tallies()
        self.presence = Presence(self.tallies, self._wake, runtime.elsewhere(room_id))
        self.speakers: dict[str, Speaker] = {}
        self.held = 0
        self.closed = False
        self.empty_since = asyncio.get_running_loop().time()
        self._pending: list[LogEntry] = []
        self._pace = Pace()
        self._passing: asyncio.Task[None] | None = None
        self._online_timer: asyncio.TimerHandle | None = None
        self._reading: asyncio.Task[Picture] | None = None
        self._read_at = float("-inf")

    async def open(self) -> None:
        """Read where the room stands. What arrives meanwhile is kept. Raises Refused, Room.DoesNotExist."""
        picture = await self.runtime.database.read(selectors.picture, self.room_id)
        self._picture = picture
        self._read_at = asyncio.get_running_loop().time()
        self.room = picture.room
        self.tallies.total = picture.likes
        # Its time without viewers begins now: whoever waits for it is not its user yet.
        self.empty_since = self._read_at
        self.begin(picture.seq)

    @property
    def epoch(self) -> str:
        return self._picture.epoch

    def accepted(self, entries: list[LogEntry]) -> None:
        for entry in entries:
            if entry.kind == "room":
                self._room_changed(entry)
        self._pending += entries
        self._wake()

    def _room_changed(self, entry: LogEntry) -> None:
        room = msgspec.json.decode(entry.payload, type=RoomEvent).room
        if room.show != self.room.show:
            # Likes that are not saved yet were given to the last show.
            self.tallies.total = self.tallies.unsaved = self.tallies.saving = 0
            self.held = 0
        if room.host.user.id != self.room.host.user.id:
            # Who is host, and whom one follows here, is another question now.
            for connection in self._connections():
                connection.viewer_changed({})
        self.room = room

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
            # Taken though it may not be fresh any more when his turn comes: in a storm that can take longer.
            picture = await asyncio.shield(self._reading)
            tail = self.after(picture.seq)
            if tail is not None and picture.seq >= at_least:
                return picture, tail

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
        if self._passing is None and self.seq >= 0 and not self.closed:
            self._passing = asyncio.create_task(self._passes())

    async def _passes(self) -> None:
        try:
            while self._pending or self.tallies.waiting or self._online_due():
                rest = await self._pass()
                await asyncio.sleep(rest)
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

    async def _pass(self) -> float:
        """Deliver what there is to all; return for how many seconds to rest after it."""
        worked, began = 0.0, time.thread_time()
        entries, self._pending = self._pending, []
        online = self.presence.online
        limit = settings.LIVEROOM_ANNOUNCE_UP_TO
        sums = self.tallies.take(
            online=online, announce=not limit or online <= limit, now=time.monotonic(), ts=now_ms()
        )
        self.runtime.gossip(self, self.tallies.take_gossip())
        if not entries and not sums:
            return self._pace.rest(events=0, sums=False, viewers=0, worked=0.0)
        events = [entry.payload for entry in entries]
        durable = Parcel(events)
        everything = Parcel([*events, *(frame.payload for frame in sums)])
        kept = durable if entries else None
        before, newest = (entries[0].seq - 1, entries[-1].seq) if entries else (0, 0)
        about = {frame.but for frame in sums if frame.but}
        slice_end = time.perf_counter() + SLICE
        members = list(self.members)
        for start in range(0, len(members), STRIDE):
            # What may have changed while others had their turn is looked at for each: this is all that a viewer costs.
            for outbox in members[start : start + STRIDE]:
                if (about and outbox.person_id in about) or (entries and outbox.seq != before):
                    self._deliver_own(outbox, entries, sums)
                else:
                    outbox.put(everything, kept)
                    if entries:
                        outbox.seq = newest
            if time.perf_counter() > slice_end:
                worked += time.thread_time() - began
                await asyncio.sleep(0)
                slice_end, began = time.perf_counter() + SLICE, time.thread_time()
        worked += time.thread_time() - began
        return self._pace.rest(events=len(entries), sums=bool(sums), viewers=len(members), worked=worked)

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

    def hear(self, process: str, gossip: Gossip) -> None:
        """Add what another process tells of this room."""
        if gossip.likes:
            self.tallies.add_likes(gossip.likes, gossip.likers)
        self.presence.remote_moved(process, gossip.moves)

    def head_read(self, row: HeadRow) -> None:
        """What the look at the newest numbers found."""
        self.know(row.seq)
        # Counters read at another seq may be of another show.
        if row.seq == self.seq:
            self.held = row.held
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
        for connection in self._connections():
            connection.end(refused)

    def _connections(self) -> list["Connection"]:
        """All that use this hub, members or about to be."""
        return [connection for connection in self.runtime.connections if connection.hub is self]

    async def close(self) -> None:
        """Stop the hub's tasks and timers."""
        self.closed = True
        self.presence.close()
        if self._online_timer is not None:
            self._online_timer.cancel()
        tasks = [task for task in (self._healing, self._refilling, self._passing, self._reading) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
