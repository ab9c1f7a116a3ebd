"""``python -m benchmarks [SCENARIO …]``: run scenarios, print their tables, and put them on top of RESULTS.md."""

import argparse
import os
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks import fanout

SCENARIOS: dict[str, Callable[[], tuple[str, bool]]] = {"fanout": fanout.run}
RESULTS = Path(__file__).with_name("RESULTS.md")
HEAD = "# Results, newest first\n"


def conditions() -> str:
    """What a result depends on."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("Django", "channels", "daphne", "Twisted", "autobahn"))
    return (
        f"Server on one core, load client on another, of {os.cpu_count()} ({platform.machine()}, {platform.system()} "
        f"{platform.release()}); Python {platform.python_version()}, {packages}. Short runs: read them as ±15 %."
    )


def keep(name: str, report: str) -> None:
    """Put a report on top of RESULTS.md."""
    old = RESULTS.read_text().removeprefix(HEAD) if RESULTS.exists() else ""
    when = datetime.now(tz=UTC).strftime("%Y-%m-%d %H:%M UTC")
    RESULTS.write_text(f"{HEAD}\n## {name}, {when}\n\n{conditions()}\n\n{report}\n{old}")


def main() -> int:
    """Run the scenarios that were named, or all; exit code 1 when one did not reach what it must."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=f"of: {', '.join(SCENARIOS)} (default: all)")
    parser.add_argument("--no-record", action="store_true", help="print the results only; leave RESULTS.md alone")
    options = parser.parse_args()
    unknown = [name for name in options.scenarios if name not in SCENARIOS]
    if unknown:
        parser.error(f"there is no scenario {unknown[0]!r}; there are: {', '.join(SCENARIOS)}")
    missed = False
    for name in options.scenarios or SCENARIOS:
        report, reached = SCENARIOS[name]()
        missed = missed or not reached
        print(f"\n{report}\n")
        if not options.no_record:
            keep(name, report)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
