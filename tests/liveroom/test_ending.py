"""The end of a process that takes too long: bounded, and what is lost is told."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError

from liveroom import ending
from rooms.realtime import likes
from rooms.realtime.layer import LayerLink
from rooms.transaction import likes_add_once


@pytest.fixture
def overdue(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """The time for the drain is over when this is set."""
    over = asyncio.Event()

    async def wait_for(draining: Any, timeout: float) -> Any:
        assert timeout == ending.DRAIN_TIMEOUT
        task, clock = asyncio.ensure_future(draining), asyncio.create_task(over.wait())
        await asyncio.wait({task, clock}, return_when=asyncio.FIRST_COMPLETED)
        assert task.cancel(), "It ended by itself."
        await asyncio.wait({task})
        raise TimeoutError

    monkeypatch.setattr(ending, "asyncio", SimpleNamespace(**{**vars(asyncio), "wait_for": wait_for}))
    return over


@pytest.fixture
def exits(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, int]]:
    """What would end the process: after so many seconds, with this code."""
    found: list[tuple[float, int]] = []
    monkeypatch.setattr(ending, "exit_after", lambda seconds, *, code, last_words="": found.append((seconds, code)))
    return found


@pytest.mark.parametrize("lost", [0, 3])
async def test_a_drain_that_takes_too_long(room, viewer, enter, overdue, exits, monkeypatch, caplog, lost):
    """The channel layer does not let go: one line says what is given up, and the code is 1 if that is anything."""

    async def hang(_link: Any) -> None:
        overdue.set()
        await asyncio.Event().wait()

    def save(*arguments: Any) -> None:
        if lost:
            raise OperationalError("gone")
        likes_add_once(*arguments)

    li = await enter(user=viewer)
    await li.send("like", count=3)
    await li.rest()
    await li.drop()
    end = ending.Ending()
    with monkeypatch.context() as patched:
        patched.setattr(likes, "likes_add_once", save)
        patched.setattr(LayerLink, "stop", hang)
        await end.drain()
    assert end.code == bool(lost)
    assert exits == [(ending.EXIT_TIMEOUT, 1), (ending.HANG_TIMEOUT, bool(lost))]
    said = [record.getMessage() for record in caplog.records if record.name == ending.__name__]
    cut = f"The rooms were not drained within {ending.DRAIN_TIMEOUT} s; what is left is cut."
    assert said == [f"{cut} Given up: commands 0, none acknowledged; likes {lost}."]
