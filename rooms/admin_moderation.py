"""Mutes and bans in the administration: imposed, lifted, and their history."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE
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
from rooms.admin_filters import RoomFilter, UserFilter
from rooms.admin_forms import ServiceForm, refusals_of
from rooms.admin_said import log, log_removal, may_remove, removed_text
from rooms.admin_saving import Saving, ServiceAdmin, saving_of
from rooms.models import Sanction, now_ms, to_ms
from rooms.services import sanctions
from rooms.services.removals import user_comments_remove, user_comments_remove_everywhere
from rooms.transaction import RoomTransaction

Kind = Sanction.Kind

LIFTED_AT_ONCE = 200
REMOVE = "remove_comments"
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
        help_texts: ClassVar[dict[str, Any]] = {
            "room": _("Leave this empty, and it holds in ALL rooms."),
            "until": _("Only with “until the time below”."),
        }

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
            case ending if ending in STATES:
                return queryset.filter(ending=ending)
            case _:
                return queryset.none()


@admin.register(Sanction)
class SanctionAdmin(ServiceAdmin, LongListAdmin):
    """Mutes and bans, and their history: imposed and lifted, never edited or deleted."""

    form = SanctionForm
    list_display = ("user", "kind", "where", "end", "state", "reason", "by", "created_at")
    list_filter = ("kind", StateFilter, WhereFilter, "created_at", UserFilter)
    list_select_related = ("user", "room", "by")
    search_fields = ("user__nickname", "=user__public_id", "reason")
    search_help_text = _("A user's nickname or public id, or a reason.")
    autocomplete_fields = ("user", "room")
    actions = ("lift",)
    radio_fields: ClassVar[dict[str, Any]] = {"kind": admin.HORIZONTAL}
    add_fieldsets: Any = (
        (None, {"fields": ("room", "kind", "user", "duration", "until", "reason", "remove_comments")}),
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
        if obj:
            return super().get_fieldsets(request, obj)
        ((name, options),) = self.add_fieldsets
        asked = options["fields"] if may_remove(request) else [f for f in options["fields"] if f != REMOVE]
        return ((name, {**options, "fields": asked}),)

    def get_form(self, request: HttpRequest, obj: Sanction | None = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        if not may_remove(request):
            form.base_fields.pop(REMOVE, None)
        return form

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
        # Not among the fields of one who may not.
        if form.cleaned_data.get(REMOVE):
            # In transactions of their own, once he is silenced.
            transaction.on_commit(partial(self._remove_comments, request, obj))

    def _remove_comments(self, request: HttpRequest, sanction: Sanction) -> None:
        if sanction.room_id is None:
            count = user_comments_remove_everywhere(user=sanction.user)
        else:
            count = user_comments_remove(room_id=sanction.room_id, user=sanction.user)
        log_removal(request, sanction.user, count)
        self.message_user(request, removed_text(count), messages.SUCCESS)

    @admin.action(description=_("Lift the selected mutes and bans"), permissions=["lift"])
    def lift(self, request: HttpRequest, queryset: QuerySet[Sanction]) -> None:
        ended = lifted = 0
        chosen = list(queryset.select_related("user").order_by("pk")[: LIFTED_AT_ONCE + 1])
        if len(chosen) > LIFTED_AT_ONCE:
            text = gettext("At most %(limit)d can be lifted at once; select fewer.")
            self.message_user(request, text % {"limit": LIFTED_AT_ONCE}, messages.ERROR)
            return
        for sanction in chosen:
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
