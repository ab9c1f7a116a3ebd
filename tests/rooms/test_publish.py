"""How committed batches travel: to this process's loops directly, from other code through the layer."""

import asyncio
import threading

import pytest
from channels.layers import channel_layers, get_channel_layer

from rooms import publish
from rooms.publish import Batch, LogEntry
from rooms.services import rooms
from rooms.transaction import RoomTransaction
from tests.clients import stored

BATCH = Batch(7, [LogEntry(1, "notice", b'{"a":1}')], [(3, {"following": True})])


@pytest.fixture
def layer():
    """A fresh in-memory layer."""
    channel_layers.backends.clear()
    yield get_channel_layer()
    channel_layers.backends.clear()


def test_a_batch_survives_the_layer():
    """It is encoded to bytes, and read back the same."""
    message = publish.encode(BATCH)
    assert message["type"] == "room.batch"
    assert message["process"] == publish.PROCESS
    assert publish.decode(message) == BATCH


def test_groups():
    """A room's batch goes to the room's group, a user's to all processes."""
    assert publish.batch_group(BATCH) == "room.7"
    assert publish.batch_group(Batch(publish.EVERY_ROOM, [], [(1, {})])) == "processes"


async def test_code_without_a_loop_sends_to_the_layer(layer):
    """A management command or a web worker announces its commit itself, once per commit."""
    await layer.group_add("room.7", "test.channel")
    await layer.group_add("processes", "test.channel")
    await asyncio.to_thread(publish.publish, BATCH)
    assert publish.decode(await layer.receive("test.channel")) == BATCH
    await asyncio.to_thread(publish.publish_user, 5)
    assert publish.decode(await layer.receive("test.channel")) == Batch(0, [], [(5, {})])


def test_a_layer_that_fails_is_nobodys_error(monkeypatch, caplog):
    """The commit stands: it is logged, and read from the log."""

    async def fail(_group, _message):
        raise OSError("gone")

    monkeypatch.setattr(publish, "send", fail)
    publish.publish(BATCH)
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    caplog.clear()


async def test_a_layer_that_hangs_is_given_up(layer, monkeypatch):
    """After SEND_TIMEOUT."""

    async def hang(*_args):
        await asyncio.Event().wait()

    monkeypatch.setattr(layer, "group_send", hang)
    monkeypatch.setattr(publish, "SEND_TIMEOUT", 0.01)
    with pytest.raises(TimeoutError):
        await publish.send("room.7", {})


async def test_a_commit_in_any_thread_reaches_the_sockets(room, enter):
    """The admin, the API and tasks run in threads of their own: their commits are delivered by this loop at once."""
    guest = await enter()

    def change():
        with RoomTransaction(room.pk) as tx:
            rooms.notice_set(tx, room_id=room.pk, text=threading.current_thread().name)

    await stored(change)
    frame = await guest.recv()
    assert (frame["msg_type"], frame["seq"]) == ("notice", 1)
    assert frame["text"] != threading.main_thread().name
    await guest.nothing()


async def test_a_sink_whose_loop_is_closed_is_nobodys_error(room, enter):
    """A commit after the end of a loop is stored all the same."""
    from rooms.realtime import runtime

    running = runtime.current()
    await running.stop()
    publish.attach(running)
    running._loop = asyncio.new_event_loop()
    running._loop.close()
    publish.publish(BATCH)
    publish.detach(running)
