"""Rooms in the administration: their control room. What viewers see changes through the services alone."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import ForeignKeyRawIdWidget
from django.db.models import Case, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from accounts.admin_lists import LongListAdmin, key
from accounts.admin_pictures import PictureInput, picture
from rooms import admin_moderation, admin_words  # noqa: F401 - they register their models
from rooms.admin_comments import NEWEST, CommentAdmin, FollowAdmin
from rooms.admin_forms import FormRefused, ServiceForm, refusals_of
from rooms.admin_reviews import review_list, to_review
from rooms.admin_saving import Saving, ServiceAdmin, saving_of
from rooms.admin_shown import badge, link, list_of
from rooms.admin_steps import RoomSteps
from rooms.checks.names import notice_check
from rooms.checks.pipeline import asks_elsewhere
from rooms.messages import Refused
from rooms.models import Comment, Follow, Room
from rooms.realtime import runtime
from rooms.services.comments import comment_pin
from rooms.services.rooms import (
    SETTINGS,
    assistants_set,
    notice_judge,
    room_update,
)

Status = Room.Status
STEPS = {
    Status.SCHEDULED: (Status.LIVE,),
    Status.LIVE: (Status.PAUSED, Status.ENDED),
    Status.PAUSED: (Status.LIVE, Status.ENDED),
    Status.ENDED: (Status.LIVE,),
}
"""The steps that a form offers; the service decides."""
RANKS = (Status.LIVE, Status.PAUSED, Status.SCHEDULED, Status.ENDED)
"""What an operator looks for first."""


SLUG_MAX = 64
SLUG_BEGIN, SLUG_LETTERS = "room-", "23456789abcdefghjkmnpqrstuvwxyz"
"""Of a name by chance: letters that nobody takes for others when he types them from a poster."""


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
        if "slug" in self.fields and not self.existing:
            self.fields["slug"].required = False
            self.fields["slug"].help_text = _("The room's name in addresses. Empty: made of the title, or by chance.")

    def clean_slug(self) -> str:
        """The slug of a new room that was given none; of a title in Chinese nothing is left."""
        slug: str = self.cleaned_data["slug"]
        if slug or self.existing:
            return slug
        made: str = slugify(self.data.get(self.add_prefix("title"), ""))[:SLUG_MAX].strip("-")
        if made and not Room.objects.filter(slug=made).exists():
            return made
        return f"{SLUG_BEGIN}{get_random_string(6, SLUG_LETTERS)}"


@admin.register(Room)
class RoomAdmin(RoomSteps, ServiceAdmin, LongListAdmin):
    """A room. Other apps add inlines, and save them in ``save_formset`` with the transaction of ``saving_of``.

    They add to ``facts`` and ``links`` what they know of a room.
    """

    form = RoomForm
    list_display: Any = ("cover_shown", "name", "status_shown", "host", "online", "followers", "likes")
    list_display_links = ("cover_shown",)
    list_filter = ("status",)
    ordering: ClassVar[Any] = (
        Case(*(When(status=status, then=Value(rank)) for rank, status in enumerate(RANKS))),
        "-pk",
    )
    search_fields = ("title", "slug", "host__nickname")
    autocomplete_fields = ("host", "assistants")
    raw_id_fields = ("pinned",)
    readonly_fields = ("seq", "show", "followers", "likes", "held", "epoch", "created_at")
    viewers_fieldset: Any = (_("Viewers"), {"fields": (("allow_comments", "allow_likes", "allow_shop"), "slow_mode")})
    # What a new room must have comes first; in one that there is, what changes in a show.
    add_fieldsets: Any = (
        (_("Room"), {"fields": ("title", "host", "slug", "cover", "stream", "assistants")}),
        (_("Show"), {"fields": ("notice", "status")}),
        viewers_fieldset,
    )
    fieldsets = (
        (_("Show"), {"fields": ("notice", "pinned", "status")}),
        viewers_fieldset,
        (_("Room"), {"fields": ("title", "slug", "cover", "stream", "host", "assistants")}),
        (
            _("Record"),
            {
                "fields": ("seq", "show", "followers", "likes", "held", "epoch", "created_at"),
                "classes": ("collapse",),
                "description": _("Counted by the server. A room that has a log is ended, not deleted."),
            },
        ),
    )

    @admin.display(description=_("cover"))
    def cover_shown(self, room: Room) -> SafeString:
        return picture(room.cover, "thumb room-cover")

    @admin.display(description=_("title"), ordering="title")
    def name(self, room: Room) -> SafeString:
        """The title, and where else the room is seen."""
        control = reverse("admin:rooms_room_change", args=[room.pk])
        links = format_html_join(" ", "{}", [(link(address, text),) for text, address in self.links(room)])
        return format_html('<a class="title" href="{}">{}</a><span class="links">{}</span>', control, room.title, links)

    @admin.display(description=_("status"), ordering="status")
    def status_shown(self, room: Room) -> SafeString:
        return badge(room.status, Status(room.status).label)

    @admin.display(description=_("online"))
    def online(self, room: Room) -> int:
        return runtime.online_of((room.pk,))[room.pk]

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

    def facts(self, room: Room) -> Sequence[tuple[str | Promise, object]]:
        """What an operator looks at all the time."""
        return (
            (_("online"), self.online(room)),
            (_("followers"), room.head.followers),
            (_("likes"), room.head.likes),
            (_("held back"), room.head.held),
            *self._to_review(room),
        )

    def _to_review(self, room: Room) -> Sequence[tuple[str | Promise, object]]:
        """How many of its comments wait for a human, where there are any."""
        count = to_review(room.pk)
        return ((_("to review"), link(review_list(room=room.pk), count)),) if count else ()

    def links(self, room: Room) -> Sequence[tuple[str | Promise, str]]:
        """Where else this room is seen."""
        return ((_("Page"), self.view_on_site(room)), (_("Comments"), list_of("rooms_comment", room=room.pk)))

    def view_on_site(self, room: Room) -> str:
        return reverse("rooms:room", args=[room.slug])

    def get_queryset(self, request: HttpRequest) -> QuerySet[Room]:
        return super().get_queryset(request).select_related("host", "head", "pinned__user")

    def get_prepopulated_fields(self, request: HttpRequest, obj: Room | None = None) -> Any:
        """A new room's name in addresses comes from its title; one that people know stays as it is."""
        return {} if obj else {"slug": ("title",)}

    def get_fieldsets(self, request: HttpRequest, obj: Room | None = None) -> Any:
        return super().get_fieldsets(request, obj) if obj else self.add_fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Room | None = None) -> Any:
        return (*super().get_readonly_fields(request, obj), "host") if obj else ()

    def render_change_form(
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Room | None = None,
    ) -> HttpResponse:
        # "Save" stays in the control room: the two other ways to do so would only ask which one is meant.
        context.update(show_save_and_add_another=False, show_save_and_continue=False)
        if obj is not None:
            context.update(
                title=str(obj),
                status=self.status_shown(obj),
                facts=self.facts(obj),
                links=self.links(obj),
                looking="X-Look" in request.headers,
                buttons=self.buttons(request, obj),
                newest=self._newest(request, obj),
            )
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _newest(self, request: HttpRequest, room: Room) -> dict[str, object] | None:
        """The newest comments, and where all of them are, for whoever may look at comments."""
        comments: Any = self.admin_site.get_model_admin(Comment)
        if not comments.has_view_permission(request):
            return None
        rows = comments.newest(request, room)
        return {"rows": rows, "most": NEWEST, "list": list_of("rooms_comment", room=room.pk)}

    def response_post_save_add(self, request: HttpRequest, obj: Room) -> HttpResponseRedirect:
        return self.response_post_save_change(request, obj)

    def response_post_save_change(self, request: HttpRequest, obj: Room) -> HttpResponseRedirect:
        """Stay where the room is run."""
        return HttpResponseRedirect(reverse("admin:rooms_room_change", args=[obj.pk]))

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "cover":
            kwargs["widget"] = PictureInput(kind="preview room-cover")
        return super().formfield_for_dbfield(db_field, request, **kwargs)

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

    def refused_before(self, request: HttpRequest, object_id: str | None) -> Sequence[FormRefused]:
        """A notice that the checks elsewhere do not take."""
        text = request.POST.get("notice", "").strip()
        may = self.has_add_permission(request) if object_id is None else self.has_change_permission(request)
        if not (text and may and asks_elsewhere()):
            return ()
        pk = key(unquote(object_id)) if object_id is not None else None
        if pk is not None and Room.objects.filter(pk=pk, notice=text).exists():
            return ()
        by: Any = request.user
        try:
            notice_check(text, by)
        except Refused as refused:
            return (FormRefused(None, refused),)
        return ()

    def save_model(self, request: HttpRequest, obj: Room, form: Any, change: bool) -> None:
        by: Any = request.user
        if not change:
            with refusals_of(form):
                obj.notice = notice_judge(obj.notice.strip(), by)
            obj.save()
            saving_of(request).lock(obj.pk)
            return
        tx = saving_of(request).tx
        with refusals_of(form):
            room_update(tx, room_id=obj.pk, changes=form.changes(*SETTINGS, "status", "notice"), by=by)
            if "pinned" in form.changed_data:
                comment_pin(tx, room_id=obj.pk, comment_id=obj.pinned_id)

    def save_related(self, request: HttpRequest, form: Any, formsets: Iterable[Any], change: bool) -> None:
        if "assistants" in form.changed_data:
            assistants_set(saving_of(request).tx, room_id=form.instance.pk, users=form.cleaned_data["assistants"])
        for formset in formsets:
            self.save_formset(request, form, formset, change)


admin.site.register(Comment, CommentAdmin)
admin.site.register(Follow, FollowAdmin)
