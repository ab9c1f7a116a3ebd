"""Group commit: what waits for a room is committed as one transaction."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from django.conf import settings

from rooms.messages import Code, Refused
from rooms.models import Room
from rooms.realtime.database import AWAY
from rooms.services.commands import Command, RoomsChanged
from rooms.transaction import RoomTransaction

if TYPE_CHECKING:
    from rooms.realtime.runtime import Runtime

logger = logging.getLogger(__name__)

BATCH_MAX = 256
REST_MAX = 0.01
GATHERED = 32
"""Commands that are company enough: with so many waiting, a rest would bring no more together."""
TRIES = 3

Done = Callable[[Any], None]
"""Called on the event loop with what ``Command.apply`` returned, after the commit, or with a Refused."""


def commit(room_id: int, commands: Sequence[Command], *, tries: int = TRIES) -> list[Any]:
    """Commit commands of one room as one transaction; each gives its result or its Refused. Runs in a database thread.

    A failure of the whole (never of one refused command) is tried again one by one, so that one cannot fail the others.
    Raises only what says that the database is away: nothing is known to have happened then.
    """
    try:
        return _commit(room_id, commands)
    except AWAY:
        raise
    except RoomsChanged:
        if tries > 1:
            return commit(room_id, commands, tries=tries - 1)
        return [Refused(Code.UNAVAILABLE, "The host's rooms change; try again.", retry_after=1) for _ in commands]
    except Room.DoesNotExist:
        return [Refused(Code.ROOM_NOT_FOUND, "This room is gone.") for _ in commands]
    except Exception:
        if len(commands) == 1:
            logger.exception("Room %s: %s failed", room_id, type(commands[0]).__name__)
            return [Refused(Code.INTERNAL, "The server failed on this request.")]
        logger.warning("Room %s: a batch of %s failed and is tried one by one", room_id, len(commands), exc_info=True)
        return [commit(room_id, [command])[0] for command in commands]


def _commit(room_id: int, commands: Sequence[Command]) -> list[Any]:
    kinds: dict[type[Any], list[Command]] = {}
    for command in commands:
        kinds.setdefault(type(command), []).append(command)
    rooms = {room_id}
    for kind, alike in kinds.items():
        rooms |= kind.rooms(alike)
    outcomes: list[Any] = []
    with RoomTransaction(*rooms) as tx:
        for kind, alike in kinds.items():
            kind.prepare(tx, alike)
        for command in commands:
            try:
                outcomes.append(command.apply(tx))
            except Refused as refused:
                outcomes.append(refused)
    return outcomes


class RoomWriter:
    """The commands of one room in one process. One alone does not wait; while one commit runs, the next ones gather."""

    def __init__(self, runtime: "Runtime", room_id: int) -> None:
        self._runtime = runtime
        self._room_id = room_id
        self._queue: deque[tuple[Command, Done]] = deque()
        self._committing = 0
        self._task: asyncio.Task[None] | None = None

    @property
    def unanswered(self) -> int:
        """How many commands were taken and have no answer yet."""
        return self._committing + len(self._queue)

    def submit(self, command: Command, done: Done) -> None:
        """Have a command committed; raises Refused ``unavailable`` when too many wait."""
        limit = settings.LIVEROOM_WRITER_QUEUE
        if limit and len(self._queue) >= limit:
            raise Refused(Code.UNAVAILABLE, "Too many requests wait for this room; try again.", retry_after=1)
        self._queue.append((command, done))
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        try:
            while self._queue:
                batch = [self._queue.popleft() for _ in range(min(BATCH_MAX, len(self._queue)))]
                self._committing = len(batch)
                started = time.perf_counter()
                outcomes = await self._commit([command for command, _ in batch])
                for (_, done), outcome in zip(batch, outcomes, strict=True):
                    self._answer(done, outcome)
                self._committing = 0
                if 0 < len(self._queue) < GATHERED:
                    await asyncio.sleep(min(REST_MAX, time.perf_counter() - started))
        finally:
            self._task = None

    def _answer(self, done: Done, outcome: Any) -> None:
        try:
            done(outcome)
        except Exception:
            # It is committed, and the ones behind it wait for their answers.
            logger.exception("Room %s: an answer could not be given", self._room_id)

    async def _commit(self, commands: list[Command]) -> list[Any]:
        try:
            return await self._runtime.database.write(commit, self._room_id, commands)
        except Refused as refused:
            return [refused] * len(commands)

    @property
    def idle(self) -> bool:
        return self._task is None

    async def finish(self) -> None:
        """Wait until nothing waits."""
        while self._task is not None:
            await asyncio.wait({self._task})
