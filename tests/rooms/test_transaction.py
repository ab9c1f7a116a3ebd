"""RoomTransaction: the lock, the numbers, the commit, and what is published after it."""

import threading

import pytest
from django.db import connection, transaction

from rooms import publish
from rooms.messages import FollowersEvent, NoticeEvent
from rooms.models import Event, Room, RoomHead
from rooms.publish import Batch
from rooms.services import rooms
from rooms.transaction import RoomTransaction, rooms_of_host
from tests import factories


class Oops(Exception):
    """What a test raises."""


@pytest.fixture
def published():
    """The batches that are published."""
    batches: list[Batch] = []

    class Sink:
        def deliver_soon(self, batch: Batch) -> None:
            batches.append(batch)

    sink = Sink()
    publish.attach(sink)
    yield batches
    publish.detach(sink)


def numbers(batch: Batch) -> tuple[int, list[int]]:
    return batch.room_id, [entry.seq for entry in batch.events]


def note(room, *texts):
    with RoomTransaction(room.pk) as tx:
        for text in texts:
            tx.emit(room.pk, NoticeEvent(text=text))


def test_events_are_numbered_logged_and_published_after_the_commit(room, published):
    """What is published is what stands in the log."""
    with RoomTransaction(room.pk) as tx:
        first = tx.emit(room.pk, NoticeEvent(text="a"))
        tx.emit(room.pk, NoticeEvent(text="b"))
        with pytest.raises(ValueError, match="no number before"):
            tx.seq_of(first)
        assert published == []
    assert tx.seq_of(first) == 1
    (batch,) = published
    assert numbers(batch) == (room.pk, [1, 2])
    log = list(Event.objects.filter(room=room).order_by("seq").values_list("seq", "kind", "payload"))
    assert [(entry.seq, entry.kind, entry.payload.decode()) for entry in batch.events] == log
    assert log[0] == (1, "notice", f'{{"msg_type":"notice","ts":{tx.now},"seq":1,"text":"a"}}')


def test_a_rollback_leaves_no_gap_and_publishes_nothing(room, published):
    """Whatever fails, wherever: the numbers go on as if it had never been."""
    note(room, "a")

    def fail_in_the_block():
        with RoomTransaction(room.pk) as tx:
            tx.emit(room.pk, NoticeEvent(text="lost"))
            raise Oops

    def fail_at_the_flush():
        def finish():
            raise Oops

        with RoomTransaction(room.pk) as tx:
            tx.emit(room.pk, NoticeEvent(text="lost"), finish=finish)

    def fail_around():
        with transaction.atomic():
            note(room, "lost")
            raise Oops

    for fail in (fail_in_the_block, fail_at_the_flush, fail_around):
        with pytest.raises(Oops):
            fail()
        assert not connection.in_atomic_block
    note(room, "b")
    assert [numbers(batch) for batch in published] == [(room.pk, [1]), (room.pk, [2])]
    assert RoomHead.objects.get(room=room).seq == Event.objects.count() == 2


def test_inside_another_block_it_publishes_at_its_commit(room, published):
    """The admin wraps its POSTs in a transaction: two RoomTransactions in it are numbered in turn."""
    with transaction.atomic():
        note(room, "a")
        note(room, "b", "c")
        assert published == []
    assert [numbers(batch) for batch in published] == [(room.pk, [1]), (room.pk, [2, 3])]


def test_several_rooms_are_one_transaction(room, host, published):
    """Each has its own numbers and its own batch."""
    second = factories.make_room("second", host=host)
    note(second, "x")
    published.clear()
    with RoomTransaction(second.pk, room.pk, room.pk) as tx:
        assert list(tx.heads) == sorted([room.pk, second.pk])
        for where in (room, second):
            tx.emit(where.pk, NoticeEvent(text="both"))
    assert sorted(map(numbers, published)) == sorted([(room.pk, [1]), (second.pk, [2])])


def test_a_room_that_is_not_locked(room):
    """Its events are refused before anything is lost."""
    with pytest.raises(ValueError, match="Room 999 is not locked"), RoomTransaction(room.pk) as tx:
        tx.emit(999, NoticeEvent(text="a"))


def test_a_room_that_is_not_there(room, published):
    """Room.DoesNotExist, and no transaction stays open."""
    with pytest.raises(Room.DoesNotExist, match="No room with key 999"), RoomTransaction(room.pk, 999):
        pass
    assert not connection.in_atomic_block
    assert published == []


def test_nothing_done_is_nothing_written(room, published):
    """A transaction without events locks, and commits nothing."""
    with RoomTransaction(room.pk):
        pass
    assert published == []
    assert RoomHead.objects.get(room=room).seq == 0


def test_what_is_read_is_as_of_the_lock(room):
    """Rooms are read after the lock: what was loaded before is not written back."""
    stale = Room.objects.get(pk=room.pk)
    Room.objects.filter(pk=room.pk).update(title="New")
    with RoomTransaction(stale.pk) as tx:
        assert tx.rooms[room.pk].title == "New"


def test_an_event_can_be_found_and_added_to(room, published):
    """By its key and its class; `finish` completes it just before the commit."""
    with RoomTransaction(room.pk) as tx:
        assert tx.found(room.pk, "f", FollowersEvent) is None
        frame = tx.emit(room.pk, FollowersEvent(followers=0), key="f", finish=lambda: setattr(frame, "followers", 7))
        assert tx.found(room.pk, "f", FollowersEvent) is frame
        assert tx.found(room.pk, "f", NoticeEvent) is None
    assert b'"followers":7' in published[0].events[0].payload


def test_what_changes_for_viewers_is_published_once(room, viewer, other, published):
    """Values are joined; without values the viewer is read again, whatever else is said of him."""
    with RoomTransaction(room.pk) as tx:
        tx.viewer_changed(room.pk, viewer.pk, following=True)
        tx.viewer_changed(room.pk, viewer.pk, muted_until=5)
        tx.viewer_changed(room.pk, other.pk)
        tx.viewer_changed(room.pk, other.pk, following=True)
    (batch,) = published
    assert dict(batch.viewers) == {viewer.pk: {"following": True, "muted_until": 5}, other.pk: {}}


def test_commits_of_several_threads_are_numbered_without_a_gap(room, published):
    """The lock makes them one after the other, in the order of their numbers."""
    failures = []

    def work():
        try:
            for number in range(10):
                note(room, str(number))
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert list(Event.objects.order_by("seq").values_list("seq", flat=True)) == list(range(1, 41))
    assert sorted(seq for batch in published for seq in numbers(batch)[1]) == list(range(1, 41))


def test_the_rooms_of_a_host(room, host):
    """Those that have not ended, and the ones that are asked for."""
    over = factories.make_room("over", host=host, status="ended")
    factories.make_room("foreign")
    assert rooms_of_host(host.pk) == [room.pk]
    assert rooms_of_host(host.pk, also=[over.pk]) == sorted([room.pk, over.pk])


def test_a_service_in_a_command_without_any_server(room):
    """With no event loop in the process the log is written, and announced to the layer."""
    with RoomTransaction(room.pk) as tx:
        rooms.notice_set(tx, room_id=room.pk, text="hello")
    assert Event.objects.count() == 1
