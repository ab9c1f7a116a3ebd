"""What is shown of a crowd: one line while it lives, and what it saw at the end."""

import asyncio
import shutil
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from liveroom.client import Histogram, Stats
from liveroom.crowd.run import Crowd

EVERY: Final = 1.0
"""Seconds between two lines on a terminal."""
EVERY_PLAIN: Final = 5.0
"""The same where lines stay."""
BUSY: Final = 0.9
"""Share of a core above which a crowd measures itself more than the server."""


@dataclass(frozen=True)
class Summary:
    """What a crowd did and saw. Latencies in ms: from sending a comment until another viewer had it.

    ``gaps``: an event came before one that was still missing, and that one was fetched. ``skipped``: events that
    somebody missed while he was away longer than the server replays. ``lost``: events that somebody in the room never
    saw. ``not_back``: viewers who were let in and not connected at the end; what they missed is not known.
    """

    room: str
    seconds: float
    viewers: int
    let_in: int
    thrown_out: int
    reconnects: int
    comments: int
    comments_per_second: float
    held: int
    likes: int
    orders: int
    follows: int
    went_away: int
    nobody_could: int
    frames: int
    frames_per_second: float
    events: int
    latencies: int
    p50: float | None
    p95: float | None
    p99: float | None
    most: float | None
    ack_p99: float | None
    lost: int
    not_back: int
    doubled: int
    gaps: int
    skipped: int
    refused: dict[str, int]
    errors: dict[str, int]
    closes: dict[str, int]
    not_let_in: dict[str, int]
    cpu: float
    lag: float
    interrupted: bool
    seed: int

    @property
    def good(self) -> bool:
        """Whether nothing was lost or doubled, and everybody was there to tell."""
        return not (self.lost or self.not_back or self.doubled)

    def json(self) -> dict[str, Any]:
        return {**asdict(self), "good": self.good}


def summary_of(crowd: Crowd) -> Summary:
    """Add up what all viewers counted."""
    watch, viewers, seconds = crowd.watch, crowd.viewers, max(crowd.elapsed, 0.001)
    stats = [viewer.client.stats for viewer in viewers]
    acks = Histogram()
    for each in stats:
        acks.merge(each.acks)
    closes = sum((each.closes for each in stats), Counter[int]())

    def total(count: Callable[[Stats], int]) -> int:
        return sum(count(each) for each in stats)

    frames = total(lambda each: each.frames_in)
    return Summary(
        room=crowd.plan.slug,
        seconds=round(seconds, 1),
        viewers=len(viewers),
        let_in=sum(viewer.came for viewer in viewers),
        thrown_out=sum(viewer.thrown_out for viewer in viewers if viewer.came),
        reconnects=total(lambda each: each.reconnects),
        comments=watch.done["comments"],
        comments_per_second=round(watch.done["comments"] / seconds, 2),
        held=watch.done["held"],
        likes=watch.done["likes"],
        orders=watch.done["orders"],
        follows=watch.done["follows"],
        went_away=watch.done["went away"],
        nobody_could=watch.done["nobody could"],
        frames=frames,
        frames_per_second=round(frames / seconds, 1),
        events=total(lambda each: each.events),
        latencies=watch.latency.count,
        p50=_ms(watch.latency.percentile(0.5)),
        p95=_ms(watch.latency.percentile(0.95)),
        p99=_ms(watch.latency.percentile(0.99)),
        most=_ms(watch.latency.most) if watch.latency.count else None,
        ack_p99=_ms(acks.percentile(0.99)),
        lost=crowd.lost,
        not_back=crowd.not_back,
        doubled=total(lambda each: each.repeated) + watch.twice,
        gaps=total(lambda each: each.gaps),
        skipped=total(lambda each: each.skipped),
        refused=dict(watch.refused),
        errors=dict(sum((each.errors for each in stats), Counter[str]())),
        closes={str(code): count for code, count in closes.items()},
        not_let_in=dict(Counter(viewer.refused.detail for viewer in viewers if viewer.refused is not None)),
        cpu=round(crowd.cpu / seconds, 2),
        lag=_ms(crowd.lag) or 0.0,
        interrupted=crowd.interrupted,
        seed=crowd.plan.seed,
    )


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)


class Progress:
    """Shows a living crowd: one line that changes on a ``terminal``, a line every EVERY_PLAIN s elsewhere."""

    def __init__(self, crowd: Crowd, write: Callable[[str], object], *, terminal: bool) -> None:
        self._crowd = crowd
        self._write = write
        self._terminal = terminal
        self._frames = 0
        self._comments = 0

    async def show(self) -> None:
        """Go on until cancelled; then the line is finished."""
        every = EVERY if self._terminal else EVERY_PLAIN
        try:
            while True:
                await asyncio.sleep(every)
                self._write(on_terminal(self.line(every)) if self._terminal else f"{self.line(every)}\n")
                self._crowd.watch.turn()
        finally:
            if self._terminal:
                self._write("\n")

    def line(self, seconds: float) -> str:
        """How it stands, ``seconds`` after the last line."""
        crowd, watch = self._crowd, self._crowd.watch
        frames = sum(viewer.client.stats.frames_in for viewer in crowd.viewers)
        comments = watch.done["comments"]
        p99 = _ms(watch.recent_p99())
        text = _("%(left)s left · %(online)d online · %(said)d said (%(said_rate).1f/s) · %(rate)d frames/s in") % {
            "left": clock(crowd.left),
            "online": crowd.online,
            "said": comments,
            "said_rate": (comments - self._comments) / seconds,
            "rate": (frames - self._frames) / seconds,
        }
        text += " · " + (_("p99 %(p99).0f ms") % {"p99": p99} if p99 is not None else _("p99 –"))
        self._frames, self._comments = frames, comments
        errors = sum(sum(viewer.client.stats.errors.values()) for viewer in crowd.viewers)
        return text + " · " + _("errors %(count)d") % {"count": errors}


def on_terminal(line: str) -> str:
    """The line in place of the one before it, cut where the terminal ends: one that wraps could not be replaced."""
    columns = shutil.get_terminal_size().columns - 1
    kept = ""
    for char in line:
        columns -= 2 if unicodedata.east_asian_width(char) in "WF" else 1
        if columns < 0:
            break
        kept += char
    # Back to the beginning, and nothing of the line before is left.
    return f"\r{kept}\x1b[K"


def clock(seconds: float) -> str:
    """1:05 for 65 s."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02}"


def rows(summary: Summary) -> list[str]:
    """The summary for people, line by line."""
    s = summary
    said = [
        _("Came in:      %(let_in)d of %(viewers)d viewers in %(time)s; %(reconnects)d reconnects"),
        _("Said:         %(comments)d comments (%(comments_per_second).1f/s), of which the server held back %(held)d"),
        _("Did:          %(likes)d likes, %(follows)d follows, %(orders)d orders; went away %(went_away)d times"),
        _("Received:     %(frames)d frames (%(frames_per_second).0f/s), %(events)d of them events"),
    ]
    if s.latencies:
        said.append(_("Sent to seen: p50 %(p50).0f ms, p95 %(p95).0f ms, p99 %(p99).0f ms, at most %(most).0f ms"))
    said.append(
        _("Lost:         %(lost)d; doubled: %(doubled)d; late and fetched: %(gaps)d; away too long for: %(skipped)d")
    )
    said.append(_("Crowd's own:  %(own)d %% of a core, up to %(lag).0f ms late"))
    lines = [line % {**asdict(s), "time": clock(s.seconds), "own": s.cpu * 100} for line in said]
    for label, counts in (
        (_("Errors:"), s.errors),
        (_("Not done:"), s.refused),
        (_("Closes:"), s.closes),
        (_("Not let in:"), s.not_let_in),
    ):
        if counts:
            lines.append(f"{label} " + ", ".join(f"{name} {count}" for name, count in sorted(counts.items())))
    return lines + remarks(s)


def remarks(summary: Summary) -> list[str]:
    """What has to be known to read the numbers."""
    said = []
    if summary.nobody_could:
        said.append(
            _("%(count)d times nobody could do what was next: fewer were in the room, or they may not talk so often.")
            % {"count": summary.nobody_could}
        )
    if summary.cpu > BUSY:
        said.append(
            _("The crowd was busy itself: the latencies are its own as much as the server's. Bring fewer viewers.")
        )
    if summary.not_back:
        said.append(
            _("%(count)d viewers were not back at the end: whether they missed anything is not known.")
            % {"count": summary.not_back}
        )
    if summary.lost or summary.doubled:
        said.append(_("Something was lost or doubled: see above."))
    elif summary.not_back:
        said.append(_("Nobody else lost anything, and nothing was doubled."))
    else:
        said.append(_("Nothing was lost or doubled."))
    return said
