"""The room itself: what everybody sees when its show, its notice or a setting changes."""

import pytest

from rooms.messages import Code, Refused, Role
from rooms.models import Room, RoomHead
from rooms.services import comments, rooms
from rooms.transaction import RoomTransaction
from tests import factories
from tests.clients import stored, tidy
from tests.parts import HOST, room_part, without_ts


def change(room, service, **values):
    with RoomTransaction(room.pk) as tx:
        service(tx, room_id=room.pk, **values)


def event(**changes):
    return {"msg_type": "room", "room": room_part(**changes)}


# --- the show


async def test_a_show_from_its_plan_to_its_second_run(host, viewer, connect, law_of):
    """scheduled → live ⇄ paused → ended → live: each step is one `room`; a start after the end is the next show."""
    room = await stored(factories.make_room, host=host, status="scheduled")
    witness = await law_of(room)
    for service in (rooms.room_start, rooms.room_pause, rooms.room_start, rooms.room_end, rooms.room_start):
        await stored(change, room, service)
    await witness.saw(
        event(status="live"),
        event(status="paused"),
        event(status="live"),
        event(status="ended"),
        event(status="live", show=2),
    )


async def test_a_step_that_is_done_already_tells_nobody(room, witness):
    """Starting a live room, pausing a paused one, ending an ended one change nothing."""
    for service in (rooms.room_start, rooms.room_pause, rooms.room_pause, rooms.room_end, rooms.room_end):
        await stored(change, room, service)
    await witness.saw(event(status="paused"), event(status="ended"))


@pytest.mark.parametrize(
    ("status", "service", "detail"),
    [
        ("scheduled", rooms.room_pause, "Only a live show can be paused; this room is scheduled."),
        ("ended", rooms.room_pause, "Only a live show can be paused; this room is ended."),
        ("scheduled", rooms.room_end, "A show that was not started cannot be ended."),
    ],
)
async def test_a_step_that_there_is_none_of(host, law_of, status, service, detail):
    """It is refused, and nothing is told."""
    room = await stored(factories.make_room, host=host, status=status)
    witness = await law_of(room)
    with pytest.raises(Refused) as refused:
        await stored(change, room, service)
    assert (refused.value.code, refused.value.detail, refused.value.field) == (Code.ROOM_CLOSED, detail, "status")
    await witness.saw()


async def test_a_room_is_never_scheduled_again(room, witness):
    """A form that sets it back is refused."""
    with pytest.raises(Refused) as refused:
        await stored(change, room, rooms.room_set_status, status=Room.Status.SCHEDULED)
    assert refused.value.code is Code.ROOM_CLOSED
    await witness.saw()


async def test_a_new_show_begins_empty(room, viewer, connect, enter, witness):
    """Comments, likes and what was held back stay behind; seq goes on."""
    li = await enter(user=viewer)
    await li.send("like", count=5)
    await li.send("message", content="old")
    await li.rest()
    for service in (rooms.room_end, rooms.room_start):
        await stored(change, room, service)
    assert [frame["msg_type"] for frame in await li.rest()] == ["room", "room"]
    guest = await connect()
    init = await guest.init()
    assert (init["comments"], init["likes"], init["seq"], init["room"]["show"]) == ([], 0, 3, 2)
    await tidy()
    assert (await stored(RoomHead.objects.get, room=room)).likes == 0
    await li.send("like", count=2)
    assert (await li.recv())["total"] == 2
    await tidy()
    assert (await stored(RoomHead.objects.get, room=room)).likes == 2
    await li.send("message", content="new")
    await li.rest()
    await witness.proves_the_law()


async def test_two_shows_in_one_commit_are_told_apart(room, viewer, law_of):
    """Who comes back learns from the end of the last show which comments are not of the next one."""
    witness = await law_of(room)

    def next_show():
        with RoomTransaction(room.pk) as tx:
            comments.comment_post(tx, room_id=room.pk, user=viewer, role=Role.VIEWER, content="old")
            rooms.notice_set(tx, room_id=room.pk, text="new")
            for service in (rooms.room_end, rooms.room_start, rooms.room_pause):
                service(tx, room_id=room.pk)

    await stored(next_show)
    events = await witness.proves_the_law()
    assert [event["msg_type"] for event in events] == ["message", "notice", "room", "room"]
    assert [without_ts(event["room"]) for event in events[2:]] == [
        room_part(notice="new", status="ended"),
        room_part(notice="new", status="paused", show=2),
    ]


async def test_a_show_that_began_and_ended_in_one_commit(room, viewer, law_of):
    """Its end is told too: after it comes what is of the next one."""
    await stored(change, room, rooms.room_end)
    witness = await law_of(room)

    def show_between():
        with RoomTransaction(room.pk) as tx:
            rooms.room_start(tx, room_id=room.pk)
            comments.comment_post(tx, room_id=room.pk, user=viewer, role=Role.VIEWER, content="between")
            for service in (rooms.room_end, rooms.room_start):
                service(tx, room_id=room.pk)

    await stored(show_between)
    events = await witness.proves_the_law()
    told = [(event["room"]["show"], event["room"]["status"]) for event in events if event["msg_type"] == "room"]
    assert told == [(2, "live"), (2, "ended"), (3, "live")]


async def test_who_comes_back_in_the_next_show(room, viewer, law_of):
    """His comments of the last show, kept or missed, are gone at the end of what he is sent."""
    await stored(factories.make_comments, room, viewer, "kept")
    witness = await law_of(room)
    await stored(factories.make_comments, room, viewer, "missed")
    await stored(change, room, rooms.room_end)
    between = await law_of(room)
    await stored(change, room, rooms.room_start)
    await stored(factories.make_comments, room, viewer, "new")
    await witness.proves_the_law()
    await between.proves_the_law()


async def test_an_ended_show_keeps_its_sockets(room, viewer, enter):
    """Who is there stays, and may follow, ask and sync."""
    li = await enter(user=viewer)
    await stored(change, room, rooms.room_end)
    await li.expect("room", seq=1, room=room_part(status="ended"))
    await li.send("history", ref=1)
    await li.expect("history", comments=[], more=False)
    await li.expect("ack", to="history", ref=1)
    await li.nothing()


# --- the notice


async def test_a_notice_goes_up_and_down(room, connect, witness):
    """`notice` carries the text, trimmed; "" takes it down; the same again is no event."""
    for text in (" 今晚八点 ", "今晚八点", "", ""):
        await stored(change, room, rooms.notice_set, text=text)
    await witness.saw({"msg_type": "notice", "text": "今晚八点"}, {"msg_type": "notice", "text": ""})


async def test_a_notice_that_is_too_long(room, witness):
    """500 characters are the most."""
    with pytest.raises(Refused) as refused:
        await stored(change, room, rooms.notice_set, text="x" * 501)
    assert (refused.value.code, refused.value.field, refused.value.limit) == (Code.BAD_MESSAGE, "text", 500)
    await stored(change, room, rooms.notice_set, text="x" * 500)
    await witness.saw({"msg_type": "notice", "text": "x" * 500})


# --- settings


async def test_settings_are_one_event(room, witness):
    """What is changed together is told together, as it is after the commit."""
    changes = {
        "title": "New",
        "cover": "/c.png",
        "stream": "/s.m3u8",
        "allow_comments": False,
        "allow_likes": False,
        "allow_shop": False,
        "slow_mode": 300,
    }
    await stored(change, room, rooms.room_update, changes=changes)
    await stored(change, room, rooms.room_update, changes=changes)
    await witness.saw(
        event(
            title="New",
            cover="/c.png",
            stream="/s.m3u8",
            allow={"comments": False, "likes": False, "shop": False},
            slow_mode=300,
        )
    )


async def test_a_form_may_change_everything_at_once(room, witness):
    """Status, notice and settings of one form: a room event and a notice, true after the commit."""
    changes = {"status": "paused", "notice": "back soon", "title": "New"}
    await stored(change, room, rooms.room_update, changes=changes)
    await witness.saw(
        event(title="New", status="paused", notice="back soon"), {"msg_type": "notice", "text": "back soon"}
    )


async def test_an_update_writes_only_what_changed(room, witness):
    """What another change did meanwhile is not written back."""
    await stored(Room.objects.filter(pk=room.pk).update, cover="/other.png")
    await stored(change, room, rooms.room_update, changes={"title": "New", "slow_mode": 0})
    stored_room = await stored(Room.objects.get, pk=room.pk)
    assert (stored_room.title, stored_room.cover) == ("New", "/other.png")


@pytest.mark.parametrize("name", ["show", "epoch", "id", "host", "pinned", "nonsense"])
async def test_what_is_no_setting(room, name):
    """A field that is not to be set raises ValueError."""
    with pytest.raises(ValueError, match=f"{name} is no setting of a room"):
        await stored(change, room, rooms.room_update, changes={name: 1})


# --- the pin, beside the rest


async def test_a_new_show_takes_the_pin_with_it(room, viewer, witness):
    """The `room` of the next show has no pin; that of the end has it still."""
    (id_,) = await stored(factories.make_comments, room, viewer, "a")
    await stored(change, room, comments.comment_pin, comment_id=id_)
    for service in (rooms.room_end, rooms.room_start):
        await stored(change, room, service)
    pinned = [event["room"]["pinned"] for event in await witness.proves_the_law() if event["msg_type"] == "room"]
    assert [comment and comment["id"] for comment in pinned] == [id_, None]


# --- counters are no settings


async def test_a_stale_save_of_a_room_puts_no_counter_back(room, viewer, enter, witness):
    """Seq and counters stand in a row of their own: a form's save of every column leaves them alone."""
    stale = await stored(Room.objects.get, pk=room.pk)
    await stored(factories.make_comments, room, viewer, "a", "b")
    await stored(stale.save)
    await stored(factories.make_comments, room, viewer, "c")
    assert (await stored(RoomHead.objects.get, room=room)).seq == 3
    assert len(await witness.proves_the_law()) == 3


async def test_a_room_of_a_host_with_followers(room, host, viewer, enter, connect):
    """A new room begins with its host's followers."""
    li = await enter(user=viewer)
    await li.send("subscribe")
    await li.rest()
    await stored(factories.make_room, "second", host=host)
    guest = await connect("/ws/rooms/second/")
    init = await guest.init()
    assert (init["room"]["followers"], init["room"]["host"]) == (1, {"user": HOST})
