"""What is kept out of the log."""

import logging


class NoProbes(logging.Filter):
    """Drops what is logged of a request for /readyz: a process that is not ready says why by itself, once."""

    def filter(self, record: logging.LogRecord) -> bool:
        path = getattr(getattr(record, "request", None), "path", "")
        return path.removesuffix("/") != "/readyz"
