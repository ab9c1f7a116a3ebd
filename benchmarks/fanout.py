"""Scenario ``fanout``: one room, comments at a steady rate, every viewer is to get each of them."""

from dataclasses import dataclass
from functools import partial

from benchmarks.book import Book, Slices
from benchmarks.counters import Count, Counters
from benchmarks.load.crowd import Crowd
from benchmarks.measuring import Figures, crowded, window
from benchmarks.programs import folder
from benchmarks.progress import Step
from benchmarks.systems import (
    BROADCAST,
    LIVEROOM,
    LIVEROOM_UVICORN,
    SOCKETIO,
    STOCK_CORE,
    STOCK_MEMORY,
    STOCK_PUBSUB,
    Running,
    System,
    measured,
    running,
)
from benchmarks.tables import figures_table

SECONDS = 10.0
SATURATED_SECONDS = 20.0
"""For a system that cannot keep up: at half a comment per second ten seconds would hold five."""
WARM = 1.5
CATCH_UP = 3.0
"""Seconds for what is still under way after the last comment; who needs longer does not keep up."""
PING_EVERY = 3.0


@dataclass(frozen=True)
class Load:
    """Viewers, and the rates that they are measured at, one after another on the same sockets.

    After a rate that is not kept up with only the last one is measured: the saturation. ``pings``: the rates measured
    again with a ping per viewer every 3 s.
    """

    viewers: int
    rates: tuple[float, ...]
    pings: tuple[float, ...] = ()


MATRIX: tuple[tuple[System, tuple[Load, ...]], ...] = (
    (
        LIVEROOM,
        (
            Load(100, (1, 10, 40)),
            Load(1000, (1, 10, 20, 40), pings=(10,)),
            Load(5000, (1, 10, 40), pings=(40,)),
            Load(8000, (1, 10, 40), pings=(40,)),
        ),
    ),
    (
        LIVEROOM_UVICORN,
        (Load(100, (10, 40)), Load(1000, (1, 10, 20, 40)), Load(5000, (10, 40), pings=(40,)), Load(8000, (10, 40))),
    ),
    (SOCKETIO, (Load(100, (10, 40)), Load(1000, (1, 10, 20, 40)), Load(5000, (10, 40)), Load(8000, (10, 40)))),
    (BROADCAST, (Load(100, (10, 40)), Load(1000, (1, 10, 20, 40)), Load(5000, (10, 40)), Load(8000, (10, 40)))),
    # From here on the higher rates are far beyond what the system can do: the last one shows its saturation.
    (STOCK_PUBSUB, (Load(100, (1, 10, 40)), Load(1000, (1, 20)), Load(5000, (40,)), Load(8000, (40,)))),
    (STOCK_CORE, (Load(100, (1, 10, 40)), Load(1000, (10,)))),
    (STOCK_MEMORY, (Load(100, (1, 10, 40)), Load(1000, (10,)))),
)
SLICES_AT = (5000, 40.0)
QUICK: tuple[tuple[System, tuple[Load, ...]], ...] = tuple(
    (system, (Load(40, (10,), pings=(10,) if system is LIVEROOM else ()),)) for system, _ in MATRIX
)


def steps(book: Book, *, quick: bool) -> list[Step]:
    """The scenario's parts: one for each system and number of viewers. Their figures go into the book."""
    seconds = 1.0 if quick else SECONDS
    parts = [
        Step(
            f"fanout: {system.name}, {load.viewers:,} viewers at {', '.join(f'{rate:g}' for rate in load.rates)}/s",
            6 + load.viewers / 800 + (seconds + WARM + 1) * (len(load.rates) + len(load.pings)),
            partial(measure, book, system, load, seconds=seconds),
        )
        for system, loads in (QUICK if quick else MATRIX)
        for load in loads
    ]
    viewers, rate = (40, 10.0) if quick else SLICES_AT
    name = f"fanout: the longest slices of {LIVEROOM.name}, {viewers:,} viewers at {rate:g}/s"
    return [*parts, Step(name, 10 + viewers / 800 + seconds, partial(measure_slices, book, viewers, rate, seconds))]


def measure(book: Book, system: System, load: Load, *, seconds: float) -> None:
    """Measure one system with some viewers at each of the rates."""
    with running(system) as started, crowded(started, load.viewers) as (crowd, memory):
        saturated = False
        for rate in load.rates:
            if not saturated or rate == load.rates[-1]:
                figures = at_rate(started, crowd, rate, memory=memory, seconds=seconds)
                book.fanout.append(figures)
                saturated = saturated or figures.saturated
        if load.pings:
            crowd.start_pings(PING_EVERY, system.dialect.ping)
            for rate in load.pings:
                book.fanout.append(at_rate(started, crowd, rate, memory=memory, seconds=seconds))


def measure_slices(book: Book, viewers: int, rate: float, seconds: float) -> None:
    """See how long the event loop is held, on a server whose calls are timed."""
    with folder() as place:
        counters = Counters(place / "counters", create=True)
        with running(measured(LIVEROOM), directory=place) as started, crowded(started, viewers) as (crowd, _):
            crowd.run(WARM, rate=rate)
            counters.clear()
            crowd.run(seconds, rate=rate)
            book.slices = Slices(
                viewers=viewers,
                rate=rate,
                count=counters[Count.SLICES],
                longest=counters[Count.SLICE] / 1e6,
                cpu=counters[Count.SLICE_CPU] / 1e6,
                anything=counters[Count.LONGEST] / 1e6,
                name=counters.name,
            )


def at_rate(started: Running, crowd: Crowd, rate: float, *, memory: float, seconds: float) -> Figures:
    """Measure the connected crowd at one rate, after a moment of it that does not count."""
    viewers = len(crowd.viewers)

    def missing(first: int) -> int:
        return (crowd.said - first) * viewers - crowd.received

    crowd.forget()
    first = crowd.said
    crowd.run(WARM, rate=rate)
    crowd.run(CATCH_UP, until=lambda: missing(first) <= 0)
    warm = missing(first) <= 0

    def talk() -> bool:
        first = crowd.said
        crowd.run(seconds, rate=rate)
        if not warm:
            # What is asked for now only waits behind the rest: the window shows how fast that goes.
            crowd.run(SATURATED_SECONDS - seconds, rate=rate)
            return False
        crowd.run(CATCH_UP, until=lambda: missing(first) <= 0)
        return missing(first) <= 0

    return window(started, crowd, rate=rate, memory=memory, talk=talk)


def report(book: Book) -> str:
    """The scenario's table, and what was found of the slices."""
    slices = book.slices
    if slices is None:
        return figures_table(book.fanout)
    where = f"{LIVEROOM.name}, {slices.viewers:,} viewers at {slices.rate:g}/s"
    held = f"the longest of {slices.count:,} slices of the hub's work held the loop {slices.longest:.1f} ms"
    longest = f"the longest of all calls {slices.anything:.1f} ms ({slices.name})"
    return f"{figures_table(book.fanout)}\n\n{where}: {held} ({slices.cpu:.1f} ms of CPU); {longest}."
