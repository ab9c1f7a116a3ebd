"""What a viewer is shown when he comes in, for the first time or again."""

from unittest.mock import ANY

import pytest

from accounts.models import User
from tests import factories
from tests.clients import stored
from tests.parts import HOST, LI, init_of, item_part, room_part

# --- init


async def test_init_of_a_guest_who_watches(room, connect):
    """A guest without an identity sees the room."""
    guest = await connect()
    assert await guest.init() == init_of(room)
    await guest.nothing()


async def test_init_of_a_guest_who_talks(room, connect, settings):
    """With LIVEROOM_GUESTS=talk a guest has an id and a made-up name, and is a viewer."""
    settings.LIVEROOM_GUESTS = "talk"
    guest = await connect()
    init = await guest.init()
    user = init["user"]
    assert user == {"id": ANY, "nickname": ANY, "avatar": "", "role": "viewer"}
    assert len(user["id"]) == 16
    assert user["nickname"].startswith("Guest ")
    assert init == init_of(room, user=user, role="viewer")
    await guest.nothing()
    assert not await stored(User.objects.filter(public_id=user["id"]).exists)


async def test_a_guest_is_named_in_the_language_of_his_page(room, connect, settings):
    """The one that he chose there, whatever his browser accepts."""
    settings.LIVEROOM_GUESTS = "talk"
    guest = await connect(headers=[("cookie", "django_language=zh-hans"), ("accept-language", "en")])
    assert (await guest.init())["user"]["nickname"].startswith("游客")


async def test_init_of_a_user(room, viewer, connect):
    """A user sees himself as the others do."""
    li = await connect(user=viewer)
    assert await li.init() == init_of(room, user=LI, role="viewer")
    await li.nothing()


async def test_init_of_the_host(room, host, connect):
    """The host is one in his own room only."""
    await stored(factories.make_room, "other")
    own, other = await connect(user=host), await connect("/ws/rooms/other/", user=host)
    assert await own.init() == init_of(room, user=HOST, role="host")
    init = await other.init()
    assert (init["user"], init["role"]) == ({**HOST, "role": "viewer"}, "viewer")


async def test_init_of_an_assistant(room, viewer, connect):
    """An assistant is one in the rooms that name him."""
    await stored(room.assistants.add, viewer)
    li = await connect(user=viewer)
    assert await li.init() == init_of(room, user={**LI, "role": "assistant"}, role="assistant")


async def test_init_of_a_follower(room, viewer, enter, connect):
    """`following` and `followers` are of the room's host."""
    li = await enter(user=viewer)
    await li.send("subscribe")
    await li.rest()
    again = await connect(user=viewer)
    assert await again.init() == init_of(
        room, user=LI, role="viewer", following=True, seq=1, room=room_part(followers=1)
    )


async def test_init_has_everything(host, viewer, item, enter, connect, settings):
    """A room with all that it can have."""
    settings.LIVEROOM_HEARTBEAT, settings.LIVEROOM_BASE_URL = 1000, "https://live.example"
    full = await stored(
        factories.make_room,
        "full",
        host=host,
        cover="/c.png",
        stream="/s.m3u8",
        notice="hello",
        slow_mode=3,
        allow_likes=False,
    )
    thing = await stored(factories.make_item, full, limit_per_user=2, stock=7, position=4)
    await stored(factories.make_comments, full, viewer, "one")
    guest = await connect("/ws/rooms/full")
    comment = {"id": ANY, "seq": 2, "ts": ANY, "user": LI, "content": "one"}
    assert await guest.init() == init_of(
        full,
        room=room_part(
            slug="full",
            cover="/c.png",
            stream="/s.m3u8",
            notice="hello",
            slow_mode=3,
            allow={"comments": True, "likes": False, "shop": True},
        ),
        seq=2,
        comments=[comment],
        shelf=[item_part(id=thing.pk, product_id=thing.product_id, stock=7, limit_per_user=2, position=4)],
        heartbeat=1000,
        base_url="https://live.example",
    )


async def test_init_has_the_last_fifty_comments(room, viewer, connect, settings):
    """LIVEROOM_HISTORY comments, oldest first."""
    settings.LIVEROOM_ROOM_BUDGET = 0
    await stored(factories.make_comments, room, viewer, *(str(number) for number in range(60)))
    guest = await connect()
    assert [comment["seq"] for comment in (await guest.init())["comments"]] == list(range(11, 61))


# --- since and epoch


async def test_recovery_sends_what_was_missed(room, viewer, connect):
    """With `since` and the epoch: `recovered`, no comments, then the missed events in order and nothing else."""
    guest = await connect()
    epoch = (await guest.init())["epoch"]
    await stored(factories.make_comments, room, viewer, "a", "b", "c")
    events = [frame for frame in await guest.rest() if "seq" in frame]
    back = await connect(f"/ws/rooms/demo/?since=1&epoch={epoch}")
    assert await back.init() == init_of(room, recovered=True, seq=1, online=2)
    assert [await back.recv(), await back.recv()] == events[1:]
    await stored(factories.make_comments, room, viewer, "d")
    assert (await back.recv())["content"] == "d"
    await back.nothing()


async def test_recovery_with_nothing_missed(room, viewer, connect):
    """Who missed nothing gets an init that says so, without his comments."""
    await stored(factories.make_comments, room, viewer, "a")
    back = await connect(f"/ws/rooms/demo/?since=1&epoch={room.epoch}")
    assert await back.init() == init_of(room, recovered=True, seq=1)
    await back.nothing()


@pytest.mark.parametrize(
    ("query", "limit"),
    [
        ("since=0&epoch={epoch}", 2),
        ("since=0&epoch=other", 500),
        ("since=0", 500),
        ("since=0&epoch=", 500),
        ("since=4&epoch={epoch}", 500),
        ("since=999999999999999&epoch={epoch}", 500),
    ],
)
async def test_no_recovery_gives_the_whole_picture(room, viewer, connect, settings, query, limit):
    """Too many missed, another epoch, or a number beyond the newest: everything anew."""
    settings.LIVEROOM_REPLAY = limit
    await stored(factories.make_comments, room, viewer, "a", "b", "c")
    back = await connect(f"/ws/rooms/demo/?{query.format(epoch=room.epoch)}")
    init = await back.init()
    assert [comment["content"] for comment in init["comments"]] == ["a", "b", "c"]
    assert init == init_of(room, recovered=False, seq=3, comments=ANY)
    await back.nothing()


@pytest.mark.parametrize("since", ["", "x", "-1", "1.5", "1e3", "٣", "0x1", " 1", "9" * 16, "99999999999999999999"])
async def test_a_malformed_since_is_as_if_absent(room, viewer, connect, since):
    """What is no number of an event leaves an ordinary init."""
    await stored(factories.make_comments, room, viewer, "a")
    guest = await connect(f"/ws/rooms/demo/?since={since}&epoch={room.epoch}")
    init = await guest.init()
    assert (init["recovered"], init["seq"], len(init["comments"])) == (None, 1, 1)
    await guest.nothing()


async def test_recovery_at_the_limit(room, viewer, connect, settings):
    """Exactly LIVEROOM_REPLAY events are still replayed, from the log when the process does not have them."""
    settings.LIVEROOM_REPLAY = 3
    await stored(factories.make_comments, room, viewer, "a", "b", "c")
    back = await connect(f"/ws/rooms/demo/?since=0&epoch={room.epoch}")
    assert (await back.init())["recovered"] is True
    assert [frame["seq"] for frame in await back.rest()] == [1, 2, 3]
