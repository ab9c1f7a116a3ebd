"""Comments that wait for a review: who sees them until then, and what becomes of them."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from unittest.mock import ANY

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from rooms import publish
from rooms.models import Comment, Review, ViewerChange
from rooms.realtime import runtime
from rooms.services import reviews, rooms
from rooms.services.removals import user_comments_remove
from rooms.services.words import words_add
from rooms.transaction import RoomTransaction
from tests import factories
from tests.clients import look, stored
from tests.parts import LI, room_part, without_ts


@pytest.fixture(autouse=True)
def _words(transactional_db):
    words_add(["link"], action="hold")


def decide(service, room, comment_id):
    with RoomTransaction(room.pk) as tx:
        return service(tx, room_id=room.pk, comment_id=comment_id)


def passed(room, comment_id):
    return decide(reviews.comment_pass, room, comment_id)


def refused(room, comment_id):
    return decide(reviews.comment_refuse, room, comment_id)


def kept(comment_id):
    """The state of a comment, and what is kept of its review."""
    comment = Comment.objects.get(pk=comment_id)
    review = Review.objects.filter(comment=comment).first()
    return comment.state, review and (review.state, review.check_name, review.detail)


async def say(socket, content="a link", **fields):
    """Say something that waits; returns its id."""
    await socket.send("message", content=content, **fields)
    frames = await socket.rest()
    (ack,) = [frame for frame in frames if frame["msg_type"] == "ack"]
    assert (ack["shown"], ack["held"]) == (False, "review")
    return ack["id"]


async def test_what_waits_is_its_senders_alone(room, host, viewer, other, enter, connect, witness):
    """Stored and acknowledged, without a number; in no init, history or recovery."""
    li, han, own = await enter(user=viewer), await enter(user=other), await enter(user=host)
    for socket in (li, han, own):
        await socket.rest()
    await li.send("message", content="a Ｌink", client_msg_id="k", ref=1)
    held = await li.recv()
    assert without_ts(held) == {"msg_type": "message", "id": ANY, "user": LI, "content": "a Ｌink"}
    ack = {"to": "message", "client_msg_id": "k", "id": held["id"], "shown": False, "held": "review"}
    await li.expect("ack", **ack, ref=1)
    await li.nothing()
    for socket in (han, own):
        await socket.nothing()
    await li.send("message", content="b", client_msg_id="k")
    await li.expect("ack", **ack)
    await li.nothing()
    assert await stored(kept, held["id"]) == ("review", ("open", "blocked_words", "link"))
    guest = await connect(f"/ws/rooms/demo/?since=0&epoch={room.epoch}")
    await guest.init()
    await guest.send("history")
    assert [frame.get("comments") for frame in await guest.rest() if frame["msg_type"] == "history"] == [[]]
    assert await witness.proves_the_law() == []


async def test_passed_it_is_an_ordinary_comment(room, viewer, other, enter, connect, witness, clock):
    """The same id, a new number, at the time at which all see it; the same key says so from then on."""
    li, han = await enter(user=viewer), await enter(user=other)
    comment_id = await say(li, client_msg_id="k")
    await han.send("message", content="meanwhile")
    await li.rest()
    await han.rest()
    await clock.advance(60)
    assert await stored(passed, room, comment_id) is True
    for socket in (li, han):
        await socket.expect("message", ts=clock.now, seq=2, id=comment_id, user=LI, content="a link")
        await socket.nothing()
    assert await stored(kept, comment_id) == ("shown", None)
    await li.send("message", content="a link", client_msg_id="k")
    await li.expect("ack", to="message", client_msg_id="k", id=comment_id, shown=True, seq=2)
    await li.nothing()
    assert [event["content"] for event in await witness.proves_the_law()] == ["meanwhile", "a link"]
    assert await stored(passed, room, comment_id) is False
    await han.nothing()


async def test_refused_it_is_never_seen(room, viewer, other, enter, witness):
    """All his sockets in the room are told, nobody else; the same key is told again."""
    await stored(factories.make_room, "second", host=room.host)
    li, again, elsewhere = (
        await enter(user=viewer),
        await enter(user=viewer),
        await enter("/ws/rooms/second/", user=viewer),
    )
    han = await enter(user=other)
    for socket in (li, again):
        await socket.rest()
    comment_id = await say(li, client_msg_id="k")
    await again.nothing()
    assert await stored(refused, room, comment_id) is True
    for socket in (li, again):
        await socket.expect("reject", comment_id=comment_id)
        await socket.nothing()
    for socket in (han, elsewhere):
        await socket.nothing()
    assert await stored(kept, comment_id) == ("refused", ("refused", "blocked_words", "link"))
    await li.send("message", content="a link", client_msg_id="k")
    await li.expect("ack", to="message", client_msg_id="k", id=comment_id, shown=False, held="review")
    await li.expect("reject", comment_id=comment_id)
    await li.nothing()
    assert await witness.proves_the_law() == []


@pytest.mark.parametrize(
    ("first", "second"), [(passed, refused), (refused, passed), (passed, passed), (refused, refused)]
)
async def test_the_first_decision_counts(room, viewer, enter, first, second):
    """One who refuses what was passed takes it down, as any comment that is shown."""
    li = await enter(user=viewer)
    comment_id = await say(li)
    assert await stored(first, room, comment_id) is True
    await li.rest()
    again = await stored(second, room, comment_id)
    state, _review = await stored(kept, comment_id)
    if first is passed:
        assert (again, state) == ((True, "removed") if second is refused else (False, "shown"))
    else:
        assert (again, state) == (False, "refused")
        await li.nothing()


def test_two_operators_at_once(room, viewer):
    """One of them decides, and the other one finds it decided."""
    for comment_id in factories.make_comments(room, viewer, *(f"link {number}" for number in range(5))):
        with ThreadPoolExecutor(2) as pool:
            outcomes = list(pool.map(partial(_in_a_thread, passed, room), [comment_id] * 2))
        assert sorted(outcomes) == [False, True]
    assert room.events.count() == 5


def _in_a_thread(service, room, comment_id):
    try:
        return service(room, comment_id)
    finally:
        connections.close_all()


async def test_a_reject_is_told_without_the_layer_too(room, viewer, enter, monkeypatch):
    """Another process refused it, and no message came: the look at what changed finds it, once."""
    li = await enter(user=viewer)
    comment_id = await say(li)
    with monkeypatch.context() as lossy:
        lossy.setattr(publish, "_sinks", [])
        lossy.setattr(publish, "send", _nowhere)
        assert await stored(refused, room, comment_id) is True
    await li.nothing()
    await look()
    await li.expect("reject", comment_id=comment_id)
    await look()
    await li.nothing()
    assert await stored(ViewerChange.objects.count) == 1


@pytest.mark.parametrize("restarted", [False, True])
async def test_who_was_away_is_told_when_he_comes_back(room, viewer, other, enter, connect, clock, restarted):
    """He keeps what he had on his screen: by a process that was there, and by one that was not; not by every init."""
    await stored(factories.make_comments, room, other, "before")
    li = await enter(user=viewer)
    early = await say(li)
    assert await stored(refused, room, early) is True
    await li.expect("reject", comment_id=early)
    await clock.advance(60)
    await stored(factories.make_comments, room, other, "meanwhile")
    late = await say(li, "another link")
    await li.drop()
    await clock.advance(60)
    assert await stored(refused, room, late) is True
    await look()
    await clock.advance(2 * 3600)
    if restarted:
        await runtime.current().stop()
    for _ in range(2):
        back = await connect(f"/ws/rooms/demo/?since=2&epoch={room.epoch}", user=viewer)
        assert (await back.init())["recovered"] is True
        await back.expect("reject", ts=clock.now, comment_id=late)
        await back.nothing()
    await clock.advance(60)
    await stored(factories.make_comments, room, other, "after")
    for query in (f"since=3&epoch={room.epoch}", "since=2&epoch=another", ""):
        again = await connect(f"/ws/rooms/demo/?{query}", user=viewer)
        await again.init()
        await again.nothing()
    han = await connect(f"/ws/rooms/demo/?since=2&epoch={room.epoch}", user=other)
    await han.init()
    assert [frame["msg_type"] for frame in await han.rest()] == ["message"]


async def _nowhere(group, message):
    """A layer that loses everything."""


async def test_what_passes_does_not_count_against_the_budget(room, viewer, enter, settings, clock):
    """What is beyond it is held back for good, and not looked at; what passes is never held back."""
    settings.LIVEROOM_ROOM_BUDGET = 1
    li = await enter(user=viewer)
    comment_id = await say(li)
    await li.send("message", content="another link")
    assert [frame["held"] for frame in await li.rest() if frame["msg_type"] == "ack"] == ["busy"]
    assert await stored(passed, room, comment_id) is True
    assert [frame["id"] for frame in await li.rest()] == [comment_id]
    assert await stored(Review.objects.count) == 0


async def test_slow_mode_counts_from_when_it_was_said(room, viewer, enter, clock):
    """Not from when it was passed."""

    def slow():
        with RoomTransaction(room.pk) as tx:
            rooms.room_update(tx, room_id=room.pk, changes={"slow_mode": 10})

    await stored(slow)
    li = await enter(user=viewer)
    comment_id = await say(li)
    await clock.advance(9)
    await stored(passed, room, comment_id)
    await li.rest()
    await clock.advance(1)
    await li.send("message", content="again")
    assert "ack" in [frame["msg_type"] for frame in await li.rest()]


@pytest.mark.parametrize("role", ["host", "assistant"])
async def test_the_staff_is_never_held_back(room, host, viewer, enter, role):
    """It is shown, and looked at then; refused, it is taken down."""
    if role == "assistant":
        await stored(room.assistants.add, viewer)
    own = await enter(user=host if role == "host" else viewer)
    await own.send("message", content="a link")
    (comment_id,) = [frame["id"] for frame in await own.rest() if frame["msg_type"] == "message"]
    assert await stored(kept, comment_id) == ("shown", ("open", "blocked_words", "link"))
    assert await stored(refused, room, comment_id) is True
    await own.expect("remove", seq=2, comment_ids=[comment_id])
    await own.nothing()
    assert await stored(kept, comment_id) == ("removed", ("refused", "blocked_words", "link"))


async def test_what_is_taken_down_while_it_waits_is_refused(room, viewer, enter, witness):
    """As by whoever removes all that somebody said."""
    li = await enter(user=viewer)
    comment_id = await say(li)
    assert await stored(user_comments_remove, room_id=room.pk, user=viewer) == 1
    await li.expect("reject", comment_id=comment_id)
    await li.nothing()
    assert await stored(user_comments_remove, room_id=room.pk, user=viewer) == 0
    assert await witness.proves_the_law() == []


async def test_a_new_show_ends_what_waits(room, viewer, enter, witness):
    """It was said in the last one; nobody can pass it any more."""
    li = await enter(user=viewer)
    comment_id = await say(li)

    def again():
        with RoomTransaction(room.pk) as tx:
            rooms.room_end(tx, room_id=room.pk)
        with RoomTransaction(room.pk) as tx:
            rooms.room_start(tx, room_id=room.pk)

    await stored(again)
    assert await stored(kept, comment_id) == ("refused", ("refused", "blocked_words", "link"))
    assert await stored(passed, room, comment_id) is False
    assert [event["room"] for event in await witness.proves_the_law()] == [
        room_part(status="ended"),
        room_part(status="live", show=2),
    ]


async def test_after_the_end_of_a_show_it_can_be_passed(room, viewer, enter, witness):
    """Who is still there sees it."""
    li = await enter(user=viewer)
    comment_id = await say(li)

    def end():
        with RoomTransaction(room.pk) as tx:
            rooms.room_end(tx, room_id=room.pk)

    await stored(end)
    assert await stored(passed, room, comment_id) is True
    assert [event["msg_type"] for event in await witness.proves_the_law()] == ["room", "message"]


async def test_masked_and_held(room, viewer, enter):
    """There is no other text to leak."""
    await stored(words_add, ["bad"], action="mask")
    li = await enter(user=viewer)
    await li.send("message", content="bad link")
    assert (await li.recv())["content"] == "*** link"
    await li.rest()


def test_a_comment_costs_no_query_more(room, viewer):
    """Where nothing is to be decided about it."""
    factories.make_comments(room, viewer, "a")
    with CaptureQueriesContext(connection) as queries:
        factories.make_comments(room, viewer, "b")
    assert not [query["sql"] for query in queries if "rooms_review" in query["sql"]]
