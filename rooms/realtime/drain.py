"""The end of a process that serves: everybody is sent elsewhere, and nothing that was taken stays unanswered."""

import asyncio
import contextlib
import math
import random

from rooms.messages import Close, Code, Refused
from rooms.realtime.runtime import Abandoned, Runtime

CLOSES_PER_SECOND = 200
SPREAD = 3.0
"""Seconds over which the closes are spread at the most: some clients come back so long after theirs, all alike."""
STEP = 0.05
WITHIN = 7.0
"""Seconds until whoever has not gone by himself is cut."""


async def drain(runtime: Runtime) -> Abandoned:
    """Answer what was taken, send everybody elsewhere, wait some seconds for them to go, and end the runtime.

    From its beginning on nothing more is taken: a command is answered with ``restarting``. Returns what was given up.
    """
    runtime.draining = True
    end = asyncio.get_running_loop().time() + WITHIN
    await runtime.finish()
    people = list(runtime.connections)
    steps = math.ceil(min(SPREAD, len(people) / CLOSES_PER_SECOND) / STEP)
    at_once = math.ceil(len(people) / max(1, steps))
    for first in range(0, len(people), max(1, at_once)):
        if first:
            await asyncio.sleep(STEP)
        for connection in people[first : first + at_once]:
            connection.end(restarting())
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout_at(end):
            await runtime.all_gone()
    for connection in list(runtime.connections):
        connection.outbox.abort()
    return await runtime.stop()


def restarting() -> Refused:
    """What one who is sent elsewhere is told; the times to come back are spread."""
    return Refused(
        Code.RESTARTING,
        "The server restarts.",
        retry_after=round(random.uniform(1, 5), 1),
        close=Close.TRY_AGAIN,
    )
