"""Rooms, comments and follows in the administration. What viewers see changes through the services alone."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.widgets import ForeignKeyRawIdWidget
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from rooms import admin_words  # noqa: F401 - registers the blocked words
from rooms.admin_forms import ServiceForm, reason, refusals_of
from rooms.admin_moderation import ModerationActions
from rooms.admin_saving import ReadOnlyAdmin, RoomFilter, Saving, ServiceAdmin, saving_of
from rooms.messages import Refused
from rooms.models import Comment, Follow, Room
from rooms.services.comments import comment_pin, comments_remove
from rooms.services.rooms import (
    SETTINGS,
    assistants_set,
    room_end,
    room_pause,
    room_start,
    room_update,
)
from rooms.transaction import RoomTransaction

REMOVED_AT_ONCE = 200

Status = Room.Status
STEPS = {
    Status.SCHEDULED: (Status.LIVE,),
    Status.LIVE: (Status.PAUSED, Status.ENDED),
    Status.PAUSED: (Status.LIVE, Status.ENDED),
    Status.ENDED: (Status.LIVE,),
}
"""The steps that a form offers; the service decides."""


class CommentOfRoomWidget(ForeignKeyRawIdWidget):
    """The key of a comment, chosen from a list of those that the room shows."""

    room_id: int | None = None

    def base_url_parameters(self) -> dict[str, str]:
        return {"room": str(self.room_id), "state__exact": Comment.State.SHOWN}


class RoomForm(ServiceForm):
    refused_fields: ClassVar[dict[str, str]] = {"text": "notice", "comment_id": "pinned"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "status" in self.fields:
            present = Status(self.current.get("status", Status.SCHEDULED))
            # The present state comes first: it is what a browser selects where it does not find the posted one.
            widget: Any = self.fields["status"].widget
            widget.choices = [(status, status.label) for status in (present, *STEPS[present])]
        if "pinned" in self.fields:
            room = self.instance
            shown = Comment.objects.filter(room=room, show=room.show, state=Comment.State.SHOWN)
            field: Any = self.fields["pinned"]
            field.queryset = shown.select_related("user")
            field.widget.room_id = room.pk


@admin.register(Room)
class RoomAdmin(ServiceAdmin):
    """A room. Other apps add inlines, and save them in ``save_formset`` with the transaction of ``saving_of``."""

    form = RoomForm
    list_display = ("title", "page", "status", "host", "followers", "likes", "seq")
    list_filter = ("status",)
    search_fields = ("title", "slug", "host__nickname")
    autocomplete_fields = ("host", "assistants")
    raw_id_fields = ("pinned",)
    readonly_fields = ("seq", "show", "followers", "likes", "held", "epoch", "created_at")
    actions = ("start", "pause", "end")
    save_on_top = True
    add_fieldsets: Any = (
        (None, {"fields": ("title", "slug", "cover", "stream", "host", "assistants")}),
        (_("Show"), {"fields": ("status", "notice")}),
        (_("Viewers"), {"fields": (("allow_comments", "allow_likes", "allow_shop"), "slow_mode")}),
    )
    fieldsets = (
        add_fieldsets[0],
        (_("Show"), {"fields": ("status", "notice", "pinned")}),
        add_fieldsets[2],
        (
            _("Record"),
            {
                "fields": ("seq", "show", "followers", "likes", "held", "epoch", "created_at"),
                "classes": ("collapse",),
                "description": _("Counted by the server. A room that has a log is ended, not deleted."),
            },
        ),
    )

    @admin.display(description=_("page"), ordering="slug")
    def page(self, room: Room) -> SafeString:
        return format_html('<a href="{}">{}</a>', self.view_on_site(room), room.slug)

    @admin.display(description=_("seq"), ordering="head__seq")
    def seq(self, room: Room) -> int:
        return room.head.seq

    @admin.display(description=_("followers"), ordering="head__followers")
    def followers(self, room: Room) -> int:
        return room.head.followers

    @admin.display(description=_("likes"), ordering="head__likes")
    def likes(self, room: Room) -> int:
        return room.head.likes

    @admin.display(description=_("held back"))
    def held(self, room: Room) -> int:
        return room.head.held

    def view_on_site(self, room: Room) -> str:
        return reverse("rooms:room", args=[room.slug])

    def get_queryset(self, request: HttpRequest) -> QuerySet[Room]:
        return super().get_queryset(request).select_related("host", "head", "pinned__user")

    def get_fieldsets(self, request: HttpRequest, obj: Room | None = None) -> Any:
        return super().get_fieldsets(request, obj) if obj else self.add_fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Room | None = None) -> Any:
        return (*super().get_readonly_fields(request, obj), "host") if obj else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "pinned":
            kwargs["widget"] = CommentOfRoomWidget(db_field.remote_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Room | None = None) -> bool:
        """Only of a room where nothing has happened yet."""
        if obj is None or obj.head.seq or obj.comments.exists():
            return False
        return super().has_delete_permission(request, obj)

    def lock(self, saving: Saving, pk: Any) -> None:
        with suppress(Room.DoesNotExist):
            saving.lock(pk)

    def save_model(self, request: HttpRequest, obj: Room, form: Any, change: bool) -> None:
        if not change:
            obj.save()
            saving_of(request).lock(obj.pk)
            return
        tx = saving_of(request).tx
        with refusals_of(form):
            room_update(tx, room_id=obj.pk, changes=form.changes(*SETTINGS, "status", "notice"))
            if "pinned" in form.changed_data:
                comment_pin(tx, room_id=obj.pk, comment_id=obj.pinned_id)

    def save_related(self, request: HttpRequest, form: Any, formsets: Iterable[Any], change: bool) -> None:
        if "assistants" in form.changed_data:
            assistants_set(saving_of(request).tx, room_id=form.instance.pk, users=form.cleaned_data["assistants"])
        for formset in formsets:
            self.save_formset(request, form, formset, change)

    @admin.action(description=_("Start the selected rooms"), permissions=["change"])
    def start(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        self._step(request, queryset, room_start)

    @admin.action(description=_("Pause the selected rooms"), permissions=["change"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        self._step(request, queryset, room_pause)

    @admin.action(description=_("End the selected rooms"), permissions=["change"])
    def end(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        self._step(request, queryset, room_end)

    def _step(self, request: HttpRequest, queryset: QuerySet[Room], step: Callable[..., None]) -> None:
        for room_id in queryset.order_by("pk").values_list("pk", flat=True):
            try:
                with RoomTransaction(room_id) as tx:
                    room = tx.rooms[room_id]
                    before = room.status
                    step(tx, room_id=room_id)
                    if room.status != before:
                        self.log_change(request, room, [{"changed": {"fields": ["status"]}}])
            except Refused as refused:
                self.message_user(request, f"{room}: {reason(refused)}", messages.ERROR)
            else:
                text = gettext("%(room)s is %(status)s.") % {"room": room, "status": Status(room.status).label}
                self.message_user(request, text, messages.SUCCESS)


@admin.register(Comment)
class CommentAdmin(ModerationActions, ReadOnlyAdmin):
    """The comments as they were posted. They are taken down and pinned, never edited or deleted: they are the log."""

    list_display = ("content", "nickname", "room", "state", "created_at")
    list_filter = (RoomFilter, "state", "created_at")
    search_fields = ("content", "nickname", "=user__public_id")
    search_help_text = _("Text, nickname or a user's public id.")
    list_select_related = ("room",)
    ordering = ("-pk",)
    fields = ("content", "user", "nickname", "role", "room", "show", "seq", "state", "created_at")
    actions = ("remove", "pin")

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        """Whether the user may take comments down and pin them."""
        return bool(request.user.has_perm("rooms.change_comment"))

    @admin.action(description=_("Remove the selected comments from the screens"), permissions=["moderate"])
    def remove(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        count = 0
        for room_id, comment_ids in _by_room(queryset).items():
            for first in range(0, len(comment_ids), REMOVED_AT_ONCE):
                with RoomTransaction(room_id) as tx:
                    some = comment_ids[first : first + REMOVED_AT_ONCE]
                    removed = comments_remove(tx, room_id=room_id, comment_ids=some)
                    self._log(request, Comment.objects.filter(pk__in=removed), "state")
                count += len(removed)
        text = ngettext("%(count)d comment was removed.", "%(count)d comments were removed.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS if count else messages.WARNING)

    @admin.action(description=_("Pin the selected comment in its room"), permissions=["moderate"])
    def pin(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        for room_id, comment_ids in _by_room(queryset).items():
            try:
                with RoomTransaction(room_id) as tx:
                    room = tx.rooms[room_id]
                    if len(comment_ids) > 1:
                        text = gettext("%(room)s: one comment can be pinned, %(count)d were selected.")
                        values = {"room": room, "count": len(comment_ids)}
                        self.message_user(request, text % values, messages.ERROR)
                        continue
                    comment_pin(tx, room_id=room_id, comment_id=comment_ids[0])
                    self._log(request, Room.objects.filter(pk=room_id), "pinned comment")
            except Refused as refused:
                self.message_user(request, f"{room}: {reason(refused)}", messages.ERROR)
            else:
                text = gettext("The comment is pinned in %(room)s.") % {"room": room}
                self.message_user(request, text, messages.SUCCESS)

    @staticmethod
    def _log(request: HttpRequest, rows: QuerySet[Any], field: str) -> None:
        change = [{"changed": {"fields": [field]}}]
        LogEntry.objects.log_actions(request.user.pk or 0, rows, CHANGE, change_message=change)


def _by_room(queryset: QuerySet[Comment]) -> dict[int, list[int]]:
    rooms: dict[int, list[int]] = {}
    for room_id, pk in queryset.order_by("room_id", "pk").values_list("room_id", "pk"):
        rooms.setdefault(room_id, []).append(pk)
    return rooms


@admin.register(Follow)
class FollowAdmin(ReadOnlyAdmin):
    list_display = ("user", "host", "room", "created_at")
    list_filter = (RoomFilter, "created_at")
    search_fields = ("=user__public_id", "user__nickname", "host__nickname")
    list_select_related = ("user", "host", "room")
    ordering = ("-pk",)
