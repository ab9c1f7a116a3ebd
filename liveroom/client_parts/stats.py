"""What a client counts of itself. Standard library only."""

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

FINEST: Final = 0.0001
"""Seconds below which times are not told apart."""
STEP: Final = 1.02
"""One class of a histogram is 2 % wider than the one before: a percentile is true to 1 %."""


class Histogram:
    """Times in seconds, of any number, in little memory; two can be added up."""

    def __init__(self) -> None:
        self.count = 0
        self.most = 0.0
        self._classes: Counter[int] = Counter()

    def add(self, seconds: float) -> None:
        """Count a time."""
        self.count += 1
        self.most = max(self.most, seconds)
        self._classes[int(math.log(max(seconds, FINEST) / FINEST, STEP))] += 1

    def merge(self, other: "Histogram") -> None:
        """Count all that another one has counted."""
        self.count += other.count
        self.most = max(self.most, other.most)
        self._classes.update(other._classes)

    def percentile(self, share: float) -> float | None:
        """The time that ``share`` (0.5: half) of those counted do not exceed; None when none was."""
        if not self.count:
            return None
        needed = share * self.count
        for number in sorted(self._classes):
            needed -= self._classes[number]
            if needed <= 0:
                return float(min(self.most, FINEST * STEP ** (number + 0.5)))
        return self.most


@dataclass
class Stats:
    """Of one client, since it was made.

    ``reconnects``: sockets after the first that reached the room; ``failures``: those that did not; ``closes``: how
    the others ended, by code. ``silences``: connections given up because nothing was heard. ``gaps``: an event was
    missing, and was asked for. ``repeated``: events that came twice. ``breaks``: the picture began anew, because more
    was missed than the server replays, or its log is another one or was set back; ``skipped``: how many events were
    missed, where the log is still the same.
    ``retries``: commands sent again because the server could not do them. ``errors``: by code. ``pings``, ``acks``: how
    long an answer took, in seconds.
    """

    frames_in: int = 0
    frames_out: int = 0
    events: int = 0
    reconnects: int = 0
    failures: int = 0
    silences: int = 0
    gaps: int = 0
    repeated: int = 0
    breaks: int = 0
    skipped: int = 0
    retries: int = 0
    closes: Counter[int] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    pings: Histogram = field(default_factory=Histogram)
    acks: Histogram = field(default_factory=Histogram)
