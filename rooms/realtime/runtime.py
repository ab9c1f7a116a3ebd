"""One event loop's part of Liveroom: its hubs, writers, connections, threads, and its link to the other processes."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from typing import Any, NamedTuple

import msgspec
from django.conf import settings

from accounts.wechat import client as wechat
from accounts.wechat.announcer import Announcer
from rooms import publish, selectors
from rooms.checks.wechat import share
from rooms.messages import Close, Code, Refused
from rooms.publish import Batch, batch_group
from rooms.realtime.checking import CommentChecks
from rooms.realtime.connection import Connection
from rooms.realtime.database import Database
from rooms.realtime.hub import RoomHub
from rooms.realtime.layer import LayerLink
from rooms.realtime.likes import LikesSaver
from rooms.realtime.outbox import Outbox
from rooms.realtime.presence import Elsewhere
from rooms.realtime.tallies import Gossip
from rooms.realtime.users import ConnectedUsers
from rooms.realtime.writer import RoomWriter

logger = logging.getLogger(__name__)

POLL_EVERY = 0.5
TIDY_EVERY = 2.0
TELL_EVERY = 2.0
SWEEP_EVERY = 0.2
ASKED_WITHIN = 0.05
SILENT_AFTER = 6.0
"""Seconds after which a process that was not heard of counts no more."""
HUB_KEPT = 15.0
"""Seconds that a hub without viewers is kept."""
FINISH_WITHIN = 2.0
"""Seconds for what waits to be committed, at the end; where nothing of it is in that time, it is given up."""
CLOSE_WITHIN = 1.0
"""Seconds for the database calls that run after that."""

_runtimes: dict[asyncio.AbstractEventLoop, "Runtime"] = {}


def current() -> "Runtime":
    """The runtime of the running event loop, made at its first use."""
    loop = asyncio.get_running_loop()
    found = _runtimes.get(loop)
    if found is None:
        found = _runtimes[loop] = Runtime(loop)
        found.start()
    return found


class State(NamedTuple):
    """How the live side of this process stands. ``layer``: it hears itself on the channel layer."""

    layer: bool
    draining: bool


def state() -> State:
    """How this process stands; may be asked from any thread."""
    runtimes = list(_runtimes.values())
    return State(
        layer=all(runtime.layer.healthy for runtime in runtimes),
        draining=any(runtime.draining for runtime in runtimes),
    )


def online_of(room_ids: Iterable[int]) -> dict[int, int]:
    """Distinct people in each of these rooms, over all processes; may be asked from any thread.

    Of the other processes it knows what they said in the last seconds, and nothing before this process has a runtime.
    """
    runtimes = list(_runtimes.values())
    return {room_id: max((runtime.online(room_id) for runtime in runtimes), default=0) for room_id in room_ids}


def processes() -> int:
    """How many processes there are, this one included, as far as it hears of them; may be asked from any thread."""
    return max((runtime.processes for runtime in list(_runtimes.values())), default=1)


def runs_here() -> bool:
    """Whether the running event loop is one that serves: its runtime ends what is begun on it."""
    return asyncio.get_running_loop() in _runtimes


class GivenUp(NamedTuple):
    """What was still to do at the end: see ``Runtime.left``.

    ``hangs``: a database call still runs, in a thread that Python would wait for without limit.
    """

    commands: int
    likes: int
    hangs: bool


class Runtime:
    """Owns everything that lives on one event loop. ``stop`` ends it, and closes its threads' connections."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.database = Database()
        self._likes = LikesSaver(self.database)
        self.layer = LayerLink(self._receive)
        self.hubs: dict[int, RoomHub] = {}
        self.connections: set[Connection] = set()
        self.users = ConnectedUsers()
        self.checks = CommentChecks(self.database, self._submit)
        self.slow: set[Outbox] = set()
        self.draining = False
        self.unheard = 0
        """Commands that could not be committed at the end, when their senders had gone already."""
        self._unsaved = 0
        """Likes of the hubs that the end has closed."""
        self._given_up = False
        self._one_gone = asyncio.Event()
        self._opening: dict[int, asyncio.Task[RoomHub]] = {}
        self._elsewhere: dict[int, Elsewhere] = {}
        self._heard: dict[str, float] = {}
        self._writers: dict[int, RoomWriter] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._telling: asyncio.TimerHandle | None = None
        self._looked_at = loop.time()

    def start(self) -> None:
        publish.attach(self)
        share.processes = processes
        self.layer.start()
        steps = (
            (POLL_EVERY, self._poll),
            (SWEEP_EVERY, self._sweep),
            # Apart from what waits for the database: who is silent counts as gone.
            (TIDY_EVERY, self._say_and_hear),
            (TIDY_EVERY, self._tidy),
            (TELL_EVERY, Announcer(self.database, every=TELL_EVERY).step),
            (TIDY_EVERY, self.checks.sweep),
        )
        self._tasks += [asyncio.create_task(self._regularly(every, step)) for every, step in steps]

    async def _regularly(self, every: float, step: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(every)
            try:
                await step()
            except Refused:
                # The database is away; that was logged where it was found.
                continue
            except Exception:
                logger.exception("A regular step failed")

    # --- Rooms and connections.

    async def hub(self, room_id: int) -> RoomHub:
        """The room's hub, opened; the caller counts as its user until ``release``.

        Raises Refused, Room.DoesNotExist.
        """
        hub = self.hubs.get(room_id)
        if hub is None or hub.seq < 0:
            if room_id not in self._opening:
                self._opening[room_id] = asyncio.create_task(self._open(room_id))
            hub = await asyncio.shield(self._opening[room_id])
        hub.users += 1
        return hub

    async def _open(self, room_id: int) -> RoomHub:
        hub = self.hubs[room_id] = RoomHub(self, room_id)
        try:
            # In its group a moment later: what falls between is found by the look at the newest numbers.
            self.layer.join(publish.room_group(room_id))
            self.layer.send(publish.PROCESSES, {"type": "process.ask", "process": publish.PROCESS})
            self.users.refused_before(room_id, await self.database.read(selectors.refusals, room_id))
            await hub.open()
        except BaseException:
            del self.hubs[room_id]
            self.layer.leave(publish.room_group(room_id))
            raise
        finally:
            del self._opening[room_id]
        return hub

    def release(self, hub: RoomHub) -> None:
        """Undo ``hub``."""
        hub.users -= 1

    def writer(self, room_id: int) -> RoomWriter:
        """The room's writer."""
        if room_id not in self._writers:
            self._writers[room_id] = RoomWriter(self, room_id)
        return self._writers[room_id]

    def _submit(self, room_id: int, command: Any, done: Callable[[Any], None]) -> None:
        self.writer(room_id).submit(command, done)

    def connection_gone(self, connection: Connection) -> None:
        """A socket is no more."""
        self.connections.discard(connection)
        self._one_gone.set()

    # --- What was committed, and what other processes say.

    def deliver_soon(self, batch: Batch) -> None:
        """Deliver a batch that this process committed, and pass it on; from any thread."""
        with contextlib.suppress(RuntimeError):
            # A loop that is closed already has no viewers.
            self._loop.call_soon_threadsafe(self._deliver, batch)

    def _deliver(self, batch: Batch) -> None:
        if self.layer.shared:
            self.layer.send(batch_group(batch), publish.encode(batch))
        self._accept(batch)

    def _accept(self, batch: Batch) -> None:
        if hub := self.hubs.get(batch.room_id):
            hub.take(batch.events)
        for user_id, values in batch.viewers:
            self.users.changed(user_id, values, room_id=batch.room_id or None)
        for user_id, comment_id in batch.refused:
            self.users.comment_refused(user_id, comment_id, room_id=batch.room_id)

    def gossip(self, hub: RoomHub, gossip: Gossip) -> None:
        """Tell the other processes of a room's sums."""
        if gossip:
            message = {"type": "room.gossip", "process": publish.PROCESS, "room": hub.room_id}
            self.layer.send(publish.room_group(hub.room_id), {**message, "gossip": msgspec.msgpack.encode(gossip)})

    def _receive(self, message: dict[str, Any]) -> None:
        process, kind = message["process"], message["type"]
        if process == publish.PROCESS:
            self.layer.heard()
        elif kind == "room.batch":
            self._accept(publish.decode(message))
        elif kind == "room.gossip":
            if hub := self.hubs.get(message["room"]):
                hub.hear(process, msgspec.msgpack.decode(message["gossip"], type=Gossip))
        elif kind == "process.ask":
            self._tell_presence_soon()
        elif kind == "process.presence":
            self._heard[process] = self._loop.time()
            for room_id, count, people in message["rooms"]:
                if hub := self.hubs.get(room_id):
                    hub.presence.remote_announced(process, count, people)
                else:
                    self.elsewhere(room_id).announced(process, self._loop.time(), count=count, people=people)

    @property
    def processes(self) -> int:
        """How many processes there are, this one included."""
        return 1 + len(self._heard)

    def elsewhere(self, room_id: int) -> Elsewhere:
        """What the other processes hold of a room, whether it has a hub here or not."""
        return self._elsewhere.setdefault(room_id, Elsewhere())

    def online(self, room_id: int) -> int:
        """Distinct people in a room, over all processes; may be asked from any thread."""
        if hub := self.hubs.get(room_id):
            return hub.presence.online
        elsewhere = self._elsewhere.get(room_id)
        return elsewhere.count_with(()) if elsewhere else 0

    # --- What is done regularly.

    async def _poll(self) -> None:
        """One look at the newest numbers of all live rooms, and at what changed of users: the layer may lose both."""
        live = [room_id for room_id, hub in self.hubs.items() if hub.seq >= 0]
        if not live:
            return
        asked = self._loop.time()
        since = timedelta(seconds=asked - self._looked_at)
        rows, changes = await self.database.read(selectors.news, live, since=since)
        self._looked_at = asked
        self.users.noted(changes)
        for room_id in live:
            hub = self.hubs.get(room_id)
            if hub is not None and room_id in rows:
                hub.head_read(rows[room_id])
            elif hub is not None:
                hub.end(Refused(Code.ROOM_NOT_FOUND, "This room was deleted.", close=Close.NO_ROOM))
                # Whoever comes from now on looks for the address anew: it may be another room's already.
                await self._close_hub(hub)

    async def _sweep(self) -> None:
        now = time.monotonic()
        for outbox in list(self.slow):
            outbox.sweep(now)

    async def _say_and_hear(self) -> None:
        self._tell_presence()
        await self.layer.revive()

    async def _tidy(self) -> None:
        now = self._loop.time()
        for hub in list(self.hubs.values()):
            if hub.seq >= 0:
                hub.tidy(now)
        self._forget_silent(now)
        self._heard = {process: at for process, at in self._heard.items() if now - at < SILENT_AFTER}
        self.users.forget_old()
        self._writers = {room_id: writer for room_id, writer in self._writers.items() if not writer.idle}
        await self._save_likes()
        for hub in list(self.hubs.values()):
            if now - hub.empty_since > HUB_KEPT and not hub.users and hub.tallies.saved and hub.seq >= 0:
                await self._close_hub(hub)

    def _forget_silent(self, now: float) -> None:
        """What `hub.tidy` does, for the rooms that have no hub here."""
        for room_id, elsewhere in list(self._elsewhere.items()):
            if room_id not in self.hubs:
                elsewhere.forget_silent(now)
                if elsewhere.unheard:
                    del self._elsewhere[room_id]

    def _tell_presence_soon(self) -> None:
        """Answer, once for all who ask within a moment."""
        if self._telling is None:
            self._telling = self._loop.call_later(ASKED_WITHIN, self._tell_presence)

    def _tell_presence(self) -> None:
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None
        limit = settings.LIVEROOM_ANNOUNCE_UP_TO
        rooms = []
        for room_id, hub in self.hubs.items():
            here = hub.presence.here
            rooms.append((room_id, len(here), here if not limit or len(here) <= limit else None))
        self.layer.send(publish.PROCESSES, {"type": "process.presence", "process": publish.PROCESS, "rooms": rooms})

    async def _save_likes(self) -> None:
        await self._likes.save([(hub.room_id, hub.tallies) for hub in self.hubs.values()])

    async def _close_hub(self, hub: RoomHub) -> None:
        del self.hubs[hub.room_id]
        self.layer.leave(publish.room_group(hub.room_id))
        await hub.close()

    # --- The end.

    async def finish(self, *, within: float = FINISH_WITHIN) -> None:
        """Commit and answer what waits, and save the sums, for so many seconds; not again where nothing moved."""
        if self._given_up:
            return
        await self.checks.stop()
        commands, saved = self.left[0], self._likes.saved
        try:
            async with asyncio.timeout(within):
                for writer in list(self._writers.values()):
                    await writer.finish()
                await self._save_likes()
                await self.checks.release()
        except (TimeoutError, Refused):
            self._given_up = self.left[0] >= commands and self._likes.saved == saved
        except Exception:
            # Everybody is to be sent away all the same.
            logger.exception("What waited at the end could not be finished")
            self._given_up = True

    @property
    def left(self) -> tuple[int, int]:
        """Commands whose senders have no answer, and likes that are not known to be saved."""
        commands = self.unheard + sum(writer.unanswered for writer in self._writers.values())
        likes = self._unsaved + sum(hub.tallies.unsaved + hub.tallies.saving for hub in self.hubs.values())
        return commands, likes

    async def all_gone(self) -> None:
        """Wait until no socket is left."""
        while self.connections:
            self._one_gone.clear()
            await self._one_gone.wait()

    async def stop(self, *, finish_within: float = FINISH_WITHIN) -> GivenUp:
        """End everything that this runtime owns, and say what of it could not be; see ``finish``.

        Until all is done it stays the loop's: whoever comes meanwhile is sent elsewhere.
        """
        if _runtimes.get(self._loop) is not self:
            return GivenUp(commands=0, likes=0, hangs=False)
        self.draining = True
        await self.finish(within=finish_within)
        publish.detach(self)
        if self._telling is not None:
            self._telling.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for hub in list(self.hubs.values()):
            await hub.close()
        self._unsaved = self.left[1]
        self.hubs.clear()
        await self.layer.stop()
        await wechat.close()
        closed = await self._loop.run_in_executor(None, self.database.close, CLOSE_WITHIN)
        _runtimes.pop(self._loop, None)
        return GivenUp(*self.left, hangs=not closed)
