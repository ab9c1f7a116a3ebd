"""Whether a crowd can do what it is asked to."""

import re
import resource
from dataclasses import replace
from typing import Any

import pytest

from liveroom.client import RoomState
from liveroom.crowd import plan as plans
from liveroom.crowd.plan import Impossible, Plan
from tests.liveroom.client.fake import init

PLAN = Plan(
    url="http://127.0.0.1:8000",
    slug="demo",
    viewers=20,
    seconds=60,
    ramp=1,
    comments_per_second=2,
    likes_per_second=1,
    buys_per_minute=1,
    follows_per_minute=1,
    churn=0,
    language="en",
    seed=1,
)


def state(**fields: Any) -> RoomState:
    """A room as a visitor sees it."""
    seen = RoomState()
    seen.apply(init(**fields))
    return seen


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost", "ws://[::1]:81/live"])
def test_this_machine(url: str) -> None:
    plans.check_host(replace(PLAN, url=url), owned=False)


@pytest.mark.parametrize(
    "url", ["https://room.test", "http://127.0.0.1.room.test", "http://127.0.0.1@room.test", "http://0.0.0.0"]
)
def test_another_machine(url: str) -> None:
    """Only for its owner."""
    with pytest.raises(Impossible, match=r"is not this machine.*--yes-i-own-this-server"):
        plans.check_host(replace(PLAN, url=url), owned=False)
    plans.check_host(replace(PLAN, url=url), owned=True)


@pytest.mark.parametrize(
    "url", ["room", "127.0.0.1:8000", "http://[::1", "http://127.0.0.1:99999", "http://", "ftp://x"]
)
@pytest.mark.parametrize("owned", [True, False])
def test_an_address_that_is_none(url: str, owned: bool) -> None:
    """It is said to be none, whoever owns what it may mean."""
    with pytest.raises(Impossible, match=f"^{re.escape(url)} is no address of a server: it begins with http://"):
        plans.check_host(replace(PLAN, url=url), owned=owned)


def test_more_viewers_than_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """The soft limit is raised as far as is needed; the hard one is told."""
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (100, 1000))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: asked.append(limits))
    plans.check_files(20)
    plans.check_files(900)
    with pytest.raises(Impossible, match="may open 1000 files: that is enough for 936 viewers"):
        plans.check_files(937)
    assert asked == [(964, 1000)]


def test_a_room_that_is_open() -> None:
    plans.check_room(PLAN, state())
    assert plans.warnings(PLAN, state()) == []


def test_guests_who_only_watch() -> None:
    """They may be a crowd that only watches and likes."""
    watching = replace(PLAN, comments_per_second=0, buys_per_minute=0, follows_per_minute=0)
    plans.check_room(watching, state(role="guest", user=None))
    with pytest.raises(Impossible, match="LIVEROOM_GUESTS=talk"):
        plans.check_room(PLAN, state(role="guest", user=None))


@pytest.mark.parametrize(
    ("room", "why"),
    [
        ({"status": "ended"}, "has ended"),
        ({"allow": {"comments": False, "likes": True, "shop": True}}, "Comments are switched off"),
    ],
)
def test_a_room_in_which_nothing_can_be_said(room: dict[str, Any], why: str) -> None:
    with pytest.raises(Impossible, match=why):
        plans.check_room(PLAN, state(room=room))
    plans.check_room(replace(PLAN, comments_per_second=0), state(room=room))


@pytest.mark.parametrize(
    ("changes", "room", "warning"),
    [
        ({"comments_per_second": 21}, {}, "20 viewers may say 20 things a second here, not 21"),
        ({"comments_per_second": 3}, {"slow_mode": 10}, "20 viewers may say 2 things a second here, not 3"),
        ({"comments_per_second": 41, "viewers": 100}, {}, "A room shows 40 comments a second"),
        ({}, {"status": "scheduled"}, "Nothing is sold in this room now"),
        ({}, {"allow": {"comments": True, "likes": True, "shop": False}}, "Nothing is sold in this room now"),
        ({}, {"allow": {"comments": True, "likes": False, "shop": True}}, "Likes are not taken"),
    ],
)
def test_what_the_server_will_not_let_happen(changes: dict[str, Any], room: dict[str, Any], warning: str) -> None:
    """It is said before, instead of a thousand errors after."""
    (said,) = plans.warnings(replace(PLAN, **changes), state(room=room))
    assert warning in said


def test_the_budget_of_another_server() -> None:
    """It is not this machine's: what this one has says nothing of it."""
    other = replace(PLAN, url="https://room.test", comments_per_second=41, viewers=100)
    assert plans.warnings(other, state()) == []


def test_a_server_without_limits() -> None:
    limits = {"content": 0, "rate": 0, "frame": 0}
    assert plans.warnings(replace(PLAN, comments_per_second=39), state(limits=limits)) == []
