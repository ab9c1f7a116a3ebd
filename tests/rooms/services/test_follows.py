"""Follows: one number per host, true in all his rooms."""

from typing import Any

from rooms.messages import Role
from rooms.models import Follow, HostHead, RoomHead
from rooms.services import follows, rooms
from rooms.services.follows import SetFollow
from rooms.transaction import RoomTransaction, rooms_of_host
from tests import factories
from tests.clients import stored
from tests.parts import HAN, LI


def follow(room, *users, following=True):
    """Have users follow, all in one commit."""
    with RoomTransaction(*rooms_of_host(room.host_id, also=[room.pk])) as tx:
        return [
            follows.follow_set(tx, room_id=room.pk, user=user, role=Role.VIEWER, following=following) for user in users
        ]


async def test_follows_of_one_commit_are_one_event(room, viewer, other, witness):
    """`count` says how many, `user` is the last of them; unfollows of one commit are one number."""
    outcomes = await stored(follow, room, viewer, other)
    assert [(outcome.following, outcome.followers) for outcome in outcomes] == [(True, 2)] * 2
    await stored(follow, room, viewer, other, following=False)
    await witness.saw(
        {"msg_type": "subscribe", "user": HAN, "count": 2, "followers": 2},
        {"msg_type": "followers", "followers": 0},
    )


async def test_follow_and_unfollow_in_one_commit(room, viewer, other, witness):
    """Both events carry the number after the commit."""

    def both():
        with RoomTransaction(room.pk) as tx:
            follows.follow_set(tx, room_id=room.pk, user=viewer, role=Role.VIEWER, following=True)
            follows.follow_set(tx, room_id=room.pk, user=other, role=Role.VIEWER, following=True)
            follows.follow_set(tx, room_id=room.pk, user=viewer, role=Role.VIEWER, following=False)

    await stored(both)
    assert await stored(Follow.objects.count) == 1
    await witness.saw(
        {"msg_type": "subscribe", "user": HAN, "count": 2, "followers": 1},
        {"msg_type": "followers", "followers": 1},
    )


async def test_a_follow_in_two_rooms_of_one_host(room, host, viewer, other, law_of, witness):
    """Follows in two rooms, each from its own transaction, add up in both."""
    second = await stored(factories.make_room, "second", host=host)
    elsewhere = await law_of(second)
    await stored(follow, room, viewer)
    await stored(follow, second, other)
    await witness.saw(
        {"msg_type": "subscribe", "user": LI, "count": 1, "followers": 1}, {"msg_type": "followers", "followers": 2}
    )
    await elsewhere.saw(
        {"msg_type": "followers", "followers": 1}, {"msg_type": "subscribe", "user": HAN, "count": 1, "followers": 2}
    )


async def test_an_ended_room_has_the_number_when_it_goes_on(room, host, viewer, law_of):
    """What was followed while a room had ended is in its next show."""
    second = await stored(factories.make_room, "second", host=host)

    def step(service):
        with RoomTransaction(second.pk) as tx:
            service(tx, room_id=second.pk)

    await stored(step, rooms.room_end)
    elsewhere = await law_of(second)
    await stored(follow, room, viewer)
    await stored(step, rooms.room_start)
    events = await elsewhere.proves_the_law()
    assert [(event["msg_type"], event["room"]["followers"]) for event in events] == [("room", 1)]


async def test_the_counters_agree(room, host, viewer, other):
    """The host's row, the rooms' rows and the follows say the same."""
    second = await stored(factories.make_room, "second", host=host)
    await stored(follow, room, viewer, other)
    await stored(follow, second, viewer, following=False)

    def numbers():
        heads = RoomHead.objects.filter(room__host=host).values_list("followers", flat=True)
        return HostHead.objects.get(host=host).followers, list(heads), Follow.objects.filter(host=host).count()

    assert await stored(numbers) == (1, [1, 1], 1)


async def test_a_room_that_comes_while_a_follow_waits(room, host, viewer, enter, law_of, monkeypatch):
    """The host's rooms are locked before his number is: one that was made between is found, and told too."""
    rooms_before: Any = SetFollow.rooms
    made: list[Any] = []

    def rooms_then_another(commands):
        found = rooms_before(commands)
        if not made:
            made.append(factories.make_room("second", host=host))
        return found

    li = await enter(user=viewer)
    monkeypatch.setattr(SetFollow, "rooms", rooms_then_another)
    await li.send("subscribe")
    assert sorted(frame["msg_type"] for frame in await li.rest()) == ["ack", "me", "subscribe"]
    heads = await stored(lambda: list(RoomHead.objects.order_by("pk").values_list("seq", "followers")))
    assert heads == [(1, 1), (1, 1)]
