"""What is read: true as of one number, and with few queries."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rooms import selectors
from rooms.messages import Role
from rooms.models import Comment, Follow, Room, from_ms, to_ms
from rooms.selectors import GUEST
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_picture_is_of_one_moment(room, viewer, monkeypatch):
    """When something is committed while it is read, it is read again."""
    factories.make_comments(room, viewer, "a")
    read = selectors._read_picture
    meanwhile = ["b", "c"]

    def slow(room_id):
        found = read(room_id)
        if meanwhile:
            factories.make_comments(room, viewer, meanwhile.pop(0))
        return found

    monkeypatch.setattr(selectors, "_read_picture", slow)
    picture = selectors.picture(room.pk)
    assert (picture.seq, bytes(picture.parts["comments"]).count(b'"content"')) == (3, 3)


def test_a_picture_of_a_room_that_never_rests(room, viewer, monkeypatch):
    """After PICTURE_TRIES it is read under the lock."""
    read = selectors._read_picture
    reads = []

    def busy(room_id):
        found = read(room_id)
        reads.append(connection.in_atomic_block)
        if not connection.in_atomic_block:
            factories.make_comments(room, viewer, "more")
        return found

    monkeypatch.setattr(selectors, "_read_picture", busy)
    picture = selectors.picture(room.pk)
    assert reads == [False] * selectors.PICTURE_TRIES + [True]
    assert picture.seq == selectors.PICTURE_TRIES


def test_a_room_that_is_not_there(transactional_db):
    """Room.DoesNotExist, of each."""
    for read in (selectors.picture, selectors.head_row):
        with pytest.raises(Room.DoesNotExist):
            read(999)
    with pytest.raises(Room.DoesNotExist):
        selectors.history(999, before=None, limit=1)


def test_a_viewer_is_one_query(room, host, viewer, other):
    """Role and follow of a user, found by his key or his public id."""
    room.assistants.add(other)
    Follow.objects.create(host=host, user=viewer)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = selectors.viewer(room.pk, public_id=viewer.public_id)
    assert len(queries) == 1
    assert (found.user, found.role, found.following) == (viewer, Role.VIEWER, True)
    assert selectors.viewer(room.pk, pk=other.pk)[1:3] == (Role.ASSISTANT, False)
    assert selectors.viewer(room.pk, pk=host.pk)[1:3] == (Role.HOST, False)
    assert selectors.viewer(room.pk, pk=999) == GUEST


def test_the_heads_of_many_rooms_are_one_query(room, host, viewer):
    """Rooms that are gone are not in it."""
    second = factories.make_room("second", host=host)
    factories.make_comments(second, viewer, "a")
    with CaptureQueriesContext(connection) as queries:
        heads = selectors.heads([room.pk, second.pk, 999])
    assert len(queries) == 1
    assert {room_id: row.seq for room_id, row in heads.items()} == {room.pk: 0, second.pk: 1}


def test_a_page_of_comments_does_not_ask_for_each_author(room, viewer, other):
    """Two queries, however long it is."""
    for user in (viewer, other):
        factories.make_comments(room, user, "a", "b", "c")
    with CaptureQueriesContext(connection) as queries:
        page, more = selectors.history(room.pk, before=None, limit=50)
    assert (len(queries), len(page), more) == (2, 6, False)


def test_events_since(room, viewer):
    """Oldest first, limited, up to a number."""
    factories.make_comments(room, viewer, *"abcde")
    assert [event.seq for event in selectors.events_since(room.pk, 1, limit=2)] == [2, 3]
    assert [event.seq for event in selectors.events_since(room.pk, 1, limit=9, until=3)] == [2, 3]
    assert selectors.events_since(room.pk, 5, limit=9) == []


def test_the_role_of_a_stored_user(room, host, viewer, other):
    """Host, assistant, or viewer."""
    room.assistants.add(other)
    roles = [selectors.role_in_room(room, user) for user in (host, other, viewer)]
    assert roles == [Role.HOST, Role.ASSISTANT, Role.VIEWER]


@pytest.mark.parametrize("ms", [0, 1, 999, 1000, 1_795_391_720_191, 4_102_444_799_999])
def test_times_are_exact(ms):
    """A time goes to the database and back without losing a millisecond."""
    assert to_ms(from_ms(ms)) == ms


def test_times_survive_the_database(room, viewer):
    """The `ts` of a comment is the same at every reading."""
    factories.make_comments(room, viewer, "a")
    comment = Comment.objects.get()
    (page,) = selectors.history(room.pk, before=None, limit=1)[0]
    assert page.ts == to_ms(comment.created_at)
