"""Comments: posted, removed, pinned."""

import unicodedata
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from operator import attrgetter
from typing import Any, Self

import msgspec
from django.conf import settings
from django.db import connection
from django.db.models import Max

from accounts.models import User
from rooms.checks import Kind, Subject
from rooms.checks.pipeline import Held, judge
from rooms.compiled import insert
from rooms.messages import Code, MessageEvent, PinEvent, Refused, RemoveEvent, Role, RoomEvent, encode
from rooms.models import DOWN, Comment, Event, Review, Room, from_ms, to_ms
from rooms.selectors import comment_part, user_part
from rooms.services.holding import is_to_wait, review_of, reviews_store
from rooms.services.sanctions import check_not_silenced, look_up_askers
from rooms.transaction import RoomTransaction

STAFF = (Role.HOST, Role.ASSISTANT)
HELD = {Comment.State.BUSY: "busy", Comment.State.REVIEW: "review", Comment.State.REFUSED: "review"}


def content_clean(content: str) -> str:
    """The text as it is stored: control characters become spaces, ends trimmed; raises Refused ``bad_message``."""
    if not content.isprintable():
        content = "".join(" " if unicodedata.category(char) == "Cc" else char for char in content)
    text = content.strip()
    limit = settings.LIVEROOM_COMMENT_MAX
    if not text:
        raise Refused(Code.BAD_MESSAGE, "content is empty.", field="content")
    if limit and len(text) > limit:
        raise Refused(
            Code.BAD_MESSAGE, f"content has {len(text)} characters, at most {limit}.", field="content", limit=limit
        )
    return text


@dataclass(slots=True)
class Posted:
    """A comment that was stored.

    ``frame``: what its sender sees when nobody else does. ``again``: the key was known. ``review``: what is to be
    decided about it.
    """

    comment: Comment
    frame: MessageEvent
    again: bool = False
    review: Review | None = None

    @property
    def held(self) -> str | None:
        """Why others did not see it, though it may be removed since; None when it was shown."""
        state = Comment.State(self.comment.state)
        if state is Comment.State.REMOVED and self.comment.seq is None:
            state = Comment.State.BUSY
        return HELD.get(state)


COLUMNS = (
    "room_id",
    "show",
    "seq",
    "user_id",
    "nickname",
    "avatar",
    "role",
    "content",
    "client_msg_id",
    "state",
    "created_at",
)
_values = attrgetter(*COLUMNS[:-1])
FIELDS = tuple(field.attname for field in Comment._meta.concrete_fields)
USER: Any = Comment._meta.get_field("user")


def with_keys(asked: Collection[tuple[int, int, str]]) -> list[Comment]:
    """The comments with one of these (user, room, key): each is one look at the index, whatever the others are."""
    table = connection.ops.quote_name(Comment._meta.db_table)
    places = ", ".join(["(%s, %s, %s)"] * len(asked))
    # Names and places only; the values go apart.
    sql = (
        f"WITH asked (by, place, key) AS (VALUES {places}) SELECT {table}.id FROM asked JOIN {table} "  # noqa: S608
        "ON user_id = by AND room_id = place AND client_msg_id = key"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, list(chain.from_iterable(asked)))
        found = [pk for (pk,) in cursor.fetchall()]
    # Almost always there are none.
    return list(Comment.objects.select_related("user").filter(pk__in=found)) if found else []


class CommentBuffer:
    """The comments of one transaction."""

    def __init__(self, tx: RoomTransaction) -> None:
        self._tx = tx
        self._known: dict[tuple[int, int, str], Posted | None] = {}
        self._last: dict[tuple[int, int], int] = {}
        self._new: list[Posted] = []

    def look_up(self, room_id: int, keys: Iterable[tuple[int, str]]) -> None:
        """Read the comments that have one of these (user, key) already."""
        asked = {(user_id, room_id, key) for user_id, key in keys} - self._known.keys()
        if not asked:
            return
        self._known.update(dict.fromkeys(asked))
        for row in with_keys(asked):
            self._known[row.user_id, room_id, str(row.client_msg_id)] = Posted(row, message_event(row), again=True)

    def look_up_last(self, room_id: int, user_ids: Iterable[int]) -> None:
        """Read when these users spoke last, for slow mode."""
        asked = {user_id for user_id in user_ids if (room_id, user_id) not in self._last}
        if not asked:
            return
        self._last.update(((room_id, user_id), 0) for user_id in asked)
        now, near = from_ms(self._tx.now), timedelta(seconds=self._tx.rooms[room_id].slow_mode)
        # What seems to be of the future is of before the clock was set back, and holds up nobody until then.
        rows = Comment.objects.filter(
            room_id=room_id, user_id__in=asked, created_at__gt=now - near, created_at__lt=now + near
        )
        for user_id, last in (
            rows.values_list("user_id").annotate(last=Max("created_at")).values_list("user_id", "last")
        ):
            self._last[room_id, user_id] = to_ms(last)

    def known(self, user_id: int, room_id: int, key: str) -> Posted | None:
        if (user_id, room_id, key) not in self._known:
            self.look_up(room_id, [(user_id, key)])
        return self._known[user_id, room_id, key]

    def last(self, user_id: int, room_id: int) -> int:
        """When the user spoke last, in ms, if within the room's slow mode; else 0."""
        self.look_up_last(room_id, [user_id])
        return self._last[room_id, user_id]

    def add(self, posted: Posted) -> None:
        comment = posted.comment
        self._new.append(posted)
        self._last[comment.room_id, comment.user_id] = self._tx.now
        if comment.client_msg_id is not None:
            self._known[comment.user_id, comment.room_id, comment.client_msg_id] = Posted(comment, posted.frame, True)

    def flush(self) -> None:
        for posted in self._new:
            if posted.held is None:
                posted.comment.seq = self._tx.seq_of(posted.frame)
        at = connection.ops.adapt_datetimefield_value(self._tx.moment)
        keys = insert(Comment, COLUMNS, [(*_values(posted.comment), at) for posted in self._new])
        for posted, key in zip(self._new, keys, strict=True):
            posted.comment.pk = posted.frame.id = key
            posted.comment._state.adding = False
            posted.frame.ts = self._tx.now
        reviews_store([(posted.comment, posted.review) for posted in self._new if posted.review is not None])


def message_event(comment: Comment) -> MessageEvent:
    """The ``message`` frame of a stored comment."""
    part = comment_part(comment, comment.user.public_id)
    frame = MessageEvent(ts=part.ts, id=part.id, user=part.user, content=part.content)
    if comment.seq is not None:
        frame.seq = comment.seq
    return frame


def comment_post(
    tx: RoomTransaction,
    *,
    room_id: int,
    user: User,
    role: Role,
    content: str,
    key: str | None = None,
    refusal: Refused | None = None,
) -> Posted:
    """Say something in a room.

    A known ``key`` gives what was posted first, whatever the rest says. ``refusal`` is what was found against the
    comment before (its rate, its length), raised after that look-up. ``content`` is cleaned text; the checks that judge
    from memory may refuse it, change it or hold it.
    """
    buffer = tx.buffer(CommentBuffer)
    if key is not None and (before := buffer.known(user.pk, room_id, key)):
        return before
    if refusal is not None:
        raise refusal
    room = tx.rooms[room_id]
    check_not_silenced(tx, room_id=room_id, user=user, role=role)
    _check_may_speak(tx, room, user, role)
    judged = judge(Subject(Kind.COMMENT, content, user))
    return comment_store(tx, room_id=room_id, user=user, role=role, content=judged.text, key=key, held=judged.held)


def comment_store(
    tx: RoomTransaction,
    *,
    room_id: int,
    user: User,
    role: Role,
    content: str,
    key: str | None = None,
    held: Held | None = None,
) -> Posted:
    """Store a comment that its sender is to be asked nothing about any more.

    Beyond the room's budget it is held back for good, and not looked at. Else it may have to wait: for a human when a
    check says so (``held``), for one that asks elsewhere. The staff's are shown at once, and looked at then.
    """
    room = tx.rooms[room_id]
    state = Comment.State.SHOWN
    review: Review | None = None
    if role not in STAFF and not _within_budget(tx, room_id):
        state = Comment.State.BUSY
    elif (review := review_of(held, now=tx.now)) is not None and role not in STAFF and is_to_wait(review):
        state = Comment.State.REVIEW
    comment = _made(
        user,
        room_id=room_id,
        show=room.show,
        user_id=user.pk,
        nickname=user.nickname,
        avatar=user.avatar,
        role=role,
        content=content,
        client_msg_id=key,
        state=state,
        created_at=tx.moment,
    )
    posted = Posted(comment, MessageEvent(user=user_part(user, role), content=content), review=review)
    if state is Comment.State.SHOWN:
        tx.emit(room_id, posted.frame)
    elif state is Comment.State.BUSY:
        tx.heads[room_id].held += 1
    tx.buffer(CommentBuffer).add(posted)
    return posted


def _made(user: User, **values: Any) -> Comment:
    """A new comment of this user with these values; those of its columns that are not named are None."""
    # By place: by name, and with its relations set, Django takes three times as long.
    by_place: Callable[..., Comment] = Comment
    comment = by_place(*map(values.get, FIELDS))
    USER.set_cached_value(comment, user)
    return comment


def _check_may_speak(tx: RoomTransaction, room: Room, user: User, role: Role) -> None:
    if room.status == Room.Status.ENDED:
        raise Refused(Code.ROOM_CLOSED, "This show has ended.")
    if not room.allow_comments:
        raise Refused(Code.SWITCHED_OFF, "Comments are switched off in this room.")
    if room.slow_mode and role not in STAFF:
        wait = tx.buffer(CommentBuffer).last(user.pk, room.pk) + 1000 * room.slow_mode - tx.now
        if wait > 0:
            raise Refused(
                Code.SLOW_MODE,
                f"One comment every {room.slow_mode} s in this room.",
                retry_after=wait / 1000,
                limit=room.slow_mode,
            )


def _within_budget(tx: RoomTransaction, room_id: int) -> bool:
    """Count a shown comment against the room's budget of this second, which all processes share."""
    budget, head, second = settings.LIVEROOM_ROOM_BUDGET, tx.heads[room_id], tx.now // 1000
    if not budget:
        return True
    if head.budget_second != second:
        head.budget_second, head.budget_used = second, 0
    if head.budget_used >= budget:
        return False
    head.budget_used += 1
    return True


@dataclass(slots=True, frozen=True)
class Post:
    """The command behind a ``message`` frame; see ``comment_post``."""

    room_id: int
    user: User
    role: Role
    content: str
    key: str | None
    refusal: Refused | None = None

    @classmethod
    def rooms(cls, commands: Sequence[Self]) -> set[int]:
        return set()

    @classmethod
    def prepare(cls, tx: RoomTransaction, commands: Sequence[Self]) -> None:
        buffer = tx.buffer(CommentBuffer)
        for room_id in {command.room_id for command in commands}:
            mine = [command for command in commands if command.room_id == room_id]
            buffer.look_up(room_id, [(command.user.pk, command.key) for command in mine if command.key is not None])
            if tx.rooms[room_id].slow_mode:
                buffer.look_up_last(room_id, [command.user.pk for command in mine])
        look_up_askers(tx, commands)

    def apply(self, tx: RoomTransaction) -> Posted:
        return comment_post(
            tx,
            room_id=self.room_id,
            user=self.user,
            role=self.role,
            content=self.content,
            key=self.key,
            refusal=self.refusal,
        )


def comments_remove(tx: RoomTransaction, *, room_id: int, comment_ids: Iterable[int]) -> list[int]:
    """Take comments down: from the screens, from history, and their text from the log.

    One that waits is refused: its sender alone is told. Returns the keys of those that were not down already.
    """
    rows = list(Comment.objects.filter(room_id=room_id, pk__in=set(comment_ids)).exclude(state__in=DOWN).order_by("pk"))
    if not rows:
        return []
    waiting = [row for row in rows if row.state == Comment.State.REVIEW]
    shown = [row.pk for row in rows if row.state != Comment.State.REVIEW]
    if shown:
        Comment.objects.filter(pk__in=shown).update(state=Comment.State.REMOVED)
    if waiting:
        Comment.objects.filter(pk__in=[row.pk for row in waiting]).update(state=Comment.State.REFUSED)
    Review.objects.filter(comment_id__in=[row.pk for row in rows]).update(state=Review.State.REFUSED)
    for row in waiting:
        tx.comment_refused(room_id, row.user_id, row.pk)
    events = list(Event.objects.filter(room_id=room_id, seq__in=[row.seq for row in rows if row.seq is not None]))
    for event in events:
        frame = msgspec.json.decode(event.payload, type=MessageEvent)
        frame.content, frame.removed = "", True
        event.payload = encode(frame).decode()
    Event.objects.bulk_update(events, ["payload"])
    seen = [row.pk for row in rows if row.seq is not None]
    if seen:
        _empty_pins(room_id, set(seen), after=min(row.seq for row in rows if row.seq is not None))
        tx.emit(room_id, RemoveEvent(comment_ids=seen))
    if tx.rooms[room_id].pinned_id in seen:
        comment_pin(tx, room_id=room_id, comment_id=None)
    return [row.pk for row in rows]


def _empty_pins(room_id: int, comment_ids: set[int], *, after: int) -> None:
    """Take the text of removed comments out of the events that carried one of them as the pin."""
    for event in Event.objects.filter(room_id=room_id, kind__in=("pin", "room"), seq__gt=after):
        frame = msgspec.json.decode(event.payload, type=PinEvent | RoomEvent)
        pinned = frame.comment if isinstance(frame, PinEvent) else frame.room.pinned
        if pinned is not None and pinned.id in comment_ids and pinned.content:
            pinned.content = ""
            event.payload = encode(frame).decode()
            event.save(update_fields=["payload"])


def comment_pin(tx: RoomTransaction, *, room_id: int, comment_id: int | None) -> None:
    """Pin a shown comment of the current show, or none; raises Refused ``bad_message``."""
    room = tx.rooms[room_id]
    if room.pinned_id == comment_id:
        return
    comment = None
    if comment_id is not None:
        shown = Comment.objects.filter(room=room, show=room.show, state=Comment.State.SHOWN)
        comment = shown.select_related("user").filter(pk=comment_id).first()
        if comment is None:
            raise Refused(Code.BAD_MESSAGE, f"Comment {comment_id} is not shown in this room.", field="comment_id")
    room.pinned = comment
    room.save(update_fields=["pinned"])
    frame = tx.found(room_id, "pin", PinEvent) or tx.emit(room_id, PinEvent(comment=None), key="pin")
    frame.comment = comment_part(comment, comment.user.public_id) if comment else None
