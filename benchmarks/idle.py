"""Scenario ``idle``: what a viewer costs who only watches a quiet room, with a ping every 25 s where there is one."""

import time
from functools import partial

from benchmarks.book import Book, Idle
from benchmarks.measuring import crowded
from benchmarks.progress import Step
from benchmarks.systems import BROADCAST, LIVEROOM, LIVEROOM_UVICORN, SOCKETIO, STOCK_PUBSUB, System, running
from benchmarks.tables import number, table

VIEWERS = 5000
SECONDS = 30.0
PING_EVERY = 25.0


def steps(book: Book, *, quick: bool) -> list[Step]:
    """The systems, one after another."""
    viewers, seconds = (200, 2.0) if quick else (VIEWERS, SECONDS)
    return [
        Step(
            f"idle: {system.name}, {viewers:,} viewers",
            8 + viewers / 800 + seconds,
            partial(measure, book, system, viewers, seconds),
        )
        for system in ((LIVEROOM,) if quick else (LIVEROOM, LIVEROOM_UVICORN, STOCK_PUBSUB, SOCKETIO, BROADCAST))
    ]


def measure(book: Book, system: System, viewers: int, seconds: float) -> None:
    """Connect, and let some time go by."""
    with running(system) as started:
        empty = started.server.memory
        with crowded(started, viewers) as (crowd, _):
            if system.dialect.ping:
                crowd.start_pings(PING_EVERY, system.dialect.ping)
            cpu, begun = started.server.cpu, time.monotonic()
            crowd.run(seconds)
            took = time.monotonic() - begun
            book.idle.append(
                Idle(
                    system=system.name,
                    viewers=viewers,
                    memory=(started.server.memory - empty) / 1024 / viewers,
                    cpu=(started.server.cpu - cpu) / took,
                    lost=crowd.lost,
                )
            )


def report(book: Book) -> str:
    """The scenario's table."""
    head = ("system", "viewers", "KiB/viewer", "server ms CPU/s", "sockets lost")
    rows = [
        (found.system, f"{found.viewers:,}", number(found.memory, 1), number(1000 * found.cpu, 1), str(found.lost))
        for found in book.idle
    ]
    return table(head, rows)
