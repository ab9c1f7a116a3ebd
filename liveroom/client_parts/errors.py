"""What a client raises. Standard library only."""

from typing import Any, Self

from liveroom.client_parts.state import Frame


class RoomError(Exception):
    """The server refused a command, or the client could not have it done.

    ``code`` is the protocol's (``rate_limited``, ``out_of_stock`` …); ``detail`` is English, for developers;
    ``retry_after`` is in seconds; ``frame`` is the whole ``error``, with ``field``, ``limit``, ``until`` or ``item``
    where they apply.
    """

    def __init__(self, code: str, detail: str, *, retry_after: float | None = None, frame: Frame | None = None) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.retry_after = retry_after
        self.frame: Frame = frame or {}

    @classmethod
    def of(cls, frame: Frame, **fields: Any) -> Self:
        """The exception for an ``error`` frame."""
        return cls(frame["code"], frame["detail"], retry_after=frame.get("retry_after"), frame=frame, **fields)


class RoomClosed(RoomError):
    """The client is out of the room for good; ``close_code`` is the socket's, None when it was closed from here."""

    def __init__(self, code: str, detail: str, *, close_code: int | None = None, **fields: Any) -> None:
        super().__init__(code, detail, **fields)
        self.close_code = close_code


class RoomTimeout(RoomError, TimeoutError):
    """No answer in time. A command may have been done all the same: repeat it with its ``key``, which does it once."""

    def __init__(self, detail: str, *, key: str | None = None) -> None:
        super().__init__("timeout", detail)
        self.key = key


class StreamOverrun(RoomError):
    """A stream was read so slowly that more than its limit waited; what came after that is not in it."""

    def __init__(self, limit: int) -> None:
        super().__init__("overrun", f"More than {limit} frames waited to be read.")
