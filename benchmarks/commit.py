"""Scenario ``commit``: comments/s made durable in one room by many senders, beside one transaction for each comment."""

import contextlib
import json
import os
import secrets
import subprocess
import sys
from functools import partial

from benchmarks.book import Book, Commits
from benchmarks.machine import ROOT, SERVER_CORE
from benchmarks.programs import folder, inherited, postgres, prepared
from benchmarks.progress import Step
from benchmarks.systems import MANAGE, NO_LIMITS
from benchmarks.tables import number, table

SENDERS = 300
SECONDS = 8.0
TIMEOUT = 120.0


def steps(book: Book, *, quick: bool) -> list[Step]:
    """Both databases."""
    senders, seconds = (50, 1.0) if quick else (SENDERS, SECONDS)
    return [
        Step(
            f"commit: {senders} senders, {database}",
            16 + 2 * seconds,
            partial(measure, book, database, senders, seconds),
        )
        for database in ("SQLite", "PostgreSQL")
    ]


def measure(book: Book, database: str, senders: int, seconds: float) -> None:
    """Run the driver on the server's core."""
    with folder() as place, contextlib.ExitStack() as stack:
        url = f"sqlite:///{place}/benchmark.sqlite3" if database == "SQLite" else stack.enter_context(postgres(place))
        environment = {
            "DATABASE_URL": url,
            "SECRET_KEY": secrets.token_urlsafe(48),
            "DJANGO_SETTINGS_MODULE": "liveroom.settings",
            "LOG_LEVEL": "WARNING",
            **NO_LIMITS,
        }
        prepared((*MANAGE, "migrate", "-v", "0"), environment)
        driver = (sys.executable, "-m", "benchmarks.commit_driver", str(senders), str(seconds))
        done = subprocess.run(
            driver,
            cwd=ROOT,
            env=inherited() | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CORE}),
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"The driver ended with {done.returncode}:\n{done.stderr[-4000:]}")
        found = json.loads(done.stdout)
        book.commits.append(Commits(database, senders, found["batched"], found["alone"]))


def report(book: Book) -> str:
    """The scenario's table."""
    head = ("database", "senders", "group commit /s", "a transaction each /s", "times")
    rows = [
        (
            found.database,
            str(found.senders),
            number(found.batched),
            number(found.alone),
            number(found.batched / found.alone, 1),
        )
        for found in book.commits
    ]
    return (
        f"{table(head, rows)}\n\nThe same server code without sockets: the room's writer and its batches, against the "
        "same `commit` with one comment each in the same database threads, by turns. Settings of a server: SQLite in "
        "WAL mode with synchronous=NORMAL, PostgreSQL as Debian sets it up, its commits synced."
    )
