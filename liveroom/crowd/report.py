"""What a crowd saw, at its end."""

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from liveroom.client import Histogram, Stats
from liveroom.crowd.run import Crowd

BUSY: Final = 0.9
"""Share of a core above which a crowd measures itself more than the server."""


@dataclass(frozen=True)
class Summary:
    """What a crowd did and saw. Latencies in ms: from sending a comment until another viewer had it.

    ``gaps``: an event came before one that was still missing, and that one was fetched. ``skipped``: events that
    somebody missed while he was away longer than the server replays. ``failed_tries``: connections that did not reach
    the room; ``silences``: those given up because nothing was heard. ``lost``: events that somebody in the room never
    saw. ``not_back``: viewers who were let in and not connected at the end; what they missed is not known.
    """

    room: str
    seconds: float
    viewers: int
    let_in: int
    thrown_out: int
    reconnects: int
    failed_tries: int
    silences: int
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
        """Whether somebody came in, nothing was lost or doubled, and everybody was there to tell."""
        return bool(self.let_in) and not (self.lost or self.not_back or self.doubled)

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
        failed_tries=total(lambda each: each.failures),
        silences=total(lambda each: each.silences),
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
        p50=ms(watch.latency.percentile(0.5)),
        p95=ms(watch.latency.percentile(0.95)),
        p99=ms(watch.latency.percentile(0.99)),
        most=ms(watch.latency.most) if watch.latency.count else None,
        ack_p99=ms(acks.percentile(0.99)),
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
        lag=ms(crowd.lag) or 0.0,
        interrupted=crowd.interrupted,
        seed=crowd.plan.seed,
    )


def ms(seconds: float | None) -> float | None:
    """Seconds in ms, as they are shown."""
    return None if seconds is None else round(seconds * 1000, 1)


def clock(seconds: float) -> str:
    """1:05 for 65 s."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02}"


def rows(summary: Summary) -> list[str]:
    """The summary for people, line by line."""
    s = summary
    said = [
        _("Came in:      %(let_in)d of %(viewers)d viewers in %(time)s; %(reconnects)d reconnects"),
        _("Connections:  %(failed_tries)d tries failed; %(silences)d given up for silence"),
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
    elif not summary.let_in:
        said.append(_("Nobody came in: nothing was tested."))
    elif summary.not_back:
        said.append(_("Nobody else lost anything, and nothing was doubled."))
    else:
        said.append(_("Nothing was lost or doubled."))
    return said
