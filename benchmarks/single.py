"""Scenario ``single``: one comment at a time, and the next when all viewers have it."""

import time
from functools import partial

from benchmarks.book import Book
from benchmarks.load.crowd import Crowd
from benchmarks.measuring import Figures, crowded, window
from benchmarks.progress import Step
from benchmarks.systems import BROADCAST, LIVEROOM, LIVEROOM_UVICORN, SYSTEMS, Running, System, running
from benchmarks.tables import figures_table

VIEWERS = (1000, 8000)
SECONDS = 8.0
LEAST = 3
"""Comments of a window, however long they take."""
PATIENCE = 30.0
"""Seconds for one comment to reach all; a system that needs longer is given up on, and it says so."""
WARM = 5


def steps(book: Book, *, quick: bool) -> list[Step]:
    """The scenario's parts: one for each system and number of viewers."""
    return [
        Step(
            f"single: {system.name}, {viewers:,} viewers",
            6 + viewers / 800 + (1.0 if quick else SECONDS) + (10 if "tutorial" in system.name else 0),
            partial(measure, book, system, viewers, seconds=1.0 if quick else SECONDS),
        )
        for viewers in ((40,) if quick else VIEWERS)
        for system in ((LIVEROOM, LIVEROOM_UVICORN, BROADCAST) if quick else SYSTEMS)
    ]


def measure(book: Book, system: System, viewers: int, *, seconds: float) -> None:
    """Measure one system with some viewers."""
    with running(system) as started, crowded(started, viewers) as (crowd, memory):
        book.single.append(one_by_one(started, crowd, memory=memory, seconds=seconds))


def one_by_one(started: Running, crowd: Crowd, *, memory: float, seconds: float) -> Figures:
    """Say a comment whenever all have the last one, for some seconds."""
    viewers = len(crowd.viewers)

    def say_one() -> bool:
        before = crowd.received
        crowd.say()
        crowd.run(PATIENCE, until=lambda: crowd.received - before >= viewers)
        return crowd.received - before >= viewers

    def talk() -> bool:
        end, first = time.monotonic() + seconds, crowd.said
        while time.monotonic() < end or crowd.said - first < LEAST:
            if not say_one():
                return False
        return True

    begun = time.monotonic()
    for _ in range(WARM):
        if time.monotonic() - begun < seconds:
            say_one()
    return window(started, crowd, rate=0, memory=memory, talk=talk)


def report(book: Book) -> str:
    """The scenario's table."""
    return figures_table(book.single)
