"""What is kept out of the log."""

import logging
from asyncio import CancelledError

from redis import exceptions as redis


class NoProbes(logging.Filter):
    """Drops what is logged of a request for /readyz: a process that is not ready says why by itself, once."""

    def filter(self, record: logging.LogRecord) -> bool:
        path = getattr(getattr(record, "request", None), "path", "")
        return path.removesuffix("/") != "/readyz"


class NoOutages(logging.Filter):
    """Drops channels_redis's tracebacks of a Redis that is away, one a second: the runtime says so by itself, once.

    A clean-up that is cancelled is one of them: so this process begins anew on a layer that it does not hear.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, redis.ConnectionError | redis.TimeoutError | OSError | CancelledError)
