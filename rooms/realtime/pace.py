"""How long a hub rests between two passes: what is to be told gathers meanwhile, and shares each viewer's write."""

REST_ALONE = 0.003
"""Seconds after an event that went out alone, at least, and a quarter as long as that took: others have their turn."""
REST_MIN, REST_EACH, REST_MAX = 0.05, 40e-6, 1.0
"""Seconds of a rest that is to gather: so many, so many for each viewer, and so many at the most."""
ALONE_MIN, ALONE_MAX = 1, 128
"""Events that go out alone before it is tried again whether a rest gathers more: at first, and at the most."""


class Pace:
    """The rests of one hub.

    A rest pays when more than one event comes out of it, and then the next one is as long. Where an event comes only
    when the last one is out a rest would just be a delay: there it is tried now and then, and ever less often.
    """

    def __init__(self) -> None:
        self._alone = 0
        self._try_after = ALONE_MIN
        self._rested = False

    def rest(self, *, events: int, sums: bool, viewers: int, worked: float) -> float:
        """Seconds to rest after a pass with so many events, and perhaps ``sums``, that took ``worked`` s of CPU."""
        if not events and not sums:
            # No viewer was written to, so there is no write to share: only what the other processes hear gathers.
            return REST_MIN
        rested, self._rested = self._rested, True
        if events > 1:
            self._alone, self._try_after = 0, ALONE_MIN
        elif events == 1 and not sums:
            if rested:
                self._alone, self._try_after = 0, min(2 * self._try_after, ALONE_MAX)
            self._alone += 1
            self._rested = self._alone > self._try_after
            if not self._rested:
                return min(REST_MAX, max(REST_ALONE, worked / 4))
        # Not of a pass that others held up, which would make the next one later still: of its own work alone.
        return min(REST_MAX, max(REST_MIN, REST_EACH * viewers, 2 * worked))
