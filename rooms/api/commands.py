"""What the host of a room and his assistants do over HTTP."""

from collections.abc import Callable
from typing import Annotated, Any, cast

import msgspec
from drf_spectacular.utils import extend_schema
from msgspec import UNSET, Meta, UnsetType
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import ADDRESS, User
from accounts.schema import error_responses
from rooms.api import wire
from rooms.api.base import StaffView
from rooms.api.views import RoomDetail, room_detail
from rooms.checks.names import notice_check
from rooms.models import Comment
from rooms.services import comments, rooms
from rooms.transaction import RoomTransaction

CHANGED = {200: RoomDetail, **error_responses(400, 401, 403, 404, 409)}
NOTICED = {200: RoomDetail, **error_responses(400, 401, 403, 404, 422, 503)}

Title = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^(?=.*\S)[^\x00-\x1f\x7f]*$")]
Address = Annotated[
    str,
    Meta(
        max_length=500,
        pattern=f"^({ADDRESS})?$",
        description="A path on this server, an HTTP address, or nothing.",
    ),
]


class NoticeBody(msgspec.Struct, kw_only=True):
    text: Annotated[
        str,
        Meta(max_length=500, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$", description="Nothing takes it down."),
    ]


class PinBody(msgspec.Struct, kw_only=True):
    comment_id: Annotated[int, Meta(ge=1, le=2**53)] | None


class AllowBody(msgspec.Struct, kw_only=True):
    """What viewers may do; what is left out stays as it is."""

    comments: bool | UnsetType = UNSET
    likes: bool | UnsetType = UNSET
    shop: bool | UnsetType = UNSET


class SettingsBody(msgspec.Struct, kw_only=True):
    """What is left out stays as it is."""

    allow: AllowBody | UnsetType = UNSET
    slow_mode: Annotated[int, Meta(ge=0, le=300, description="Seconds; 0: off.")] | UnsetType = UNSET
    title: Title | UnsetType = UNSET
    cover: Address | UnsetType = UNSET
    stream: Address | UnsetType = UNSET


class RoomCommandView(StaffView):
    """A change of the room, answered with the room."""

    def change(self, service: Callable[..., object], **arguments: Any) -> Response:
        """Do it and tell it; raises what the service raises."""
        with RoomTransaction(self.room.pk) as tx:
            service(tx, room_id=self.room.pk, **arguments)
        return Response(room_detail(self.room.pk))


class StartView(RoomCommandView):
    """Go live."""

    @extend_schema(operation_id="room_start", request=None, responses=CHANGED)
    def post(self, request: Request, slug: str) -> Response:
        """Begin the show, go on after a pause, or begin the next show after the end of one."""
        return self.change(rooms.room_start)


class PauseView(RoomCommandView):
    """Pause."""

    @extend_schema(operation_id="room_pause", request=None, responses=CHANGED)
    def post(self, request: Request, slug: str) -> Response:
        """Pause a live show."""
        return self.change(rooms.room_pause)


class EndView(RoomCommandView):
    """End."""

    @extend_schema(operation_id="room_end", request=None, responses=CHANGED)
    def post(self, request: Request, slug: str) -> Response:
        """End a live or paused show."""
        return self.change(rooms.room_end)


class NoticeView(RoomCommandView):
    """The notice."""

    @extend_schema(operation_id="room_notice", request=NoticeBody, responses=NOTICED)
    def post(self, request: Request, slug: str) -> Response:
        """Put up a notice, or take it down. One that a check holds for a human is refused."""
        text = wire.body(request, NoticeBody).text.strip()
        by = cast(User, request.user)
        if text != self.room.notice:
            notice_check(text, by)
        return self.change(rooms.notice_set, text=text, by=by)


class PinView(RoomCommandView):
    """The pinned comment."""

    @extend_schema(operation_id="room_pin", request=PinBody, responses=CHANGED)
    def post(self, request: Request, slug: str) -> Response:
        """Pin a comment of the current show, or none."""
        return self.change(comments.comment_pin, comment_id=wire.body(request, PinBody).comment_id)


class SettingsView(RoomCommandView):
    """The settings."""

    @extend_schema(operation_id="room_settings", request=SettingsBody, responses=CHANGED)
    def post(self, request: Request, slug: str) -> Response:
        """Change settings of the room; one `room` event tells them all."""
        asked = wire.body(request, SettingsBody)
        changes = {
            "slow_mode": asked.slow_mode,
            "title": asked.title.strip() if asked.title else UNSET,
            "cover": asked.cover,
            "stream": asked.stream,
        }
        if asked.allow is not UNSET:
            changes.update((f"allow_{name}", getattr(asked.allow, name)) for name in ("comments", "likes", "shop"))
        set_ones = {name: value for name, value in changes.items() if value is not UNSET}
        return self.change(rooms.room_update, changes=set_ones)


class CommentView(StaffView):
    """One comment."""

    @extend_schema(operation_id="room_comment_remove", responses={204: None, **error_responses(401, 403, 404)})
    def delete(self, request: Request, slug: str, comment_id: str) -> Response:
        """Take a comment down from all screens, history and log; one that is down already stays so."""
        with RoomTransaction(self.room.pk) as tx:
            if not Comment.objects.filter(room=self.room, pk=int(comment_id)).exists():
                raise NotFound("This room has no such comment.")
            comments.comments_remove(tx, room_id=self.room.pk, comment_ids=[int(comment_id)])
        return Response(status=status.HTTP_204_NO_CONTENT)
