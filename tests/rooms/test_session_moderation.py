"""What mutes, bans and blocked words mean to a viewer's sockets."""

from unittest.mock import ANY

import pytest
from django.db import OperationalError

from accounts.models import User
from rooms import consumers, selectors, transaction
from rooms.models import FOREVER, Comment, Sanction
from rooms.services import sanctions, words
from rooms.services.rooms import assistants_set, notice_set
from rooms.transaction import RoomTransaction
from tests import factories
from tests.clients import look, stored
from tests.moderation import BAN, MUTE, impose, lift
from tests.parts import HAN, LI, error, without_ts

HOUR = 3_600_000
WHERE = pytest.mark.parametrize("everywhere", [False, True], ids=["one room", "all rooms"])
MUTED = "You are muted in this room."
BANNED = "You are banned from this room."


def me(muted_until, user=LI, **changes):
    return {"msg_type": "me", "user": user, "role": "viewer", "following": False, "muted_until": muted_until, **changes}


# --- muted


@WHERE
async def test_a_mute_is_told_to_all_his_sockets_there(room, viewer, other, enter, clock, witness, everywhere):
    """`me` with its end, and `muted` for what he says; nobody else hears of it. He may do all else."""
    await stored(factories.make_room, "second", host=room.host)
    first, again, han = await enter(user=viewer), await enter(user=viewer), await enter(user=other)
    there = await enter("/ws/rooms/second/", user=viewer)
    await first.rest()
    await again.rest()
    until = clock.now + HOUR
    where = None if everywhere else room
    await stored(impose, MUTE, viewer, where, until=until)
    for socket in (first, again, *([there] if everywhere else [])):
        assert [without_ts(frame) for frame in await socket.rest()] == [me(until)]
    await first.send("message", content="hi", ref=1, client_msg_id="k")
    await first.expect(**error("muted", MUTED, to="message", ref=1, client_msg_id="k", until=until))
    for socket in (first, again, han):
        await socket.nothing()
    await there.send("message", content="hi", ref=1)
    said = [frame["msg_type"] for frame in await there.rest()]
    assert said == (["error"] if everywhere else ["message", "ack"])
    await first.send("subscribe")
    await first.send("like")
    assert sorted(frame["msg_type"] for frame in await han.rest()) == ["like", "subscribe"]
    await again.rest()
    await stored(lift, MUTE, viewer, where)
    assert [without_ts(frame) for frame in await again.rest()] == [me(None, following=True)]
    await first.send("message", content="hi", client_msg_id="k")
    assert [frame["content"] for frame in await han.rest()] == ["hi"]
    events = await witness.proves_the_law()
    assert [event["msg_type"] for event in events] == ["subscribe", "message"]


async def test_a_mute_ends_by_itself(room, viewer, enter, connect, clock):
    """His sockets are told nothing then, but a picture says that he is free, and so is what he says."""
    li = await enter(user=viewer)
    until = clock.now + HOUR
    await stored(impose, MUTE, viewer, room, until=until)
    await li.expect(**me(until))
    assert (await (await connect(user=viewer)).init())["muted_until"] == until
    await clock.advance(3600)
    await li.nothing()
    await li.send("init")
    assert (await li.init())["muted_until"] is None
    await li.send("message", content="hi")
    assert [frame["msg_type"] for frame in await li.rest()] == ["message", "ack"]


async def test_a_mute_for_ever(room, viewer, enter, connect):
    """Is an integer too."""
    await stored(impose, MUTE, viewer, room)
    li = await connect(user=viewer)
    assert (await li.init())["muted_until"] == FOREVER
    await li.rest()
    await li.send("message", content="hi")
    await li.expect(**error("muted", MUTED, to="message", until=FOREVER))
    await li.nothing()


async def test_what_he_said_before_keeps_its_ack(room, viewer, enter):
    """A known key is looked up before the mute is."""
    li = await enter(user=viewer)
    await li.send("message", content="hi", client_msg_id="k")
    (ack,) = [without_ts(frame) for frame in await li.rest() if frame["msg_type"] == "ack"]
    await stored(impose, MUTE, viewer, room)
    await li.rest()
    await li.send("message", content="hi", client_msg_id="k")
    await li.expect(**ack)
    await li.nothing()


async def test_a_mute_that_changes_nothing_is_not_told(room, viewer, enter):
    """One in this room that ends before the one in all rooms."""
    await stored(impose, MUTE, viewer, None)
    li = await enter(user=viewer)
    await stored(impose, MUTE, viewer, room, reason="again")
    await li.nothing()


async def test_a_guest_can_be_muted_once_he_is_stored(room, enter, settings):
    """Until he writes there is no user to mute."""
    settings.LIVEROOM_GUESTS = "talk"
    guest = await enter()
    await guest.send("message", content="hi")
    (own,) = [frame["user"] for frame in await guest.rest() if frame["msg_type"] == "me"]

    def mute():
        impose(MUTE, User.objects.get(public_id=own["id"]), room)

    await stored(mute)
    await guest.expect(**me(FOREVER, user=own))
    await guest.send("message", content="more")
    await guest.expect(**error("muted", MUTED, to="message", until=FOREVER))


# --- banned


@WHERE
@pytest.mark.parametrize("timed", [True, False])
async def test_a_ban_ends_his_sockets_there(room, viewer, other, enter, clock, witness, everywhere, timed):
    """With `banned`, its end if it has one, and 4503; the others only see him leave."""
    await stored(factories.make_room, "second", host=room.host)
    first, again, han = await enter(user=viewer), await enter(user=viewer), await enter(user=other)
    there = await enter("/ws/rooms/second/", user=viewer)
    await first.rest()
    await again.rest()
    until = {"until": clock.now + HOUR} if timed else {}
    await stored(impose, BAN, viewer, None if everywhere else room, **until)
    for socket in (first, again, *([there] if everywhere else [])):
        await socket.expect(**error("banned", BANNED, close=4503, **until))
        await socket.closed(4503)
    if not everywhere:
        await there.nothing()
    await han.nothing()
    await clock.advance(10)
    await han.expect("leave", user=LI, online=2)
    await han.nothing()
    await witness.saw()


@WHERE
async def test_a_banned_user_is_not_let_in(room, viewer, connect, enter, clock, everywhere):
    """Neither by a handshake nor by a login, until the ban is over; in another room he is, if it is one room's."""
    await stored(factories.make_room, "second", host=room.host)
    until = clock.now + HOUR
    await stored(impose, BAN, viewer, None if everywhere else room, until=until)
    li = await connect(user=viewer)
    await li.expect(**error("banned", BANNED, close=4503, until=until))
    await li.closed(4503)
    guest = await enter()
    await guest.send("login", token=factories.token_of(viewer), ref=1)
    await guest.expect(**error("banned", BANNED, to="login", ref=1, close=4503, until=until))
    await guest.closed(4503)
    there = await connect("/ws/rooms/second/", user=viewer)
    assert (await there.recv())["msg_type"] == ("error" if everywhere else "init")
    await clock.advance(3600)
    back = await connect(user=viewer)
    assert (await back.init())["user"] == LI


async def test_a_lifted_ban_lets_him_in(room, viewer, connect):
    """At once."""
    await stored(impose, BAN, viewer, room)
    await stored(lift, BAN, viewer, room)
    assert (await (await connect(user=viewer)).init())["user"] == LI


async def test_a_ban_while_he_comes_in(room, viewer, connect, monkeypatch):
    """Between the reading of him and his `init`: he is shown nothing, or sent away after it."""
    read = selectors.viewer
    reads = []

    def read_and_ban(room_id, **who):
        found = read(room_id, **who)
        reads.append(found)
        if len(reads) == 1:
            impose(BAN, viewer, room)
        return found

    monkeypatch.setattr(selectors, "viewer", read_and_ban)
    li = await connect(user=viewer)
    await li.expect(**error("banned", BANNED, close=4503))
    await li.closed(4503)
    assert len(reads) == 2


async def test_a_ban_comes_without_a_layer(room, viewer, enter, monkeypatch):
    """What another process did is found in the database; so is what it did in all rooms."""
    monkeypatch.setattr(transaction, "publish", lambda batch: None)
    monkeypatch.setattr(sanctions, "publish_user", lambda user_id: None)
    li = await enter(user=viewer)
    await stored(impose, MUTE, viewer, None)
    await li.nothing()
    await look()
    await li.expect(**me(FOREVER))
    await stored(impose, BAN, viewer, room)
    await li.nothing()
    await look()
    await li.expect(**error("banned", BANNED, close=4503))
    await li.closed(4503)


async def test_a_ban_is_found_once_the_database_is_back(room, viewer, enter, monkeypatch):
    """When he cannot be read at the moment, he is read at a later look; he is told nothing of it."""
    li = await enter(user=viewer)
    with monkeypatch.context() as patch:

        def away(room_id, **who):
            raise OperationalError("gone")

        patch.setattr(selectors, "viewer", away)
        await stored(impose, BAN, viewer, room)
        await li.nothing()
        await look()
        await li.nothing()
    await look()
    await li.expect(**error("banned", BANNED, close=4503))
    await li.closed(4503)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("message", {"content": "hi"}),
        ("subscribe", {}),
        ("buy", {"item_id": 1, "client_order_id": "k"}),
    ],
)
async def test_a_banned_user_who_acts_before_he_is_gone(room, viewer, other, enter, monkeypatch, witness, kind, fields):
    """The lock knows: what he asks for is refused, and closes the socket."""
    monkeypatch.setattr(transaction, "publish", lambda batch: None)
    li = await enter(user=viewer)
    await stored(impose, BAN, viewer, room)
    await li.send(kind, ref=1, **fields)
    keys = {name: value for name, value in fields.items() if name == "client_order_id"}
    await li.expect(**error("banned", BANNED, to=kind, ref=1, close=4503, **keys))
    await li.closed(4503)
    await witness.saw()


async def test_an_assistant_cannot_be_banned(room, viewer, enter):
    """Nothing happens to him; once he is none any more, he can be."""
    await stored(room.assistants.add, viewer)
    li = await enter(user=viewer)
    await stored(impose, BAN, viewer, None)
    await li.nothing()

    def make_viewer():
        with RoomTransaction(room.pk) as tx:
            assistants_set(tx, room_id=room.pk, users=[])

    await stored(make_viewer)
    await li.expect(**error("banned", BANNED, close=4503))
    await li.closed(4503)
    assert await stored(Sanction.objects.count) == 1


# --- blocked words


@pytest.fixture
def blocked(transactional_db):
    """Two words: one refuses the comment, one is masked in it."""
    words.words_add(["坏茶"], action="refuse")
    words.words_add(["Damn"], action="mask")


async def test_a_blocked_word_refuses_the_comment(room, viewer, other, enter, blocked, witness):
    """However it is written; the sender may try other words at once, his rate allowing."""
    li, han = await enter(user=viewer), await enter(user=other)
    await li.rest()
    for content in ("这是坏茶", "坏\u200b茶！"):
        await li.send("message", content=content, ref=1, client_msg_id="k")
        detail = "content holds a word that is blocked here."
        wanted = error("content_rejected", detail, to="message", ref=1, client_msg_id="k", field="content")
        await li.expect(**wanted)
        await li.nothing()
    await li.send("message", content="好茶", client_msg_id="k")
    assert [frame["content"] for frame in await han.rest()] == ["好茶"]
    await witness.saw({"msg_type": "message", "id": ANY, "user": LI, "content": "好茶"})


async def test_a_masked_word_is_nowhere(room, viewer, other, enter, blocked, connect, witness):
    """Not for the sender, not for others, not in the log or in a later picture."""
    li, han = await enter(user=viewer), await enter(user=other)
    await li.rest()
    await li.send("message", content="well, ＤＡＭＮ it 😀 damn")
    event, ack = await li.rest()
    assert (event["content"], ack["shown"]) == ("well, **** it 😀 ****", True)
    assert [frame["content"] for frame in await han.rest()] == [event["content"]]
    init = await (await connect()).init()
    assert [comment["content"] for comment in init["comments"]] == [event["content"]]
    assert await stored(lambda: Comment.objects.get().content) == event["content"]
    await witness.proves_the_law()


async def test_a_known_key_comes_before_the_words(room, viewer, enter, blocked):
    """It gives the first answer, whatever the second comment holds."""
    li = await enter(user=viewer)
    await li.send("message", content="fine", client_msg_id="k")
    (ack,) = [without_ts(frame) for frame in await li.rest() if frame["msg_type"] == "ack"]
    await li.send("message", content="坏茶", client_msg_id="k")
    await li.expect(**ack)
    await li.nothing()


async def test_the_staff_is_judged_too(room, host, enter, blocked, witness):
    """His comments are, and his notice."""
    own = await enter(user=host)
    await own.send("message", content="damn")
    assert (await own.rest())[0]["content"] == "****"

    def put_up():
        with RoomTransaction(room.pk) as tx:
            notice_set(tx, room_id=room.pk, text="damn good 茶")

    await stored(put_up)
    await own.expect("notice", seq=2, text="**** good 茶")
    await witness.proves_the_law()


@pytest.mark.parametrize("nickname", ["ｄａｍｎ", "坏\u200b茶"])
async def test_a_blocked_word_in_a_nickname(room, viewer, enter, blocked, settings, nickname):
    """Is refused in a join and in a login, whether it is masked in comments or not; one is who one was."""
    settings.LIVEROOM_GUESTS = "talk"
    guest = await enter()
    detail = "nickname holds a word that is blocked here."
    await guest.send("join", nickname=nickname, ref=1)
    await guest.expect(**error("content_rejected", detail, to="join", ref=1, field="nickname"))
    stored_guest = await stored(factories.make_user, "Guest 1", is_guest=True)
    token = factories.token_of(stored_guest)
    await guest.send("login", token=token, nickname=nickname, ref=2)
    await guest.expect(**error("content_rejected", detail, to="login", ref=2, field="nickname"))
    await guest.nothing()
    await guest.send("login", token=token, nickname="Better")
    assert (await guest.init())["user"]["nickname"] == "Better"


async def test_others_with_the_same_sockets_are_not_touched(room, viewer, other, enter):
    """Two users in one room: the ban is of one."""
    li, han = await enter(user=viewer), await enter(user=other)
    await li.rest()
    await stored(impose, BAN, viewer, room)
    await li.expect(**error("banned", BANNED, close=4503))
    await li.closed(4503)
    await han.nothing()
    await han.send("message", content="still here", ref=1)
    event, _ack = await han.rest()
    assert (event["user"], event["content"]) == (HAN, "still here")


async def test_a_ban_of_one_whose_frames_wait(room, viewer, enter, monkeypatch):
    """However many do: it is not lost behind them."""
    li = await enter(user=viewer)
    monkeypatch.setattr(consumers, "BACKLOG_MAX", 0)
    await stored(impose, BAN, viewer, room)
    await li.expect(**error("banned", BANNED, close=4503))
    await li.closed(4503)
