"""The only writer of a room's log, its seq and its counters."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from operator import attrgetter
from types import TracebackType
from typing import Any, Protocol, TypeVar

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from rooms.compiled import Compiled, insert, update
from rooms.messages import DurableFrame, encode
from rooms.models import Event, LikesSaved, Room, RoomHead, ViewerChange, from_ms, now_ms
from rooms.publish import Batch, LogEntry, publish

NOTED_FOR = timedelta(hours=1)
REFUSED_NOTED_FOR = timedelta(days=1)
SAVERS_KEPT = timedelta(days=1)
COUNTERS = ("seq", "followers", "likes", "held", "budget_second", "budget_used")
counters = attrgetter(*COUNTERS)


lock_heads = Compiled(
    lambda pks: RoomHead.objects.select_for_update(no_key=True).filter(room_id__in=pks).order_by("room_id"),
)
read_rooms = Compiled(lambda pks: Room.objects.filter(pk__in=pks))


class Buffer(Protocol):
    """What one service gathers in a transaction; written by ``flush``, once, after the events have their numbers."""

    def __init__(self, tx: "RoomTransaction") -> None: ...

    def flush(self) -> None: ...


AnyBuffer = TypeVar("AnyBuffer", bound=Buffer)
AnyFrame = TypeVar("AnyFrame", bound=DurableFrame)


@dataclass(slots=True)
class Pending:
    """An event of this transaction. ``finish`` completes its frame from what was written, just before it is encoded."""

    room_id: int
    frame: DurableFrame
    finish: Callable[[], None] | None


class RoomTransaction:
    """Lock rooms, change them, number the events, commit, publish.

    ``with RoomTransaction(room.pk) as tx: services.x(tx, …)``. Enter it before anything is saved. The rooms are locked
    in the order of their keys, so that two transactions never wait for each other; products come after, then items. An
    exception rolls everything back, numbers included. Inside another atomic block it publishes when that one commits.

    Raises Room.DoesNotExist when one of the rooms is not there.
    """

    def __init__(self, *room_ids: int) -> None:
        self._ids = sorted(set(room_ids))
        self._atomic = transaction.atomic()
        self._pending: list[Pending] = []
        self._keyed: dict[Hashable, DurableFrame] = {}
        self._buffers: dict[type[Any], Any] = {}
        self._viewers: dict[int, dict[int, dict[str, Any]]] = {}
        self._refused: dict[int, list[tuple[int, int]]] = {}
        self._before: dict[int, tuple[int, ...]] = {}
        self.heads: dict[int, RoomHead] = {}
        self.rooms: dict[int, Room] = {}
        self.now = 0
        """The commit's time in ms, taken under the lock."""

    @cached_property
    def moment(self) -> datetime:
        """``now`` as the database keeps it."""
        return from_ms(self.now)

    def __enter__(self) -> "RoomTransaction":
        self._atomic.__enter__()
        try:
            self._lock()
        except BaseException as error:
            self._atomic.__exit__(type(error), error, error.__traceback__)
            raise
        return self

    def _lock(self) -> None:
        self.heads = {head.room_id: head for head in lock_heads(self._ids)}
        self._before = {head.room_id: counters(head) for head in self.heads.values()}
        # Read after the lock: what was read before it may be of yesterday.
        self.rooms = {room.pk: room for room in read_rooms(self._ids)}
        missing = [pk for pk in self._ids if pk not in self.heads or pk not in self.rooms]
        if missing:
            raise Room.DoesNotExist(f"No room with key {missing[0]}.")
        self.now = now_ms()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                try:
                    self._flush()
                except BaseException as failure:
                    self._atomic.__exit__(type(failure), failure, failure.__traceback__)
                    raise
            self._atomic.__exit__(kind, error, trace)
        finally:
            # They hold this transaction: all that it read and wrote would lie about until the next search for cycles.
            self._buffers.clear()

    def emit(
        self, room_id: int, frame: AnyFrame, *, key: Hashable = None, finish: Callable[[], None] | None = None
    ) -> AnyFrame:
        """Append an event to the room's log; its seq and ts are filled in at the commit.

        ``key`` is what ``found`` finds it by.
        """
        if room_id not in self.heads:
            raise ValueError(f"Room {room_id} is not locked by this transaction.")
        self._pending.append(Pending(room_id, frame, finish))
        if key is not None:
            self._keyed[room_id, key] = frame
        return frame

    def found(self, room_id: int, key: Hashable, kind: type[AnyFrame]) -> AnyFrame | None:
        """The event of this transaction with that key, to be added to instead of emitting another one."""
        frame = self._keyed.get((room_id, key))
        return frame if isinstance(frame, kind) else None

    def buffer(self, kind: type[AnyBuffer]) -> AnyBuffer:
        """This transaction's buffer of that class, made at its first use."""
        if kind not in self._buffers:
            self._buffers[kind] = kind(self)
        found: AnyBuffer = self._buffers[kind]
        return found

    def viewer_changed(self, room_id: int, user_id: int, **values: Any) -> None:
        """After the commit, tell that user's sockets in the room (``me``); without values they read them again."""
        known = self._viewers.setdefault(room_id, {})
        if not values or known.get(user_id) == {}:
            known[user_id] = {}
        else:
            known.setdefault(user_id, {}).update(values)

    def comment_refused(self, room_id: int, user_id: int, comment_id: int) -> None:
        """After the commit, tell that user's sockets in the room that his comment is not shown (``reject``)."""
        self._refused.setdefault(room_id, []).append((user_id, comment_id))

    def _flush(self) -> None:
        for pending in self._pending:
            head = self.heads[pending.room_id]
            head.seq += 1
            pending.frame.seq = head.seq
            pending.frame.ts = self.now
        for buffer in self._buffers.values():
            buffer.flush()
        entries: dict[int, list[LogEntry]] = {}
        for pending in self._pending:
            if pending.finish is not None:
                pending.finish()
            frame = pending.frame
            entry = LogEntry(self.seq_of(frame), str(frame.__struct_config__.tag), encode(frame))
            entries.setdefault(pending.room_id, []).append(entry)
        log = [(pk, each.seq, each.kind, each.payload.decode()) for pk, known in entries.items() for each in known]
        insert(Event, ("room_id", "seq", "kind", "payload"), log)
        now = {room_id: counters(head) for room_id, head in self.heads.items()}
        update(RoomHead, COUNTERS, [(pk, *values) for pk, values in now.items() if values != self._before[pk]])
        # A change with its values is told by the layer alone: it is one's own follow, on one's other sockets.
        note_viewers(
            (room_id, pk) for room_id, known in self._viewers.items() for pk, values in known.items() if not values
        )
        if self._refused:
            ViewerChange.objects.filter(_noted_long_ago()).delete()
            ViewerChange.objects.bulk_create(
                # At the commit's time, as its events: the two are compared.
                ViewerChange(room_id=room_id, user_id=user_id, comment_id=comment_id, at=from_ms(self.now))
                for room_id, refused in self._refused.items()
                for user_id, comment_id in refused
            )
        for room_id in entries.keys() | self._viewers.keys() | self._refused.keys():
            viewers = list(self._viewers.get(room_id, {}).items())
            batch = Batch(room_id, entries.get(room_id, []), viewers, self._refused.get(room_id, []))
            transaction.on_commit(partial(publish, batch))

    @staticmethod
    def seq_of(frame: DurableFrame) -> int:
        """The number that the commit gave a frame; raises ValueError before."""
        if not isinstance(frame.seq, int):
            raise ValueError("This event has no number before its transaction ends.")
        return frame.seq


def rooms_of_host(host_id: int, *, also: Iterable[int] = ()) -> list[int]:
    """Keys of the host's rooms that have not ended, and ``also``: what a change of the host locks."""
    rooms = Room.objects.filter(host_id=host_id).exclude(status=Room.Status.ENDED).values_list("pk", flat=True)
    return sorted({*rooms, *also})


def note_viewers(changed: Iterable[tuple[int | None, int]]) -> None:
    """Note that something of these (room or None, user) changed, in the transaction in which it does."""
    rows = [ViewerChange(room_id=room_id, user_id=user_id) for room_id, user_id in changed]
    if rows:
        old = _noted_long_ago()
        for row in rows:
            old |= Q(room_id=row.room_id, user_id=row.user_id, comment=None)
        ViewerChange.objects.filter(old).delete()
        ViewerChange.objects.bulk_create(rows)


def _noted_long_ago() -> Q:
    """The notes that nobody reads any more."""
    now = timezone.now()
    return Q(at__lt=now - NOTED_FOR, comment=None) | Q(at__lt=now - REFUSED_NOTED_FOR)


def likes_add(counts: Mapping[int, int]) -> None:
    """Add to the likes of rooms: sums that need no number in the log, and so no lock of their own."""
    with transaction.atomic():
        for room_id, count in sorted(counts.items()):
            RoomHead.objects.filter(room_id=room_id).update(likes=F("likes") + count)


def likes_add_once(saver: str, number: int, counts: Mapping[int, int]) -> None:
    """Add to the likes of rooms, unless ``saver`` has added these already: its numbers rise from 1."""
    with transaction.atomic():
        if number == 1:
            LikesSaved.objects.filter(at__lt=timezone.now() - SAVERS_KEPT).delete()
        # One statement: a second try waits here for a first one whose answer was given up, and then finds its number.
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO rooms_likessaved (saver, number, at) VALUES (%s, %s, %s) ON CONFLICT (saver) "
                "DO UPDATE SET number = excluded.number, at = excluded.at "
                "WHERE rooms_likessaved.number < excluded.number",
                [saver, number, connection.ops.adapt_datetimefield_value(timezone.now())],
            )
            if not cursor.rowcount:
                return
        likes_add(counts)
