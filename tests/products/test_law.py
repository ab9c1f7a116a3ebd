"""The snapshot law under whatever a host, an administrator and viewers do, several things in one commit."""

import contextlib
import copy
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from products.services import shelf
from products.services.orders import order_place
from rooms import selectors
from rooms.messages import Refused, Role
from rooms.models import Comment, Event, Room
from rooms.services import comments, follows, rooms
from rooms.transaction import RoomTransaction
from tests import factories
from tests.clients import Frame
from tests.law import apply, assert_same

ITEMS = USERS = 3
some_item = st.integers(0, ITEMS - 1)
some_user = st.integers(0, USERS - 1)
some_comment = st.integers(0, 5)


class World:
    """A room with items, some of them on the shelf, and viewers."""

    def __init__(self) -> None:
        number = Room.objects.count()
        self.room = factories.make_room(f"room-{number}")
        self.users = [factories.make_user(f"user {index}") for index in range(USERS)]
        self.items = [
            factories.make_item(self.room, f"item {index}", stock=3, on_shelf=index > 0, position=0)
            for index in range(ITEMS)
        ]
        self.keys = 0

    def comment(self, index: int) -> int:
        """The id of one of the last comments; of none, when there are not as many."""
        ids = list(Comment.objects.filter(room=self.room).order_by("-pk").values_list("pk", flat=True)[: index + 1])
        return ids[-1] if ids else 0

    def key(self) -> str:
        self.keys += 1
        return str(self.keys)


Step = Callable[[World, RoomTransaction], Any]


def say(user: int) -> Step:
    return lambda world, tx: comments.comment_post(
        tx, room_id=world.room.pk, user=world.users[user], role=Role.VIEWER, content=f"c{world.key()}"
    )


def remove(index: int) -> Step:
    return lambda world, tx: comments.comments_remove(
        tx, room_id=world.room.pk, comment_ids=[world.comment(index), world.comment(index + 1)]
    )


def pin(index: int | None) -> Step:
    return lambda world, tx: comments.comment_pin(
        tx, room_id=world.room.pk, comment_id=None if index is None else world.comment(index)
    )


def follow(user: int, following: bool) -> Step:
    return lambda world, tx: follows.follow_set(
        tx, room_id=world.room.pk, user=world.users[user], role=Role.VIEWER, following=following
    )


def notice(text: str) -> Step:
    return lambda world, tx: rooms.notice_set(tx, room_id=world.room.pk, text=text)


def step_to(status: str) -> Step:
    return lambda world, tx: rooms.room_set_status(tx, room_id=world.room.pk, status=status)


def change_room(slow_mode: int, allow: bool) -> Step:
    changes = {"slow_mode": slow_mode, "allow_likes": allow}
    return lambda world, tx: rooms.room_update(tx, room_id=world.room.pk, changes=changes)


def put(item: int, on_shelf: bool) -> Step:
    return lambda world, tx: shelf.item_set_on_shelf(tx, item_id=world.items[item].pk, on_shelf=on_shelf)


def explain(item: int, explaining: bool) -> Step:
    return lambda world, tx: shelf.item_explain(tx, item_id=world.items[item].pk, explaining=explaining)


def change_item(item: int, price: int, position: int) -> Step:
    changes = {"price": Decimal(price), "position": position}
    return lambda world, tx: shelf.item_update(tx, item_id=world.items[item].pk, changes=changes)


def restock(item: int, change: int) -> Step:
    return lambda world, tx: shelf.item_restock(tx, item_id=world.items[item].pk, change=change)


def retitle(item: int, title: str) -> Step:
    return lambda world, tx: shelf.product_update(tx, product_id=world.items[item].product_id, changes={"title": title})


def drop(item: int) -> Step:
    return lambda world, tx: shelf.item_remove(tx, item_id=world.items[item].pk)


def buy(user: int, item: int, quantity: int) -> Step:
    return lambda world, tx: order_place(
        tx,
        room_id=world.room.pk,
        user=world.users[user],
        role=Role.VIEWER,
        item_id=world.items[item].pk,
        quantity=quantity,
        key=world.key(),
    )


steps = st.one_of(
    st.builds(say, some_user),
    st.builds(remove, some_comment),
    st.builds(pin, st.none() | some_comment),
    st.builds(follow, some_user, st.booleans()),
    st.builds(notice, st.sampled_from(["", "a", "b"])),
    st.builds(step_to, st.sampled_from(["live", "paused", "ended"])),
    st.builds(change_room, st.sampled_from([0, 5]), st.booleans()),
    st.builds(put, some_item, st.booleans()),
    st.builds(explain, some_item, st.booleans()),
    st.builds(change_item, some_item, st.integers(1, 3), st.integers(0, 2)),
    st.builds(restock, some_item, st.integers(-2, 2)),
    st.builds(retitle, some_item, st.sampled_from(["x", "y"])),
    st.builds(drop, some_item),
    st.builds(buy, some_user, some_item, st.integers(1, 2)),
)
commits = st.lists(st.lists(steps, min_size=1, max_size=5), min_size=1, max_size=6)


def picture_of(room: Room) -> Frame:
    """What a fresh ``init`` would show of the room."""
    picture = selectors.picture(room.pk)
    return {
        "seq": picture.seq,
        "epoch": picture.epoch,
        **{k: json.loads(bytes(raw)) for k, raw in picture.parts.items()},
    }


def check(commits: list[list[Step]]) -> None:
    """Every earlier picture, with the events after it, is the last one; and the log has no gap."""
    world = World()
    pictures = [picture_of(world.room)]
    for commit in commits:
        with RoomTransaction(world.room.pk) as tx:
            for step in commit:
                with contextlib.suppress(Refused):
                    step(world, tx)
        pictures.append(picture_of(world.room))
    log = Event.objects.filter(room=world.room).order_by("seq").values_list("payload", flat=True)
    events = [json.loads(payload) for payload in log]
    assert [event["seq"] for event in events] == list(range(1, pictures[-1]["seq"] + 1))
    for picture in pictures:
        ours = copy.deepcopy(picture)
        for event in copy.deepcopy(events):
            if event["seq"] > picture["seq"]:
                apply(ours, event)
        assert_same(ours, pictures[-1])


ON_AND_OFF = [[put(1, False), put(1, True), put(1, False)], [put(1, True), put(1, False), put(1, True)]]
TWICE_EXPLAINED = [[explain(1, True), explain(2, True), explain(1, True)]]
GONE_AND_BACK = [[drop(0), put(0, True)], [drop(1), explain(1, True), restock(1, 1)]]
SOLD_AND_GONE = [[buy(0, 1, 1), drop(1)]]
EXPLAINED_AND_GONE = [[explain(1, True)], [drop(1), explain(2, True)], [explain(1, True), drop(2)]]
TWO_SHOWS = [[say(0)], [say(1), step_to("ended"), step_to("live"), say(2)]]
SHOW_BETWEEN = [[step_to("ended")], [step_to("live"), say(0), step_to("ended"), step_to("live"), say(1)]]
NEW_SHOW = [[say(0), pin(0)], [step_to("ended"), say(1), step_to("live"), say(2)], [remove(0)]]

options = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.django_db
@settings(options, max_examples=60)
@given(commits=commits)
@example(commits=ON_AND_OFF)
@example(commits=TWICE_EXPLAINED)
@example(commits=GONE_AND_BACK)
@example(commits=SOLD_AND_GONE)
@example(commits=EXPLAINED_AND_GONE)
@example(commits=TWO_SHOWS)
@example(commits=SHOW_BETWEEN)
@example(commits=NEW_SHOW)
def test_the_law_holds_whatever_is_done(commits: list[list[Step]]) -> None:
    """Whatever is done to a room, in whatever commits, the law holds."""
    check(commits)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.django_db
@settings(options, derandomize=False, max_examples=2000)
@given(commits=commits)
def test_the_law_holds_in_thousands_of_histories(commits: list[list[Step]]) -> None:
    """The same, on histories that are new at every run; a failing one is printed."""
    check(commits)
