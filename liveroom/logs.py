"""What is kept out of the log."""

import logging

from redis import exceptions as redis


class NoProbes(logging.Filter):
    """Drops what is logged of a request for /readyz: a process that is not ready says why by itself, once."""

    def filter(self, record: logging.LogRecord) -> bool:
        path = getattr(getattr(record, "request", None), "path", "")
        return path.removesuffix("/") != "/readyz"


class NoOutages(logging.Filter):
    """Drops channels_redis's traceback, once a second, of a Redis that is away: the runtime says so by itself, once."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, redis.ConnectionError | redis.TimeoutError | OSError)
