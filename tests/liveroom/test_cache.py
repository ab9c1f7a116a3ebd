"""The cache on Redis, and what stands in for it while it is away."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.programs import free_port
from liveroom import cache as module
from liveroom.cache import SharedCache
from tests.servers import Redis


@pytest.fixture
def redis(directory: Path) -> Iterator[Redis]:
    """A Redis of its own, to be stopped."""
    folder = directory / f"redis-{free_port()}"
    folder.mkdir()
    server = Redis(folder)
    server.start()
    yield server
    server.stop()


def cache_of(redis: Redis, prefix: str = "one") -> SharedCache:
    """The cache as a request has it: each has a new one."""
    return SharedCache(redis.url, {"KEY_PREFIX": prefix, "OPTIONS": {"MAX_ENTRIES": 100}})


def test_what_one_request_knows_another_does(redis: Redis) -> None:
    """Over the same connection; another installation on the same Redis knows nothing of it."""
    first, second, other = cache_of(redis), cache_of(redis), cache_of(redis, "two")
    first.set("token", ["a", 1.5])
    assert second.get("token") == ["a", 1.5]
    assert other.get("token") is None
    assert [first.add("count", 0), second.add("count", 7)] == [True, False]
    assert [first.incr("count"), second.incr("count")] == [1, 2]
    assert second.get_or_set("token", "b") == ["a", 1.5]
    assert first.delete("token") is True
    assert second.has_key("token") is False
    assert second.touch("count", 60) is True
    first.set_many({"a": 1, "b": "2"})
    assert second.get_many(["a", "b", "c"]) == {"a": 1, "b": "2"}
    second.delete_many(["a"])
    assert first.get("a", "none") == "none"
    assert first._cache is other._cache


def test_clearing_leaves_what_is_not_ours(redis: Redis) -> None:
    """The channel layer, and other installations, live on the same Redis."""
    redis.ask("SET liveroom:something 1")
    first, other = cache_of(redis), cache_of(redis, "two")
    first.set("a", 1)
    other.set("a", 2)
    first.clear()
    assert (first.get("a"), other.get("a")) == (None, 2)
    assert redis.ask("EXISTS liveroom:something") == ":1"


def test_nothing_fails_while_redis_is_away(
    redis: Redis, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory stands in, for all requests of the process; it is said once when that begins, and once when it ends."""
    now = 0.0
    monkeypatch.setattr("liveroom.cache.time.monotonic", lambda: now)
    now = 1000.0
    cache_of(redis).set("known", "to Redis")
    redis.stop()
    assert cache_of(redis).get("known") is None
    assert cache_of(redis).add("count", 0) is True
    assert cache_of(redis).incr("count") == 1
    cache_of(redis).set("known", "here")
    now += module.AWAY_FOR + 1
    assert cache_of(redis).get("known") == "here"
    redis.start()
    assert cache_of(redis).get("known") == "here"
    now += module.AWAY_FOR + 1
    assert cache_of(redis).get("known") is None
    assert [(record.levelno, record.getMessage()[:18]) for record in caplog.records] == [
        (logging.WARNING, "The cache is away,"),
        (logging.WARNING, "The cache is back"),
    ]


@pytest.mark.parametrize("value", [1, -1, "text", None, True, ["a", 1.5], {"a": {"b": "李"}}])
def test_values_come_back_as_they_were(redis: Redis, value: Any) -> None:
    """What is written is JSON."""
    cache_of(redis).set("value", value)
    found = cache_of(redis).get("value", "none")
    assert (found, type(found)) == (value, type(value))
