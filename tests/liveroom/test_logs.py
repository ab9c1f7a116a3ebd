"""What is kept out of the log, and what is not."""

import logging

import pytest
from django.test import Client
from pytest_django import Settings


@pytest.mark.parametrize(
    ("message", "kept"),
    [("Invalid UTF-8 sequence received from client.", False), ("Exception in ASGI application\n", True)],
)
def test_a_failure_of_ours_is_logged_whatever_it_is(caplog: pytest.LogCaptureFixture, message: str, kept: bool) -> None:
    """What a client sent and what our own code could not read are the same error of Python's."""
    try:
        b"\xff".decode()
    except UnicodeDecodeError:
        logging.getLogger("uvicorn.error").exception(message)
    assert [record.getMessage() for record in caplog.records] == [message] * kept


def test_a_foreign_host_is_a_line(client: Client, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever scans the internet asks for any; an operator who forgot his own reads what to do."""
    settings.ALLOWED_HOSTS = ["ours.example"]
    assert client.get("/", headers={"host": "elsewhere.example"}).status_code == 400
    (record,) = [record for record in caplog.records if record.name == "django.security.DisallowedHost"]
    assert record.exc_info is None
    assert "'elsewhere.example'" in record.getMessage()
    assert "ALLOWED_HOSTS" in record.getMessage()
