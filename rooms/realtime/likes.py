"""The likes of all rooms on their way from this process into the database: summed, saved together, each once."""

import asyncio
import secrets
from collections.abc import Sequence

from rooms.realtime.database import Database
from rooms.realtime.tallies import Tallies
from rooms.transaction import likes_add_once

TOGETHER = 20
"""Rooms of one transaction: while it waits for one room's head, nothing is committed in those that it has already."""


class LikesSaver:
    """Saves under rising numbers. What went unanswered may be saved: it goes again, as it was, under its number."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._name = secrets.token_hex(8)
        self._number = 0
        self.saved = 0
        """All that were added until now."""
        self._one_by_one = asyncio.Lock()

    async def save(self, rooms: Sequence[tuple[int, Tallies]]) -> None:
        """Save what these rooms were given; raises Refused when the database is away, and it waits."""
        async with self._one_by_one:
            await self._save(rooms)
            waiting = [(room_id, tallies) for room_id, tallies in rooms if tallies.unsaved]
            for first in range(0, len(waiting), TOGETHER):
                some = waiting[first : first + TOGETHER]
                # Only now: what goes under one number is never more than one transaction has.
                for _, tallies in some:
                    tallies.saving, tallies.unsaved = tallies.unsaved, 0
                self._number += 1
                await self._save(some)

    async def _save(self, rooms: Sequence[tuple[int, Tallies]]) -> None:
        counts = {room_id: tallies.saving for room_id, tallies in rooms if tallies.saving}
        if counts:
            await self._database.write(likes_add_once, self._name, self._number, counts)
            self.saved += sum(counts.values())
            for _, tallies in rooms:
                tallies.saving = 0
