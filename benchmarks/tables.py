"""Figures as Markdown."""

import math
from collections.abc import Iterable, Sequence

from benchmarks.measuring import Figures


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1) -> str:
    """A Markdown table; all but the first ``left`` columns are numbers."""
    rule = ["---"] * left + ["---:"] * (len(head) - left)
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))


def number(value: float | None, digits: int = 0) -> str:
    """A figure, or a dash where there is none."""
    return "–" if value is None or math.isnan(value) else f"{value:,.{digits}f}"


def figures_table(figures: Iterable[Figures]) -> str:
    """Windows as a table, by number of viewers and rate."""
    head = (
        "system",
        "viewers",
        "comments/s",
        "CPU µs/delivery",
        "of Redis µs",
        "delivered",
        "deliveries/s",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "KiB/viewer",
        "server",
        "client",
        "notes",
    )
    rows = [
        (
            found.system,
            f"{found.viewers:,}",
            (f"{found.rate:g}" if found.rate else "one by one") + (" + pings" if found.pings else ""),
            number(found.cpu, 1 if found.cpu < 100 else 0),
            number(found.redis, 1),
            f"{found.delivered:.1f} %",
            number(found.per_second),
            number(found.p50),
            number(found.p95),
            number(found.p99),
            number(found.memory),
            f"{100 * found.server:.0f} %",
            f"{100 * found.client:.0f} %",
            found.notes,
        )
        for found in sorted(figures, key=lambda found: (found.viewers, found.rate, found.pings))
    ]
    return table(head, rows)
