"""What the views of one room share."""

from typing import Any, cast

from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from accounts.models import User
from rooms.api.wire import WireView
from rooms.errors import room_not_found
from rooms.messages import Code, Refused, Role
from rooms.models import Room
from rooms.selectors import is_administrator, role_in_room
from rooms.services.sanctions import check_not_banned


class RoomView(WireView):
    """A view of the room whose slug stands in the path; anybody may see it but those who are banned from it."""

    room: Room

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        room = Room.objects.filter(slug=kwargs["slug"]).first()
        if room is None:
            raise room_not_found()
        self.room = room
        if isinstance(request.user, User):
            check_not_banned(room, request.user)


class StaffView(RoomView):
    """A view for the host of the room, his assistants, and administrators who may do everything."""

    permission_classes = (IsAuthenticated,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        # IsAuthenticated has let somebody through.
        user = cast(User, request.user)
        if is_administrator(user):
            return
        if role_in_room(self.room, user) not in (Role.HOST, Role.ASSISTANT):
            raise Refused(Code.FORBIDDEN, "This is for the host of the room and his assistants.")
