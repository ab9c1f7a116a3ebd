"""What is decided about comments after they were stored: by a check that asked elsewhere, or by a human.

The first decision counts: each is taken under the room's lock, and finds what was decided before it.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Self

from django.db import transaction
from django.db.models import F, QuerySet

from rooms.checks.pipeline import Held
from rooms.messages import MessageEvent
from rooms.models import Comment, Review, from_ms, now_ms
from rooms.services.comments import comments_remove, message_event
from rooms.services.holding import CLAIMED_FOR, described
from rooms.transaction import RoomTransaction

State = Review.State
UNDECIDED = (State.CHECKING, State.OPEN)
LOCKED_AT_ONCE = 1000
OFF = "off"
"""What is noted where the checks were switched off before one of them was asked."""


class ReviewBuffer:
    """What is decided in one transaction."""

    def __init__(self, tx: RoomTransaction) -> None:
        self._tx = tx
        self._undecided: dict[int, Comment | None] = {}
        self._shown: list[tuple[Comment, MessageEvent]] = []
        self._passed: list[int] = []
        self._opened: list[Review] = []

    def look_up(self, room_id: int, comment_ids: Iterable[int]) -> None:
        """Read those of these comments about which something is to be decided."""
        asked = set(comment_ids) - self._undecided.keys()
        if asked:
            self._undecided.update(dict.fromkeys(asked))
            rows = Comment.objects.filter(room_id=room_id, pk__in=asked, review__state__in=UNDECIDED)
            self._undecided.update((row.pk, row) for row in rows.select_related("user", "review"))

    def take(self, room_id: int, comment_id: int, *states: str) -> Comment | None:
        """The comment, if this is still to be decided about it; whoever takes it decides."""
        self.look_up(room_id, [comment_id])
        comment = self._undecided[comment_id]
        if comment is None or comment.review.state not in states:
            return None
        self._undecided[comment_id] = None
        return comment

    def show(self, comment: Comment) -> None:
        """It passed: who waited is shown, at a new number; nothing is to be decided any more."""
        self._passed.append(comment.pk)
        if comment.state == Comment.State.REVIEW:
            frame = message_event(comment)
            self._tx.emit(comment.room_id, frame)
            self._shown.append((comment, frame))

    def open(self, comment: Comment, held: Held) -> None:
        """A human is to decide."""
        _describe(comment.review, held)
        comment.review.state = State.OPEN
        self._opened.append(comment.review)

    def flush(self) -> None:
        for comment, frame in self._shown:
            comment.state, comment.seq = Comment.State.SHOWN, self._tx.seq_of(frame)
            comment.shown_at = from_ms(self._tx.now)
        Comment.objects.bulk_update([comment for comment, _ in self._shown], ["state", "seq", "shown_at"])
        if self._passed:
            Review.objects.filter(comment_id__in=self._passed).delete()
        Review.objects.bulk_update(self._opened, ["state", "check_name", "detail"])


def comment_pass(tx: RoomTransaction, *, room_id: int, comment_id: int) -> bool:
    """Decide that a comment may be seen: one that waits is shown to all, whatever the room's budget says.

    Returns whether this was still to be decided; what was decided before stays.
    """
    buffer = tx.buffer(ReviewBuffer)
    comment = buffer.take(room_id, comment_id, *UNDECIDED)
    if comment is not None:
        buffer.show(comment)
    return comment is not None


def comment_refuse(tx: RoomTransaction, *, room_id: int, comment_id: int) -> bool:
    """Decide that a comment may not be seen: the sender of one that waits is told, one that is shown is taken down.

    Returns whether it was not down already.
    """
    return bool(comments_remove(tx, room_id=room_id, comment_ids=[comment_id]))


def reviews_end(tx: RoomTransaction, *, room_id: int) -> None:
    """Decide about what waits when its show is over for good: nobody will see it. Clients clear their comments."""
    waiting = Comment.objects.filter(room_id=room_id, show=tx.rooms[room_id].show, state=Comment.State.REVIEW)
    keys = list(waiting.values_list("pk", flat=True))
    if keys:
        Review.objects.filter(comment_id__in=keys).update(state=State.REFUSED)
        waiting.update(state=Comment.State.REFUSED)


class Outcome(Enum):
    """What becomes of a comment that was looked at."""

    PASS = "pass"  # noqa: S105 (no password)
    REFUSE = "refuse"
    OPEN = "open"


@dataclass(slots=True, frozen=True)
class Decide:
    """What the checks elsewhere said about a comment, as a command; see ``comment_pass`` and ``comment_refuse``."""

    room_id: int
    comment_id: int
    outcome: Outcome
    held: Held

    @classmethod
    def rooms(cls, commands: Sequence[Self]) -> set[int]:
        return set()

    @classmethod
    def prepare(cls, tx: RoomTransaction, commands: Sequence[Self]) -> None:
        for room_id in {command.room_id for command in commands}:
            mine = [command.comment_id for command in commands if command.room_id == room_id]
            tx.buffer(ReviewBuffer).look_up(room_id, mine)

    def apply(self, tx: RoomTransaction) -> bool:
        buffer = tx.buffer(ReviewBuffer)
        comment = buffer.take(self.room_id, self.comment_id, State.CHECKING)
        if comment is None:
            return False
        match self.outcome:
            case Outcome.PASS:
                buffer.show(comment)
            case Outcome.OPEN:
                buffer.open(comment, self.held)
            case Outcome.REFUSE:
                _describe(comment.review, self.held)
                comment.review.save(update_fields=["check_name", "detail"])
                comment_refuse(tx, room_id=self.room_id, comment_id=self.comment_id)
        return True


def _describe(review: Review, held: Held) -> None:
    for name, text in described(held).items():
        setattr(review, name, text)


# --- Who asks.


def reviews_unasked() -> bool:
    """Whether checks elsewhere are to be asked about a comment that no process asks about."""
    return _unclaimed(_now()).exists()


def reviews_claim(*, limit: int) -> list[Comment]:
    """Comments that the caller alone is to ask about now, the oldest first; with how often that was begun before."""
    now, name = _now(), secrets.token_hex(8)
    with transaction.atomic():
        keys = _locked(_unclaimed(now), limit=limit)
        Review.objects.filter(pk__in=keys).update(
            claimed_by=name, claimed_until=now + CLAIMED_FOR, tries=F("tries") + 1
        )
    rows = Comment.objects.filter(review__claimed_by=name, review__state=State.CHECKING)
    return list(rows.select_related("user", "review").order_by("pk"))


def reviews_release(comment_ids: Iterable[int]) -> None:
    """Ask about these no more: any other process may, at once."""
    with transaction.atomic():
        keys = _locked(_asked(comment_ids))
        Review.objects.filter(pk__in=keys).update(claimed_until=_now())


def reviews_drop(comment_ids: Iterable[int]) -> None:
    """Nothing is to be decided any more about these, which are shown already."""
    with transaction.atomic():
        Review.objects.filter(pk__in=_locked(_asked(comment_ids))).delete()


def reviews_unask() -> None:
    """Have humans decide what was to be asked elsewhere: that was switched off meanwhile. What is shown stays.

    LOCKED_AT_ONCE at most, and none that a process has claimed: to be called again.
    """
    with transaction.atomic():
        keys = _locked(_unclaimed(_now()))
        Review.objects.filter(pk__in=keys, comment__state=Comment.State.SHOWN).delete()
        Review.objects.filter(pk__in=keys).update(state=State.OPEN, detail=OFF)


def _asked(comment_ids: Iterable[int]) -> QuerySet[Review]:
    return Review.objects.filter(comment_id__in=list(comment_ids), state=State.CHECKING)


def _locked(reviews: QuerySet[Review], *, limit: int = LOCKED_AT_ONCE) -> list[int]:
    """Keys of these, locked without waiting: no room is, and whoever decides about one of them holds its room.

    Those that somebody else has locked are left to him.
    """
    found = reviews.select_for_update(skip_locked=True, no_key=True).order_by("pk")
    return list(found.values_list("pk", flat=True)[:limit])


def _now() -> datetime:
    return from_ms(now_ms())


def _unclaimed(now: datetime) -> QuerySet[Review]:
    return Review.objects.filter(state=State.CHECKING, claimed_until__lt=now)
