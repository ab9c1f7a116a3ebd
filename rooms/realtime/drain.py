"""The end of a process that serves: everybody is sent elsewhere, and nothing that was taken stays unanswered."""

import asyncio
import contextlib
import math
import random

from rooms.messages import Close, Code, Refused
from rooms.realtime.runtime import GivenUp, Runtime

CLOSES_PER_SECOND = 200
SPREAD = 3.0
"""Seconds over which the closes are spread at the most: some clients come back so long after theirs, all alike."""
STEP = 0.05
WITHIN = 7.0
"""Seconds until whoever has not gone by himself is cut."""
COMMIT_WITHIN = 7.2
"""Seconds until nothing more is committed, however much still waits."""


async def drain(runtime: Runtime) -> GivenUp:
    """Answer what was taken, send everybody elsewhere, wait some seconds for them to go, and end the runtime.

    From its beginning on nothing more is taken: a command is answered with ``restarting``. Returns what was given up.
    """
    runtime.draining = True
    loop = asyncio.get_running_loop()
    begun = loop.time()
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
        async with asyncio.timeout_at(begun + WITHIN):
            await runtime.all_gone()
    for connection in list(runtime.connections):
        connection.outbox.abort()
    # What is slow went on meanwhile.
    return await runtime.stop(finish_within=max(0.0, begun + COMMIT_WITHIN - loop.time()))


def restarting() -> Refused:
    """What one who is sent elsewhere is told; the times to come back are spread."""
    return Refused(
        Code.RESTARTING,
        "The server restarts.",
        retry_after=round(random.uniform(1, 5), 1),
        close=Close.TRY_AGAIN,
    )
