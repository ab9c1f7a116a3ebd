"""What speaks against a comment."""

from unittest.mock import ANY

import pytest
from django.db import OperationalError

from rooms.messages import Role
from rooms.models import Comment
from rooms.services import comments, rooms
from rooms.transaction import RoomTransaction
from tests import factories
from tests.clients import stored
from tests.parts import LI, error, without_ts


def kinds(frames):
    return sorted(frame["msg_type"] for frame in frames)


# --- refused


@pytest.mark.parametrize(
    ("changes", "code", "detail"),
    [
        ({"status": "ended"}, "room_closed", "This show has ended."),
        ({"allow_comments": False}, "switched_off", "Comments are switched off in this room."),
    ],
)
async def test_a_room_that_takes_no_comments(host, viewer, enter, changes, code, detail):
    """Neither an ended show nor a room with comments switched off takes any, the host's neither."""
    await stored(factories.make_room, host=host, **changes)
    for user in (viewer, host):
        socket = await enter(user=user)
        await socket.send("message", content="hi", ref=1)
        await socket.expect(**error(code, detail, to="message", ref=1))
        await socket.nothing()


@pytest.mark.parametrize("status", ["scheduled", "live", "paused"])
async def test_rooms_that_take_comments(host, viewer, enter, status):
    """Before a show and in a pause one may talk."""
    await stored(factories.make_room, host=host, status=status)
    li = await enter(user=viewer)
    await li.send("message", content="hi")
    assert kinds(await li.rest()) == ["ack", "message"]


async def test_a_burst_then_one_a_second(room, viewer, other, enter, clock):
    """Three comments at once, then one per second and user, over all his sockets."""
    li, again, han = await enter(user=viewer), await enter(user=viewer), await enter(user=other)
    for number in range(3):
        await (again if number else li).send("message", content=f"c{number}")
        await li.rest()
    await again.rest()
    for socket in (li, again):
        await socket.send("message", content="one more", ref="r", client_msg_id="k")
        frame = await socket.recv()
        assert 0 < frame.pop("retry_after") <= 1
        assert without_ts(frame) == error(
            "rate_limited",
            "At most 1 comments per second.",
            retry=True,
            to="message",
            ref="r",
            client_msg_id="k",
            limit=1,
        )
        await socket.nothing()
    await han.send("message", content="mine")
    assert "ack" in kinds(await han.rest())
    await clock.advance(1)
    await li.send("message", content="one more", client_msg_id="k")
    assert "ack" in kinds(await li.rest())


@pytest.mark.parametrize("role", ["host", "assistant"])
async def test_host_and_assistants_may_say_ten_a_second(room, host, viewer, enter, role):
    """Ten at once, then `rate_limited` naming their own limit."""
    user = host if role == "host" else viewer
    if role == "assistant":
        await stored(room.assistants.add, viewer)
    socket = await enter(user=user)
    for number in range(11):
        await socket.send("message", content=str(number))
    frames = await socket.rest()
    assert kinds(frames) == ["ack"] * 10 + ["error"] + ["message"] * 10
    refused = next(frame for frame in frames if frame["msg_type"] == "error")
    assert (refused["code"], refused["limit"]) == ("rate_limited", 10)


async def test_a_new_assistant_has_the_staffs_rate_at_once(room, viewer, enter):
    """Who becomes an assistant is no longer bound by what he said as a viewer."""
    li = await enter(user=viewer)
    for number in range(4):
        await li.send("message", content=str(number))
    assert kinds(await li.rest()).count("error") == 1

    def make():
        with RoomTransaction(room.pk) as tx:
            rooms.assistants_set(tx, room_id=room.pk, users=[viewer])

    await stored(make)
    await li.rest()
    for number in range(10):
        await li.send("message", content=str(number))
    assert kinds(await li.rest()) == ["ack"] * 10 + ["message"] * 10


async def test_comments_without_a_rate(room, viewer, enter, settings):
    """LIVEROOM_RATE 0 is no limit."""
    settings.LIVEROOM_RATE = 0
    li = await enter(user=viewer)
    for number in range(20):
        await li.send("message", content=str(number))
    assert kinds(await li.rest()) == ["ack"] * 20 + ["message"] * 20


async def test_the_same_text_again(room, viewer, other, enter, clock, witness):
    """Within LIVEROOM_REPEAT a user's same text is refused; from another user it is not."""
    li, han = await enter(user=viewer), await enter(user=other)
    await li.rest()
    await li.send("message", content="hi")
    await li.rest()
    await li.send("message", content=" hi ", ref=1)
    frame = await li.recv()
    assert 4 < frame.pop("retry_after") <= 5
    assert without_ts(frame) == error(
        "duplicate_content", "The same text again within 5 s.", retry=True, to="message", ref=1, field="content"
    )
    await li.nothing()
    await han.send("message", content="hi")
    assert kinds(await han.rest()) == ["ack", "message", "message"]
    await clock.advance(5)
    await li.send("message", content="hi")
    assert "ack" in kinds(await li.rest())
    assert len(await witness.proves_the_law()) == 3


async def test_a_refused_comment_is_no_repeat(room, viewer, enter, clock, settings):
    """What was not said may be said at once."""
    settings.LIVEROOM_BURST = 1
    li = await enter(user=viewer)
    await li.send("message", content="a")
    await li.send("message", content="b")
    assert [frame["code"] for frame in await li.rest() if frame["msg_type"] == "error"] == ["rate_limited"]
    await clock.advance(1)
    await li.send("message", content="b")
    assert kinds(await li.rest()) == ["ack", "message"]


async def test_what_the_room_refused_is_no_repeat(room, viewer, enter, settings):
    """The same text may be tried again after the room refused it, or the database was away."""
    settings.LIVEROOM_BURST = 6
    li = await enter(user=viewer)

    def allow(value):
        with RoomTransaction(room.pk) as tx:
            rooms.room_update(tx, room_id=room.pk, changes={"allow_comments": value})

    await stored(allow, False)
    assert [frame["msg_type"] for frame in await li.rest()] == ["room"]
    for _ in range(5):
        await li.send("message", content="hi")
        assert [frame["code"] for frame in await li.rest()] == ["switched_off"]
    await stored(allow, True)
    await li.rest()
    await li.send("message", content="hi")
    assert kinds(await li.rest()) == ["ack", "message"]


async def test_unavailable_then_again_with_the_same_key(room, viewer, enter, monkeypatch, witness):
    """While the database is away nothing happens; the same comment with the same key is then said once."""

    def fail(_tx):
        raise OperationalError("gone")

    li = await enter(user=viewer)
    with monkeypatch.context() as patch:
        patch.setattr(RoomTransaction, "_lock", fail)
        await li.send("message", content="hi", client_msg_id="k", ref=1)
        detail = "The database does not answer; try again with the same key."
        wanted = error("unavailable", detail, retry=True, retry_after=2, to="message", ref=1, client_msg_id="k")
        await li.expect(**wanted)
        await li.nothing()
    for _ in range(2):
        await li.send("message", content="hi", client_msg_id="k")
        frames = await li.rest()
        assert [frame["shown"] for frame in frames if frame["msg_type"] == "ack"] == [True]
    await witness.saw({"msg_type": "message", "id": ANY, "user": LI, "content": "hi"})


async def test_slow_mode(host, viewer, other, enter, clock):
    """One comment per `slow_mode` seconds and viewer; the host and assistants are free."""
    await stored(factories.make_room, host=host, slow_mode=30)
    li, han, own = await enter(user=viewer), await enter(user=other), await enter(user=host)
    await li.send("message", content="a")
    await li.rest()
    await li.send("message", content="b", client_msg_id="k")
    frame = await li.recv()
    assert 29 < frame.pop("retry_after") <= 30
    assert without_ts(frame) == error(
        "slow_mode",
        "One comment every 30 s in this room.",
        retry=True,
        to="message",
        client_msg_id="k",
        limit=30,
    )
    for content in ("c", "d"):
        await own.send("message", content=content)
        assert "ack" in kinds(await own.rest())
    await han.send("message", content="e")
    assert "ack" in kinds(await han.rest())
    await clock.advance(30)
    await li.send("message", content="b", client_msg_id="k")
    assert "ack" in kinds(await li.rest())


# --- stored


@pytest.mark.parametrize("key", [None, "k"])
async def test_a_comment_is_as_it_is_stored(room, viewer, key):
    """What the services go on with has every value of its row, and its user without a query."""

    def post() -> tuple[Comment, Comment]:
        with RoomTransaction(room.pk) as tx:
            posted = comments.comment_post(tx, room_id=room.pk, user=viewer, role=Role.VIEWER, content="hi", key=key)
        return posted.comment, Comment.objects.get()

    made, row = await stored(post)
    names = [field.attname for field in Comment._meta.concrete_fields]
    assert {name: getattr(made, name) for name in names} == {name: getattr(row, name) for name in names}
    assert made.user is viewer
