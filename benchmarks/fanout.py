"""Scenario ``fanout``: one room, comments at a steady rate, every viewer is to get each of them."""

import asyncio
import os
import statistics
import time
from dataclasses import dataclass

from benchmarks.load import Seen, connect, connect_many
from benchmarks.servers import CLIENT_CORE, LIVEROOM, STOCK, System, running

RATIO = 4
"""How many times cheaper than stock Channels a delivered comment must be."""
VIEWERS = 300
RATES = (1, 5, 10)
SECONDS = 12
SETTLE = 3.0
"""Seconds after the joins, and after the last comment, for what is still under way."""


@dataclass(frozen=True)
class Result:
    """One system at one rate. CPU in µs of the server per delivered comment, latencies in ms, memory in KiB."""

    system: str
    viewers: int
    rate: int
    cpu: float
    delivered: float
    p50: float
    p95: float
    p99: float
    memory: float


async def measure(system: System, *, viewers: int, rate: int, seconds: int) -> Result:
    """Run one system at one rate."""
    with running(system) as server:
        memory = server.memory
        seen = Seen()
        crowd = await connect_many(server.port, system.path, seen, viewers)
        speaker = await connect(server.port, system.path, Seen())
        speaker.say(0)
        await asyncio.sleep(SETTLE)
        memory = server.memory - memory
        seen.comments = 0
        seen.latencies.clear()
        cpu, started = server.cpu, time.monotonic()
        for number in range(rate * seconds):
            await asyncio.sleep(max(0.0, started + number / rate - time.monotonic()))
            speaker.say(number)
        await asyncio.sleep(SETTLE)
        cpu = server.cpu - cpu
        result = summary(system, seen, viewers, rate, rate * seconds, cpu, memory)
        for viewer in (*crowd, speaker):
            viewer.close()
        return result


def summary(system: System, seen: Seen, viewers: int, rate: int, comments: int, cpu: float, memory: int) -> Result:
    """The figures of a run."""
    cuts = statistics.quantiles(seen.latencies, n=100) if len(seen.latencies) > 1 else [float("nan")] * 99
    return Result(
        system=system.name,
        viewers=viewers,
        rate=rate,
        cpu=cpu * 1e6 / max(1, seen.comments),
        delivered=100 * seen.comments / (comments * viewers),
        p50=cuts[49],
        p95=cuts[94],
        p99=cuts[98],
        memory=memory / 1024 / viewers,
    )


def table(results: list[Result]) -> str:
    """The results as Markdown."""
    lines = [
        "| system | viewers | comments/s | CPU µs/delivery | delivered | p50 ms | p95 ms | p99 ms | KiB/viewer |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {r.system} | {r.viewers} | {r.rate} | {r.cpu:.1f} | {r.delivered:.1f} % | {r.p50:.0f} | {r.p95:.0f} "
        f"| {r.p99:.0f} | {r.memory:.0f} |"
        for r in results
    ]
    return "\n".join(lines)


def ratios(results: list[Result]) -> dict[int, float]:
    """How many times cheaper Liveroom was, at each rate."""
    found = {}
    for rate in sorted({result.rate for result in results}):
        by_system = {result.system: result for result in results if result.rate == rate}
        found[rate] = by_system[STOCK.name].cpu / by_system[LIVEROOM.name].cpu
    return found


def overall(results: list[Result]) -> float:
    """How many times cheaper Liveroom was over the whole run: all of the CPU by all that was delivered."""

    def cost(system: str) -> float:
        mine = [result for result in results if result.system == system]
        delivered = [result.rate * result.delivered for result in mine]
        return sum(result.cpu * share for result, share in zip(mine, delivered, strict=True)) / sum(delivered)

    return cost(STOCK.name) / cost(LIVEROOM.name)


def run() -> tuple[str, bool]:
    """Measure all systems side by side; returns the report, and whether RATIO was reached over the whole run."""
    os.sched_setaffinity(0, {CLIENT_CORE})
    results = []
    for rate in RATES:
        for system in (STOCK, LIVEROOM):
            print(f"fanout: {VIEWERS} viewers, {rate}/s, {system.name} …", flush=True)
            results.append(asyncio.run(measure(system, viewers=VIEWERS, rate=rate, seconds=SECONDS)))
            print(f"    {results[-1].cpu:.1f} µs, {results[-1].delivered:.1f} % delivered", flush=True)
    lines = [
        f"At {rate} comments/s Liveroom used 1/{ratio:.1f} of the CPU of stock Channels."
        for rate, ratio in ratios(results).items()
    ]
    whole = overall(results)
    asked = "at most" if whole >= RATIO else "MISSED: more than"
    lines.append(f"Over the whole run: 1/{whole:.1f} ({asked} 1/{RATIO} is asked).")
    return f"{table(results)}\n\n" + "  \n".join(lines), whole >= RATIO
