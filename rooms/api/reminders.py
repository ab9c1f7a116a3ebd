"""Who wants to be told by WeChat when the host of a room goes live."""

from typing import cast

import msgspec
from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.schema import error_responses
from accounts.wechat import reminders
from rooms.api.base import RoomView
from rooms.messages import Code, Refused


class Reminded(msgspec.Struct, kw_only=True):
    """`template_id` is what wx.requestSubscribeMessage asks for; `waiting`: the caller is told the next time."""

    template_id: str
    waiting: bool


class RemindView(RoomView):
    """One message, when the host goes live the next time."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(operation_id="room_remind", responses={200: Reminded, **error_responses(401, 403, 404, 409)})
    def get(self, request: Request, slug: str) -> Response:
        """Return what to ask for, and whether it was accepted."""
        return self._answer(self._user(request))

    @extend_schema(
        operation_id="room_remind_accept",
        request=None,
        responses={200: Reminded, **error_responses(401, 403, 404, 409)},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Say that the caller accepted one message; each accept is one."""
        user = self._user(request)
        reminders.reminder_accept(user=user, host_id=self.room.host_id)
        return self._answer(user)

    def _user(self, request: Request) -> User:
        if not reminders.reminders_are_on():
            raise Refused(Code.SWITCHED_OFF, "This server sends no messages: WECHAT_TEMPLATE_LIVE is not set.")
        user = cast(User, request.user)
        if not user.openid:
            raise Refused(Code.FORBIDDEN, "Only who is logged in by WeChat is told by WeChat.")
        return user

    def _answer(self, user: User) -> Response:
        waits = reminders.reminder_waits(user=user, host_id=self.room.host_id)
        return Response(Reminded(template_id=settings.WECHAT_TEMPLATE_LIVE, waiting=waits))
