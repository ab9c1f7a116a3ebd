"""The link to the other processes: one channel, kept in its groups, through every outage of the layer."""

import asyncio
from typing import Any

import pytest
from channels.layers import InMemoryChannelLayer

from rooms import publish
from rooms.messages import NoticeEvent, encode
from rooms.models import Event, RoomHead, now_ms
from rooms.publish import Batch, LogEntry
from rooms.realtime import layer as layer_module
from rooms.realtime import runtime
from rooms.realtime.layer import LayerLink
from rooms.realtime.presence import REMOTE_TIMEOUT
from tests.clients import settle, stored, until
from tests.parts import HAN, LI


class SharedLayer:
    """A layer that other processes could be on; ``away`` makes every call fail, ``deaf`` loses what is sent."""

    def __init__(self) -> None:
        self._inner = InMemoryChannelLayer()
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.groups: set[str] = set()
        self.channels = 0
        self.away = self.deaf = False

    async def new_channel(self) -> str:
        self._check()
        self.channels += 1
        return str(await self._inner.new_channel())

    async def receive(self, channel: str) -> Any:
        return await self._inner.receive(channel)

    async def group_add(self, group: str, channel: str) -> None:
        self._check()
        self.groups.add(group)
        await self._inner.group_add(group, channel)

    async def group_discard(self, group: str, channel: str) -> None:
        self._check()
        self.groups.discard(group)
        await self._inner.group_discard(group, channel)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        self._check()
        self.sent.append((group, message))
        if not self.deaf:
            await self._inner.group_send(group, message)

    def _check(self) -> None:
        if self.away:
            raise OSError("no layer")

    async def other_process_sends(self, group: str, kind: str, **fields: Any) -> None:
        """Send as another process would."""
        await self._inner.group_send(group, {"type": kind, "process": "other", **fields})


@pytest.fixture
def layer(monkeypatch):
    """The layer of this process and of publish."""
    shared = SharedLayer()
    monkeypatch.setattr(layer_module, "get_channel_layer", lambda: shared)
    monkeypatch.setattr(publish, "get_channel_layer", lambda: shared)
    monkeypatch.setattr(layer_module, "RETRY", 0.001)
    return shared


@pytest.fixture
async def link(layer):
    """A link to it, and what it receives after its own first word."""
    received: list[dict[str, Any]] = []

    def receive(message):
        if message["type"] == "process.ask":
            made.heard()
        else:
            received.append(message)

    made = LayerLink(receive)
    made.start()
    yield made, received
    await made.stop()


async def test_it_is_in_the_group_of_all_processes(layer, link):
    """And in those that are asked for, until they are left."""
    await until(lambda: layer.groups == {"processes"})
    link[0].join("room.1")
    await until(lambda: layer.groups == {"processes", "room.1"})
    link[0].leave("room.1")
    await until(lambda: layer.groups == {"processes"})


async def test_what_is_sent_to_a_group_arrives(layer, link):
    """Messages come in their order."""
    await until(lambda: layer.groups == {"processes"})
    for number in range(3):
        link[0].send("processes", {"type": "x", "process": publish.PROCESS, "number": number})
    await until(lambda: len(link[1]) == 3)
    assert [message["number"] for message in link[1]] == [0, 1, 2]


async def test_groups_are_joined_again_after_an_outage(layer, link, caplog):
    """What was asked for while the layer was away is done when it is back; the outage is logged once."""
    await until(lambda: link[0].healthy)
    layer.away = True
    link[0].join("room.1")
    for _ in range(3):
        link[0].send("room.1", {"type": "x"})
    await until(lambda: not link[0]._sends)
    layer.away = False
    await until(lambda: layer.groups == {"processes", "room.1"})
    assert [record.message for record in caplog.records] == ["The channel layer is away: no layer"]
    link[0].heard()
    assert caplog.records[-1].message == "The channel layer is back"


async def test_a_hanging_layer_holds_up_nobody(layer, link, monkeypatch):
    """Sends wait in tasks of their own, for SEND_TIMEOUT at most, and QUEUED_SENDS of them."""
    monkeypatch.setattr(publish, "SEND_TIMEOUT", 0.01)
    monkeypatch.setattr(layer_module, "QUEUED_SENDS", 2)

    async def hang(*_args):
        await asyncio.Event().wait()

    monkeypatch.setattr(layer, "group_send", hang)
    for _ in range(5):
        link[0].send("processes", {"type": "x"})
    assert len(link[0]._sends) == 2
    await until(lambda: not link[0]._sends)


async def test_a_failure_from_before_a_sign_of_life_is_no_new_outage(layer, link, monkeypatch, caplog):
    """Where a layer answers again, what was sent to it before may still run into its time-out."""
    await until(lambda: link[0].healthy)
    begun, release = asyncio.Event(), asyncio.Event()

    async def fail_late(*_args):
        begun.set()
        await release.wait()
        raise TimeoutError

    monkeypatch.setattr(layer, "group_send", fail_late)
    link[0].send("processes", {"type": "x"})
    await begun.wait()
    link[0].heard()
    release.set()
    await until(lambda: not link[0]._sends)
    assert link[0].healthy
    assert caplog.messages == []


async def test_a_message_that_cannot_be_read(layer, monkeypatch, caplog):
    """It is logged, and the next one is received."""
    received = []

    def receive(message):
        if message["type"] == "bad":
            raise ValueError("bad")
        received.append(message["type"])

    link = LayerLink(receive)
    link.start()
    await until(lambda: layer.groups == {"processes"})
    for kind in ("bad", "good"):
        await layer.other_process_sends("processes", kind)
    await until(lambda: received == ["process.ask", "good"])
    assert [record.message for record in caplog.records] == ["A message of the channel layer could not be read: bad"]
    caplog.clear()
    await link.stop()


async def test_a_process_that_does_not_hear_itself(layer, link, clock):
    """After REMOTE_TIMEOUT it is not healthy; it takes a new channel, and joins its groups again."""
    assert not link[0].healthy
    await until(lambda: link[0].healthy)
    await link[0].revive()
    assert layer.channels == 1
    await clock.advance(REMOTE_TIMEOUT)
    layer.groups.clear()
    assert not link[0].healthy
    await link[0].revive()
    await until(lambda: link[0].healthy)
    assert (layer.groups, layer.channels) == ({"processes"}, 2)


async def test_in_memory_there_is_nobody_to_talk_to():
    """One process alone: nothing is sent, and it is always healthy."""
    link = LayerLink(lambda message: None)
    link.start()
    link.send("processes", {"type": "x"})
    assert (link.shared, link.healthy, link._sends) == (False, True, set())
    await link.stop()


# --- a runtime and another process


async def test_a_commit_is_sent_to_the_others_once(layer, room, viewer, enter):
    """Its events go out in one message of the room's group; heard again, they are dropped."""
    li = await enter(user=viewer)
    await until(lambda: layer.groups == {"processes", f"room.{room.pk}"})
    layer.sent.clear()
    await li.send("message", content="hi")
    await li.rest()
    await until(lambda: any(message["type"] == "room.batch" for _, message in layer.sent))
    batches = [(group, publish.decode(message)) for group, message in layer.sent if message["type"] == "room.batch"]
    assert [(group, [entry.seq for entry in batch.events]) for group, batch in batches] == [(f"room.{room.pk}", [1])]
    await li.nothing()


async def test_events_of_another_process(layer, room, enter):
    """They are delivered; what was lost before them is read from the log."""
    guest = await enter()
    await until(lambda: layer.groups == {"processes", f"room.{room.pk}"})

    def log():
        for seq in (1, 2):
            payload = encode(NoticeEvent(ts=now_ms(), seq=seq, text=str(seq)))
            Event.objects.create(room=room, seq=seq, kind="notice", payload=payload.decode())
        RoomHead.objects.filter(room=room).update(seq=2)
        return payload

    payload = await stored(log)
    other = publish.encode(Batch(room.pk, [LogEntry(2, "notice", payload)]))
    await layer.other_process_sends(f"room.{room.pk}", "room.batch", batch=other["batch"])
    await guest.expect("notice", seq=1, text="1")
    await guest.expect("notice", seq=2, text="2")
    await guest.nothing()


async def test_a_change_of_a_user_by_another_process(layer, room, viewer, enter):
    """His sockets here read again who he is."""
    from accounts.models import User

    li = await enter(user=viewer)
    await until(lambda: layer.groups == {"processes", f"room.{room.pk}"})
    await stored(User.objects.filter(pk=viewer.pk).update, nickname="新名")
    other = publish.encode(Batch(publish.EVERY_ROOM, [], [(viewer.pk, {})]))
    await layer.other_process_sends("processes", "room.batch", batch=other["batch"])
    await li.expect("me", user={**LI, "nickname": "新名"}, role="viewer", following=False, muted_until=None)
    await li.nothing()


async def test_sums_of_another_process(layer, room, viewer, enter):
    """Likes, joins and leaves of its viewers are told here too, and are not sent back."""
    import msgspec

    from rooms.messages import Role, UserPart
    from rooms.realtime.tallies import Gossip, Move

    li = await enter(user=viewer)
    await until(lambda: layer.groups == {"processes", f"room.{room.pk}"})
    han = UserPart(id=HAN["id"], nickname=HAN["nickname"], avatar="", role=Role.VIEWER)
    gossip = Gossip(likes=3, likers=[han], moves=[Move(han.id, True, han)])
    layer.sent.clear()
    await layer.other_process_sends(
        f"room.{room.pk}", "room.gossip", room=room.pk, gossip=msgspec.msgpack.encode(gossip)
    )
    await li.expect("join", user=HAN, online=2)
    await li.expect("like", count=3, total=3, user=HAN)
    await li.nothing()
    assert [message["type"] for _, message in layer.sent] == []


async def test_who_is_there_is_asked_when_a_room_opens(layer, room, enter):
    """The others answer with whom they hold, and this process answers them."""
    guest = await enter()
    await until(lambda: layer.groups == {"processes", f"room.{room.pk}"})
    assert ("processes", "process.ask") in [(group, message["type"]) for group, message in layer.sent]
    await layer.other_process_sends("processes", "process.presence", rooms=[(room.pk, 2, ["a", "b"])])
    await guest.expect("online", online=3)
    layer.sent.clear()
    for _ in range(2):
        await layer.other_process_sends("processes", "process.ask")
    await until(lambda: layer.sent)
    ((group, message),) = layer.sent
    assert (group, message["type"]) == ("processes", "process.presence")
    assert [(room_id, count) for room_id, count, _ in message["rooms"]] == [(room.pk, 1)]
    await settle()


async def test_how_many_are_in_a_room_without_a_hub_here(layer, room, engine):
    """What other processes say of it is known for lists and the API."""
    running = runtime.current()
    await until(lambda: layer.groups == {"processes"})
    assert running.online(room.pk) == 0
    await layer.other_process_sends("processes", "process.presence", rooms=[(room.pk, 2, ["a", "b"])])
    await until(lambda: running.online(room.pk) == 2)
