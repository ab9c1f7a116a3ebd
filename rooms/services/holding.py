"""Which comments are to be decided about after they were stored, and what is kept of that."""

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db import connection

from rooms.checks.pipeline import Held, asks_elsewhere
from rooms.compiled import insert
from rooms.models import CHECK_NAME_MAX, DETAIL_MAX, Comment, Review, from_ms
from rooms.publish import PROCESS_KEY

CLAIMED_FOR = timedelta(seconds=30)
"""For so long a process alone asks about a comment; whoever finds it undecided after that asks again."""

COLUMNS = ("comment_id", "state", "check_name", "detail", "tries", "claimed_by", "claimed_until")


def review_of(held: Held | None, *, now: int) -> Review | None:
    """What is to be decided about a new comment: by a human if a check says so, else by the checks elsewhere.

    This process asks these first; ``now`` in ms.
    """
    if held is not None:
        return Review(state=Review.State.OPEN, **described(held))
    if asks_elsewhere():
        until = from_ms(now) + CLAIMED_FOR
        return Review(state=Review.State.CHECKING, claimed_by=PROCESS_KEY, claimed_until=until)
    return None


def described(held: Held) -> dict[str, str]:
    """Which check it was and what it found, as far as they fit into their columns."""
    return {"check_name": held.check_name[:CHECK_NAME_MAX], "detail": held.detail[:DETAIL_MAX]}


def is_to_wait(review: Review) -> bool:
    """Whether a viewer's comment is not shown before this is decided."""
    return review.state == Review.State.OPEN or settings.LIVEROOM_MSG_CHECK == "before"


def reviews_store(pairs: Sequence[tuple[Comment, Review]]) -> None:
    """Insert what is to be decided about comments that have their keys."""
    if not pairs:
        return
    rows = []
    for comment, review in pairs:
        review.comment = comment
        until = connection.ops.adapt_datetimefield_value(review.claimed_until)
        rows.append((*(getattr(review, name) for name in COLUMNS[:-1]), until))
    for review, key in zip((review for _, review in pairs), insert(Review, COLUMNS, rows), strict=True):
        review.pk = key
        review._state.adding = False
