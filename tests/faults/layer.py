"""A channel layer that loses, doubles, swaps and delays what is sent, in front of the real one."""

import asyncio
import atexit
import os
import random
from collections import Counter
from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer

SHARE = 0.12
"""Of all messages, for each of the four faults."""
LATE = 2.0
"""Seconds that a message comes late at the most: long after the log was read in its place."""


class FaultyLayer(RedisPubSubChannelLayer):
    """Draws what happens to each message by LIVEROOM_SEED; at the end of the process it prints how often what did."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._rng = random.Random(int(os.environ["LIVEROOM_SEED"]))
        self._swapped: list[tuple[str, dict[str, Any]]] = []
        self._late: set[asyncio.Task[None]] = set()
        self._faults: Counter[str] = Counter()
        atexit.register(self._tell)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Send it, or what is drawn instead."""
        fault = self._rng.choices(
            ("none", "lost", "doubled", "swapped", "late"), (1 - 4 * SHARE, SHARE, SHARE, SHARE, SHARE)
        )[0]
        self._faults[fault] += 1
        match fault:
            case "doubled":
                await self._send(group, message)
                await self._send(group, message)
            case "swapped":
                self._swapped.append((group, message))
            case "late":
                task = asyncio.create_task(self._send_late(group, message))
                self._late.add(task)
                task.add_done_callback(self._late.discard)
            case "none":
                await self._send(group, message)
                # Behind the one that was sent after it.
                while self._swapped:
                    await self._send(*self._swapped.pop())

    async def _send(self, group: str, message: dict[str, Any]) -> None:
        await self._get_layer().group_send(group, message)

    async def _send_late(self, group: str, message: dict[str, Any]) -> None:
        await asyncio.sleep(self._rng.uniform(0, LATE))
        await self._send(group, message)

    def _tell(self) -> None:
        print("Faults:", " ".join(f"{fault}={count}" for fault, count in sorted(self._faults.items())), flush=True)
