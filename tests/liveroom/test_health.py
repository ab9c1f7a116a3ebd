"""Whether the process lives, and whether it can serve."""

import logging
from asyncio import CancelledError
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError
from django.db.models import QuerySet
from django.test import Client, RequestFactory
from pytest_django import Settings
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from liveroom.logs import NoOutages, NoProbes, OnceAMinute
from rooms.realtime import runtime
from tests.clients import stored

READY = {"status": "ready", "database": True, "layer": True, "draining": False}


def broken(_self: Any) -> bool:
    """A query of a database that does not answer."""
    raise OperationalError("the server closed the connection")


@pytest.mark.parametrize("path", ["/healthz", "/healthz/"])
def test_a_process_that_lives_says_so(client: Client, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever its database does."""
    monkeypatch.setattr(QuerySet, "exists", broken)
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
    """It says why, and logs it, once."""
    monkeypatch.setattr(QuerySet, "exists", broken)
    client.get("/readyz")
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (503, {**READY, "status": "not ready", "database": False})
    assert caplog.text.count("The database is away: the server closed the connection") == 1


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


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_ask_by_any_host(client: Client, settings: Settings, path: str) -> None:
    """They come by an IP address; pages want a host that is ours."""
    settings.ALLOWED_HOSTS = ["room.test"]
    assert client.get(path, headers={"Host": "10.0.0.1"}).status_code == 200
    assert client.get("/", headers={"Host": "10.0.0.1"}).status_code == 400


def test_a_probe_that_fails_is_not_logged_each_time() -> None:
    """Django logs every 503; of other requests it is to be seen."""

    def kept(path: str) -> bool:
        record = logging.makeLogRecord({"request": RequestFactory().get(path)})
        return NoProbes().filter(record)

    assert [kept("/readyz"), kept("/readyz/"), kept("/api/rooms/")] == [False, False, True]
    assert NoProbes().filter(logging.makeLogRecord({}))


def test_an_outage_of_the_database_is_not_logged_at_each_try(monkeypatch: pytest.MonkeyPatch) -> None:
    """psycopg's pool says why it cannot connect, again and again: once a minute is enough."""
    now = 0.0
    monkeypatch.setattr("liveroom.logs.time", SimpleNamespace(monotonic=lambda: now))
    once = OnceAMinute()

    def kept(text: str, reason: str) -> bool:
        return once.filter(logging.makeLogRecord({"msg": text, "args": (reason,)}))

    assert [kept("error: %s", "refused"), kept("error: %s", "no password"), kept("other: %s", "")] == [
        True,
        False,
        True,
    ]
    now = 61.0
    assert kept("error: %s", "refused")


def test_an_outage_of_redis_is_not_logged_each_second() -> None:
    """channels_redis logs a traceback at every try to connect again; any other error of its is to be seen."""

    def kept(error: BaseException) -> bool:
        return NoOutages().filter(logging.makeLogRecord({"exc_info": (type(error), error, None)}))

    outages = [RedisConnectionError("refused"), RedisTimeoutError("late"), ConnectionResetError(), CancelledError()]
    assert [kept(error) for error in (*outages, ValueError())] == [False, False, False, False, True]
    assert NoOutages().filter(logging.makeLogRecord({}))
