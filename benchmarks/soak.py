"""Scenario ``soak``: ten minutes of coming and going while comments go on; memory and latency are to stay flat."""

import random
import statistics
import time
from functools import partial

from benchmarks.book import Book, Moment, Soak
from benchmarks.load.crowd import AT_ONCE, Crowd, Ticket
from benchmarks.measuring import percentiles
from benchmarks.progress import Progress, Step
from benchmarks.systems import LIVEROOM, running
from benchmarks.tables import number, table

VIEWERS = 1000
RATE = 10.0
SECONDS = 600.0
TURNOVER = 20
"""Viewers that leave each second, and as many that come."""
EVERY = 5.0
"""Seconds between two looks at memory and latency."""
SEED = 7
MEMORY_GROWS = 1.05
"""By what the memory of the last third may differ from that of the second, which has seen thousands come and go."""
LATENCY_GROWS, LATENCY_SPARE = 1.5, 20.0
"""The same for the median p99, with ms to spare: in a quiet room it is a few ms."""


def steps(book: Book, *, quick: bool) -> list[Step]:
    """One long step."""
    viewers, seconds = (100, 6.0) if quick else (VIEWERS, SECONDS)
    name = f"soak: {LIVEROOM.name}, {viewers:,} viewers, {seconds:g} s"
    return [Step(name, seconds + 8 + viewers / 500, partial(measure, book, viewers, seconds, 0.5 if quick else EVERY))]


def measure(book: Book, viewers: int, seconds: float, every: float) -> None:
    """Let viewers come and go, and look from time to time."""
    chance = random.Random(SEED)
    with running(LIVEROOM) as started:
        crowd = Crowd(LIVEROOM.dialect, started.server.port)
        try:
            crowd.connect(viewers, timeout=60)
            crowd.forget()
            moments: list[Moment] = []
            begun = look = told = time.monotonic()
            came = 0
            while (now := time.monotonic()) < begun + seconds:
                while came < (now - begun) * TURNOVER and crowd.waiting < AT_ONCE:
                    # The first ones speak; those that are not in yet have nothing to leave.
                    crowd.cut([chance.choice([viewer for viewer in crowd.viewers[8:] if viewer.opened])])
                    crowd.begin(Ticket())
                    came += 1
                crowd.run(0.2, rate=RATE)
                if now - look >= every:
                    look = now
                    p50, _, p99 = percentiles(crowd.latencies)
                    moments.append(Moment(now - begun, started.server.memory / 2**20, p50, p99))
                    crowd.forget()
                if now - told >= 60:
                    told = now
                    Progress.say(f"    {now - begun:.0f} s: {moments[-1].memory:.0f} MiB, p99 {moments[-1].p99:.0f} ms")
            book.soak = judged(moments, viewers=viewers, came=came, lost=crowd.lost)
        finally:
            crowd.close()


def judged(moments: list[Moment], *, viewers: int, came: int, lost: int) -> Soak:
    """Compare the last third with the second; the first one fills the caches."""
    third = len(moments) // 3
    second, last = moments[third : 2 * third], moments[2 * third :]
    memory = statistics.mean(moment.memory for moment in last) / statistics.mean(moment.memory for moment in second)
    before, after = (statistics.median(moment.p99 for moment in part) for part in (second, last))
    return Soak(
        moments=moments,
        viewers=viewers,
        came=came,
        lost=lost,
        memory=memory,
        before=before,
        after=after,
        flat=memory <= MEMORY_GROWS and after <= before * LATENCY_GROWS + LATENCY_SPARE and not lost,
    )


def report(book: Book) -> str:
    """A look at each tenth of the time, and the verdict."""
    soak = book.soak
    if soak is None:
        return "Not measured."
    shown = soak.moments[:: max(1, len(soak.moments) // 10)]
    rows = [
        (number(moment.at), number(moment.memory, 1), number(moment.p50, 1), number(moment.p99, 1)) for moment in shown
    ]
    return (
        f"{soak.viewers:,} viewers, {RATE:g} comments/s, {TURNOVER} leave and come each second: {soak.came:,} came, "
        f"{soak.lost} sockets were lost. Last third against the second: memory × {soak.memory:.3f} (at most "
        f"{MEMORY_GROWS}), median p99 {soak.before:.0f} → {soak.after:.0f} ms.\n\n"
        + table(("after s", "server MiB", "p50 ms", "p99 ms"), rows, left=0)
    )
