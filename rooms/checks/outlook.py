"""Whether whoever a check asks gives answers: while he does not, he is asked once a second, and not for every text."""

import logging
import threading
import time

from rooms.checks import Unchecked

logger = logging.getLogger(__name__)

FAILURES = 3
"""Calls without an answer, one after the other, after which he counts as away."""
TRY_EVERY = 1.0
"""Seconds between two calls to one who is away."""


class Outlook:
    """Told of every call that was answered or not, from any thread."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._failures = 0
        self._tried_at = float("-inf")
        self.away = False

    def may_ask(self) -> bool:
        """Whether to ask now."""
        if not self.away:
            return True
        with self._lock:
            now = time.monotonic()
            if now - self._tried_at < TRY_EVERY:
                return False
            self._tried_at = now
            return True

    def failed(self, error: Unchecked) -> None:
        """Log the beginning of an outage. What was not asked at all says nothing of that."""
        with self._lock:
            if not error.away:
                self._tried_at = float("-inf")
                return
            self._failures += 1
            if self.away or self._failures < FAILURES:
                return
            self.away, self._tried_at = True, time.monotonic()
        logger.warning("The check %s has no answers: %s", self._path, error.detail)

    def answered(self) -> None:
        """Log the end of an outage."""
        if not self._failures:
            return
        with self._lock:
            was_away, self.away, self._failures = self.away, False, 0
        if was_away:
            logger.warning("The check %s has answers again", self._path)


_outlooks: dict[str, Outlook] = {}


def outlook_of(path: str) -> Outlook:
    """This process's outlook on the check with that dotted path."""
    return _outlooks.setdefault(path, Outlook(path))


def forget() -> None:
    """Begin anew, with everybody there."""
    _outlooks.clear()
