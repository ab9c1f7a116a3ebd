"""One measured window: what a system used while comments went out, and what its viewers got."""

import contextlib
import gc
import math
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from benchmarks.load.crowd import Crowd
from benchmarks.systems import Running

FULL_LOAD = 0.9
"""Share of its core above which the client itself is what was measured."""
SETTLE = 2.0
"""Seconds after the last connect, for what it still causes."""


@dataclass(frozen=True)
class Figures:
    """What a window gave. CPU in µs per delivered comment, latencies in ms, memory in KiB per viewer.

    ``per_second``: deliveries. ``saturated``: it did not keep up; CPU and deliveries are then of its saturation.
    ``client``: the share of its core that the load client used; ``lost``: sockets that ended by themselves.
    """

    system: str
    viewers: int
    rate: float
    pings: bool
    cpu: float
    redis: float | None
    delivered: float
    per_second: float
    p50: float
    p95: float
    p99: float
    memory: float
    saturated: bool
    client: float
    lost: int
    server: float

    @property
    def notes(self) -> str:
        """What a reader must know of the figures."""
        notes = []
        if self.saturated:
            notes.append("saturated")
        if self.lost:
            notes.append(f"{self.lost} sockets lost")
        if self.client > FULL_LOAD:
            notes.append(f"client at {100 * self.client:.0f} %: it is the bottleneck")
        return ", ".join(notes)


@dataclass
class Snapshot:
    """Where the counters stood."""

    time: float
    server: float
    redis: float
    client: float
    received: int

    @classmethod
    def take(cls, running: Running, crowd: Crowd) -> "Snapshot":
        """The counters of now."""
        redis = running.redis.cpu if running.redis else 0.0
        return cls(time.monotonic(), running.server.cpu, redis, time.process_time(), crowd.received)


def window(
    running: Running,
    crowd: Crowd,
    *,
    rate: float,
    memory: float,
    talk: Callable[[], bool],
) -> Figures:
    """Measure while ``talk`` has comments said; it returns whether the system kept up with them.

    ``memory``: KiB per viewer, measured before. A window that was not kept up with ends with the talk: it is the
    system's saturation. Else it ends when the last viewer has the last comment.
    """
    gc.collect()
    gc.disable()
    crowd.forget()
    said, lost = crowd.said, crowd.lost
    try:
        before = Snapshot.take(running, crowd)
        kept_up = talk()
        after = Snapshot.take(running, crowd)
    finally:
        gc.enable()
    seconds = after.time - before.time
    asked = (crowd.said - said) * len(crowd.viewers)
    received = after.received or math.nan
    p50, p95, p99 = percentiles(crowd.latencies)
    return Figures(
        system=running.system.name,
        viewers=len(crowd.viewers),
        rate=rate,
        pings=bool(crowd.ping_every),
        cpu=(after.server - before.server) * 1e6 / received,
        redis=(after.redis - before.redis) * 1e6 / received if running.redis else None,
        delivered=100 * after.received / asked if asked else 0.0,
        per_second=after.received / seconds,
        p50=p50,
        p95=p95,
        p99=p99,
        memory=memory,
        saturated=not kept_up,
        client=(after.client - before.client) / seconds,
        lost=crowd.lost - lost,
        server=(after.server - before.server) / seconds,
    )


def typical(figures: Iterable[Figures]) -> list[Figures]:
    """Of the windows that differ in nothing but the start of the system, the one with the median cost."""
    starts: dict[tuple[str, int, float, bool], list[Figures]] = {}
    for one in figures:
        starts.setdefault((one.system, one.viewers, one.rate, one.pings), []).append(one)
    return [sorted(alike, key=lambda one: one.cpu)[len(alike) // 2] for alike in starts.values()]


def percentiles(latencies: list[int]) -> tuple[float, float, float]:
    """p50, p95, p99 in ms of ns; nan where there are too few."""
    if len(latencies) < 2:
        return (float("nan"),) * 3
    cuts = statistics.quantiles(latencies, n=100)
    return cuts[49] / 1e6, cuts[94] / 1e6, cuts[98] / 1e6


@contextlib.contextmanager
def crowded(running: Running, viewers: int) -> Iterator[tuple[Crowd, float]]:
    """Connect viewers, and yield them with what one costs in memory (KiB, after a settle); cut them at the end."""
    before = running.server.memory
    crowd = Crowd(running.system.dialect, running.server.port)
    try:
        crowd.connect(viewers, timeout=30 + viewers / 100)
        crowd.run(SETTLE)
        yield crowd, (running.server.memory - before) / 1024 / viewers
    finally:
        crowd.close()
