"""What a crowd saw, over all its viewers: how late, what twice, and what never."""

import json
from collections import Counter, deque
from typing import Final

from liveroom.client import Frame, Histogram

REMEMBERED: Final = 2_000
"""Comments whose way is followed at once: the newest."""
DECODED_MAX: Final = 4_000


class Decoder:
    """Decodes each text once for all viewers: they are sent the same ones."""

    def __init__(self) -> None:
        self._known: dict[str, Frame] = {}

    def __call__(self, text: str) -> Frame:
        frame = self._known.get(text)
        if frame is None:
            if len(self._known) >= DECODED_MAX:
                self._known.clear()
            frame = self._known[text] = json.loads(text)
        return frame


class Watch:
    """Follows the crowd's own comments from their senders to everybody else.

    ``latency``: from a comment's sending until another viewer has it, in seconds; ``recent``: of the last seconds.
    ``twice``: comments and orders that were made more than once. ``sent``, ``done``: commands by kind; ``refused``: by
    code.
    """

    def __init__(self) -> None:
        self.latency = Histogram()
        self.recent = [Histogram(), Histogram()]
        self.newest = 0
        self.twice = 0
        self.sent: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._sent_at: dict[int, float] = {}
        self._early: dict[int, list[tuple[float, float]]] = {}
        self._ids: set[int] = set()
        self._order: deque[tuple[int, int]] = deque()
        self._orders: set[str] = set()

    def seen(self, frame: Frame, *, here_since: float, now: float) -> None:
        """A viewer, in the room since ``here_since``, has another one's comment at ``now``."""
        seq: int = frame["seq"]
        if seq > self.newest:
            self._first_seen(seq, frame["id"])
        sent_at = self._sent_at.get(seq)
        if sent_at is not None:
            self._arrived(sent_at, here_since, now)
        elif seq in self._early:
            # Its sender has no answer yet, or it is somebody's who is not of this crowd.
            self._early[seq].append((here_since, now))

    def _first_seen(self, seq: int, comment_id: int) -> None:
        self.newest = seq
        if comment_id in self._ids:
            self.twice += 1
        self._ids.add(comment_id)
        self._early[seq] = []
        self._order.append((seq, comment_id))
        if len(self._order) > REMEMBERED:
            seq, comment_id = self._order.popleft()
            self._sent_at.pop(seq, None)
            self._early.pop(seq, None)
            self._ids.discard(comment_id)

    def acknowledged(self, seq: int, sent_at: float) -> None:
        """A comment sent at ``sent_at`` has this number."""
        self._sent_at[seq] = sent_at
        for here_since, now in self._early.pop(seq, []):
            self._arrived(sent_at, here_since, now)

    def _arrived(self, sent_at: float, here_since: float, now: float) -> None:
        # Who came later was given it with everything that he missed.
        if here_since <= sent_at:
            self.latency.add(now - sent_at)
            self.recent[0].add(now - sent_at)

    def turn(self) -> None:
        """Some seconds have passed: forget the ``recent`` ones before the last."""
        self.recent = [Histogram(), self.recent[0]]

    def ordered(self, number: str) -> None:
        """An order was acknowledged."""
        if number in self._orders:
            self.twice += 1
        self._orders.add(number)

    def recent_p99(self) -> float | None:
        """In seconds, of the last turns."""
        both = Histogram()
        for part in self.recent:
            both.merge(part)
        return both.percentile(0.99)
