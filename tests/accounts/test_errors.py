"""HTTP errors have the socket's shape, whatever went wrong."""

import logging

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404
from django.test import Client
from rest_framework.exceptions import APIException, NotFound, ValidationError

from accounts import api, errors
from accounts.errors import ApiError
from accounts.models import User
from tests.accounts.errors import error_of

JSON = "application/json"


@pytest.fixture
def failing(client: Client, user: User, monkeypatch: pytest.MonkeyPatch):
    """Return a function that has GET /api/auth/me raise an exception, and returns the answer."""

    def fail(exc: Exception):
        def get(self: object, request: object) -> None:
            raise exc

        monkeypatch.setattr(api.MeView, "get", get)
        client.force_login(user)
        return client.get("/api/auth/me")

    return fail


@pytest.mark.parametrize(
    ("exc", "status", "body"),
    [
        (Http404(), 404, {"code": "not_found", "detail": "Not found.", "retry": False}),
        (NotFound("No such order."), 404, {"code": "not_found", "detail": "No such order.", "retry": False}),
        (PermissionDenied(), 403, {"code": "forbidden", "detail": "This is not allowed.", "retry": False}),
        (RequestDataTooBig(), 413, {"code": "too_large", "detail": "The request is too large.", "retry": False}),
        (SuspiciousOperation(), 400, {"code": "bad_message", "detail": "The request is malformed.", "retry": False}),
        (
            ValidationError({"items": [{}, {"price": ["Too low."]}]}),
            400,
            {"code": "bad_message", "detail": "Too low.", "retry": False, "field": "items.1.price"},
        ),
        (ValidationError("No."), 400, {"code": "bad_message", "detail": "No.", "retry": False}),
        (
            ApiError("muted", 403, "Muted.", until=1_700_000_000_000, field=None),
            403,
            {"code": "muted", "detail": "Muted.", "retry": False, "until": 1_700_000_000_000},
        ),
    ],
)
def test_refusals(failing, exc: Exception, status: int, body: dict[str, object]) -> None:
    """Each has its status and code, and says that trying again does not help."""
    response = failing(exc)
    assert response.status_code == status
    assert error_of(response) == body


@pytest.mark.parametrize("exc", [OperationalError("gone"), InterfaceError("closed")])
def test_a_database_that_is_away_is_unavailable(failing, exc: Exception, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing has happened, so trying again is safe."""
    response = failing(exc)
    assert response.status_code == 503
    assert error_of(response) == {
        "code": "unavailable",
        "detail": "The database does not answer; try again.",
        "retry_after": 2,
        "retry": True,
    }
    assert "The database did not answer a request" in caplog.text


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("exc", [ZeroDivisionError("secret"), APIException("secret")])
def test_a_mistake_of_the_server_is_logged_and_not_told(
    failing, exc: Exception, debug: bool, settings, caplog: pytest.LogCaptureFixture
) -> None:
    """The caller learns no details, with DEBUG neither."""
    settings.DEBUG = debug
    response = failing(exc)
    assert response.status_code == 500
    assert error_of(response) == {"code": "internal", "detail": "The server made a mistake.", "retry": True}
    (record,) = [record for record in caplog.records if record.name == "accounts.errors"]
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None
    assert record.exc_info[1] is exc


def test_other_apps_translate_their_own_exceptions(failing, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first translator that knows an exception decides, and rounds up what goes into the header."""

    def translate(exc: Exception) -> ApiError | None:
        if not isinstance(exc, KeyError):
            return None
        return ApiError("slow_mode", 429, "Slow mode.", retry=True, retry_after=1.5)

    monkeypatch.setattr(errors, "error_translators", [lambda exc: None, translate])
    response = failing(KeyError())
    assert (response.status_code, response["Retry-After"]) == (429, "2")
    assert error_of(response) == {"code": "slow_mode", "detail": "Slow mode.", "retry": True, "retry_after": 1.5}
    assert failing(ValueError()).status_code == 500


@pytest.mark.parametrize("text", ["{", "", '{"nickname": NaN}', b"\xff"])
def test_a_body_that_is_no_json(client: Client, user: User, text: str | bytes) -> None:
    """Broken JSON and broken UTF-8 are bad_json."""
    client.force_login(user)
    response = client.generic("PATCH", "/api/auth/me", text or b" ", JSON)
    assert response.status_code == 400
    assert error_of(response)["code"] == "bad_json"


@pytest.mark.parametrize("text", ["[]", "7", "null", '"x"'])
def test_a_body_that_is_no_object(client: Client, user: User, text: str) -> None:
    """JSON of another kind is bad_message, of no field in particular."""
    client.force_login(user)
    response = client.generic("PATCH", "/api/auth/me", text, JSON)
    error = error_of(response)
    assert (response.status_code, error["code"]) == (400, "bad_message")
    assert "field" not in error


def test_a_wrong_method_or_media_type(client: Client, user: User) -> None:
    """Both are bad_message; the methods that there are stand in Allow."""
    client.force_login(user)
    response = client.delete("/api/auth/me")
    assert (response.status_code, response["Allow"]) == (405, "GET, POST, PATCH, HEAD, OPTIONS")
    assert error_of(response) == {"code": "bad_message", "detail": 'Method "DELETE" not allowed.', "retry": False}
    response = client.patch("/api/auth/me", "nickname=x", "application/x-www-form-urlencoded")
    assert response.status_code == 415
    assert error_of(response) == {
        "code": "bad_message",
        "detail": 'Unsupported media type "application/x-www-form-urlencoded" in request.',
        "retry": False,
    }
