"""One loop's engine: its hubs, its regular steps, and its end."""

import asyncio

import pytest
from django.db import OperationalError

from rooms import publish, selectors
from rooms.messages import Refused
from rooms.models import Room, RoomHead
from rooms.realtime import likes, runtime
from rooms.services import rooms
from rooms.transaction import RoomTransaction, likes_add_once
from tests import factories
from tests.clients import look, settle, stored, threads_of_the_engine, tidy
from tests.parts import HOST


async def test_a_hub_is_opened_once_for_all_who_come(room, engine, monkeypatch):
    """1,000 who come together read the room once."""
    reads = []
    read = selectors.picture

    def picture(room_id):
        reads.append(room_id)
        return read(room_id)

    monkeypatch.setattr(selectors, "picture", picture)
    running = runtime.current()
    hubs = await asyncio.gather(*(running.hub(room.pk) for _ in range(20)))
    assert len(set(map(id, hubs))) == 1
    assert (hubs[0].users, reads) == (20, [room.pk])


async def test_a_room_that_is_not_there(engine, transactional_db):
    """It leaves no hub behind."""
    running = runtime.current()
    with pytest.raises(Room.DoesNotExist):
        await running.hub(999)
    assert running.hubs == {}


async def test_a_hub_without_viewers_is_closed_after_a_while(room, viewer, enter, clock, settings):
    """HUB_KEPT seconds after the last one was gone, his grace too; who comes later opens it again."""
    settings.LIVEROOM_GRACE = 10
    li = await enter(user=viewer)
    running = runtime.current()
    await li.drop()
    for seconds in (9, runtime.HUB_KEPT - 1):
        await clock.advance(seconds)
        await tidy()
        assert room.pk in running.hubs
    await clock.advance(2)
    await tidy()
    assert running.hubs == {}
    await enter(user=viewer)
    assert room.pk in running.hubs


async def test_a_hub_that_is_used_again_is_kept(room, viewer, enter, clock, settings):
    """A new viewer begins the time anew."""
    settings.LIVEROOM_GRACE = 0
    li = await enter(user=viewer)
    hub = runtime.current().hubs[room.pk]
    await li.drop()
    await clock.advance(runtime.HUB_KEPT + 1)
    back = await enter(user=viewer)
    await tidy()
    assert runtime.current().hubs[room.pk] is hub
    await back.nothing()


async def test_a_hub_that_was_long_in_opening_is_kept(room, engine, clock, settings, monkeypatch):
    """Its time without viewers begins when it is open: those who wait for it come a moment later."""
    settings.LIVEROOM_DB_TIMEOUT = 0
    read = selectors.picture

    def read_slowly(room_id):
        clock.leap(runtime.HUB_KEPT + 1)
        return read(room_id)

    monkeypatch.setattr(selectors, "picture", read_slowly)
    running = runtime.current()
    opening = running._opening[room.pk] = asyncio.create_task(running._open(room.pk))
    hub = await opening
    await tidy()
    assert running.hubs == {room.pk: hub}


async def test_a_failing_step_does_not_end_the_others(room, engine, monkeypatch, caplog):
    """It is logged, and tried again at its next time."""
    ran = asyncio.Event()
    failures = [ZeroDivisionError("oops")]

    async def step():
        if failures:
            raise failures.pop()
        ran.set()

    task = asyncio.create_task(runtime.current()._regularly(0, step))
    async with asyncio.timeout(10):
        await ran.wait()
    task.cancel()
    await asyncio.wait({task})
    assert [record.message for record in caplog.records] == ["A regular step failed"]
    caplog.clear()


async def test_the_look_while_the_database_is_away(room, enter, monkeypatch):
    """It fails in silence for the viewers, and the next one finds what was missed."""
    from django.db import OperationalError

    from rooms import transaction

    guest = await enter()

    def fail(*_args):
        raise OperationalError("gone")

    def change():
        with RoomTransaction(room.pk) as tx:
            rooms.notice_set(tx, room_id=room.pk, text="hello")

    monkeypatch.setattr(transaction, "publish", lambda batch: None)
    with monkeypatch.context() as patch:
        patch.setattr(selectors, "heads", fail)
        await stored(change)
        with pytest.raises(Refused):
            await look()
    await guest.nothing()
    await look()
    await guest.expect("notice", seq=1, text="hello")


async def test_likes_are_saved_every_two_seconds_and_kept_while_that_fails(room, viewer, enter, monkeypatch):
    """What could not be saved is saved with the next ones."""

    def fail(*_args):
        raise OperationalError("gone")

    li = await enter(user=viewer)
    await li.send("like", count=5)
    await li.rest()
    with monkeypatch.context() as patch:
        patch.setattr(likes, "likes_add_once", fail)
        with pytest.raises(Refused):
            await tidy()
    await li.send("like", count=2)
    await li.rest()
    await tidy()
    await tidy()
    assert (await stored(RoomHead.objects.get, room=room)).likes == 7


@pytest.mark.parametrize("later", [0, 2])
async def test_likes_whose_commit_went_unanswered_are_not_added_twice(room, viewer, enter, monkeypatch, later):
    """What may be saved goes again under its number, and what came since under the next one."""

    def save_unheard(*args):
        likes_add_once(*args)
        raise OperationalError("gone")

    li = await enter(user=viewer)
    for count in (1, 5):
        await li.send("like", count=count)
        await li.rest()
        with monkeypatch.context() as patch:
            patch.setattr(likes, "likes_add_once", save_unheard)
            with pytest.raises(Refused):
                await tidy()
    if later:
        await li.send("like", count=later)
        await li.rest()
    await tidy()
    assert (await stored(RoomHead.objects.get, room=room)).likes == 6 + later


async def test_likes_in_doubt_are_of_their_own_show(room, viewer, enter, monkeypatch):
    """A new show begins with none: neither those that wait nor those whose commit went unanswered come into it."""

    def fail(*_args):
        raise OperationalError("gone")

    def start_anew():
        for step in (rooms.room_end, rooms.room_start):
            with RoomTransaction(room.pk) as tx:
                step(tx, room_id=room.pk)

    li = await enter(user=viewer)
    await li.send("like", count=5)
    await li.rest()
    with monkeypatch.context() as patch:
        patch.setattr(likes, "likes_add_once", fail)
        with pytest.raises(Refused):
            await tidy()
    await stored(start_anew)
    await li.rest()
    await li.send("like", count=3)
    await li.rest()
    await tidy()
    assert (await stored(RoomHead.objects.get, room=room)).likes == 3


async def test_stats_go_to_host_and_assistants(room, host, viewer, other, enter):
    """Every two seconds, to nobody else; an assistant gets them from his appointment on."""
    own, li, han = await enter(user=host), await enter(user=viewer), await enter(user=other)
    await li.send("like", count=3)
    for socket in (own, li, han):
        await socket.rest()
    await tidy()
    await own.expect("stats", online=3, likes=3, held=0)
    for socket in (own, li, han):
        await socket.nothing()

    def appoint():
        with RoomTransaction(room.pk) as tx:
            rooms.assistants_set(tx, room_id=room.pk, users=[viewer])

    await stored(appoint)
    assert [frame["msg_type"] for frame in await li.rest()] == ["me"]
    await tidy()
    for socket in (own, li):
        await socket.expect("stats", online=3, likes=3, held=0)
    await han.nothing()


async def test_the_end_leaves_nothing(room, viewer, enter):
    """Likes are saved, threads and tasks are gone, a second stop does nothing, and the next use begins anew."""
    li = await enter(user=viewer)
    await li.send("like", count=4)
    await li.rest()
    await li.drop()
    running = runtime.current()
    await running.stop()
    await running.stop()
    assert threads_of_the_engine() == []
    assert publish._sinks == []
    assert (await stored(RoomHead.objects.get, room=room)).likes == 4
    again = await enter(user=viewer)
    assert runtime.current() is not running
    await again.nothing()


async def test_a_user_in_two_rooms(room, host, viewer, enter, settings):
    """The limit of sockets is per user, over all rooms; he is online in each."""
    settings.LIVEROOM_SOCKETS_PER_USER = 2
    await stored(factories.make_room, "second", host=host)
    first, second = await enter(user=viewer), await enter("/ws/rooms/second/", user=viewer)
    assert [hub.presence.online for hub in runtime.current().hubs.values()] == [1, 1]
    third = await enter("/ws/rooms/second/", user=viewer)
    assert (await first.recv())["code"] == "too_many_sockets"
    await first.closed(4505)
    await second.nothing()
    await third.nothing()


async def test_the_online_number_for_other_code(room, viewer, enter):
    """The API asks it of the runtime, from any thread; a room that nobody is in has 0."""
    assert runtime.current().online(room.pk) == 0
    await enter(user=viewer)
    await enter()
    assert await stored(runtime.current().online, room.pk) == 2
    await settle()


async def test_the_host_is_announced_like_everybody(room, host, viewer, enter):
    """His role is in his part."""
    li = await enter(user=viewer)
    await enter(user=host)
    await li.expect("join", user=HOST, online=2)
    await li.nothing()
