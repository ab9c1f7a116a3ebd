"""What a refusal of a room is over HTTP."""

from typing import Final

import msgspec

from accounts.errors import ApiError
from rooms.messages import Code, Refused
from rooms.models import Room

STATUS: Final = {
    Code.BAD_JSON: 400,
    Code.BAD_MESSAGE: 400,
    Code.UNKNOWN_TYPE: 400,
    Code.LOGIN_REQUIRED: 401,
    Code.BAD_TOKEN: 401,
    Code.FORBIDDEN: 403,
    Code.MUTED: 403,
    Code.BANNED: 403,
    Code.ROOM_NOT_FOUND: 404,
    Code.ROOM_CLOSED: 409,
    Code.SWITCHED_OFF: 409,
    Code.NOT_ON_SHELF: 409,
    Code.OUT_OF_STOCK: 409,
    Code.LIMIT_REACHED: 409,
    Code.PRICE_CHANGED: 409,
    Code.DUPLICATE_CONTENT: 409,
    Code.TOO_LARGE: 413,
    Code.CONTENT_REJECTED: 422,
    Code.RATE_LIMITED: 429,
    Code.SLOW_MODE: 429,
    Code.FLOODING: 429,
    Code.TOO_MANY_SOCKETS: 429,
    Code.INTERNAL: 500,
    Code.UNAVAILABLE: 503,
    Code.RESTARTING: 503,
}
"""The HTTP status of each code."""


def translate(exc: Exception) -> ApiError | None:
    """Return what a Refused, or a room that is not there, is over HTTP; None for other exceptions."""
    if isinstance(exc, Room.DoesNotExist):
        exc = room_not_found()
    if not isinstance(exc, Refused):
        return None
    return ApiError(
        exc.code,
        STATUS[exc.code],
        exc.detail,
        retry=exc.retry,
        retry_after=exc.retry_after,
        field=exc.field,
        limit=exc.limit,
        until=exc.until,
        **msgspec.to_builtins(exc.extra),
    )


def room_not_found() -> Refused:
    """The refusal of a request about a room that there is none of."""
    return Refused(Code.ROOM_NOT_FOUND, "There is no such room.")
