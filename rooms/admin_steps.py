"""The steps of a room's show as actions of the administration: start, pause, end, and the start of a new one."""

from collections.abc import Callable, Iterable
from typing import ClassVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.admin_rows import SEEN, RowActions, ask, is_answer
from rooms.admin_forms import reason
from rooms.admin_shown import badge
from rooms.messages import Refused
from rooms.models import Room
from rooms.services.rooms import room_end, room_pause, room_start
from rooms.transaction import RoomTransaction

Status = Room.Status
BUTTONS = {
    Status.SCHEDULED: ("start",),
    Status.LIVE: ("pause", "end"),
    Status.PAUSED: ("start", "end"),
    Status.ENDED: ("start_new",),
}
"""A new show begins by a button of its own: whoever means to go on clears no comments."""


class RoomSteps(RowActions):
    """The actions of the list, and the buttons of a room: those that are possible now."""

    actions = ("start", "pause", "end", "start_new")
    row_actions: ClassVar[dict[str, str | Promise]] = {
        "start": _("Start"),
        "pause": _("Pause"),
        "end": _("End"),
        "start_new": _("Start a new show"),
    }

    def actions_of(self, obj: Room) -> Iterable[str]:
        return BUTTONS[Status(obj.status)]

    def seen_of(self, obj: Room) -> str:
        return _seen(obj)

    @admin.action(description=_("Start the selected rooms"), permissions=["change"])
    def start(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        self._step(request, queryset, room_start, refused=lambda room: room.status == Status.ENDED)

    @admin.action(description=_("Start a new show in the selected rooms"), permissions=["change"])
    def start_new(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        self._step(request, queryset, room_start, refused=lambda room: room.status != Status.ENDED)

    @admin.action(description=_("Pause the selected rooms"), permissions=["change"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        self._step(request, queryset, room_pause)

    @admin.action(description=_("End the selected rooms"), permissions=["change"])
    def end(self, request: HttpRequest, queryset: QuerySet[Room]) -> HttpResponse | None:
        if not is_answer(request):
            return self._ask(request, queryset)
        self._step(request, queryset, room_end)
        return None

    def _ask(self, request: HttpRequest, queryset: QuerySet[Room]) -> HttpResponse:
        """Ask whether these shows are to end."""
        rooms = list(queryset.order_by("pk"))
        question = ngettext(
            "The show ends for everybody who watches it. Going on is not possible after that: a new show begins "
            "without its comments.",
            "The shows end for everybody who watches them. Going on is not possible after that: new shows begin "
            "without their comments.",
            len(rooms),
        )
        return ask(
            request,
            self,
            title=_("End the show?"),
            question=question,
            answer=self.row_actions["end"],
            lines=[format_html("{} {}", room, badge(room.status, Status(room.status).label)) for room in rooms],
            # Each by its key: "all on all pages" may be others by the time of the answer.
            sent=[(ACTION_CHECKBOX_NAME, str(room.pk)) for room in rooms],
        )

    def _step(
        self,
        request: HttpRequest,
        queryset: QuerySet[Room],
        step: Callable[..., None],
        refused: Callable[[Room], bool] = lambda room: False,
    ) -> None:
        """Take a step in each of these rooms, but where ``refused`` says no; where a button says what it was drawn for,
        only if it is so still."""
        for room_id in queryset.order_by("pk").values_list("pk", flat=True):
            try:
                with RoomTransaction(room_id) as tx:
                    room = tx.rooms[room_id]
                    if refused(room) or request.POST.get(SEEN, _seen(room)) != _seen(room):
                        self.message_user(request, _stale(room), messages.ERROR)
                        continue
                    before = room.status
                    step(tx, room_id=room_id)
                    if room.status != before:
                        self.log_change(request, room, [{"changed": {"fields": ["status"]}}])
            except Refused as error:
                self.message_user(request, f"{room}: {reason(error)}", messages.ERROR)
            else:
                text = gettext("%(room)s is %(status)s.") % {"room": room, "status": Status(room.status).label}
                self.message_user(request, text, messages.SUCCESS)


def _seen(room: Room) -> str:
    return f"{room.status} {room.show}"


def _stale(room: Room) -> str:
    text = gettext("%(room)s: nothing was done, for the show is %(status)s by now. Please look, and choose again.")
    return text % {"room": room, "status": Status(room.status).label}
