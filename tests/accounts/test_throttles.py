"""How often one address may do something, where requests come at the same moment and counts are forgotten."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest
from django.core.cache import cache
from pytest_django import Settings
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from accounts.throttles import GuestThrottle


def allowed(address: str = "10.0.0.1") -> bool:
    """Whether one more request of this address is let through."""
    request = Request(APIRequestFactory().post("/", REMOTE_ADDR=address))
    return GuestThrottle().allow_request(request, APIView())


def test_requests_of_the_same_moment_are_all_counted(settings: Settings) -> None:
    """Whoever sends a hundred at once gets no more through than one after the other."""
    settings.LIVEROOM_GUEST_RATE = 10
    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(lambda _: allowed(), range(100))) == 10


def test_the_minute_begins_with_the_first_request(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """And is told to whoever is refused; other addresses have their own."""
    settings.LIVEROOM_GUEST_RATE = 1
    now = 1_700_000_000.0
    monkeypatch.setattr("accounts.throttles.time.time", lambda: now)
    assert allowed()
    assert allowed("10.0.0.2")
    now += 45.5
    throttle = GuestThrottle()
    request = Request(APIRequestFactory().post("/", REMOTE_ADDR="10.0.0.1"))
    assert not throttle.allow_request(request, APIView())
    assert throttle.wait() == 14.5
    now += 14.5
    assert allowed()


def test_a_count_that_is_forgotten_lets_through(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full cache, or one that went away in between, refuses nobody."""
    settings.LIVEROOM_GUEST_RATE = 1

    def forgotten(*args: Any, **options: Any) -> int:
        raise ValueError

    monkeypatch.setattr(cast(Any, cache), "incr", forgotten, raising=False)
    assert allowed()
    assert allowed()
