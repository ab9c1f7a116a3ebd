"""Group commit: one transaction for all that waits, each command for itself."""

import threading
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError

from rooms.messages import Code, NoticeEvent, Refused
from rooms.models import Event, RoomHead
from rooms.realtime import runtime, writer
from rooms.transaction import RoomTransaction
from tests.clients import settle, stored, until
from tests.parts import error


@dataclass
class Say:
    """A command that logs a notice; or is refused; or makes the whole commit fail."""

    room_id: int
    text: str
    refused: bool = False
    fails: type[Exception] | None = None

    @classmethod
    def rooms(cls, commands: Any) -> set[int]:
        return set()

    @classmethod
    def prepare(cls, tx: RoomTransaction, commands: Any) -> None:
        sizes.append(len(commands))

    def apply(self, tx: RoomTransaction) -> str:
        if self.refused:
            raise Refused(Code.FORBIDDEN, self.text)
        if self.fails is not None:
            raise self.fails(self.text)
        tx.emit(self.room_id, NoticeEvent(text=self.text))
        return self.text


sizes: list[int] = []


@pytest.fixture(autouse=True)
def _forget_sizes():
    sizes.clear()


@pytest.fixture
def commit(room, engine):
    """Have commands of ``Say`` committed together; gives their outcomes in order."""

    async def submit(*commands: Say) -> list[Any]:
        outcomes: dict[int, Any] = {}
        desk = runtime.current().writer(room.pk)
        for number, command in enumerate(commands):
            desk.submit(command, partial(outcomes.__setitem__, number))
        await desk.finish()
        return [outcomes[number] for number in range(len(commands))]

    return submit


def texts(room):
    return [event.payload.split('"text":"')[1][0] for event in Event.objects.filter(room=room).order_by("seq")]


async def test_what_waits_is_one_transaction(room, commit):
    """Many commands are prepared once and committed once, in their order."""
    assert await commit(*(Say(room.pk, text) for text in "abcde")) == list("abcde")
    assert sizes == [5]
    assert await stored(texts, room) == list("abcde")


async def test_one_that_is_refused_fails_alone(room, commit):
    """Its neighbours are committed."""
    outcomes = await commit(Say(room.pk, "a"), Say(room.pk, "no", refused=True), Say(room.pk, "c"))
    assert (outcomes[0], outcomes[1].code, outcomes[1].detail, outcomes[2]) == ("a", Code.FORBIDDEN, "no", "c")
    assert sizes == [3]
    assert await stored(texts, room) == ["a", "c"]


async def test_a_batch_that_fails_is_tried_one_by_one(room, commit, caplog):
    """An error that no service foresaw fails only the command that makes it; numbers have no gap."""
    outcomes = await commit(Say(room.pk, "a"), Say(room.pk, "x", fails=IntegrityError), Say(room.pk, "c"))
    assert (outcomes[0], outcomes[1].code, outcomes[2]) == ("a", Code.INTERNAL, "c")
    assert sizes == [3, 1, 1, 1]
    assert await stored(texts, room) == ["a", "c"]
    assert (await stored(RoomHead.objects.get, room=room)).seq == 2
    assert [record.levelname for record in caplog.records] == ["WARNING", "ERROR"]
    caplog.clear()


async def test_when_the_database_is_away_nothing_happened(room, commit):
    """All get `unavailable`, and nothing is tried one by one: nothing is known to have happened."""
    outcomes = await commit(Say(room.pk, "a"), Say(room.pk, "x", fails=OperationalError))
    assert [(outcome.code, outcome.retry, outcome.retry_after) for outcome in outcomes] == [
        (Code.UNAVAILABLE, True, 2)
    ] * 2
    assert sizes == [2]
    assert await stored(texts, room) == []


async def test_a_room_that_is_gone(room, commit):
    """Commands of a deleted room are refused."""
    room_id = room.pk
    await stored(room.delete)
    (outcome,) = await commit(Say(room_id, "a"))
    assert outcome.code is Code.ROOM_NOT_FOUND


async def test_a_batch_is_bounded(room, commit, monkeypatch):
    """At most BATCH_MAX commands share a transaction."""
    monkeypatch.setattr(writer, "BATCH_MAX", 3)
    await commit(*(Say(room.pk, text) for text in "abcdefg"))
    assert sizes == [3, 3, 1]
    assert await stored(texts, room) == list("abcdefg")


async def test_a_full_queue_is_unavailable(room, viewer, enter, settings, monkeypatch):
    """Above LIVEROOM_WRITER_QUEUE senders are told at once; what waits is done; the same key may come again."""
    settings.LIVEROOM_WRITER_QUEUE = 2
    settings.LIVEROOM_RATE = 0
    li = await enter(user=viewer)
    go = threading.Event()
    lock = RoomTransaction._lock

    def wait(tx):
        go.wait(10)
        lock(tx)

    monkeypatch.setattr(RoomTransaction, "_lock", wait)
    await li.send("message", content="first")
    # Wait until the first is being committed.
    desk = runtime.current().writer(room.pk)
    await until(lambda: not desk._queue and not desk.idle)
    for number in range(3):
        await li.send("message", content=f"{number}", client_msg_id=f"k{number}")
    wanted = error(
        "unavailable",
        "Too many requests wait for this room; try again.",
        retry=True,
        retry_after=1,
        to="message",
        client_msg_id="k2",
    )
    await li.expect(**wanted)
    go.set()
    assert sorted(frame["msg_type"] for frame in await li.rest()) == ["ack"] * 3 + ["message"] * 3
    await li.send("message", content="2", client_msg_id="k2")
    assert sorted(frame["msg_type"] for frame in await li.rest()) == ["ack", "message"]


async def test_an_answer_that_fails_does_not_stop_the_others(room, engine, caplog):
    """Whoever waits behind it is answered."""
    answered: list[str] = []

    def fail(outcome):
        raise ZeroDivisionError("oops")

    desk = runtime.current().writer(room.pk)
    desk.submit(Say(room.pk, "a"), fail)
    desk.submit(Say(room.pk, "b"), answered.append)
    await desk.finish()
    desk.submit(Say(room.pk, "c"), answered.append)
    await desk.finish()
    await settle()
    assert answered == ["b", "c"]
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    caplog.clear()
