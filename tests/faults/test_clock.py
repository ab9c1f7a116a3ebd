"""The wall clock may be wrong, and may be set: nothing is ordered by it, and nothing is waited for by it."""

import time
from datetime import timedelta

import pytest
from pytest_django import Settings

from accounts.models import User
from rooms.models import Room
from rooms.services import rooms
from rooms.transaction import RoomTransaction
from tests.clients import stored
from tests.conftest import Connect

DAY = timedelta(days=1) // timedelta(microseconds=1) * 1000


@pytest.mark.parametrize("step", [DAY, -DAY], ids=["a day ahead", "a day back"])
async def test_the_clock_is_set(
    room: Room,
    viewer: User,
    enter: Connect,
    connect: Connect,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    step: int,
) -> None:
    """Numbers go on as before, in the log, on every socket and at a recovery; only the times that are shown move."""
    settings.LIVEROOM_RATE = settings.LIVEROOM_REPEAT = 0
    watcher, li = await enter(), await enter(user=viewer)
    await watcher.rest()
    begun, real = time.time_ns(), time.time_ns
    answers = []
    for number in range(3):
        if number == 1:
            monkeypatch.setattr(time, "time_ns", lambda: real() + step)
        await li.send("message", content=f"Comment {number}")
        answers += [frame for frame in await li.rest() if frame["msg_type"] == "message"]

    seen = [frame for frame in await watcher.rest() if frame["msg_type"] == "message"]
    assert seen == answers
    assert [frame["seq"] for frame in seen] == [1, 2, 3]
    assert [round((frame["ts"] * 10**6 - begun) / DAY) for frame in seen] == [0, *[round(step / DAY)] * 2]
    back = await connect(f"/ws/rooms/demo/?since=1&epoch={room.epoch}")
    assert (await back.init())["recovered"] is True
    assert [frame for frame in await back.rest() if frame["msg_type"] == "message"] == seen[1:]


async def test_the_clock_is_set_back_in_slow_mode(
    room: Room, viewer: User, enter: Connect, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who spoke before it was does not wait for that time to come again; from then on he waits as ever."""
    settings.LIVEROOM_RATE = settings.LIVEROOM_REPEAT = 0
    await stored(slow_down, room)
    li = await enter(user=viewer)
    real, answers = time.time_ns, []
    for number in range(3):
        if number == 1:
            monkeypatch.setattr(time, "time_ns", lambda: real() - DAY)
        await li.send("message", content=f"Comment {number}")
        answers += [frame.get("code") for frame in await li.rest() if frame["msg_type"] in ("ack", "error")]
    assert answers == [None, None, "slow_mode"]


def slow_down(room: Room) -> None:
    """Let everybody speak once a minute."""
    with RoomTransaction(room.pk) as tx:
        rooms.room_update(tx, room_id=room.pk, changes={"slow_mode": 60})
