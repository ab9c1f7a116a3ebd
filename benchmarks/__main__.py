"""``python -m benchmarks [SCENARIO …]``: run scenarios, print their tables, and put them on top of RESULTS.md."""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from benchmarks import fanout, single
from benchmarks.book import Book
from benchmarks.machine import conditions, take_client_core
from benchmarks.progress import Progress, Step


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
}


def main() -> int:
    """Run the scenarios that were named, or all; exit code 1 when one did not reach what it must, or failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=f"of: {', '.join(SCENARIOS)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="a minute or two that shows that all works; not recorded")
    parser.add_argument("--no-record", action="store_true", help="print the results only; leave RESULTS.md alone")
    parser.add_argument("--only", metavar="TEXT", help="only the steps whose name contains this text; not recorded")
    options = parser.parse_args()
    unknown = [name for name in options.scenarios if name not in SCENARIOS]
    if unknown:
        parser.error(f"there is no scenario {unknown[0]!r}; there are: {', '.join(SCENARIOS)}")
    names = options.scenarios or list(SCENARIOS)
    book, told = Book(), conditions()
    take_client_core()
    steps = [step for name in names for step in SCENARIOS[name].steps(book, quick=options.quick)]
    steps = [step for step in steps if not options.only or options.only in step.name]
    progress = Progress(sum(step.seconds for step in steps), len(steps))
    for step in steps:
        progress.run(step)
    reports = {name: SCENARIOS[name].report(book) for name in names}
    print("\n".join(told))
    for name, report in reports.items():
        print(f"\n## {name}\n\n{report}")
    return int(bool(progress.failures))


if __name__ == "__main__":
    sys.exit(main())
