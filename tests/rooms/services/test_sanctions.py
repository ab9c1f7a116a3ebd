"""Mutes and bans: what is kept of them, whom they hold for, and when they end."""

import asyncio
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from rooms import selectors
from rooms.messages import Close, Code, Refused, Role
from rooms.models import FOREVER, Comment, Event, Room, Sanction, ViewerChange, from_ms, now_ms
from rooms.realtime.writer import commit
from rooms.services import comments, sanctions
from rooms.services.comments import Post
from rooms.services.follows import SetFollow
from rooms.transaction import RoomTransaction
from tests import factories
from tests.clients import stored
from tests.moderation import BAN, MUTE, impose, lift

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = 3_600_000
KINDS = pytest.mark.parametrize("kind", [MUTE, BAN])
WHERE = pytest.mark.parametrize("everywhere", [False, True], ids=["one room", "all rooms"])


def ends(room, user):
    """Until when the user is muted and banned in the room."""
    found = selectors.viewer(room.pk, pk=user.pk)
    return found.muted_until, found.banned_until


def history():
    """What is kept, oldest first."""
    rows = Sanction.objects.order_by("pk")
    return [(row.kind, row.room_id, row.reason, row.state, row.by_id, row.ended_by_id) for row in rows]


@pytest.fixture
def second(host):
    """Another room of the same host."""
    return factories.make_room("second", host=host)


# --- where, and until when


@KINDS
@WHERE
def test_it_holds_until_it_is_lifted(room, second, host, viewer, other, kind, everywhere):
    """For ever, in one room or in all, for this user alone; who did it, and who undid it, is kept."""
    where = None if everywhere else room
    impose(kind, viewer, where, by=host, reason="spam")
    holds = (FOREVER, None) if kind == MUTE else (None, FOREVER)
    assert ends(room, viewer) == holds
    assert ends(second, viewer) == (holds if everywhere else (None, None))
    assert ends(room, other) == (None, None)
    lift(kind, viewer, where, by=other)
    assert ends(room, viewer) == ends(second, viewer) == (None, None)
    assert history() == [(kind, where and where.pk, "spam", "lifted", host.pk, other.pk)]


@KINDS
@WHERE
def test_it_ends_by_itself(room, viewer, clock, kind, everywhere):
    """At its time, to the millisecond, without anything being done."""
    until = clock.now + HOUR
    impose(kind, viewer, None if everywhere else room, until=until)
    clock._ahead_ns += (HOUR - 1) * 1_000_000
    assert until in ends(room, viewer)
    assert Sanction.objects.get().state == "active"
    clock._ahead_ns += 1_000_000
    assert ends(room, viewer) == (None, None)
    assert Sanction.objects.get().state == "expired"


@KINDS
def test_the_longest_of_two_counts(room, viewer, kind):
    """Of one in this room and one in all, in whichever order, for ever or not."""
    index = 0 if kind == MUTE else 1
    soon, later = now_ms() + HOUR, now_ms() + 2 * HOUR
    for here, everywhere, longest in ((soon, later, later), (later, soon, later), (None, soon, FOREVER)):
        impose(kind, viewer, room, until=here)
        impose(kind, viewer, None, until=everywhere)
        assert ends(room, viewer)[index] == longest
    lift(kind, viewer, room)
    assert ends(room, viewer)[index] == soon


def test_a_mute_and_a_ban_stand_side_by_side(room, viewer):
    """Lifting one leaves the other."""
    impose(MUTE, viewer, room)
    impose(BAN, viewer, room)
    assert ends(room, viewer) == (FOREVER, FOREVER)
    lift(BAN, viewer, room)
    assert ends(room, viewer) == (FOREVER, None)


@pytest.mark.parametrize("until", [FOREVER, FOREVER + 1, 2**53])
def test_an_end_that_nobody_will_see_is_for_ever(room, viewer, until):
    """From the end of the year 9999 on."""
    assert impose(MUTE, viewer, room, until=until).until is None
    assert ends(room, viewer) == (FOREVER, None)


def test_for_ever_is_an_integer_that_every_client_can_hold():
    """Below 2^53, and a date in every language."""
    assert FOREVER < 2**53
    assert from_ms(FOREVER).isoformat() == "9999-12-31T23:59:59.999000+00:00"


# --- the latest word, and the history


@WHERE
def test_another_one_takes_its_place(room, host, viewer, other, everywhere):
    """The former is kept, with its end; one that had expired was ended by nobody."""
    where = None if everywhere else room
    pk = where and where.pk
    impose(MUTE, viewer, where, by=host, reason="a")
    impose(MUTE, viewer, where, by=other, reason="b", until=now_ms() + HOUR)
    Sanction.objects.filter(reason="b").update(until=from_ms(now_ms() - 1))
    assert ends(room, viewer) == (None, None)
    impose(MUTE, viewer, where, by=host, reason="c")
    assert history() == [
        (MUTE, pk, "a", "replaced", host.pk, other.pk),
        (MUTE, pk, "b", "expired", other.pk, None),
        (MUTE, pk, "c", "active", host.pk, None),
    ]
    assert Sanction.objects.filter(ending="").count() == 1
    expired = Sanction.objects.get(reason="b")
    assert expired.ended_at == expired.until


@KINDS
@WHERE
def test_the_same_again_changes_nothing(room, viewer, kind, everywhere):
    """Imposed or lifted twice, it is one row."""
    where = None if everywhere else room
    until = now_ms() + HOUR
    first = impose(kind, viewer, where, until=until, reason="a")
    assert impose(kind, viewer, where, until=until, reason="a") == first
    ended = lift(kind, viewer, where)
    again = lift(kind, viewer, where)
    assert (ended.pk, ended.ended_at) == (again.pk, again.ended_at)
    assert [row[3] for row in history()] == ["lifted"]


@KINDS
@WHERE
def test_what_never_was_cannot_be_lifted(room, second, viewer, kind, everywhere):
    """A mute in another room, or in all, is not this one's."""
    for where in (second, room if everywhere else None):
        impose(kind, viewer, where)
    with pytest.raises(Refused) as refused:
        lift(kind, viewer, None if everywhere else room)
    assert (refused.value.code, refused.value.field) == (Code.BAD_MESSAGE, "user")
    assert [row[3] for row in history()] == ["active", "active"]


@pytest.mark.parametrize("ago", [0, 1, HOUR])
def test_a_time_that_is_over(room, viewer, clock, ago):
    """Is refused, and nothing is changed."""
    impose(MUTE, viewer, room)
    for where in (room, None):
        with pytest.raises(Refused) as refused:
            impose(MUTE, viewer, where, until=clock.now - ago)
        assert (refused.value.code, refused.value.field) == (Code.BAD_MESSAGE, "until")
    assert [row[3] for row in history()] == ["active"]


def test_two_cannot_both_be_the_latest(room, viewer):
    """The database itself refuses it."""
    for where in (room, None):
        Sanction.objects.create(kind=MUTE, user=viewer, room=where)
        with pytest.raises(IntegrityError):
            Sanction.objects.create(kind=MUTE, user=viewer, room=where)


# --- whom it does not hold for


@KINDS
def test_host_assistants_and_administrators(room, host, viewer, kind):
    """Neither in their rooms, an administrator in none."""
    room.assistants.add(viewer)
    admin = User.objects.create_superuser("root", nickname="Root")
    for user, where, who in (
        (host, room, "The host of this room"),
        (viewer, room, "An assistant of this room"),
        (admin, room, "An administrator"),
        (admin, None, "An administrator"),
    ):
        with pytest.raises(Refused) as refused:
            impose(kind, user, where)
        assert (refused.value.code, refused.value.field) == (Code.FORBIDDEN, "user")
        assert str(refused.value) == f"{who} can be neither muted nor banned."
    assert not Sanction.objects.exists()
    assert not ViewerChange.objects.exists()


@KINDS
def test_in_other_rooms_they_are_viewers(room, host, viewer, other, kind):
    """There it holds; and one of all rooms holds there alone."""
    elsewhere = factories.make_room("elsewhere", host=other)
    room.assistants.add(viewer)
    for user in (host, viewer):
        impose(kind, user, elsewhere)
        impose(kind, user, None)
        assert ends(elsewhere, user) != (None, None)
        assert ends(room, user) == (None, None)


@KINDS
def test_one_who_is_made_an_assistant(room, viewer, kind):
    """Is free while he is one."""
    impose(kind, viewer, room)
    room.assistants.add(viewer)
    assert ends(room, viewer) == (None, None)
    with RoomTransaction(room.pk) as tx:
        said = comments.comment_post(tx, room_id=room.pk, user=viewer, role=Role.ASSISTANT, content="a")
    assert said.comment.pk
    room.assistants.remove(viewer)
    assert ends(room, viewer) != (None, None)


# --- what it means for a comment


@WHERE
@pytest.mark.parametrize(
    ("kind", "until", "close"), [(MUTE, HOUR, None), (MUTE, None, None), (BAN, HOUR, 4503), (BAN, None, 4503)]
)
def test_a_comment_under_the_lock(room, viewer, other, clock, everywhere, kind, until, close):
    """It is refused there, with the end; of a ban only if there is one."""
    end = None if until is None else clock.now + until
    impose(kind, viewer, None if everywhere else room, until=end)
    with RoomTransaction(room.pk) as tx, pytest.raises(Refused) as refused:
        comments.comment_post(tx, room_id=room.pk, user=viewer, role=Role.VIEWER, content="a")
    assert refused.value.code == (Code.MUTED if kind == MUTE else Code.BANNED)
    assert refused.value.until == (FOREVER if kind == MUTE and end is None else end)
    assert refused.value.close == close
    assert factories.make_comments(room, other, "b")
    assert Event.objects.count() == 1


async def test_a_comment_that_waits_for_the_lock_of_his_mute(room, viewer):
    """Is decided after it."""

    def mute_and_let_speak():
        with RoomTransaction(room.pk) as tx:
            sanctions.sanction_impose(tx, room_id=room.pk, user=viewer, kind=MUTE, by=None)
            post: Any = Post(room.pk, viewer, Role.VIEWER, "a", None)
            return asyncio.run_coroutine_threadsafe(stored(commit, room.pk, [post]), loop)

    loop = asyncio.get_running_loop()
    waiting = await stored(mute_and_let_speak)
    (outcome,) = await asyncio.wrap_future(waiting)
    assert outcome.code == Code.MUTED


@WHERE
async def test_many_at_once(room, viewer, everywhere):
    """One of them is the latest; the others were replaced, none is lost."""
    where = None if everywhere else room
    await asyncio.gather(*(stored(impose, MUTE, viewer, where, reason=f"{number}") for number in range(6)))
    states = [row[3] for row in await stored(history)]
    assert states == ["replaced"] * 5 + ["active"]


def test_one_who_is_silenced_in_the_same_transaction(room, viewer):
    """What was looked up before it is forgotten."""
    with RoomTransaction(room.pk) as tx:
        comments.comment_post(tx, room_id=room.pk, user=viewer, role=Role.VIEWER, content="a")
        sanctions.sanction_impose(tx, room_id=room.pk, user=viewer, kind=MUTE, by=None)
        with pytest.raises(Refused):
            comments.comment_post(tx, room_id=room.pk, user=viewer, role=Role.VIEWER, content="b")
        sanctions.sanction_lift(tx, room_id=room.pk, user=viewer, kind=MUTE, by=None)
        comments.comment_post(tx, room_id=room.pk, user=viewer, role=Role.VIEWER, content="c")
    assert [comment.content for comment in Comment.objects.order_by("pk")] == ["a", "c"]


def test_a_batch_is_looked_up_with_one_query(room, viewer, other):
    """However many speak; staff are not looked up at all."""
    impose(MUTE, other, room)
    third = factories.make_user("Third")
    posts = [Post(room.pk, user, Role.VIEWER, "a", None) for user in (viewer, other, third)]
    staff = [Post(room.pk, room.host, Role.HOST, "b", None)]

    def committed(batch):
        with CaptureQueriesContext(connection) as queries:
            outcomes = commit(room.pk, batch)
        codes = [outcome.code if isinstance(outcome, Refused) else None for outcome in outcomes]
        return codes, len([query for query in queries if 'FROM "rooms_sanction"' in query["sql"]])

    assert committed(posts) == ([None, Code.MUTED, None], 1)
    assert committed(staff) == ([None], 0)


def test_a_batch_of_follows_is_looked_up_with_one_query(room, viewer, other):
    """A ban is asked about, a mute is none of theirs."""
    impose(MUTE, viewer, room)
    impose(BAN, other, None)
    follows: list[Any] = [
        SetFollow(room.pk, user, Role.VIEWER, True) for user in (viewer, other, factories.make_user("Third"))
    ]
    with CaptureQueriesContext(connection) as queries:
        outcomes = commit(room.pk, follows)
    assert [outcome.code if isinstance(outcome, Refused) else None for outcome in outcomes] == [None, Code.BANNED, None]
    assert len([query for query in queries if 'FROM "rooms_sanction"' in query["sql"]]) == 1


def test_a_viewer_is_still_one_query(room, viewer):
    """With all that holds against him."""
    impose(MUTE, viewer, room)
    impose(BAN, viewer, None)
    with CaptureQueriesContext(connection) as queries:
        assert ends(room, viewer) == (FOREVER, FOREVER)
    assert len(queries) == 1


# --- what is told


def test_a_change_in_a_room_is_noted_there(room, viewer):
    """For the processes that the layer does not reach; the log of the room tells nobody."""
    for change in (impose, lift):
        ViewerChange.objects.all().delete()
        change(MUTE, viewer, room)
        assert list(ViewerChange.objects.values_list("room_id", "user_id")) == [(room.pk, viewer.pk)]
    assert not Event.objects.exists()


def test_a_change_in_all_rooms_is_noted_for_all(viewer):
    """Rooms are not even locked."""
    for change in (impose, lift):
        ViewerChange.objects.all().delete()
        change(BAN, viewer, None)
        assert [(noted.room_id, noted.user_id) for noted in ViewerChange.objects.all()] == [(None, viewer.pk)]


def test_a_banned_user_is_told_until_when():
    """If there is an end."""
    assert (sanctions.banned(5).until, sanctions.banned(5).close) == (5, Close.BANNED)
    assert sanctions.banned(FOREVER).until is None


def test_a_room_that_goes_takes_its_own(room, viewer):
    """Those of all rooms stay."""
    impose(MUTE, viewer, room)
    impose(MUTE, viewer, None)
    Room.objects.filter(pk=room.pk).delete()
    assert [row[1] for row in history()] == [None]
