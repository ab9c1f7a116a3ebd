"""Mutes and bans over HTTP."""

from typing import Annotated, Any, cast

import msgspec
from drf_spectacular.utils import extend_schema
from msgspec import Meta
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.schema import error_responses
from rooms.api import wire
from rooms.api.base import StaffView
from rooms.api.views import Limit, Next
from rooms.messages import Code, Count, Refused, UserPart
from rooms.models import Room, Sanction, from_ms, now_ms, to_ms
from rooms.selectors import is_administrator, sanctions_in_force, user_part
from rooms.services import sanctions
from rooms.services.removals import user_comments_remove, user_comments_remove_everywhere
from rooms.transaction import RoomTransaction

Kind = Sanction.Kind

SECONDS_MAX = 100 * 366 * 24 * 3600

UserId = Annotated[str, Meta(min_length=1, max_length=32, description="His `id` as frames carry it.")]
AllRooms = Annotated[bool, Meta(description="In all rooms, those to come too: for administrators.")]


class LiftBody(msgspec.Struct, kw_only=True):
    user: UserId
    all_rooms: AllRooms = False


class ImposeBody(LiftBody, kw_only=True):
    """Without `seconds` and `until`: for ever."""

    seconds: Annotated[int, Meta(ge=1, le=SECONDS_MAX, description="For how long.")] | None = None
    until: Annotated[int, Meta(ge=0, le=2**53, description="Until when, in ms since 1970 UTC.")] | None = None
    reason: Annotated[
        str, Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$", description="For the staff; he is not told.")
    ] = ""
    remove_comments: Annotated[bool, Meta(description="Take down all his comments there too.")] = False


class SanctionPart(msgspec.Struct, kw_only=True):
    """A mute or ban. `room` null: in all rooms; `until` null: for ever; `by` null: the server; times in ms."""

    id: int
    kind: Annotated[str, Meta(description="`mute` or `ban`.")]
    user: UserPart
    room: str | None
    until: int | None
    reason: str
    by: UserPart | None
    created_at: int
    state: Annotated[str, Meta(description="`active`, `expired`, `lifted`, or `replaced` by a later one.")]
    ended_at: int | None


class Imposed(SanctionPart, kw_only=True):
    """What was imposed, and how many comments were taken down with it."""

    removed: int


class SanctionPage(msgspec.Struct, kw_only=True):
    """Newest first."""

    results: list[SanctionPart]
    next: Next


class SanctionQuery(msgspec.Struct, kw_only=True):
    kind: Annotated[str, Meta(pattern="^(mute|ban)$", description="Of one kind only.")] | None = None
    user: Annotated[str, Meta(min_length=1, max_length=32, description="Against one user only.")] | None = None
    cursor: Annotated[Count | None, Meta(description="From `next`.")] = None
    limit: Limit = 50


class CommentsRemoved(msgspec.Struct, kw_only=True):
    """How many comments were taken down."""

    removed: int


IMPOSED = {200: Imposed, **error_responses(400, 401, 403, 404)}
LIFTED = {200: SanctionPart, **error_responses(400, 401, 403, 404)}


class SanctionView(StaffView):
    """A change of what holds against a user."""

    kind: Kind

    def impose(self, request: Request) -> Response:
        """Mute or ban, then take down his comments if that is asked for."""
        asked = wire.body(request, ImposeBody)
        terms: dict[str, Any] = {
            "user": _stored_user(asked.user),
            "kind": self.kind,
            "by": _caller(request),
            "until": _until(asked),
            "reason": asked.reason.strip(),
        }
        if asked.all_rooms:
            _check_administrator(request)
            sanction = sanctions.sanction_impose_everywhere(**terms)
        else:
            with RoomTransaction(self.room.pk) as tx:
                sanction = sanctions.sanction_impose(tx, room_id=self.room.pk, **terms)
        removed = 0
        if asked.remove_comments:
            removed = _remove_comments(self.room, terms["user"], all_rooms=asked.all_rooms)
        return Response(Imposed(**_fields(sanction), removed=removed))

    def lift(self, request: Request) -> Response:
        """End a mute or ban."""
        asked = wire.body(request, LiftBody)
        terms: dict[str, Any] = {"user": _stored_user(asked.user), "kind": self.kind, "by": _caller(request)}
        if asked.all_rooms:
            _check_administrator(request)
            sanction = sanctions.sanction_lift_everywhere(**terms)
        else:
            with RoomTransaction(self.room.pk) as tx:
                sanction = sanctions.sanction_lift(tx, room_id=self.room.pk, **terms)
        return Response(SanctionPart(**_fields(sanction)))


class SanctionsView(StaffView):
    """What holds now."""

    @extend_schema(
        operation_id="room_sanctions",
        parameters=wire.query_parameters(SanctionQuery),
        responses={200: SanctionPage, **error_responses(400, 401, 403, 404)},
    )
    def get(self, request: Request, slug: str) -> Response:
        """Return the mutes and bans that hold in this room, those of all rooms too, newest first."""
        asked = wire.query(request, SanctionQuery)
        found = (
            sanctions_in_force(self.room.pk, now=from_ms(now_ms())).select_related("user", "room", "by").order_by("-pk")
        )
        if asked.kind is not None:
            found = found.filter(kind=asked.kind)
        if asked.user is not None:
            found = found.filter(user__public_id=asked.user)
        if asked.cursor is not None:
            found = found.filter(pk__lt=asked.cursor)
        rows = list(found[: asked.limit + 1])
        page = rows[: asked.limit]
        more = {name: value for name in ("kind", "user") if (value := getattr(asked, name)) is not None}
        following = wire.link(request, **more, cursor=page[-1].pk, limit=asked.limit) if len(rows) > len(page) else None
        return Response(SanctionPage(results=[SanctionPart(**_fields(row)) for row in page], next=following))


class RemoveCommentsView(StaffView):
    """All that one user said."""

    @extend_schema(
        operation_id="room_remove_comments",
        request=LiftBody,
        responses={200: CommentsRemoved, **error_responses(400, 401, 403, 404)},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Take down all comments of a user here, those of earlier shows too. What he says meanwhile stays: mute him."""
        asked = wire.body(request, LiftBody)
        user = _stored_user(asked.user)
        if asked.all_rooms:
            _check_administrator(request)
        return Response(CommentsRemoved(removed=_remove_comments(self.room, user, all_rooms=asked.all_rooms)))


class MuteView(SanctionView):
    """Mute."""

    kind = Kind.MUTE

    @extend_schema(operation_id="room_mute", request=ImposeBody, responses=IMPOSED)
    def post(self, request: Request, slug: str) -> Response:
        """Let a user say nothing here for a time or for ever, in place of an earlier mute; all else he may do."""
        return self.impose(request)


class UnmuteView(SanctionView):
    """End of a mute."""

    kind = Kind.MUTE

    @extend_schema(operation_id="room_unmute", request=LiftBody, responses=LIFTED)
    def post(self, request: Request, slug: str) -> Response:
        """Let a user speak again. A mute in all rooms stays unless `all_rooms` is asked for."""
        return self.lift(request)


class BanView(SanctionView):
    """Ban."""

    kind = Kind.BAN

    @extend_schema(operation_id="room_ban", request=ImposeBody, responses=IMPOSED)
    def post(self, request: Request, slug: str) -> Response:
        """Send a user away for a time or for ever: his sockets are closed with 4503, and none is let in."""
        return self.impose(request)


class UnbanView(SanctionView):
    """End of a ban."""

    kind = Kind.BAN

    @extend_schema(operation_id="room_unban", request=LiftBody, responses=LIFTED)
    def post(self, request: Request, slug: str) -> Response:
        """Let a user in again. A ban from all rooms stays unless `all_rooms` is asked for."""
        return self.lift(request)


def _caller(request: Request) -> User:
    """Return who StaffView has let through."""
    return cast(User, request.user)


def _check_administrator(request: Request) -> None:
    if not is_administrator(_caller(request)):
        raise Refused(Code.FORBIDDEN, "What holds in all rooms is for administrators.", field="all_rooms")


def _stored_user(public_id: str) -> User:
    user = User.objects.filter(public_id=public_id).first()
    if user is None:
        detail = "No stored user has this id; a guest is stored at his first command that writes."
        raise Refused(Code.BAD_MESSAGE, detail, field="user")
    return user


def _remove_comments(room: Room, user: User, *, all_rooms: bool) -> int:
    if all_rooms:
        return user_comments_remove_everywhere(user=user)
    return user_comments_remove(room_id=room.pk, user=user)


def _until(asked: ImposeBody) -> int | None:
    if asked.seconds is None:
        return asked.until
    if asked.until is not None:
        raise Refused(Code.BAD_MESSAGE, "Give seconds or until, not both.", field="until")
    return now_ms() + 1000 * asked.seconds


def _fields(sanction: Sanction) -> dict[str, Any]:
    return {
        "id": sanction.pk,
        "kind": sanction.kind,
        "user": user_part(sanction.user),
        "room": sanction.room.slug if sanction.room else None,
        "until": to_ms(sanction.until) if sanction.until else None,
        "reason": sanction.reason,
        "by": user_part(sanction.by) if sanction.by else None,
        "created_at": to_ms(sanction.created_at),
        "state": sanction.state,
        "ended_at": to_ms(sanction.ended_at) if sanction.ended_at else None,
    }
