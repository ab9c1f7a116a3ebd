"""Whether the process lives, and whether it can serve."""

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from pytest_django import Settings

from liveroom import health
from rooms.realtime import runtime
from tests.clients import stored

READY = {"status": "ready", "database": True, "layer": True, "draining": False}


class Broken:
    """A database that does not answer."""

    def cursor(self) -> Any:
        raise OperationalError("the server closed the connection")


@pytest.mark.parametrize("path", ["/healthz", "/healthz/"])
def test_a_process_that_lives_says_so(client: Client, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever its database does."""
    monkeypatch.setattr(health, "connection", Broken())
    response = client.get(path)
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/readyz", "/readyz/"])
def test_a_process_that_can_serve(client: Client, path: str) -> None:
    """Everything answers."""
    response = client.get(path)
    assert (response.status_code, response.json()) == (200, READY)
    assert "no-store" in response["Cache-Control"]


def test_without_its_database_it_is_not_ready(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It says why, and logs it."""
    monkeypatch.setattr(health, "connection", Broken())
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (503, {**READY, "status": "not ready", "database": False})
    assert "The database does not answer: the server closed the connection" in caplog.text


async def test_a_process_that_does_not_hear_itself_is_not_ready(engine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others' events would not reach it."""
    layer = runtime.current().layer
    assert (await stored(Client().get, "/readyz")).json() == READY
    monkeypatch.setattr(layer, "shared", True)
    monkeypatch.setattr(layer, "_heard_at", float("-inf"))
    response = await stored(Client().get, "/readyz")
    assert (response.status_code, response.json()) == (503, {**READY, "status": "not ready", "layer": False})


async def test_a_process_that_ends_is_not_ready(engine: None) -> None:
    """Load balancers send nobody to it any more, while it still sends its viewers away."""
    runtime.current().draining = True
    response = await stored(Client().get, "/readyz")
    assert (response.status_code, response.json()) == (503, {**READY, "status": "not ready", "draining": True})


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_are_not_sent_to_https(client: Client, settings: Settings, path: str) -> None:
    """A probe does not come through the proxy that speaks TLS; pages are sent there."""
    settings.SECURE_SSL_REDIRECT = True
    assert Client().get(path).status_code == 200
    assert Client().get("/api/rooms/").status_code == 301


def test_a_probe_needs_a_known_host(client: Client, settings: Settings) -> None:
    """As every request does."""
    settings.ALLOWED_HOSTS = ["room.test"]
    assert client.get("/healthz", headers={"Host": "10.0.0.1"}).status_code == 400
    assert client.get("/healthz", headers={"Host": "room.test"}).status_code == 200
