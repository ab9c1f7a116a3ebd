"""Comments that a human is to decide about, over HTTP."""

from collections.abc import Callable
from typing import Annotated

import msgspec
from drf_spectacular.utils import extend_schema
from msgspec import Meta
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.schema import error_responses
from rooms.api import wire
from rooms.api.base import StaffView
from rooms.api.views import Limit, Next
from rooms.messages import Count, UserPart
from rooms.models import Comment, Review
from rooms.selectors import comment_part
from rooms.services import reviews
from rooms.transaction import RoomTransaction


class ReviewPart(msgspec.Struct, kw_only=True):
    """A comment that is to be decided about; `ts`: when it was said, in ms."""

    id: int
    ts: int
    user: UserPart
    content: str
    shown: Annotated[bool, Meta(description="Whether everybody sees it meanwhile.")]
    check: Annotated[str, Meta(description="Which check wants it looked at.")]
    detail: Annotated[str, Meta(description="What it found: a word, a label.")]


class ReviewPage(msgspec.Struct, kw_only=True):
    """Oldest first."""

    results: list[ReviewPart]
    next: Next


class ReviewQuery(msgspec.Struct, kw_only=True):
    cursor: Annotated[Count, Meta(description="From `next`.")] = 0
    limit: Limit = 50


class CommentState(msgspec.Struct, kw_only=True):
    """How a comment stands: `shown`, with its number, or one of the states in which nobody but its sender sees it."""

    id: int
    state: Annotated[str, Meta(description="`shown`, `busy`, `review`, `refused` or `removed`.")]
    seq: int | None


class ReviewsView(StaffView):
    """What waits for a human."""

    @extend_schema(
        operation_id="room_reviews",
        parameters=wire.query_parameters(ReviewQuery),
        responses={200: ReviewPage, **error_responses(400, 401, 403, 404)},
    )
    def get(self, request: Request, slug: str) -> Response:
        """Return the comments that a human is to decide about, oldest first."""
        asked = wire.query(request, ReviewQuery)
        found = Comment.objects.filter(room=self.room, review__state=Review.State.OPEN, pk__gt=asked.cursor)
        rows = list(found.select_related("user", "review").order_by("pk")[: asked.limit + 1])
        page = rows[: asked.limit]
        following = wire.link(request, cursor=page[-1].pk, limit=asked.limit) if len(rows) > len(page) else None
        return Response(ReviewPage(results=[_part(row) for row in page], next=following))


class DecisionView(StaffView):
    """What a human decides about a comment that waits, or that a check wants looked at."""

    def decide(self, service: Callable[..., bool], comment_id: str) -> Response:
        """Decide, unless that was done before: the first decision counts, and the answer says which it was."""
        with RoomTransaction(self.room.pk) as tx:
            mine = Comment.objects.filter(room=self.room, pk=int(comment_id))
            if not mine.exists():
                raise NotFound("This room has no such comment.")
            service(tx, room_id=self.room.pk, comment_id=int(comment_id))
        comment = mine.get()
        return Response(CommentState(id=comment.pk, state=comment.state, seq=comment.seq))


DECIDED = {200: CommentState, **error_responses(401, 403, 404)}


class PassView(DecisionView):
    """A comment that may be seen."""

    @extend_schema(operation_id="room_comment_pass", request=None, responses=DECIDED)
    def post(self, request: Request, slug: str, comment_id: str) -> Response:
        """Show a comment that waits to all; of one that is shown, nothing more is to be decided."""
        return self.decide(reviews.comment_pass, comment_id)


class RefuseView(DecisionView):
    """A comment that may not be seen."""

    @extend_schema(operation_id="room_comment_refuse", request=None, responses=DECIDED)
    def post(self, request: Request, slug: str, comment_id: str) -> Response:
        """Refuse a comment that waits, and tell its sender; one that is shown is taken down."""
        return self.decide(reviews.comment_refuse, comment_id)


def _part(comment: Comment) -> ReviewPart:
    part = comment_part(comment, comment.user.public_id)
    return ReviewPart(
        id=part.id,
        ts=part.ts,
        user=part.user,
        content=part.content,
        shown=comment.state == Comment.State.SHOWN,
        check=comment.review.check_name,
        detail=comment.review.detail,
    )
