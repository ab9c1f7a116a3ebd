"""All that one user said, taken down."""

import pytest

from rooms.messages import Role
from rooms.models import Comment, Event, Room
from rooms.services import comments, removals
from rooms.services.removals import user_comments_remove, user_comments_remove_everywhere
from rooms.services.rooms import room_end, room_start
from rooms.transaction import RoomTransaction
from tests import factories
from tests.clients import stored


def shown(room):
    """What the room still shows, in all its shows."""
    rows = Comment.objects.filter(room=room).exclude(state=Comment.State.REMOVED).order_by("pk")
    return list(rows.values_list("content", flat=True))


async def test_they_go_in_steps_the_newest_first(room, viewer, other, witness, monkeypatch):
    """One `remove` for each; the others' comments stay."""
    monkeypatch.setattr(removals, "REMOVED_AT_ONCE", 2)
    mine = [(await stored(factories.make_comments, room, viewer, f"li {n}"))[0] for n in range(5)]
    await stored(factories.make_comments, room, other, "han")
    assert await stored(user_comments_remove, room_id=room.pk, user=viewer) == 5
    events = await witness.proves_the_law()
    assert [e["comment_ids"] for e in events if e["msg_type"] == "remove"] == [mine[3:], mine[1:3], mine[:1]]
    assert await stored(shown, room) == ["han"]
    payloads = await stored(lambda: " ".join(Event.objects.values_list("payload", flat=True)))
    assert "li " not in payloads
    assert await stored(user_comments_remove, room_id=room.pk, user=viewer) == 0


async def test_no_transaction_is_longer_than_a_step(room, viewer, monkeypatch):
    """The room's lock is free between them."""
    monkeypatch.setattr(removals, "REMOVED_AT_ONCE", 2)
    taken = []
    remove = comments.comments_remove

    def counted(tx, *, room_id, comment_ids):
        taken.append((id(tx), len(comment_ids)))
        return remove(tx, room_id=room_id, comment_ids=comment_ids)

    monkeypatch.setattr(removals, "comments_remove", counted)
    await stored(factories.make_comments, room, viewer, *"abcde")
    await stored(user_comments_remove, room_id=room.pk, user=viewer)
    assert [count for _tx, count in taken] == [2, 2, 1]


async def test_what_is_said_meanwhile_stays(room, viewer, monkeypatch):
    """So that it ends."""
    remove = comments.comments_remove

    def and_speak(tx, *, room_id, comment_ids):
        done = remove(tx, room_id=room_id, comment_ids=comment_ids)
        comments.comment_post(tx, room_id=room_id, user=viewer, role=Role.VIEWER, content="more")
        return done

    await stored(factories.make_comments, room, viewer, *"abc")
    monkeypatch.setattr(removals, "REMOVED_AT_ONCE", 1)
    monkeypatch.setattr(removals, "comments_remove", and_speak)
    assert await stored(user_comments_remove, room_id=room.pk, user=viewer) == 3
    assert await stored(shown, room) == ["more"] * 3


async def test_earlier_shows_and_held_ones_too(room, viewer, settings, clock, witness):
    """A comment that nobody else saw goes without an event; the pin goes with its comment."""
    settings.LIVEROOM_ROOM_BUDGET = 1
    await stored(factories.make_comments, room, viewer, "shown", "held")

    def next_show():
        for step in (room_end, room_start):
            with RoomTransaction(room.pk) as tx:
                step(tx, room_id=room.pk)

    await stored(next_show)
    assert await stored(user_comments_remove, room_id=room.pk, user=viewer) == 2
    assert await stored(shown, room) == []
    kinds = [event["msg_type"] for event in await witness.proves_the_law()]
    assert kinds == ["message", "room", "room", "remove"]


async def test_everywhere(room, host, viewer, other):
    """In every room where he said something, and no one else's."""
    second = await stored(factories.make_room, "second", host=host)
    for where in (room, second):
        await stored(factories.make_comments, where, viewer, "li")
        await stored(factories.make_comments, where, other, "han")
    assert await stored(user_comments_remove_everywhere, user=viewer) == 2
    assert [await stored(shown, where) for where in (room, second)] == [["han"], ["han"]]
    assert await stored(user_comments_remove_everywhere, user=viewer) == 0


def test_a_room_that_is_gone(room, viewer):
    """Has nothing to remove."""
    pk = room.pk
    Room.objects.filter(pk=pk).delete()
    assert user_comments_remove(room_id=pk, user=viewer) == 0


@pytest.mark.parametrize("count", [0, 1])
def test_few_or_none(room, viewer, count):
    """Are one step or none."""
    factories.make_comments(room, viewer, *["a"] * count)
    assert user_comments_remove(room_id=room.pk, user=viewer) == count
    assert Event.objects.filter(kind="remove").count() == count
