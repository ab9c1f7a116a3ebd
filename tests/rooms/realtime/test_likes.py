"""Likes on their way into the database: a few rooms at a time, each like once, whatever goes unanswered."""

import asyncio
import threading

import pytest
from django.db import OperationalError

from rooms.messages import Refused
from rooms.models import LikesSaved, RoomHead
from rooms.realtime import likes
from rooms.realtime.database import Database
from rooms.realtime.likes import LikesSaver
from rooms.realtime.tallies import Tallies
from rooms.transaction import likes_add_once
from tests import factories
from tests.clients import stored


class Rooms:
    """Five rooms with a saver that takes two at a time; each given one like more than the one before."""

    def __init__(self, room_ids, saver):
        self.ids = room_ids
        self.tallies = [Tallies() for _ in room_ids]
        self._saver = saver
        self.like()

    def like(self):
        for count, tallies in enumerate(self.tallies, start=1):
            tallies.like(count, None)

    async def save(self):
        await self._saver.save(list(zip(self.ids, self.tallies, strict=True)))

    async def saved(self):
        heads = dict(await stored(lambda: list(RoomHead.objects.values_list("room_id", "likes"))))
        return [heads[room_id] for room_id in self.ids]


@pytest.fixture
async def rooms(host, monkeypatch):
    monkeypatch.setattr(likes, "TOGETHER", 2)
    made = await stored(lambda: [factories.make_room(f"room-{number}", host=host).pk for number in range(5)])
    database = Database()
    yield Rooms(made, LikesSaver(database))
    await asyncio.to_thread(database.close)


@pytest.fixture
def tries(monkeypatch):
    """What was tried, as (number, rooms); ``answers`` are asked before each try and after it."""

    class Tries(list):
        before = after = staticmethod(lambda number: None)

    found = Tries()

    def add(saver, number, counts):
        found.append((number, list(counts)))
        found.before(number)
        likes_add_once(saver, number, counts)
        found.after(number)

    monkeypatch.setattr(likes, "likes_add_once", add)
    return found


def away(at):
    """Fails at the number, once."""
    numbers = {at}

    def fail(number):
        if number in numbers:
            numbers.remove(number)
            raise OperationalError("gone")

    return fail


async def test_few_rooms_are_locked_at_a_time(rooms, tries):
    """Each few under a number of their own; rooms without likes are left alone."""
    first, second, third, fourth, fifth = rooms.ids
    await rooms.save()
    assert tries == [(1, [first, second]), (2, [third, fourth]), (3, [fifth])]
    tries.clear()
    for index in (0, 2, 4):
        rooms.tallies[index].like(10, None)
    await rooms.save()
    await rooms.save()
    assert tries == [(4, [first, third]), (5, [fifth])]
    assert await rooms.saved() == [11, 2, 13, 4, 15]
    assert all(tallies.saved for tallies in rooms.tallies)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_what_goes_unanswered_goes_again_alone(rooms, tries, when):
    """Committed or not: under its number and as it was. What was not tried yet has one of its own."""
    first, second, third, fourth, fifth = rooms.ids
    setattr(tries, when, away(2))
    with pytest.raises(Refused):
        await rooms.save()
    assert [(tallies.saving, tallies.unsaved) for tallies in rooms.tallies] == [(0, 0), (0, 0), (3, 0), (4, 0), (0, 5)]
    rooms.like()
    await rooms.save()
    assert tries == [
        (1, [first, second]),
        (2, [third, fourth]),
        (2, [third, fourth]),
        (3, [first, second]),
        (4, [third, fourth]),
        (5, [fifth]),
    ]
    assert await rooms.saved() == [2, 4, 6, 8, 10]


async def test_one_that_is_given_up_and_comes_late(rooms, tries):
    """Its answer reaches nobody, and nothing is added twice."""
    begun, go = threading.Event(), threading.Event()

    def wait(number):
        if number == 2 and not begun.is_set():
            begun.set()
            go.wait(10)

    tries.after = wait
    saving = asyncio.create_task(rooms.save())
    await asyncio.to_thread(begun.wait, 10)
    saving.cancel()
    await asyncio.wait({saving})
    go.set()
    rooms.like()
    await rooms.save()
    assert await rooms.saved() == [2, 4, 6, 8, 10]
    assert await stored(lambda: [row.number for row in LikesSaved.objects.all()]) == [5]
