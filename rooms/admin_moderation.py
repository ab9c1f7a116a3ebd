"""Mutes and bans in the administration, and what is done about the writers of comments."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.admin.utils import display_for_value
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.admin_lists import LongListAdmin
from accounts.models import User
from rooms.admin_filters import RoomFilter
from rooms.admin_forms import ServiceForm, reason, refusals_of
from rooms.admin_saving import Saving, ServiceAdmin, saving_of
from rooms.messages import Refused
from rooms.models import Comment, Sanction, now_ms, to_ms
from rooms.services import sanctions
from rooms.services.removals import user_comments_remove, user_comments_remove_everywhere
from rooms.transaction import RoomTransaction

Kind = Sanction.Kind

WRITERS_AT_ONCE = 100
MUTED_FOR = timedelta(hours=1)
"""How long the writer of a comment is muted by the action of its row; the form has other times."""

FOR_EVER, UNTIL = "", "until"
DURATIONS: Sequence[tuple[str, Any]] = (
    ("600", _("10 minutes")),
    ("3600", _("an hour")),
    ("86400", _("a day")),
    ("604800", _("a week")),
    ("2592000", _("30 days")),
    (UNTIL, _("until the time below")),
    (FOR_EVER, _("for ever")),
)

STATES = {
    "active": _("in force"),
    Sanction.Ending.EXPIRED: _("expired"),
    Sanction.Ending.LIFTED: _("lifted"),
    Sanction.Ending.REPLACED: _("replaced"),
}


class SanctionForm(ServiceForm):
    """What is imposed on whom, where and for how long."""

    duration = forms.ChoiceField(label=_("For how long"), choices=DURATIONS, required=False, initial="3600")
    remove_comments = forms.BooleanField(
        label=_("Remove all his comments there too"), required=False, help_text=_("Those of earlier shows too.")
    )

    class Meta:
        help_texts: ClassVar[dict[str, Any]] = {"until": _("Only with “until the time below”.")}

    def clean(self) -> dict[str, Any]:
        super().clean()
        until, chosen = self.cleaned_data.get("until"), self.cleaned_data.get("duration") == UNTIL
        if chosen and until is None and "until" not in self.errors:
            self.add_error("until", ValidationError(_("Say until when."), "required"))
        if until is not None and not chosen:
            text = _("This time counts only with “until the time below”.")
            self.add_error("until", ValidationError(text, "unused"))
        return self.cleaned_data

    @property
    def ends_at(self) -> int | None:
        """The end in ms; None: for ever."""
        duration, until = self.cleaned_data["duration"], self.cleaned_data["until"]
        if duration == UNTIL:
            return to_ms(until)
        return now_ms() + 1000 * int(duration) if duration else None


class WhereFilter(RoomFilter):
    """One room's rows, or those of all rooms."""

    everywhere = "all"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(self.everywhere, gettext("all rooms")), *super().lookups(request, model_admin)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        if self.value() == self.everywhere:
            return queryset.filter(room=None)
        return super().queryset(request, queryset)


class StateFilter(admin.SimpleListFilter):
    """What holds now, and what has ended how."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(STATES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        over = Q(ending="", until__lte=timezone.now())
        match self.value():
            case None:
                return queryset
            case "active":
                return queryset.filter(ending="").exclude(over)
            case Sanction.Ending.EXPIRED:
                return queryset.filter(over | Q(ending=Sanction.Ending.EXPIRED))
            case ending:
                return queryset.filter(ending=ending)


@admin.register(Sanction)
class SanctionAdmin(ServiceAdmin, LongListAdmin):
    """Mutes and bans, and their history: imposed and lifted, never edited or deleted."""

    form = SanctionForm
    list_display = ("user", "kind", "where", "end", "state", "reason", "by", "created_at")
    list_filter = ("kind", StateFilter, WhereFilter, "created_at")
    list_select_related = ("user", "room", "by")
    search_fields = ("user__nickname", "=user__public_id", "reason")
    search_help_text = _("A user's nickname or public id, or a reason.")
    autocomplete_fields = ("user", "room")
    actions = ("lift",)
    radio_fields: ClassVar[dict[str, Any]] = {"kind": admin.HORIZONTAL}
    add_fieldsets: Any = (
        (None, {"fields": ("kind", "user", "room", "duration", "until", "reason", "remove_comments")}),
    )
    fieldsets = (
        (None, {"fields": ("user", "kind", "where", "end_text", "state", "reason", "by", "created_at")}),
        (_("End"), {"fields": ("ended_at", "ended_by")}),
    )

    @admin.display(description=_("where"), ordering="room")
    def where(self, sanction: Sanction) -> str:
        return Truncator(sanction.room).chars(24) if sanction.room else gettext("all rooms")

    @admin.display(description=_("until"), ordering="until")
    def end(self, sanction: Sanction) -> datetime | str:
        return sanction.until or gettext("for ever")

    @admin.display(description=_("until"))
    def end_text(self, sanction: Sanction) -> str:
        return str(display_for_value(sanction.until, gettext("for ever")))

    @admin.display(description=_("state"))
    def state(self, sanction: Sanction) -> str:
        return str(STATES[sanction.state])

    def get_fieldsets(self, request: HttpRequest, obj: Sanction | None = None) -> Any:
        return super().get_fieldsets(request, obj) if obj else self.add_fieldsets

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"kind": Kind.MUTE, **super().get_changeform_initial_data(request)}

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name in self.autocomplete_fields:
            # One who is not there yet has done nothing.
            field.widget.can_add_related = field.widget.can_change_related = False
        return field

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_lift_permission(self, request: HttpRequest) -> bool:
        """Whether the user may end mutes and bans."""
        return bool(request.user.has_perm("rooms.change_sanction"))

    def lock(self, saving: Saving, pk: Any) -> None:
        """Nothing: a row that is there is not changed by a form."""

    def save_model(self, request: HttpRequest, obj: Sanction, form: Any, change: bool) -> None:
        terms: dict[str, Any] = {
            "user": obj.user,
            "kind": obj.kind,
            "by": request.user,
            "until": form.ends_at,
            "reason": obj.reason,
        }
        with refusals_of(form):
            if obj.room_id is None:
                made = sanctions.sanction_impose_everywhere(**terms)
            else:
                tx = saving_of(request).lock(obj.room_id)
                made = sanctions.sanction_impose(tx, room_id=obj.room_id, **terms)
        obj.pk = made.pk
        if form.cleaned_data["remove_comments"]:
            # In transactions of their own, once he is silenced.
            transaction.on_commit(partial(self._remove_comments, request, obj))

    def _remove_comments(self, request: HttpRequest, sanction: Sanction) -> None:
        if sanction.room_id is None:
            count = user_comments_remove_everywhere(user=sanction.user)
        else:
            count = user_comments_remove(room_id=sanction.room_id, user=sanction.user)
        self.message_user(request, removed_text(count), messages.SUCCESS)

    @admin.action(description=_("Lift the selected mutes and bans"), permissions=["lift"])
    def lift(self, request: HttpRequest, queryset: QuerySet[Sanction]) -> None:
        ended = lifted = 0
        for sanction in queryset.select_related("user").order_by("pk"):
            if sanction.state != "active":
                ended += 1
                continue
            _lift(request, sanction)
            log(request, Sanction.objects.filter(pk=sanction.pk), CHANGE, {"changed": {"fields": ["ending"]}})
            lifted += 1
        if lifted:
            text = ngettext("%(count)d was lifted.", "%(count)d were lifted.", lifted)
            self.message_user(request, text % {"count": lifted}, messages.SUCCESS)
        if ended:
            text = ngettext("%(count)d had ended already.", "%(count)d had ended already.", ended)
            self.message_user(request, text % {"count": ended}, messages.WARNING)


def _lift(request: HttpRequest, sanction: Sanction) -> None:
    terms: dict[str, Any] = {"user": sanction.user, "kind": sanction.kind, "by": request.user}
    if sanction.room_id is None:
        sanctions.sanction_lift_everywhere(**terms)
    else:
        with RoomTransaction(sanction.room_id) as tx:
            sanctions.sanction_lift(tx, room_id=sanction.room_id, **terms)


def log(request: HttpRequest, rows: QuerySet[Any], flag: int, message: dict[str, Any]) -> None:
    """Write into the administration's history what was done to these rows."""
    LogEntry.objects.log_actions(request.user.pk or 0, rows, flag, change_message=[message])


def removed_text(count: int) -> str:
    """How many comments were removed, in words."""
    text = ngettext("%(count)d comment was removed.", "%(count)d comments were removed.", count)
    return text % {"count": count}


Act = Callable[[HttpRequest, int, User], int]


class ModerationActions(admin.ModelAdmin):  # type: ignore[type-arg]
    """Row actions of a list of comments that concern their writers, each in the room of his comment.

    To be put before the other bases of such an admin; its own ``actions`` come first in the menu.
    """

    moderation: ClassVar[tuple[str, ...]] = ("mute_writers", "ban_writers", "remove_all_of_writers")

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = (action for action in cls.actions or () if action not in cls.moderation)
        cls.actions = (*own, *cls.moderation)

    def has_sanction_permission(self, request: HttpRequest) -> bool:
        """Whether the user may mute and ban."""
        return bool(request.user.has_perm("rooms.add_sanction"))

    def has_removal_permission(self, request: HttpRequest) -> bool:
        """Whether the user may take comments down."""
        return bool(request.user.has_perm("rooms.change_comment"))

    @admin.action(description=_("Mute the writers for an hour"), permissions=["sanction"])
    def mute_writers(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        """Mute each writer in the room of his comment for MUTED_FOR."""
        count = self._of_each_writer(request, queryset, _mute)
        if count:
            text = ngettext("%(count)d user is muted for an hour.", "%(count)d users are muted for an hour.", count)
            self.message_user(request, text % {"count": count}, messages.SUCCESS)

    @admin.action(description=_("Ban the writers from the room"), permissions=["sanction"])
    def ban_writers(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        """Ban each writer from the room of his comment, until somebody lifts it."""
        count = self._of_each_writer(request, queryset, _ban)
        if count:
            text = ngettext("%(count)d user is banned.", "%(count)d users are banned.", count)
            self.message_user(request, text % {"count": count}, messages.SUCCESS)

    @admin.action(description=_("Remove all comments of the writers in the room"), permissions=["removal"])
    def remove_all_of_writers(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        """Take down all that each writer said in the room of his comment."""
        count = self._of_each_writer(request, queryset, _remove_all)
        self.message_user(request, removed_text(count), messages.SUCCESS if count else messages.WARNING)

    def _of_each_writer(self, request: HttpRequest, queryset: QuerySet[Comment], act: Act) -> int:
        """The sum of what ``act`` counts, over the rooms and writers of these comments; refusals are told."""
        pairs = queryset.order_by("room_id", "user_id").values_list("room_id", "user_id").distinct()
        found = list(pairs[: WRITERS_AT_ONCE + 1])
        if len(found) > WRITERS_AT_ONCE:
            text = gettext("These are comments of more than %(limit)d users; select fewer.")
            self.message_user(request, text % {"limit": WRITERS_AT_ONCE}, messages.ERROR)
            return 0
        users = User.objects.in_bulk({user_id for _room_id, user_id in found})
        count = 0
        for room_id, user_id in found:
            try:
                count += act(request, room_id, users[user_id])
            except Refused as refused:
                self.message_user(request, f"{users[user_id]}: {reason(refused)}", messages.ERROR)
        return count


def _mute(request: HttpRequest, room_id: int, user: User) -> int:
    return _impose(request, room_id, user, Kind.MUTE, now_ms() + MUTED_FOR // timedelta(milliseconds=1))


def _ban(request: HttpRequest, room_id: int, user: User) -> int:
    return _impose(request, room_id, user, Kind.BAN, None)


def _impose(request: HttpRequest, room_id: int, user: User, kind: Kind, until: int | None) -> int:
    by: Any = request.user
    with RoomTransaction(room_id) as tx:
        made = sanctions.sanction_impose(tx, room_id=room_id, user=user, kind=kind, by=by, until=until)
        log(request, Sanction.objects.filter(pk=made.pk), ADDITION, {"added": {}})
    return 1


def _remove_all(request: HttpRequest, room_id: int, user: User) -> int:
    count = user_comments_remove(room_id=room_id, user=user)
    if count:
        what = {"name": str(Comment._meta.verbose_name_plural), "object": str(user)}
        log(request, User.objects.filter(pk=user.pk), CHANGE, {"deleted": what})
    return count
