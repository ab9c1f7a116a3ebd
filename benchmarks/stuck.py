"""Scenario ``stuck``: some stop reading, and go on with their pings; the others are to notice nothing."""

import time
from functools import partial

from benchmarks.book import Book, Stuck
from benchmarks.load.crowd import Crowd, Viewer
from benchmarks.measuring import SETTLE, percentiles
from benchmarks.progress import Step
from benchmarks.systems import LIVEROOM, LIVEROOM_UVICORN, System, running
from benchmarks.tables import number, table

READERS, STUCK = 200, 20
RATE = 400.0
"""Comments/s: over 100 KB/s for each viewer."""
FRAME = 330
"""Bytes of a comment's frame, about."""
PING_EVERY = 3.0
SECONDS = 10.0
CATCH_UP = 5.0
CUT_WITHIN = 90.0
"""Seconds; the kernel's buffers and the outbox are full after about ten: that cuts, before the stall of 30 s does."""
EVERY = 0.5


def steps(book: Book, *, quick: bool) -> list[Step]:
    """Both servers."""
    seconds, within = (1.0, 2.0) if quick else (SECONDS, CUT_WITHIN)
    return [
        Step(
            f"stuck: {system.name}, {STUCK} of {READERS + STUCK} viewers",
            8 + seconds + (within if quick else 40),
            partial(measure, book, system, seconds, within),
        )
        for system in (LIVEROOM, LIVEROOM_UVICORN)
    ]


def measure(book: Book, system: System, seconds: float, within: float) -> None:
    """The same room at the same rate, before some stop reading and from then on until they are cut."""
    with running(system) as started:
        crowd = Crowd(system.dialect, started.server.port)
        try:
            crowd.connect(READERS + STUCK, timeout=60)
            crowd.start_pings(PING_EVERY, system.dialect.ping)
            crowd.run(SETTLE, rate=RATE)
            crowd.forget()
            crowd.run(seconds, rate=RATE)
            before = percentiles(crowd.latencies)
            crowd.forget()
            memory = highest = started.server.memory
            stuck = crowd.viewers[READERS:]
            crowd.stop_reading(stuck)
            begun = time.monotonic()
            while living(stuck) and time.monotonic() < begun + within:
                crowd.run(EVERY, rate=RATE)
                highest = max(highest, started.server.memory)
            took, cut = time.monotonic() - begun, STUCK - living(stuck)
            meanwhile = percentiles(crowd.latencies)
            readers = crowd.viewers[:READERS]
            crowd.run(CATCH_UP, until=lambda: min(one.reader.count for one in readers) >= crowd.said)
            book.stuck.append(
                Stuck(
                    system=system.name,
                    viewers=READERS + STUCK,
                    stuck=STUCK,
                    kilobytes=RATE * FRAME / 1000,
                    before=before,
                    meanwhile=meanwhile,
                    memory=(highest - memory) / 1024 / STUCK,
                    cut=cut,
                    longest=took,
                    missing=sum(crowd.said - one.reader.count for one in readers),
                    lost=crowd.lost - cut,
                )
            )
        finally:
            crowd.close()


def living(viewers: list[Viewer]) -> int:
    """How many of them have their socket still."""
    return sum(viewer.alive for viewer in viewers)


def report(book: Book) -> str:
    """The scenario's table."""
    head = (
        "system",
        "stuck",
        "KB/s each",
        "p50/p95/p99 before",
        "meanwhile, ms",
        "KiB/stuck",
        "cut",
        "after s",
        "missing",
    )
    rows = [
        (
            found.system,
            f"{found.stuck} of {found.viewers}",
            number(found.kilobytes),
            " / ".join(number(one, 1) for one in found.before),
            " / ".join(number(one, 1) for one in found.meanwhile),
            number(found.memory),
            str(found.cut),
            number(found.longest),
            str(found.missing),
        )
        for found in book.stuck
    ]
    return table(head, rows)
