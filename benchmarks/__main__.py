"""``python -m benchmarks [SCENARIO …]``: run scenarios, print their tables, and put them on top of RESULTS.md."""

import argparse
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from benchmarks import buys, commit, fanout, idle, plots, single, soak, storm, stuck
from benchmarks.book import Book
from benchmarks.machine import conditions, take_client_core
from benchmarks.musts import musts, musts_table
from benchmarks.progress import Progress, Step
from benchmarks.systems import NO_LIMITS


class Steps(Protocol):
    def __call__(self, book: Book, *, quick: bool) -> list[Step]: ...


@dataclass(frozen=True)
class Scenario:
    """Its steps, which fill the book; and the tables of what the book has of it."""

    steps: Steps
    report: Callable[[Book], str]


SCENARIOS = {
    "fanout": Scenario(fanout.steps, fanout.report),
    "single": Scenario(single.steps, single.report),
    "commit": Scenario(commit.steps, commit.report),
    "storm": Scenario(storm.steps, storm.report),
    "stuck": Scenario(stuck.steps, stuck.report),
    "buys": Scenario(buys.steps, buys.report),
    "idle": Scenario(idle.steps, idle.report),
    "soak": Scenario(soak.steps, soak.report),
}
RESULTS = Path(__file__).with_name("RESULTS.md")
HEAD = "# Results, newest first\n"


def main() -> int:
    """Run the scenarios that were named, or all; exit code 1 when one did not reach what it must, or failed."""
    options = parse()
    names = options.scenarios or list(SCENARIOS)
    book, told = Book(), conditions()
    take_client_core()
    steps = [step for name in names for step in SCENARIOS[name].steps(book, quick=options.quick)]
    steps = [step for step in steps if options.only in step.name]
    progress = Progress(sum(step.seconds for step in steps), len(steps))
    for step in steps:
        progress.run(step)
    partial = bool(options.quick or options.only)
    if partial:
        told = [*told, "- a partial run: it shows that things work, and its figures are none"]
    recorded = not partial and not options.no_record
    report = written(names, told, book, progress.failures, drawn=plots.draw(book) if recorded else {})
    print(report)
    if recorded:
        record(names, report)
    # What a moment of load shows is no figure: a quick run fails only where something does not work.
    missed = [] if partial else [must for must in musts(book) if not must.ok]
    return int(bool(missed or progress.failures))


def parse() -> argparse.Namespace:
    """The command's options; ends with a line that names what is wrong with them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=f"of: {', '.join(SCENARIOS)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="a few minutes that show that all works; not recorded")
    parser.add_argument("--only", metavar="TEXT", default="", help="the steps whose name has this text; not recorded")
    parser.add_argument("--no-record", action="store_true", help="print the results only; leave RESULTS.md alone")
    options = parser.parse_args()
    unknown = [name for name in options.scenarios if name not in SCENARIOS]
    if unknown:
        parser.error(f"there is no scenario {unknown[0]!r}; there are: {', '.join(SCENARIOS)}")
    return options


def written(
    names: Iterable[str], told: Iterable[str], book: Book, failures: Iterable[str], drawn: dict[str, str]
) -> str:
    """A run as Markdown: conditions, musts, tables, plots."""
    limits = ", ".join(f"{name}={value}" for name, value in NO_LIMITS.items())
    parts = ["\n".join((*told, f"- Liveroom as `python -m liveroom.serve` starts it, with {limits}"))]
    if failures:
        parts.append("**Failed:**\n" + "\n".join(f"- {failure.splitlines()[0]}" for failure in failures))
    if musts(book):
        parts.append("### Must reach\n\n" + musts_table(book))
    parts += [f"### {name}\n\n{SCENARIOS[name].report(book)}" for name in names]
    parts += [f"![{what}](plots/{file})" for file, what in drawn.items()]
    return "\n\n".join(parts) + "\n"


def record(names: Iterable[str], report: str) -> None:
    """Put a report on top of RESULTS.md."""
    old = RESULTS.read_text().removeprefix(HEAD) if RESULTS.exists() else ""
    when = datetime.now(tz=UTC).strftime("%Y-%m-%d %H:%M UTC")
    RESULTS.write_text(f"{HEAD}\n## {when}: {', '.join(names)}\n\n{report}{old}")


if __name__ == "__main__":
    sys.exit(main())
