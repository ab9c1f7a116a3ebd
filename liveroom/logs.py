"""What is kept out of the log."""

import logging
import time
from asyncio import CancelledError

from redis import exceptions as redis


class NoProbes(logging.Filter):
    """Drops what is logged of a request for /readyz: a process that is not ready says why by itself, once."""

    def filter(self, record: logging.LogRecord) -> bool:
        path = getattr(getattr(record, "request", None), "path", "")
        return path.removesuffix("/") != "/readyz"


class OnceAMinute(logging.Filter):
    """Drops what says within a minute what was said already, of whatever connection.

    For psycopg's pool: it tells of each try to reach a database that is away, and alone tells the reason.
    """

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        now = time.monotonic()
        if now - self._said.get(record.msg, float("-inf")) < 60:
            return False
        self._said[record.msg] = now
        return True


class NoOutages(logging.Filter):
    """Drops channels_redis's tracebacks of a Redis that is away, one a second: the runtime says so by itself, once.

    A clean-up that is cancelled is one of them: so this process begins anew on a layer that it does not hear.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, redis.ConnectionError | redis.TimeoutError | OSError | CancelledError)


class NoGarbage(logging.Filter):
    """Drops uvicorn's traceback of a client that sends what is no UTF-8: he is closed with 1007, and nothing is wrong.

    Anybody could fill the log with them. The same error of our own code is logged: uvicorn says something else of it.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        return record.msg != "Invalid UTF-8 sequence received from client."


class OneLine(logging.Filter):
    """Leaves out the traceback. For what anybody can cause by a request, such as one for a host that is not ours."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = None
        return True
