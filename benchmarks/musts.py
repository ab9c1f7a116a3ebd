"""What must be reached, from the figures of one run."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.book import Book
from benchmarks.measuring import Figures, typical
from benchmarks.systems import BROADCAST, LIVEROOM, LIVEROOM_UVICORN, SOCKETIO, STOCK_PUBSUB, System
from benchmarks.tables import table

SLICE_MS = 20.0
IDLE_KIB = 45.0
COMMITS = 8.0
QUERIES = 2.0
P99_GROWS, P99_SPARE = 1.5, 20.0
"""By what readers that are stuck may slow the others down: times, and ms to spare."""


@dataclass(frozen=True)
class Must:
    """One thing that is asked for, and what came of it."""

    number: str
    asked: str
    reached: str
    ok: bool


def musts(book: Book) -> list[Must]:
    """All that this run has the figures for."""
    return [*_fanout(book), *_single(book), *_latencies(book), *_others(book)]


def found(figures: Iterable[Figures], system: System, viewers: int, rate: float) -> Figures | None:
    """The window of a system, without pings."""
    for one in figures:
        if (one.system, one.viewers, one.rate, one.pings) == (system.name, viewers, rate, False):
            return one
    return None


def _share(number: str, what: str, mine: Figures | None, other: Figures | None, limit: float) -> Iterable[Must]:
    """CPU per delivery, mine by another's, at most ``limit``."""
    if mine is None or other is None:
        return
    ratio = mine.cpu / other.cpu
    shown = f"1/{1 / ratio:.1f}" if ratio < 1 else f"{ratio:.2f} times"
    asked = f"at most 1/{1 / limit:.0f}" if limit < 1 else f"at most {limit:g} times"
    yield Must(number, f"{what}: {asked}", f"{shown} ({mine.cpu:.2f} / {other.cpu:.2f} µs)", ratio <= limit)


def _fanout(book: Book) -> Iterable[Must]:
    busy = found(book.fanout, LIVEROOM, 5000, 40)
    stock = "stock Channels (PubSub layer, Daphne)"
    where = "fanout, 5,000 viewers at 40/s on Daphne, CPU per delivery"
    yield from _share("1", f"{where} of {stock}", busy, found(book.fanout, STOCK_PUBSUB, 5000, 40), 1 / 150)
    yield from _share("1", f"{where} of Socket.IO", busy, found(book.fanout, SOCKETIO, 5000, 40), 1 / 5)
    where = "fanout, 1,000 viewers at 20/s on Daphne, CPU per delivery"
    mine = found(book.fanout, LIVEROOM, 1000, 20)
    yield from _share("1", f"{where} of {stock}", mine, found(book.fanout, STOCK_PUBSUB, 1000, 20), 1 / 15)
    own = [one for one in book.fanout if one.system in (LIVEROOM.name, LIVEROOM_UVICORN.name)]
    if own:
        least = min(own, key=lambda one: one.delivered)
        shown = f"least {least.delivered:.1f} % ({least.system}, {least.viewers:,} at {least.rate:g}/s)"
        all_of_it = all(one.delivered >= 100 and not one.lost for one in own)
        yield Must("–", "fanout, Liveroom: every comment delivered, no socket lost", shown, all_of_it)


def _single(book: Book) -> Iterable[Must]:
    single = typical(book.single)
    mine, uvicorn = (found(single, system, 1000, 0) for system in (LIVEROOM, LIVEROOM_UVICORN))
    where = "single, 1,000 viewers, CPU per delivery"
    stock = found(single, STOCK_PUBSUB, 1000, 0)
    yield from _share("2", f"{where}, Daphne of stock Channels (PubSub layer, Daphne)", mine, stock, 1 / 12)
    yield from _share("2", f"{where}, Daphne of Socket.IO", mine, found(single, SOCKETIO, 1000, 0), 1)
    floor = found(single, BROADCAST, 1000, 0)
    yield from _share("2", f"{where}, uvicorn of websockets.broadcast", uvicorn, floor, 1)
    for system, small in ((LIVEROOM, mine), (LIVEROOM_UVICORN, uvicorn)):
        large = found(single, system, 8000, 0)
        yield from _share("3", f"single, {system.name}: CPU at 8,000 viewers of that at 1,000", large, small, 1.5)


def _latencies(book: Book) -> Iterable[Must]:
    for viewers, rate, limit in ((1000, 10, 150), (5000, 40, 600)):
        one = found(book.fanout, LIVEROOM, viewers, rate)
        if one is not None:
            asked = f"fanout, {viewers:,} viewers at {rate}/s on Daphne: p99 under {limit} ms"
            yield Must("3", asked, f"{one.p99:.0f} ms", one.p99 < limit)
    if book.slices is not None:
        longest = book.slices.longest if book.slices.count else math.nan
        where = f"{book.slices.viewers:,} viewers at {book.slices.rate:g}/s"
        asked = f"{where} on Daphne: no slice of a pass over {SLICE_MS:g} ms"
        yield Must("3", asked, f"{longest:.1f} ms", longest <= SLICE_MS)


def _others(book: Book) -> Iterable[Must]:
    for commits in book.commits:
        times = commits.batched / commits.alone
        asked = f"commit, {commits.database}: at least {COMMITS:g} times one transaction each"
        yield Must("4", asked, f"{times:.1f} times", times >= COMMITS)
    for storm in book.storms:
        asked = f"storm, {storm.system}: fewer than {QUERIES:g} queries per returning viewer, nothing missing"
        shown = f"{storm.queries:.3f}, {storm.missing} missing, {storm.recovered:,} of {storm.viewers:,} recovered"
        # A whole picture hides what was missed before it.
        whole = not storm.missing and storm.recovered == storm.viewers
        yield Must("5", asked, shown, storm.queries < QUERIES and whole)
    for idle in book.idle:
        if idle.system == LIVEROOM.name:
            asked = f"idle, Daphne: at most {IDLE_KIB:g} KiB per viewer"
            yield Must("6", asked, f"{idle.memory:.1f} KiB", idle.memory <= IDLE_KIB)
    if book.soak is not None:
        soak = book.soak
        shown = f"memory × {soak.memory:.3f}, p99 {soak.before:.0f} → {soak.after:.0f} ms, {soak.lost} sockets lost"
        yield Must("6", "soak: memory and latency flat", shown, soak.flat)
    for stuck in book.stuck:
        asked = (
            f"stuck, {stuck.system}: all cut, the others miss nothing, p99 at most × {P99_GROWS:g} + {P99_SPARE:g} ms"
        )
        before, after = stuck.before[2], stuck.meanwhile[2]
        shown = f"{stuck.cut} of {stuck.stuck} cut, {stuck.missing} missing, p99 {before:.0f} → {after:.0f} ms"
        unhurt = after <= before * P99_GROWS + P99_SPARE
        yield Must("–", asked, shown, stuck.cut == stuck.stuck and not stuck.missing and not stuck.lost and unhurt)
    for buys in book.buys:
        asked = (
            f"buys, {buys.items} item{'s' if buys.items > 1 else ''}, {buys.database}: oversold 0, all accounted for"
        )
        shown = f"{buys.oversold} oversold, {buys.wrong} not accounted for, {buys.ordered:,} ordered"
        yield Must("–", asked, shown, not buys.oversold and not buys.wrong and buys.ordered > 0)


def musts_table(book: Book) -> str:
    """Each with yes or no."""
    rows = [(must.number, must.asked, must.reached, "yes" if must.ok else "**no**") for must in musts(book)]
    return table(("", "asked", "reached", "ok"), rows, left=4)
