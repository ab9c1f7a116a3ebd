"""Blocked words over HTTP: for administrators, as they hold in all rooms."""

from typing import Annotated, Any, cast

import msgspec
from drf_spectacular.utils import extend_schema
from msgspec import Meta
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.schema import error_responses
from rooms.api import wire
from rooms.api.views import Next
from rooms.api.wire import WireView
from rooms.messages import Code, Count, Refused
from rooms.models import BlockedWord, to_ms
from rooms.selectors import is_administrator
from rooms.services import words

WORDS_AT_ONCE = 10_000
PAGE_MAX = 1000

Action = Annotated[
    str,
    Meta(
        pattern="^(refuse|mask|hold)$",
        description="`refuse` the comment, `mask` the word in it, or `hold` the comment for a review.",
    ),
]
Words = Annotated[
    list[Annotated[str, Meta(description="Case, width and invisible characters make no difference.")]],
    Meta(min_length=1, max_length=WORDS_AT_ONCE),
]


class WordPart(msgspec.Struct, kw_only=True):
    """A blocked word; `created_at` in ms."""

    id: int
    word: str
    action: Action
    created_at: int


class WordPage(msgspec.Struct, kw_only=True):
    """Oldest first."""

    results: list[WordPart]
    next: Next


class WordQuery(msgspec.Struct, kw_only=True):
    cursor: Annotated[Count, Meta(description="From `next`.")] = 0
    limit: Annotated[int, Meta(ge=1, le=PAGE_MAX, description="How many at most.")] = 100


class AddBody(msgspec.Struct, kw_only=True):
    words: Words
    action: Action


class RemoveBody(msgspec.Struct, kw_only=True):
    words: Words


class WordsAdded(msgspec.Struct, kw_only=True):
    """How many words are new, and of how many the action is another now; the rest was so already."""

    new: int
    changed: int


class WordsRemoved(msgspec.Struct, kw_only=True):
    """How many words are blocked no more; the rest was not blocked."""

    removed: int


class AdministratorView(WireView):
    """A view for administrators who may do everything."""

    permission_classes = (IsAuthenticated,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        # IsAuthenticated has let somebody through.
        if not is_administrator(cast(User, request.user)):
            raise Refused(Code.FORBIDDEN, "This is for administrators.")


class WordsView(AdministratorView):
    """The blocked words."""

    @extend_schema(
        operation_id="words",
        parameters=wire.query_parameters(WordQuery),
        responses={200: WordPage, **error_responses(400, 401, 403)},
    )
    def get(self, request: Request) -> Response:
        """Return the words, oldest first."""
        asked = wire.query(request, WordQuery)
        rows = list(BlockedWord.objects.filter(pk__gt=asked.cursor).order_by("pk")[: asked.limit + 1])
        page = rows[: asked.limit]
        following = wire.link(request, cursor=page[-1].pk, limit=asked.limit) if len(rows) > asked.limit else None
        return Response(WordPage(results=[_part(row) for row in page], next=following))

    @extend_schema(
        operation_id="words_add",
        request=AddBody,
        responses={200: WordsAdded, **error_responses(400, 401, 403, 413)},
    )
    def post(self, request: Request) -> Response:
        """Block words, all of them or none; one that is blocked already gets this action."""
        asked = wire.body(request, AddBody)
        try:
            added = words.words_add(asked.words, action=asked.action)
        except Refused as refused:
            if refused.field == "word":
                # The field as it was sent; which of its words it is, the text says.
                refused.field = "words"
            raise
        return Response(WordsAdded(new=len(added.new), changed=len(added.changed)))


class WordsRemoveView(AdministratorView):
    """Words that are blocked no more."""

    @extend_schema(
        operation_id="words_remove",
        request=RemoveBody,
        responses={200: WordsRemoved, **error_responses(400, 401, 403, 413)},
    )
    def post(self, request: Request) -> Response:
        """Block these words no more, however they are written."""
        keys = words.words_named(wire.body(request, RemoveBody).words)
        return Response(WordsRemoved(removed=words.words_remove(keys)))


class WordView(AdministratorView):
    """One blocked word."""

    @extend_schema(operation_id="word_remove", responses={204: None, **error_responses(401, 403, 404)})
    def delete(self, request: Request, word_id: str) -> Response:
        """Block the word no more."""
        if not words.words_remove([int(word_id)]):
            raise NotFound("There is no such word.")
        return Response(status=status.HTTP_204_NO_CONTENT)


def _part(row: BlockedWord) -> WordPart:
    return WordPart(id=row.pk, word=row.word, action=row.action, created_at=to_ms(row.created_at))
