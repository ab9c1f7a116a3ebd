"""An outage of the database, said once when it begins and once when it is over."""

import logging
import threading
import time

logger = logging.getLogger(__name__)


class Outage:
    """Told of every call that failed or was answered, from any thread; ``begun``: its beginning, time.monotonic()."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._away = False
        self._failed_at = self._over_at = float("-inf")

    def failed(self, begun: float, error: BaseException) -> None:
        """Log the first failure. What began before the end of the last outage was still of that one."""
        with self._lock:
            self._failed_at = time.monotonic()
            if self._away or begun < self._over_at:
                return
            self._away = True
        logger.warning("The database is away: %s", str(error).strip() or type(error).__name__)

    def answered(self, begun: float) -> None:
        """Log the first answer to what was asked after the last failure."""
        if not self._away:
            return
        with self._lock:
            if not self._away or begun < self._failed_at:
                return
            self._away = False
            self._over_at = time.monotonic()
        logger.warning("The database is back")


database_outage = Outage()
"""This process's: its rooms and its probes ask one and the same database."""
