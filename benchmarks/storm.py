"""Scenario ``storm``: all viewers are cut at once while comments go on, and come back with ``since`` and ``epoch``.

Once to the server that they were on, once to a new process in its place, which knows nothing yet."""

import json
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from time import monotonic

import msgspec

from benchmarks.book import Book, Storm
from benchmarks.counters import Count, Counters
from benchmarks.load.crowd import Answer, Crowd, Taker, Ticket
from benchmarks.load.frame_reader import FrameReader
from benchmarks.measuring import percentiles
from benchmarks.programs import folder, prepared
from benchmarks.progress import Step
from benchmarks.systems import LIVEROOM, LIVEROOM_UVICORN, System, measured, running
from benchmarks.tables import number, table

VIEWERS = 5000
RATE = 10.0
BEFORE = 3.0
SPEAKERS = 8
AT_ONCE = 1500
"""Handshakes under way at one time: under the 2,048 that the server lets wait."""
TIMEOUT = 120.0


class Head(msgspec.Struct, tag=False):
    """What of a frame tells where a viewer stands."""

    msg_type: str
    seq: int = 0
    epoch: str = ""
    recovered: bool | None = None


decode = msgspec.json.Decoder(Head).decode
NOT_EVENTS = ("ack", "error", "pong", "history")


@dataclass(slots=True)
class Follower:
    """What one viewer knows of the room's log. ``headers``: who it is; ``gaps``: events that it was not given."""

    headers: tuple[tuple[str, str], ...] = ()
    seq: int = 0
    epoch: str = ""
    gaps: int = 0
    doubled: int = 0
    recovered: bool | None = None

    def hear(self, payload: bytes) -> None:
        """Take a text frame."""
        head = decode(payload)
        if head.msg_type == "init":
            if head.recovered:
                self.gaps += head.seq != self.seq
            self.seq, self.epoch, self.recovered = head.seq, head.epoch, head.recovered
        elif head.seq and head.msg_type not in NOT_EVENTS:
            self.gaps += max(0, head.seq - self.seq - 1)
            self.doubled += head.seq <= self.seq
            self.seq = max(self.seq, head.seq)

    def ticket(self, path: str) -> Ticket:
        """With what it comes, or comes back."""
        query = f"?since={self.seq}&epoch={self.epoch}" if self.epoch else ""
        return Ticket(path + query, self.headers, self.reader)

    def reader(self, answer: Answer) -> Taker:
        return FrameReader(answer, self.hear)


def steps(book: Book, *, quick: bool) -> list[Step]:
    """The storm on each server: its sockets are cut, or it is killed itself and started anew."""
    viewers = 200 if quick else VIEWERS
    return [
        Step(
            f"storm: {named(system, restart)}, {viewers:,} viewers",
            18 + viewers / 100,
            partial(measure, book, system, viewers, restart=restart),
        )
        for system in (LIVEROOM, LIVEROOM_UVICORN)
        for restart in (False, True)
    ]


def named(system: System, restart: bool) -> str:
    return f"{system.name}, restarted" if restart else system.name


def measure(book: Book, system: System, viewers: int, *, restart: bool) -> None:
    """Cut and count; the server counts its queries."""
    with ExitStack() as stack:
        place = stack.enter_context(folder())
        counters = Counters(place / "counters", create=True)
        started = stack.enter_context(running(measured(system), directory=place))
        environment = {**started.environment, "DJANGO_SETTINGS_MODULE": "liveroom.settings"}
        arguments = json.dumps({"count": viewers})
        made = json.loads(prepared((sys.executable, "-m", "benchmarks.data", "viewers", arguments), environment))
        followers = [Follower((("Authorization", f"Bearer {token}"),)) for token in made["tokens"]]
        crowd = Crowd(system.dialect, started.server.port)
        stack.callback(crowd.close)

        def renew() -> None:
            started.server.kill()
            stack.enter_context(started.start())

        book.storms.append(storm(crowd, followers, named(system, restart), counters, renew if restart else None))


def storm(
    crowd: Crowd, followers: list[Follower], name: str, counters: Counters, renew: Callable[[], None] | None
) -> Storm:
    """Connect, cut, come back, and compare what each viewer has with the log's numbers.

    ``renew``: puts a new server in the place of the old one, after comments that no viewer got.
    """
    path = crowd.dialect.path
    speakers = [Follower() for _ in range(SPEAKERS)]
    crowd.admit([speaker.ticket(path) for speaker in speakers], timeout=TIMEOUT)
    crowd.admit([follower.ticket(path) for follower in followers], timeout=TIMEOUT)
    crowd.run(BEFORE, rate=RATE, speakers=SPEAKERS)
    _all_have_it(crowd, speakers, followers)
    crowd.run(BEFORE, rate=RATE, speakers=SPEAKERS)
    gaps = sum(follower.gaps for follower in followers)
    if renew is None:
        counters.clear()
        cut = monotonic()
        crowd.cut(crowd.viewers[SPEAKERS:])
    else:
        crowd.cut(crowd.viewers[SPEAKERS:])
        crowd.run(BEFORE, rate=RATE, speakers=SPEAKERS)
        crowd.cut(crowd.viewers)
        renew()
        counters.clear()
        cut = monotonic()
        crowd.admit([speaker.ticket(path) for speaker in speakers], timeout=TIMEOUT)
    seconds = crowd.admit(
        [follower.ticket(path) for follower in followers],
        timeout=TIMEOUT,
        at_once=AT_ONCE,
        rate=RATE,
        persistent=True,
    )
    came = [int((viewer.opened - cut) * 1e9) for viewer in crowd.viewers[SPEAKERS:]]
    behind = _all_have_it(crowd, speakers, followers)
    complete = monotonic() - cut
    reads, writes = counters[Count.READS], counters[Count.WRITES]
    back, viewers = percentiles(came), len(followers)
    return Storm(
        system=name,
        viewers=viewers,
        back=seconds,
        complete=complete,
        p50=back[0],
        p99=back[2],
        missing=sum(follower.gaps for follower in followers) - gaps + behind,
        refused=crowd.refused,
        doubled=sum(follower.doubled for follower in followers),
        recovered=sum(bool(follower.recovered) for follower in followers),
        reads=reads / viewers,
        queries=(reads + writes) / viewers,
    )


def _all_have_it(crowd: Crowd, speakers: list[Follower], followers: list[Follower]) -> int:
    """Wait until every viewer has the newest event; return how many events are missing when it takes too long."""
    # Comments that are on their way to the log.
    crowd.run(1.0)

    def behind() -> int:
        newest = max(follower.seq for follower in (*speakers, *followers))
        return sum(newest - follower.seq for follower in (*speakers, *followers))

    _wait(crowd, lambda: not behind())
    return behind()


def _wait(crowd: Crowd, done: Callable[[], bool]) -> None:
    end = monotonic() + TIMEOUT
    while not done() and monotonic() < end:
        crowd.run(0.1)


def report(book: Book) -> str:
    """The scenario's table."""
    head = (
        "system", "viewers", "last back s", "all complete s", "back p50 ms", "back p99 ms", "tries cut",
        "events missing", "doubled", "recovered", "reads/viewer", "with the comments' writes",
    )  # fmt: skip
    rows = [
        (
            f"{found.system}",
            f"{found.viewers:,}",
            number(found.back, 1),
            number(found.complete, 1),
            number(found.p50),
            number(found.p99),
            str(found.refused),
            str(found.missing),
            str(found.doubled),
            f"{found.recovered:,}",
            number(found.reads, 3),
            number(found.queries, 3),
        )
        for found in book.storms
    ]
    return (
        f"{table(head, rows)}\n\nEvery viewer but the {SPEAKERS} that speak is a user with a token: what is his own is "
        f"read for each. Comments go on at {RATE:g}/s meanwhile. Restarted: the process was killed while the viewers "
        "were away and missed comments; times begin when another listens in its place. Queries are counted in the "
        "server by Django's execute wrapper: reads are all of the threads that read, the look at the newest numbers "
        'every 0.5 s included; the last column adds the commits of the comments. "All complete" includes the second in '
        "which the last comments reach the log."
    )
