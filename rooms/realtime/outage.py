"""An outage of the database, said once when it begins and once when it is over."""

import logging
import threading
import time

logger = logging.getLogger(__name__)


class Outage:
    """Told of every call that failed or was answered, from any thread; ``begun``: its beginning, time.monotonic().

    Where writes alone fail (a full disk, a lock that is not given back) what is read says nothing of it: such an outage
    is over when a write is answered.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._away = self._writes_only = False
        self._failed_at = self._over_at = float("-inf")

    def failed(self, begun: float, error: BaseException, *, write: bool = False) -> None:
        """Log the first failure. What began before the end of the last outage was still of that one.

        A transaction that was refused is logged by itself: who refuses is there.
        """
        if refused(error):
            logger.warning("The database refused a transaction: %s", reason(error))
            return
        with self._lock:
            self._failed_at = time.monotonic()
            if self._away or begun < self._over_at:
                self._writes_only &= write
                return
            self._away, self._writes_only = True, write
        logger.warning("The database is away: %s", reason(error))

    def answered(self, begun: float, *, write: bool = False) -> None:
        """Log the first answer to what was asked after the last failure."""
        if not self._away:
            return
        with self._lock:
            if not self._away or begun < self._failed_at or (self._writes_only and not write):
                return
            self._away = False
            self._over_at = time.monotonic()
        logger.warning("The database is back")


def refused(error: BaseException) -> bool:
    """Whether a database that is there gave up one transaction, and would take it another time.

    By PostgreSQL's codes: for a deadlock or a conflict (class 40), a lock that others hold (55), a time-out (57014).
    """
    code = getattr(error.__cause__, "sqlstate", None) or ""
    return code[:2] in ("40", "55") or code == "57014"


def reason(error: BaseException) -> str:
    """What the database said, in one line."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


database_outage = Outage()
"""This process's: its rooms and its probes ask one and the same database."""
