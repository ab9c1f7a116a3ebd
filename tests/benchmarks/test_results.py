"""benchmarks/musts.py and what is written of a run."""

import subprocess
import sys
from dataclasses import replace

import pytest

from benchmarks import single
from benchmarks.book import Book, Commits, Slices, Storm
from benchmarks.measuring import Figures
from benchmarks.musts import musts, musts_table
from benchmarks.progress import Progress, Step
from benchmarks.systems import LIVEROOM, SOCKETIO, STOCK_PUBSUB
from benchmarks.tables import figures_table
from tests.servers import ROOT

FIGURES = Figures(
    system=LIVEROOM.name,
    viewers=5000,
    rate=40,
    pings=False,
    cpu=2.0,
    redis=None,
    delivered=100.0,
    per_second=200_000,
    p50=80,
    p95=300,
    p99=500,
    memory=27,
    saturated=False,
    client=0.2,
    lost=0,
    server=0.4,
)
STORM = Storm("Liveroom", 5000, 5, 6, 3, 5, refused=0, missing=0, doubled=0, recovered=5000, reads=0.1, queries=0.2)


def book(*, stock: float = 300.0, socketio: float = 10.0) -> Book:
    """Liveroom at 2 µs beside two peers at 5,000 viewers and 40/s."""
    peers = [(STOCK_PUBSUB.name, stock), (SOCKETIO.name, socketio)]
    return Book(fanout=[FIGURES, *(replace(FIGURES, system=name, cpu=cpu, p99=9000) for name, cpu in peers)])


def answers(found: Book) -> list[bool]:
    return [must.ok for must in musts(found)]


def test_a_must_is_reached_at_its_limit_and_not_beyond() -> None:
    """1/150 of stock Channels, 1/5 of Socket.IO; and every comment delivered, p99 under 600 ms."""
    assert answers(book()) == [True] * 4
    assert answers(book(stock=299.0)) == [False, True, True, True]
    assert answers(book(socketio=9.9)) == [True, False, True, True]


def test_what_was_lost_or_late_is_missed() -> None:
    """A run with a socket lost, or a delivery missing, or a slow one, does not reach everything."""
    for changes, expected in (({"lost": 1}, 2), ({"delivered": 99.9}, 2), ({"p99": 600.0}, 3)):
        found = book()
        found.fanout[0] = replace(FIGURES, **changes)
        assert [index for index, ok in enumerate(answers(found)) if not ok] == [expected]


def test_the_other_musts() -> None:
    """Commits, storms, slices: each judged by its own limit; a server whose slices were not seen has not reached it."""
    for commits, ok in ((Commits("SQLite", 500, 8000, 1000), True), (Commits("SQLite", 500, 7900, 1000), False)):
        assert answers(Book(commits=[commits])) == [ok]
    for storm, ok in (
        (STORM, True),
        (replace(STORM, queries=2.0), False),
        (replace(STORM, missing=1), False),
        (replace(STORM, recovered=4999), False),
    ):
        assert answers(Book(storms=[storm])) == [ok]
    for slices, ok in (
        (Slices(5000, 40, 900, 19.9, 8.0, 40.0, "x"), True),
        (Slices(5000, 40, 900, 20.1, 8.0, 40.0, "x"), False),
        (Slices(5000, 40, 0, 0.0, 0.0, 40.0, "x"), False),
    ):
        assert answers(Book(slices=slices)) == [ok]


def test_systems_that_lie_close_are_compared_by_the_medians_of_their_starts() -> None:
    """One lucky start of the other's does not decide, nor an unlucky one of ours; each start is told."""
    alone = replace(FIGURES, viewers=1000, rate=0)
    costs = {LIVEROOM.name: (20.0, 31.0, 19.0), SOCKETIO.name: (24.0, 17.0, 23.0)}
    turns = zip(*costs.values(), strict=True)
    found = Book(
        single=[replace(alone, system=name, cpu=cpu) for turn in turns for name, cpu in zip(costs, turn, strict=True)]
    )
    (must,) = musts(found)
    assert (must.ok, must.reached) == (True, "1/1.2 (20.00 / 23.00 µs)")
    report = single.report(found)
    assert "- Liveroom, Daphne, 1,000 viewers: 20.0, 31.0, 19.0" in report
    assert report.count("| one by one |") == 2
    found.single[0] = replace(found.single[0], cpu=40.0)
    assert answers(found) == [False]


def test_tables_say_what_a_reader_must_know() -> None:
    """Who did not keep up, whose sockets were lost, and when the client itself was the bottleneck."""
    rows = figures_table([replace(FIGURES, saturated=True, lost=3, client=0.95)]).splitlines()
    assert "saturated, 3 sockets lost, client at 95 %: it is the bottleneck" in rows[2]
    assert musts_table(book(stock=1.0)).count("**no**") == 1


def test_a_step_that_fails_is_noted_and_the_next_one_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """It is said which of how many runs, and how many seconds are left."""
    done: list[str] = []

    def fail() -> None:
        raise RuntimeError("it broke")

    progress = Progress(30, 2)
    progress.run(Step("first", 10, fail))
    progress.run(Step("second", 20, lambda: done.append("second")))
    assert progress.failures == ["first: RuntimeError: it broke"]
    assert done == ["second"]
    told = capsys.readouterr().err
    assert "[1/2, 30 s left] first" in told
    assert "[2/2, 20 s left] second" in told


def test_an_unknown_scenario_is_named() -> None:
    """With those that there are."""
    command = [sys.executable, "-m", "benchmarks", "fanuot"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "there is no scenario 'fanuot'; there are: fanout, single" in done.stderr
