"""The end of a process that serves: everybody is sent elsewhere, and nothing that was taken stays unanswered."""

import asyncio
import contextlib
import random

from rooms.messages import Close, Code, Refused
from rooms.realtime.runtime import Runtime

CLOSES_PER_SECOND = 2500
SPREAD = 3.0
"""Seconds over which the closes are spread at the most."""
WITHIN = 7.0
"""Seconds until whoever has not gone by himself is cut."""


async def drain(runtime: Runtime) -> None:
    """Answer what was taken, send everybody elsewhere, wait some seconds for them to go, and end the runtime.

    From its beginning on nothing more is taken: a command is answered with ``restarting``.
    """
    runtime.draining = True
    end = asyncio.get_running_loop().time() + WITHIN
    await runtime.finish()
    people = list(runtime.connections)
    pause = min(SPREAD, len(people) / CLOSES_PER_SECOND)
    for count, connection in enumerate(people):
        connection.end(restarting())
        if count % 50 == 49:
            await asyncio.sleep(pause * 50 / len(people))
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout_at(end):
            await runtime.all_gone()
    for connection in list(runtime.connections):
        connection.outbox.abort()
    await runtime.stop()


def restarting() -> Refused:
    """What one who is sent elsewhere is told; the times to come back are spread."""
    return Refused(
        Code.RESTARTING,
        "The server restarts.",
        retry_after=round(random.uniform(1, 5), 1),
        close=Close.TRY_AGAIN,
    )
