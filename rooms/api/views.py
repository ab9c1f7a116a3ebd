"""Rooms, their comments and their log: read by anybody."""

from typing import Annotated

import msgspec
from drf_spectacular.utils import extend_schema
from msgspec import Meta
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.schema import error_responses
from rooms import selectors
from rooms.api import wire
from rooms.api.base import RoomView
from rooms.api.wire import WireView
from rooms.messages import Code, CommentPart, Count, Refused, RoomPart
from rooms.models import Room
from rooms.realtime import runtime

EVENTS_MAX = 500

Limit = Annotated[int, Meta(ge=1, le=100, description="How many at most.")]
Next = Annotated[str | None, Meta(description="Path of the next page.")]


class RoomLine(RoomPart, kw_only=True):
    """The room object of `init`, and how many people are in it."""

    online: int


class RoomDetail(RoomLine, kw_only=True):
    """A room as of `seq`: the events after it are still to come."""

    likes: int
    seq: int
    epoch: str


class RoomPage(msgspec.Struct, kw_only=True):
    results: list[RoomLine]
    next: Next


class RoomQuery(msgspec.Struct, kw_only=True):
    cursor: Annotated[Count, Meta(description="From `next`.")] = 0
    limit: Limit = 50


class CommentPage(msgspec.Struct, kw_only=True):
    """Oldest first; `next` leads to older ones."""

    results: list[CommentPart]
    next: Next


class CommentQuery(msgspec.Struct, kw_only=True):
    before: Annotated[Count | None, Meta(description="A seq, exclusive.")] = None
    limit: Limit = 50


class EventPage(msgspec.Struct, kw_only=True):
    """Frames as over the socket, oldest first; `seq` is the `since` of the next request."""

    events: list[msgspec.Raw]
    seq: int
    epoch: str
    more: bool


class EventQuery(msgspec.Struct, kw_only=True):
    since: Annotated[Count, Meta(description="The last seq that the client has.")] = 0
    epoch: Annotated[str | None, Meta(description="Whose numbers these are.")] = None
    limit: Annotated[int, Meta(ge=1, le=EVENTS_MAX, description="How many at most.")] = 100


class RoomListView(WireView):
    """All rooms."""

    @extend_schema(
        operation_id="rooms",
        parameters=wire.query_parameters(RoomQuery),
        responses={200: RoomPage, **error_responses(400)},
    )
    def get(self, request: Request) -> Response:
        """Return rooms, oldest first."""
        asked = wire.query(request, RoomQuery)
        rows = list(selectors.rooms_with_heads().filter(pk__gt=asked.cursor).order_by("pk")[: asked.limit + 1])
        page = rows[: asked.limit]
        online = runtime.online_of(room.pk for room in page)
        return Response(
            RoomPage(
                results=[_line(room, online[room.pk]) for room in page],
                next=wire.link(request, cursor=page[-1].pk, limit=asked.limit) if len(rows) > asked.limit else None,
            )
        )


class RoomDetailView(RoomView):
    """One room."""

    @extend_schema(operation_id="room", responses={200: RoomDetail, **error_responses(403, 404)})
    def get(self, request: Request, slug: str) -> Response:
        """Return the room as of now, with the number of its newest event."""
        return Response(room_detail(self.room.pk))


class CommentsView(RoomView):
    """The comments of the current show."""

    @extend_schema(
        operation_id="room_comments",
        parameters=wire.query_parameters(CommentQuery),
        responses={200: CommentPage, **error_responses(400, 403, 404)},
    )
    def get(self, request: Request, slug: str) -> Response:
        """Return the newest comments, or those before a seq."""
        asked = wire.query(request, CommentQuery)
        comments, more = selectors.comments_page(self.room, before=asked.before, limit=asked.limit)
        following = wire.link(request, before=comments[0].seq, limit=asked.limit) if more else None
        return Response(CommentPage(results=comments, next=following))


class EventsView(RoomView):
    """The numbered events of the room."""

    @extend_schema(
        operation_id="room_events",
        parameters=wire.query_parameters(EventQuery),
        responses={200: EventPage, **error_responses(400, 403, 404)},
    )
    def get(self, request: Request, slug: str) -> Response:
        """Return the events after `since`, from the first one without it.

        An `epoch` that is not this log's, or a `since` beyond its newest event, belongs to another log: `bad_message`
        names it, and the room is to be read afresh. With `more` there are further events after `seq`.
        """
        asked = wire.query(request, EventQuery)
        newest = selectors.head_row(self.room.pk).seq
        if asked.epoch is not None and asked.epoch != self.room.epoch:
            raise Refused(Code.BAD_MESSAGE, "This room's log has another epoch: begin anew.", field="epoch")
        if asked.since > newest:
            raise Refused(
                Code.BAD_MESSAGE, f"This room's log ends with {newest}: begin anew.", field="since", limit=newest
            )
        entries = selectors.events_since(self.room.pk, asked.since, limit=asked.limit, until=newest)
        last = entries[-1].seq if entries else newest
        events = [msgspec.Raw(entry.payload) for entry in entries]
        return Response(EventPage(events=events, seq=last, epoch=self.room.epoch, more=last < newest))


def room_detail(room_id: int) -> RoomDetail:
    """Return the room as of now. Raises Room.DoesNotExist."""
    room = selectors.rooms_with_heads().get(pk=room_id)
    fields = msgspec.structs.asdict(_line(room, runtime.online_of([room_id])[room_id]))
    return RoomDetail(**fields, likes=room.head.likes, seq=room.head.seq, epoch=room.epoch)


def _line(room: Room, online: int) -> RoomLine:
    return RoomLine(**msgspec.structs.asdict(selectors.room_part(room, room.head)), online=online)
