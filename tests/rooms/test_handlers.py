"""The client frames that do something, in every form of their reply. What is refused is tested with the services."""

from unittest.mock import ANY

import pytest

from rooms.realtime import runtime
from tests import factories
from tests.clients import stored
from tests.parts import HAN, LI, error, without_ts

# --- message


async def test_message_is_acknowledged_and_sent_to_everyone(room, viewer, other, enter, witness):
    """A comment comes to all with its number, its sender included, and its ack says which it is."""
    li, han = await enter(user=viewer), await enter(user=other)
    await li.expect("join", user=HAN, online=3)
    await li.send("message", content="你好")
    event = await han.expect("message", seq=1, id=ANY, user=LI, content="你好")
    seen = await li.rest()
    ack = {"msg_type": "ack", "to": "message", "id": event["id"], "seq": 1, "shown": True}
    assert event in seen
    assert [without_ts(frame) for frame in seen if frame != event] == [ack]
    await han.nothing()
    await witness.saw({"msg_type": "message", "id": event["id"], "user": LI, "content": "你好"})


@pytest.mark.parametrize("ref", [0, 7, -1, "", "a", "x" * 64])
async def test_message_echoes_ref_and_key(room, viewer, enter, ref):
    """The ack carries ref and client_msg_id as they came."""
    li = await enter(user=viewer)
    await li.send("message", content="hi", ref=ref, client_msg_id="k")
    frames = {frame["msg_type"]: frame for frame in await li.rest()}
    id_ = frames["message"]["id"]
    assert without_ts(frames["ack"]) == {
        "msg_type": "ack",
        "to": "message",
        "ref": ref,
        "client_msg_id": "k",
        "id": id_,
        "seq": 1,
        "shown": True,
    }
    assert type(frames["ack"]["ref"]) is type(ref)


async def test_message_with_a_type_in_type(room, viewer, enter):
    """`type` does for `msg_type`."""
    li = await enter(user=viewer)
    await li.send_text('{"type": "message", "content": "hi"}')
    assert sorted(frame["msg_type"] for frame in await li.rest()) == ["ack", "message"]


async def test_msg_type_counts_before_type(room, viewer, enter):
    """With both, `msg_type` says what it is; `type` is a field that nobody knows."""
    li = await enter(user=viewer)
    await li.send_text('{"type": "message", "msg_type": "like", "content": "hi"}')
    await li.expect("like", count=1, total=1, user=LI)
    await li.nothing()


async def test_message_key_again_gives_the_same_ack(room, viewer, enter, witness, settings):
    """The same key again is the same comment, whatever the second says and however fast it comes."""
    settings.LIVEROOM_BURST = 1
    li = await enter(user=viewer)
    await li.send("message", content="first", client_msg_id="k")
    first = next(frame for frame in await li.rest() if frame["msg_type"] == "ack")
    for content in ("first", "second", "", "x" * 201):
        await li.send("message", content=content, client_msg_id="k", ref=content[:9])
        await li.expect(
            "ack", to="message", ref=content[:9], client_msg_id="k", id=first["id"], seq=first["seq"], shown=True
        )
        await li.nothing()
    assert len(await witness.proves_the_law()) == 1


async def test_message_key_is_per_user(room, viewer, other, enter):
    """Two users may use the same key."""
    li, han = await enter(user=viewer), await enter(user=other)
    await li.rest()
    await li.send("message", content="a", client_msg_id="k")
    await li.rest()
    await han.send("message", content="b", client_msg_id="k")
    assert {frame.get("content") for frame in await han.rest()} == {"a", "b", None}


async def test_a_repeated_key_costs_no_rate(room, viewer, enter, settings):
    """A comment that is asked for again with its key leaves the right to say the next one."""
    settings.LIVEROOM_BURST, settings.LIVEROOM_RATE = 2, 0.001
    li = await enter(user=viewer)
    for _ in range(5):
        await li.send("message", content="first", client_msg_id="k")
        assert "ack" in [frame["msg_type"] for frame in await li.rest()]
    await li.send("message", content="second")
    assert sorted(frame["msg_type"] for frame in await li.rest()) == ["ack", "message"]


async def test_message_of_a_watching_guest(room, enter, witness):
    """Who only watches is asked to log in; nothing happened."""
    guest = await enter()
    await guest.send("message", content="hi", ref=1, client_msg_id="k")
    wanted = error(
        "login_required",
        "Log in first: a guest of this server only watches.",
        to="message",
        ref=1,
        client_msg_id="k",
    )
    await guest.expect(**wanted)
    await guest.nothing()
    await witness.saw()


@pytest.mark.parametrize(
    ("content", "detail", "limit"),
    [
        ("", "content is empty.", {}),
        (" \t\n\u3000", "content is empty.", {}),
        ("x" * 201, "content has 201 characters, at most 200.", {"limit": 200}),
        ("😀" * 201, "content has 201 characters, at most 200.", {"limit": 200}),
    ],
)
async def test_message_content_is_checked(room, viewer, enter, witness, content, detail, limit):
    """Content has 1 to 200 characters after trimming."""
    li = await enter(user=viewer)
    await li.send("message", content=content)
    await li.expect(**error("bad_message", detail, to="message", field="content", **limit))
    await li.nothing()
    await witness.saw()


@pytest.mark.parametrize(("content", "stored_as"), [("  hi  ", "hi"), ("a\nb\x00c", "a b c"), ("x" * 200, "x" * 200)])
async def test_message_content_is_trimmed(room, viewer, enter, content, stored_as):
    """Spaces around go, control characters become spaces, 200 characters are allowed."""
    li = await enter(user=viewer)
    await li.send("message", content=content)
    assert stored_as in [frame.get("content") for frame in await li.rest()]


async def test_message_without_a_limit(room, viewer, enter, settings):
    """LIVEROOM_COMMENT_MAX 0 is no limit."""
    settings.LIVEROOM_COMMENT_MAX = 0
    li = await enter(user=viewer)
    await li.send("message", content="x" * 5000)
    assert "x" * 5000 in [frame.get("content") for frame in await li.rest()]


# --- like


async def test_like_has_a_default_and_goes_to_all(room, viewer, other, enter, witness):
    """A like is one by default; all see it with its giver, and it is no numbered event."""
    li, han = await enter(user=viewer), await enter(user=other)
    await li.rest()
    await li.send("like")
    for socket in (li, han):
        await socket.expect("like", count=1, total=1, user=LI)
        await socket.nothing()
    await witness.saw()


async def test_likes_within_a_tick_are_summed(room, viewer, other, enter):
    """Likes of several in one tick are one frame, without a user."""
    li, han = await enter(user=viewer), await enter(user=other)
    await li.rest()
    await li.send("like", count=50)
    await han.send("like", count=2)
    for socket in (li, han):
        await socket.expect("like", count=52, total=52)
        await socket.nothing()


async def test_likes_of_one_within_a_tick_carry_him(room, viewer, enter):
    """Likes of one user in one tick are one frame with him."""
    li = await enter(user=viewer)
    await li.send("like", count=3)
    await li.send("like", count=4, ref="r")
    frames = [without_ts(frame) for frame in await li.rest()]
    ack = {"msg_type": "ack", "to": "like", "ref": "r"}
    like = {"msg_type": "like", "count": 7, "total": 7, "user": LI}
    assert sorted(frames, key=str) == sorted([ack, like], key=str)


async def test_a_watching_guest_likes_without_a_name(room, connect):
    """A guest without an identity may like."""
    guest = await connect()
    await guest.init()
    await guest.send("like", count=2)
    await guest.expect("like", count=2, total=2)
    await guest.nothing()


async def test_likes_above_the_rate_are_ignored(room, viewer, enter):
    """50 likes per second and user count; the excess is dropped without an error."""
    li = await enter(user=viewer)
    await li.send("like", count=40)
    await li.send("like", count=40, ref=1)
    frames = {frame["msg_type"]: without_ts(frame) for frame in await li.rest()}
    assert frames == {
        "like": {"msg_type": "like", "count": 50, "total": 50, "user": LI},
        "ack": {"msg_type": "ack", "to": "like", "ref": 1},
    }


async def test_likes_are_in_init_and_survive_the_process(room, viewer, enter, connect):
    """The sum is stored, so that the next process shows it."""
    li = await enter(user=viewer)
    await li.send("like", count=5)
    await li.rest()
    guest = await connect()
    assert (await guest.init())["likes"] == 5
    for socket in (li, guest):
        await socket.drop()
    await runtime.current().stop()
    again = await connect()
    assert (await again.init())["likes"] == 5


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"status": "ended"}, error("room_closed", "This show has ended.", to="like")),
        ({"allow_likes": False}, error("switched_off", "Likes are switched off in this room.", to="like")),
    ],
)
async def test_like_in_a_room_that_takes_none(host, viewer, enter, changes, wanted):
    """Neither an ended show nor a room with likes switched off takes likes."""
    await stored(factories.make_room, host=host, **changes)
    li = await enter(user=viewer)
    await li.send("like")
    await li.expect(**wanted)
    await li.nothing()


# --- subscribe


async def test_subscribe_follows_and_unfollows(room, viewer, other, enter, witness):
    """A follow is told to all with the new number, an unfollow as a number; `me` and the ack say how it stands."""
    li, han = await enter(user=viewer), await enter(user=other)
    await li.rest()
    me = {"msg_type": "me", "user": LI, "role": "viewer", "following": True, "muted_until": None}
    ack = {"msg_type": "ack", "to": "subscribe", "following": True, "followers": 1}
    followed = {"msg_type": "subscribe", "seq": 1, "user": LI, "count": 1, "followers": 1}
    await li.send("subscribe")
    frames = [without_ts(frame) for frame in await li.rest()]
    assert sorted(frames, key=str) == sorted([me, ack, followed], key=str)
    await han.expect(**followed)
    await han.nothing()
    await li.send("subscribe", action="unfollow", ref=9)
    frames = [without_ts(frame) for frame in await li.rest()]
    wanted = [
        {**me, "following": False},
        {**ack, "ref": 9, "following": False, "followers": 0},
        {"msg_type": "followers", "seq": 2, "followers": 0},
    ]
    assert sorted(frames, key=str) == sorted(wanted, key=str)
    await han.expect("followers", seq=2, followers=0)
    await han.nothing()
    await witness.saw(
        {"msg_type": "subscribe", "user": LI, "count": 1, "followers": 1}, {"msg_type": "followers", "followers": 0}
    )


async def test_subscribe_again_changes_nothing(room, viewer, enter, witness):
    """What is so already is acknowledged, and nobody hears of it."""
    li = await enter(user=viewer)
    await li.send("subscribe", action="unfollow")
    await li.expect("ack", to="subscribe", following=False, followers=0)
    await li.send("subscribe", action="follow")
    await li.rest()
    await li.send("subscribe", action="follow")
    await li.expect("ack", to="subscribe", following=True, followers=1)
    await li.nothing()
    assert len(await witness.proves_the_law()) == 1


async def test_a_follow_reaches_the_hosts_other_rooms(room, host, viewer, other, enter, witness):
    """In the host's other rooms that have not ended the number changes; in one that has, nothing is told."""
    await stored(factories.make_room, "second", host=host)
    await stored(factories.make_room, "over", host=host, status="ended")
    await stored(factories.make_room, "foreign")
    li = await enter(user=viewer)
    second, over, foreign = [await enter(f"/ws/rooms/{slug}/") for slug in ("second", "over", "foreign")]
    mine = await enter("/ws/rooms/second/", user=viewer)
    await second.rest()
    await li.send("subscribe")
    await li.rest()
    await second.expect("followers", seq=1, followers=1)
    await second.nothing()
    await over.nothing()
    await foreign.nothing()
    frames = sorted(await mine.rest(), key=str)
    assert [frame["msg_type"] for frame in frames] == ["followers", "me"]
    assert frames[1]["following"] is True
    await witness.saw({"msg_type": "subscribe", "user": LI, "count": 1, "followers": 1})
    late = await enter("/ws/rooms/over/?since=0", user=viewer)
    await late.nothing()


async def test_an_unfollow_in_a_room_that_has_ended(host, viewer, enter):
    """An ended show stays open for follows; who is there sees the number."""
    await stored(factories.make_room, host=host, status="ended")
    li = await enter(user=viewer)
    await li.send("subscribe")
    assert {frame["msg_type"] for frame in await li.rest()} == {"subscribe", "me", "ack"}
    await li.send("subscribe", action="unfollow")
    assert {frame["msg_type"] for frame in await li.rest()} == {"followers", "me", "ack"}


async def test_subscribe_of_a_watching_guest(room, connect):
    """Who only watches is asked to log in."""
    guest = await connect()
    await guest.init()
    await guest.send("subscribe")
    await guest.expect(**error("login_required", "Log in first: a guest of this server only watches.", to="subscribe"))
    await guest.nothing()


# --- leave, join


@pytest.mark.parametrize("fields", [{}, {"reason": "bye"}])
async def test_leave_closes_with_1000(room, viewer, other, enter, fields):
    """Who leaves is closed with 1000 and gone at once, whatever the grace."""
    li, han = await enter(user=viewer), await enter(user=other)
    await li.rest()
    await han.send("leave", **fields)
    await han.closed(1000)
    await li.expect("leave", user=HAN, online=1)
    await li.nothing()


async def test_leave_with_a_ref_is_acknowledged_first(room, viewer, enter):
    """The ack comes before the close."""
    li = await enter(user=viewer)
    await li.send("leave", ref=5)
    await li.expect("ack", to="leave", ref=5)
    await li.closed(1000)


async def test_what_was_sent_before_leave_is_answered_first(room, viewer, enter):
    """Two comments and a leave in one go: both are acknowledged, then the socket closes."""
    li = await enter(user=viewer)
    await li.send("message", content="one", ref=1)
    await li.send("message", content="two", ref=2)
    await li.send("leave", ref=3)
    acked: list[tuple[str, int]] = []
    while len(acked) < 3:
        frame = await li.recv()
        if frame["msg_type"] == "ack":
            acked.append((frame["to"], frame["ref"]))
    assert acked == [("message", 1), ("message", 2), ("leave", 3)]
    await li.closed(1000)


async def test_nothing_is_done_after_leave(room, viewer, other, enter):
    """What is sent after a leave is not done."""
    li, han = await enter(user=viewer), await enter(user=other)
    await li.rest()
    await han.send("leave")
    await han.send("message", content="too late")
    await han.closed(1000)
    await li.expect("leave", user=HAN, online=1)
    await li.nothing()


async def test_join_is_acknowledged_only_with_a_ref(room, viewer, other, enter):
    """Everybody is in the room already: a join tells nobody anything."""
    li, han = await enter(user=viewer), await enter(user=other)
    await li.rest()
    await li.send("join")
    await li.nothing()
    await li.send("join", ref="j", nickname="Another")
    await li.expect("ack", to="join", ref="j")
    await li.nothing()
    await han.nothing()


async def test_follows_are_limited(room, viewer, enter, witness, clock):
    """Ten at once, then one a second: each is an event in all rooms of the host."""
    li = await enter(user=viewer)
    for number in range(10):
        await li.send("subscribe", action="unfollow" if number % 2 else "follow")
    await li.rest()
    await li.send("subscribe", ref=1)
    detail = "At most 1 follows per second."
    wanted = error("rate_limited", detail, retry=True, retry_after=1, limit=1, to="subscribe", ref=1)
    await li.expect(**wanted)
    await li.nothing()
    await clock.advance(1)
    await li.send("subscribe", ref=2)
    assert sorted(frame["msg_type"] for frame in await li.rest()) == ["ack", "me", "subscribe"]
    await witness.proves_the_law()


async def test_a_like_without_a_name_among_others(room, viewer, enter, connect):
    """Likes of a guest who watches and of a user in one tick carry nobody: they are of two."""
    li, guest = await enter(user=viewer), await enter()
    await li.rest()
    await guest.send("like")
    await li.send("like")
    assert [without_ts(frame) for frame in await li.rest()] == [{"msg_type": "like", "count": 2, "total": 2}]
