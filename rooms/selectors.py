"""What is read: the picture of a room, its history, the events since a number.

Synchronous; called in a database thread.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

import msgspec
from django.conf import settings
from django.db import connection
from django.db.models import DateTimeField, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import User
from rooms.compiled import Compiled, Prepared
from rooms.messages import AllowPart, CommentPart, HostPart, Role, RoomPart, UserPart, encode
from rooms.models import (
    FOREVER,
    Comment,
    Event,
    Follow,
    Room,
    RoomHead,
    Sanction,
    ViewerChange,
    from_ms,
    now_ms,
    to_ms,
)
from rooms.publish import LogEntry
from rooms.transaction import RoomTransaction

PICTURE_TRIES = 3
CHANGES_WITHIN = timedelta(seconds=20)
"""How much further back a look goes: a change is noted before its commit, and clocks of two machines differ."""

REFUSALS = 1000

PictureReader = Callable[[int], object]
picture_parts: dict[str, PictureReader] = {}
"""What other apps add to the picture of a room: the field of ``init``, and its reader, by the room's key."""


END = Coalesce("until", Value(from_ms(FOREVER)), output_field=DateTimeField())
"""When a mute or ban ends: a time, of one without an end too."""


class Stamped(msgspec.Struct):
    """Of a frame, when it was made."""

    ts: int


class HeadRow(NamedTuple):
    """A room's newest number and its counters."""

    seq: int
    likes: int
    held: int


class ViewerNews(NamedTuple):
    """That something of a user's own changed, in one room or (None) in all, or a comment was refused: ViewerChange."""

    pk: int
    room_id: int | None
    user_id: int
    comment_id: int | None


class Refusal(NamedTuple):
    """That a comment of somebody's that waited was refused; ``at``: when, in ms."""

    user_id: int
    comment_id: int
    at: int


class Picture(NamedTuple):
    """A room as of ``seq``. ``parts`` are fields of ``init``, encoded: ``room``, ``comments``, and the other apps'."""

    seq: int
    likes: int
    epoch: str
    room: RoomPart
    parts: dict[str, msgspec.Raw]


class Viewer(NamedTuple):
    """What is a viewer's own in one room.

    ``muted_until`` and ``banned_until``: in ms, FOREVER for one without an end; None when he is not.
    """

    user: User | None
    role: Role
    following: bool
    muted_until: int | None
    banned_until: int | None = None


GUEST = Viewer(None, Role.GUEST, following=False, muted_until=None)


def user_part(user: User, role: Role = Role.VIEWER) -> UserPart:
    """A user as he goes over the wire."""
    return UserPart(id=user.public_id, nickname=user.nickname, avatar=user.avatar, role=role)


def comment_part(comment: Comment, public_id: str) -> CommentPart:
    """A shown comment as ``init`` and ``history`` carry it."""
    return CommentPart(
        id=comment.pk,
        seq=comment.seq or 0,
        ts=to_ms(comment.shown_at or comment.created_at),
        user=UserPart(id=public_id, nickname=comment.nickname, avatar=comment.avatar, role=Role(comment.role)),
        content=comment.content,
    )


def room_part(room: Room, head: RoomHead) -> RoomPart:
    """The whole room object of ``init`` and of the ``room`` event."""
    pinned = room.pinned
    return RoomPart(
        slug=room.slug,
        title=room.title,
        cover=room.cover,
        host=HostPart(user=user_part(room.host, Role.HOST)),
        followers=head.followers,
        notice=room.notice,
        pinned=comment_part(pinned, pinned.user.public_id) if pinned else None,
        status=room.status,
        show=room.show,
        allow=AllowPart(comments=room.allow_comments, likes=room.allow_likes, shop=room.allow_shop),
        slow_mode=room.slow_mode,
        stream=room.stream,
    )


def rooms_with_heads() -> QuerySet[Room]:
    """Rooms with all that their part of a frame needs."""
    return Room.objects.select_related("host", "head", "pinned__user")


def head_row(room_id: int) -> HeadRow:
    """One room's newest number; raises Room.DoesNotExist."""
    row = heads([room_id]).get(room_id)
    if row is None:
        raise Room.DoesNotExist(f"No room with key {room_id}.")
    return row


def heads(room_ids: list[int]) -> dict[int, HeadRow]:
    """The newest numbers of many rooms, in one query."""
    # By hand, as in `viewer_changes`: asked twice a second for as long as a process lives, and four times as cheap.
    places = ", ".join(["%s"] * len(room_ids))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT room_id, seq, likes, held FROM rooms_roomhead WHERE room_id IN ({places})",  # noqa: S608
            room_ids,
        )
        return {room_id: HeadRow(seq, likes, held) for room_id, seq, likes, held in cursor.fetchall()}


def viewer_changes(*, since: timedelta) -> list[ViewerNews]:
    """What changed of users' own ``since`` the last look so long ago."""
    moment = connection.ops.adapt_datetimefield_value(timezone.now() - since - CHANGES_WITHIN)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, room_id, user_id, comment_id FROM rooms_viewerchange WHERE at > %s ORDER BY id", [moment]
        )
        return [ViewerNews(*row) for row in cursor.fetchall()]


def refusals(room_id: int) -> list[Refusal]:
    """The last refusals in a room of which there is still a note, at most REFUSALS, oldest first."""
    noted = ViewerChange.objects.filter(room_id=room_id, comment__isnull=False).order_by("-pk")[:REFUSALS]
    rows = noted.values_list("user_id", "comment_id", "at")
    return [Refusal(user_id, comment_id, to_ms(at)) for user_id, comment_id, at in reversed(rows)]


def event_ts(room_id: int, seq: int) -> int:
    """When an event of a room was committed, in ms; 0 for one that is not in the log, such as the one before all."""
    found = events_since(room_id, seq - 1, limit=1, until=seq)
    return msgspec.json.decode(found[0].payload, type=Stamped).ts if found else 0


def news(room_ids: list[int], *, since: timedelta) -> tuple[dict[int, HeadRow], list[ViewerNews]]:
    """``heads`` and ``viewer_changes``, in one go."""
    return heads(room_ids), viewer_changes(since=since)


def events_since(room_id: int, seq: int, *, limit: int, until: int | None = None) -> list[LogEntry]:
    """The log after ``seq``, oldest first, at most ``limit`` lines, up to ``until`` if that is given."""
    events = Event.objects.filter(room_id=room_id, seq__gt=seq)
    if until is not None:
        events = events.filter(seq__lte=until)
    rows = events.order_by("seq").values_list("seq", "kind", "payload")[:limit]
    return [LogEntry(number, kind, payload.encode()) for number, kind, payload in rows]


def comments_page(room: Room, *, before: int | None, limit: int) -> tuple[list[CommentPart], bool]:
    """Comments of the current show before a seq, oldest first; and whether there are older ones."""
    rows = Comment.objects.filter(room=room, show=room.show, state=Comment.State.SHOWN, seq__isnull=False)
    if before is not None:
        rows = rows.filter(seq__lt=before)
    page = list(rows.select_related("user").order_by("-seq")[: limit + 1])
    more = len(page) > limit
    return [comment_part(row, row.user.public_id) for row in reversed(page[:limit])], more


def history(room_id: int, *, before: int | None, limit: int) -> tuple[list[CommentPart], bool]:
    """``comments_page`` of a room by its key; raises Room.DoesNotExist."""
    return comments_page(Room.objects.get(pk=room_id), before=before, limit=limit)


def comments_in_picture() -> int:
    """How many comments ``init`` carries at most: with fewer, the show has no others."""
    return settings.LIVEROOM_HISTORY or 500


def picture(room_id: int) -> Picture:
    """The room as of one seq: read without a lock while the seq stands still, under the lock after some tries.

    Raises Room.DoesNotExist.
    """
    for _ in range(PICTURE_TRIES):
        before = head_row(room_id)
        found = _read_picture(room_id)
        if head_row(room_id).seq == before.seq == found.seq:
            return found
    with RoomTransaction(room_id):
        return _read_picture(room_id)


def _read_picture(room_id: int) -> Picture:
    room = rooms_with_heads().get(pk=room_id)
    comments, _more = comments_page(room, before=None, limit=comments_in_picture())
    part = room_part(room, room.head)
    parts: dict[str, object] = {"room": part, "comments": comments}
    parts.update((name, read(room_id)) for name, read in picture_parts.items())
    return Picture(
        seq=room.head.seq,
        likes=room.head.likes,
        epoch=room.epoch,
        room=part,
        parts={name: msgspec.Raw(encode(part)) for name, part in parts.items()},
    )


def viewer(room_id: int, **who: int | str) -> Viewer:
    """A user in a room, in one query, found by ``pk`` or ``public_id``; if there is none (any more), a guest."""
    [(name, value)] = who.items()
    found: list[Any] = _users_in_room[name](value, room_id, from_ms(now_ms()))
    if not found:
        return GUEST
    [user] = found
    role = Role.HOST if user.is_host else Role.ASSISTANT if user.is_assistant else Role.VIEWER
    ends = [None if end is None or is_exempt(user, role) else to_ms(end) for end in (user.muted, user.banned)]
    return Viewer(user, role, user.follows, *ends)


def _user_in_room(name: str, value: int | str, room_id: int, now: datetime) -> QuerySet[User]:
    hosts = Room.objects.filter(pk=room_id).values("host_id")
    return (
        User.objects.filter(**{name: value}, is_active=True)
        .order_by()
        .annotate(
            is_host=Exists(Room.objects.filter(pk=room_id, host_id=OuterRef("pk"))),
            is_assistant=Exists(Room.assistants.through.objects.filter(room_id=room_id, user_id=OuterRef("pk"))),
            follows=Exists(Follow.objects.filter(user_id=OuterRef("pk"), host_id__in=hosts)),
            muted=_last_end(room_id, Sanction.Kind.MUTE, now),
            banned=_last_end(room_id, Sanction.Kind.BAN, now),
        )
    )


# Read for everybody who comes back: compiling it anew took ten times as long as all else that he costs.
_users_in_room = {
    "pk": Prepared(partial(_user_in_room, "pk"), 2_000_000_011, 2_000_000_033, from_ms(4_000_000_000_123)),
    "public_id": Prepared(partial(_user_in_room, "public_id"), "a user", 2_000_000_033, from_ms(4_000_000_000_123)),
}


# --- Mutes and bans.


def is_administrator(user: User) -> bool:
    """Whether somebody may do everything in the administration, and so in every room."""
    return user.is_staff and user.is_superuser


def is_exempt(user: User, role: Role) -> bool:
    """Whether mutes and bans do not hold for a user who has this role in the room."""
    return role in (Role.HOST, Role.ASSISTANT) or is_administrator(user)


def sanctions_in_force(room_id: int, *, now: datetime) -> QuerySet[Sanction]:
    """The mutes and bans that hold in a room at that time."""
    lasting = Q(until=None) | Q(until__gt=now)
    return Sanction.objects.filter(lasting, Q(room_id=room_id) | Q(room=None), ending="")


def _last_end(room_id: int, kind: Sanction.Kind, now: datetime) -> Subquery:
    mine = sanctions_in_force(room_id, now=now).filter(user_id=OuterRef("pk"), kind=kind)
    return Subquery(mine.annotate(end=END).order_by("-end").values("end")[:1])


_standing = Compiled(lambda user_ids, endings: Sanction.objects.filter(user_id__in=user_ids).filter(ending__in=endings))


def sanctions_of(room_id: int, user_ids: Iterable[int], *, now: int) -> dict[tuple[int, str], int]:
    """When what holds against these users in a room ends, in ms, by (user, kind): one query."""
    found: dict[tuple[int, str], int] = {}
    asked = sorted(set(user_ids))
    for row in _standing(asked, [""]):
        end = FOREVER if row.until is None else to_ms(row.until)
        if row.room_id in (None, room_id) and end > now:
            found[row.user_id, row.kind] = max(end, found.get((row.user_id, row.kind), 0))
    return found


def sanctions_of_pairs(pairs: Collection[tuple[int, int]], *, now: int) -> dict[tuple[int, int], dict[str, int]]:
    """When what holds against (user, room) ends, in ms, by its kind: of users in several rooms, one query."""
    lasting = Q(until=None) | Q(until__gt=from_ms(now))
    where = Q(room=None) | Q(room_id__in={room_id for _, room_id in pairs})
    rows = Sanction.objects.filter(lasting, where, ending="", user_id__in={user_id for user_id, _ in pairs})
    found: dict[tuple[int, int], dict[str, int]] = {pair: {} for pair in pairs}
    for user_id, room_id, kind, end in (
        rows.annotate(end=END).order_by("end").values_list("user_id", "room_id", "kind", "end")
    ):
        for pair in found:
            if pair[0] == user_id and room_id in (None, pair[1]):
                found[pair][kind] = to_ms(end)
    return found


def role_in_room(room: Room, user: User) -> Role:
    """What a stored user is in a room."""
    if room.host_id == user.pk:
        return Role.HOST
    return Role.ASSISTANT if room.assistants.filter(pk=user.pk).exists() else Role.VIEWER


def room_id_by_slug(slug: str) -> int | None:
    """The key of the room with that slug, or None."""
    return Room.objects.filter(slug=slug).values_list("pk", flat=True).first()
