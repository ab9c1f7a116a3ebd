"""HTTP errors in the shape of the socket's `error` frame."""

import logging
import math
import time
from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.views import set_rollback

logger = logging.getLogger(__name__)


class ApiError(Exception):
    """A request that is refused.

    `code` is what programs read, `detail` English for developers, `retry` whether the same request can succeed later.
    `extra` are further fields of the answer (`field`, `limit`, `retry_after` in s, `until` in ms); None leaves one out.
    """

    def __init__(self, code: str, status: int, detail: str, *, retry: bool = False, **extra: Any) -> None:
        super().__init__(detail)
        self.code = code
        self.status = status
        self.detail = detail
        self.retry = retry
        self.extra = {name: value for name, value in extra.items() if value is not None}

    def body(self) -> dict[str, Any]:
        """Return the JSON object that is sent; `ts` is now, in ms since 1970 UTC."""
        return {
            "msg_type": "error",
            "ts": time.time_ns() // 1_000_000,
            "code": str(self.code),
            "detail": self.detail,
            "retry": self.retry,
            **self.extra,
        }


error_translators: list[Callable[[Exception], ApiError | None]] = []
"""Where other apps say what their own exceptions are over HTTP; asked in order, before anything else."""


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response:
    """Answer whatever a view raised (REST framework's EXCEPTION_HANDLER); unexpected exceptions are logged."""
    set_rollback()
    error = _translated(exc)
    response = Response(error.body(), status=error.status)
    if auth_header := getattr(exc, "auth_header", None):
        response["WWW-Authenticate"] = auth_header
    if "retry_after" in error.extra:
        response["Retry-After"] = str(math.ceil(error.extra["retry_after"]))
    return response


def _translated(exc: Exception) -> ApiError:
    if isinstance(exc, ApiError):
        return exc
    for translate in error_translators:
        if (error := translate(exc)) is not None:
            return error
    if isinstance(exc, DjangoValidationError):
        exc = exceptions.ValidationError(as_serializer_error(exc))
    if isinstance(exc, exceptions.APIException):
        return _from_rest_framework(exc)
    return _from_django(exc)


def _from_rest_framework(exc: exceptions.APIException) -> ApiError:
    detail = str(exc.detail)
    match exc:
        case exceptions.ValidationError():
            field, detail = _first_problem(exc.detail)
            return ApiError("bad_message", 400, detail, field=field)
        case exceptions.ParseError():
            return ApiError("bad_json", 400, detail)
        case exceptions.NotAuthenticated():
            return ApiError("login_required", exc.status_code, detail)
        case exceptions.AuthenticationFailed():
            return ApiError("bad_token", exc.status_code, detail)
        case exceptions.PermissionDenied():
            return ApiError("forbidden", 403, detail)
        case exceptions.NotFound():
            return ApiError("not_found", 404, detail)
        case exceptions.Throttled():
            wait: float | None = getattr(exc, "wait", None)
            seconds = None if wait is None else math.ceil(wait)
            return ApiError("rate_limited", 429, detail, retry=True, retry_after=seconds)
    if exc.status_code >= 500:
        return _unexpected(exc)
    return ApiError("bad_message", exc.status_code, detail)


def _from_django(exc: Exception) -> ApiError:
    match exc:
        case Http404():
            return ApiError("not_found", 404, str(exc) or "Not found.")
        case PermissionDenied():
            return ApiError("forbidden", 403, str(exc) or "This is not allowed.")
        case RequestDataTooBig():
            return ApiError("too_large", 413, "The request is too large.")
        case SuspiciousOperation():
            return ApiError("bad_message", 400, "The request is malformed.")
        case OperationalError() | InterfaceError():
            # The pool's time-out arrives as an OperationalError too: Django wraps what its driver raises.
            logger.warning("The database did not answer a request", exc_info=exc)
            return ApiError("unavailable", 503, "The database does not answer; try again.", retry=True, retry_after=2)
    return _unexpected(exc)


def _unexpected(exc: Exception) -> ApiError:
    logger.error("A request failed", exc_info=exc)
    return ApiError("internal", 500, "The server made a mistake.", retry=True)


def _first_problem(detail: Any, path: tuple[str, ...] = ()) -> tuple[str | None, str]:
    """Return the dotted path of the first field that is wrong (None: the object as a whole), and what is wrong."""
    if isinstance(detail, dict) and detail:
        name, problem = next(iter(detail.items()))
        return _first_problem(problem, path if name == "non_field_errors" else (*path, str(name)))
    if isinstance(detail, list):
        for index, problem in enumerate(detail):
            if problem:
                nested = isinstance(problem, dict | list)
                return _first_problem(problem, (*path, str(index)) if nested else path)
    return ".".join(path) or None, str(detail)
