"""Which comments are shown, and for how long: held back, removed, pinned."""

import asyncio
from unittest.mock import ANY

import pytest

from rooms.messages import Code, Refused, Role
from rooms.models import Comment, Event
from rooms.services import comments, rooms
from rooms.transaction import RoomTransaction
from tests import factories
from tests.clients import look, stored, tidy
from tests.parts import HAN, LI, room_part, without_ts


def remove(room, *ids):
    with RoomTransaction(room.pk) as tx:
        return comments.comments_remove(tx, room_id=room.pk, comment_ids=ids)


def pin(room, comment_id):
    with RoomTransaction(room.pk) as tx:
        comments.comment_pin(tx, room_id=room.pk, comment_id=comment_id)


def slow_down(room, seconds):
    with RoomTransaction(room.pk) as tx:
        rooms.room_update(tx, room_id=room.pk, changes={"slow_mode": seconds})


# --- held back


async def test_above_the_budget_comments_are_held_back(room, host, viewer, other, enter, witness, settings, clock):
    """Stored and acknowledged with `shown: false`; the sender alone sees it; the host is never held back."""
    settings.LIVEROOM_ROOM_BUDGET = 1
    li, han, own = await enter(user=viewer), await enter(user=other), await enter(user=host)
    await li.send("message", content="shown")
    for socket in (li, han, own):
        await socket.rest()
    await li.send("message", content="held", client_msg_id="k", ref=1)
    held = await li.recv()
    assert without_ts(held) == {"msg_type": "message", "id": ANY, "user": LI, "content": "held"}
    ack = {"to": "message", "ref": 1, "client_msg_id": "k", "id": held["id"], "shown": False, "held": "busy"}
    await li.expect("ack", **ack)
    await li.nothing()
    await han.nothing()
    await li.send("message", content="other", client_msg_id="k")
    del ack["ref"]
    await li.expect("ack", **ack)
    await li.nothing()
    await own.send("message", content="mine")
    await own.rest()
    assert [frame["content"] for frame in await han.rest()] == ["mine"]
    await look()
    await tidy()
    await own.expect("stats", online=4, likes=0, held=1)
    assert [event["content"] for event in await witness.proves_the_law()] == ["shown", "mine"]
    stored_comment = await stored(Comment.objects.get, pk=held["id"])
    assert (stored_comment.state, stored_comment.seq, stored_comment.content) == ("busy", None, "held")


async def test_a_held_comment_that_is_removed_keeps_its_ack(room, viewer, enter, witness, settings, clock):
    """The same key gives the same ack for ever: it was not shown."""
    settings.LIVEROOM_ROOM_BUDGET = 1
    li = await enter(user=viewer)
    await li.send("message", content="shown")
    await li.send("message", content="held", client_msg_id="k")
    ack = (await li.rest())[-1]
    assert await stored(remove, room, ack["id"]) == [ack["id"]]
    await li.nothing()
    await li.send("message", content="held", client_msg_id="k")
    await li.expect("ack", to="message", client_msg_id="k", id=ack["id"], shown=False, held="busy")
    await li.nothing()
    assert [event["msg_type"] for event in await witness.proves_the_law()] == ["message"]


async def test_the_budget_is_of_a_second(room, viewer, enter, settings, clock):
    """In the next second there is a new one; LIVEROOM_ROOM_BUDGET 0 is no limit."""
    settings.LIVEROOM_ROOM_BUDGET, settings.LIVEROOM_FRAME_RATE = 2, 0
    settings.LIVEROOM_RATE = settings.LIVEROOM_REPEAT = 0
    li = await enter(user=viewer)

    async def shown(count):
        for number in range(count):
            await li.send("message", content=f"{number}")
        return [frame["shown"] for frame in await li.rest() if frame["msg_type"] == "ack"]

    assert await shown(3) == [True, True, False]
    assert await shown(1) == [False]
    await clock.advance(1)
    assert await shown(3) == [True, True, False]
    settings.LIVEROOM_ROOM_BUDGET = 0
    assert await shown(50) == [True] * 50


async def test_a_held_comment_is_nowhere_else(room, viewer, enter, connect, settings, clock):
    """No init, history or recovery has it."""
    settings.LIVEROOM_ROOM_BUDGET, settings.LIVEROOM_RATE = 1, 0
    li = await enter(user=viewer)
    for content in ("a", "b"):
        await li.send("message", content=content)
    await li.rest()
    for path in ("/ws/rooms/demo/", f"/ws/rooms/demo/?since=0&epoch={room.epoch}"):
        guest = await connect(path)
        init = await guest.init()
        await guest.send("history")
        texts = [frame["content"] for frame in [*init["comments"], *await guest.rest()] if "content" in frame]
        assert texts == ["a"]
        assert [c["content"] for c in init["comments"]] in (["a"], [])


async def test_what_waited_in_the_queue_keeps_its_order(room, viewer, other, enter, settings):
    """Comments of one commit have numbers in the order in which they came."""
    settings.LIVEROOM_RATE = settings.LIVEROOM_REPEAT = settings.LIVEROOM_FRAME_RATE = settings.LIVEROOM_ROOM_BUDGET = 0
    li, han = await enter(user=viewer), await enter(user=other)
    await li.rest()
    for number in range(30):
        await li.send("message", content=f"li {number}")
        await han.send("message", content=f"han {number}")
    events = [frame for frame in await li.rest() if frame["msg_type"] == "message"]
    assert [event["seq"] for event in events] == list(range(1, 61))
    for name in ("li", "han"):
        mine = [event["content"] for event in events if event["content"].startswith(name)]
        assert mine == [f"{name} {number}" for number in range(30)]


# --- removed


async def test_removed_comments_are_taken_down(room, viewer, other, enter, connect, witness):
    """One `remove` names them; their text is nowhere any more, in no replay either."""
    ids = await stored(factories.make_comments, room, viewer, "a", "b", "c")
    li = await enter(user=viewer)
    assert await stored(remove, room, ids[0], ids[2], 999) == [ids[0], ids[2]]
    await li.expect("remove", seq=4, comment_ids=[ids[0], ids[2]])
    await li.nothing()
    assert [event["msg_type"] for event in await witness.proves_the_law()] == ["message"] * 3 + ["remove"]
    back = await connect(f"/ws/rooms/demo/?since=0&epoch={room.epoch}")
    await back.init()
    replayed = [without_ts(frame) for frame in await back.rest()]
    assert replayed[:3] == [
        {"msg_type": "message", "seq": 1, "id": ids[0], "user": LI, "content": "", "removed": True},
        {"msg_type": "message", "seq": 2, "id": ids[1], "user": LI, "content": "b"},
        {"msg_type": "message", "seq": 3, "id": ids[2], "user": LI, "content": "", "removed": True},
    ]
    payloads = await stored(lambda: list(Event.objects.filter(kind="message").values_list("payload", flat=True)))
    assert not any('"a"' in payload or '"c"' in payload for payload in payloads)


async def test_removing_again_tells_nobody(room, viewer, enter, witness):
    """What is gone, or of another room, changes nothing."""
    ids = await stored(factories.make_comments, room, viewer, "a")
    second = await stored(factories.make_room, "second")
    elsewhere = await stored(factories.make_comments, second, viewer, "b")
    await stored(remove, room, *ids)
    for gone in (ids, elsewhere, [999], []):
        assert await stored(remove, room, *gone) == []
    assert [event["msg_type"] for event in await witness.proves_the_law()] == ["message", "remove"]


async def test_a_removed_held_comment_tells_nobody(room, viewer, enter, settings, clock, witness):
    """Nobody else has seen it: there is nothing to take down."""
    settings.LIVEROOM_ROOM_BUDGET = 1
    ids = await stored(factories.make_comments, room, viewer, "a", "b")
    assert await stored(remove, room, ids[1]) == [ids[1]]
    assert [event["msg_type"] for event in await witness.proves_the_law()] == ["message"]


async def test_a_comment_that_was_removed_keeps_its_key(room, viewer, enter):
    """The same key again gives the same ack, and says nothing new."""
    li = await enter(user=viewer)
    await li.send("message", content="a", client_msg_id="k")
    ack = next(without_ts(frame) for frame in await li.rest() if frame["msg_type"] == "ack")
    await stored(remove, room, ack["id"])
    await li.rest()
    await li.send("message", content="a", client_msg_id="k")
    await li.expect(**ack)
    await li.nothing()


# --- pinned


async def test_a_pin_and_its_end(room, viewer, enter, witness):
    """`pin` carries the comment, or null; the same again is no event."""
    first, second = await stored(factories.make_comments, room, viewer, "a", "b")
    await enter(user=viewer)
    for id_ in (first, first, second, None, None):
        await stored(pin, room, id_)
    events = await witness.proves_the_law()
    pins = [event["comment"] for event in events if event["msg_type"] == "pin"]
    comment = {"id": first, "seq": 1, "ts": events[0]["ts"], "user": LI, "content": "a"}
    assert pins == [comment, {**comment, "id": second, "seq": 2, "ts": events[1]["ts"], "content": "b"}, None]
    assert len(events) == 5


async def test_removing_the_pinned_comment_takes_the_pin_down(room, viewer, witness):
    """`remove`, then `pin` with null, in one commit."""
    (id_,) = await stored(factories.make_comments, room, viewer, "a")
    await stored(pin, room, id_)
    await stored(remove, room, id_)
    events = await witness.proves_the_law()
    assert [event["msg_type"] for event in events] == ["message", "pin", "remove", "pin"]
    assert events[3]["comment"] is None
    assert events[3]["ts"] == events[2]["ts"]


async def test_only_a_shown_comment_of_this_show_is_pinned(room, viewer, other, settings, clock, witness):
    """Not a removed one, one held back, one of another room or of an earlier show."""
    settings.LIVEROOM_ROOM_BUDGET = 2
    removed, old, held = await stored(factories.make_comments, room, viewer, "a", "b", "c")
    await stored(remove, room, removed)
    second = await stored(factories.make_room, "second")
    (elsewhere,) = await stored(factories.make_comments, second, other, "d")

    def next_show():
        for step in (rooms.room_end, rooms.room_start):
            with RoomTransaction(room.pk) as tx:
                step(tx, room_id=room.pk)

    await stored(next_show)
    for id_ in (removed, held, elsewhere, old, 999):
        with pytest.raises(Refused) as refused:
            await stored(pin, room, id_)
        assert (refused.value.code, refused.value.field) == (Code.BAD_MESSAGE, "comment_id")
    assert "pin" not in [event["msg_type"] for event in await witness.proves_the_law()]


# --- who he was when he said it


async def test_a_comment_keeps_its_author_as_he_was(room, viewer, connect, witness):
    """A later name or role does not change what was said before."""
    from accounts.services import profile_update

    await stored(factories.make_comments, room, viewer, "a", role=Role.ASSISTANT)
    await stored(profile_update, user=viewer, nickname="新名")
    guest = await connect()
    assert (await guest.init())["comments"][0]["user"] == {**LI, "role": "assistant"}
    await witness.proves_the_law()


async def test_comments_are_of_who_sent_them(room, viewer, other, enter):
    """Two that are committed together have each their own author."""
    li, han = await enter(user=viewer), await enter(user=other)
    await li.rest()
    await asyncio.gather(li.send("message", content="a"), han.send("message", content="b"))
    users = {frame["content"]: frame["user"] for frame in await li.rest() if frame["msg_type"] == "message"}
    assert users == {"a": LI, "b": HAN}


async def test_the_text_of_a_removed_pin_is_nowhere_in_the_log(room, viewer, witness):
    """Not in the `pin`, nor in the `room` events of the time when it was pinned; what else was pinned stays."""
    bad, good = await stored(factories.make_comments, room, viewer, "bad", "good")
    await stored(pin, room, bad)
    await stored(slow_down, room, 5)
    await stored(pin, room, good)
    await stored(slow_down, room, 0)
    await stored(remove, room, bad)
    log = await stored(lambda: list(Event.objects.order_by("seq").values_list("kind", "payload")))
    assert [kind for kind, payload in log if "bad" in payload] == []
    assert [kind for kind, payload in log if "good" in payload] == ["message", "pin", "room"]
    await witness.proves_the_law()


async def test_the_pin_of_the_last_show_is_gone(room, viewer, witness):
    """A start after the end is a new show: the room comes without its pin."""
    (id_,) = await stored(factories.make_comments, room, viewer, "a")
    await stored(pin, room, id_)

    def step(service):
        with RoomTransaction(room.pk) as tx:
            service(tx, room_id=room.pk)

    await stored(step, rooms.room_end)
    await stored(step, rooms.room_start)
    events = await witness.proves_the_law()
    assert without_ts(events[-1]) == {"msg_type": "room", "seq": 4, "room": room_part(show=2)}
