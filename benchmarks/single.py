"""Scenario ``single``: one comment at a time, and the next when all viewers have it.

What a system takes differs by a third from one start of it to the next. Those that lie close together are therefore
started several times, by turns, and compared by the start with the median cost.
"""

import time
from functools import partial

from benchmarks.book import Book
from benchmarks.load.crowd import Crowd
from benchmarks.measuring import Figures, crowded, typical, window
from benchmarks.progress import Step
from benchmarks.systems import BROADCAST, LIVEROOM, LIVEROOM_UVICORN, SOCKETIO, SYSTEMS, Running, System, running
from benchmarks.tables import figures_table

VIEWERS = (1000, 8000)
CLOSE = (LIVEROOM, LIVEROOM_UVICORN, SOCKETIO, BROADCAST)
STARTS = 5
"""Of each that lies close to others, at the first number of viewers."""
SECONDS = 8.0
LEAST = 3
"""Comments of a window, however long they take."""
PATIENCE = 30.0
"""Seconds for one comment to reach all; a system that needs longer is given up on, and it says so."""
WARM = 5


def steps(book: Book, *, quick: bool) -> list[Step]:
    """The scenario's parts: one for each start of a system."""
    if quick:
        parts = [(system, 40) for system in (LIVEROOM, LIVEROOM_UVICORN, BROADCAST)]
    else:
        few, many = VIEWERS
        turns = [SYSTEMS, *[CLOSE] * (STARTS - 1)]
        parts = [(system, few) for turn in turns for system in turn] + [(system, many) for system in SYSTEMS]
    seconds = 1.0 if quick else SECONDS
    return [
        Step(
            f"single: {system.name}, {viewers:,} viewers",
            6 + viewers / 800 + seconds + (10 if "tutorial" in system.name else 0),
            partial(measure, book, system, viewers, seconds=seconds),
        )
        for system, viewers in parts
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
    """The scenario's table, and the cost of each start where a system was started several times."""
    shown = typical(book.single)
    starts = {
        one: [other.cpu for other in book.single if (other.system, other.viewers) == (one.system, one.viewers)]
        for one in shown
    }
    several = [
        f"- {one.system}, {one.viewers:,} viewers: {', '.join(f'{cpu:.1f}' for cpu in costs)}"
        for one, costs in starts.items()
        if len(costs) > 1
    ]
    told = "CPU µs/delivery of each start, in turn; the table has the start with the median:\n\n" + "\n".join(several)
    return figures_table(shown) + (f"\n\n{told}" if several else "")
