"""What is done about the writers of comments in the administration, from the list of these."""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, CHANGE
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from rooms.admin_forms import reason
from rooms.admin_said import log, log_removal, may_remove, muted_text, names_of, removed_text
from rooms.messages import Refused
from rooms.models import FOREVER, Comment, Sanction, now_ms
from rooms.selectors import sanctions_of
from rooms.services import sanctions
from rooms.services.removals import user_comments_remove
from rooms.transaction import RoomTransaction

Kind = Sanction.Kind

WRITERS_AT_ONCE = 100
MUTED_FOR = "for"
"""The field in which a button says for how long its writer is muted; the menu says nothing, and means an hour."""
TIMES = (("600", _("10 minutes")), ("3600", _("an hour")), ("86400", _("a day")), ("ever", _("for ever")))
HOUR = "3600"

Act = Callable[[HttpRequest, int, User], int]
"""What is done to a writer in a room; returns whether, or how often, it was."""


class ModerationActions(admin.ModelAdmin):  # type: ignore[type-arg]
    """Row actions of a list of comments that concern their writers, each in the room of his comment.

    To be put before the other bases of such an admin; its own ``actions`` come first in the menu.
    """

    moderation: ClassVar[tuple[str, ...]] = (
        "mute_writers",
        "unmute_writers",
        "ban_writers",
        "unban_writers",
        "remove_all_of_writers",
    )

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = (action for action in cls.actions or () if action not in cls.moderation)
        cls.actions = (*own, *cls.moderation)

    def has_sanction_permission(self, request: HttpRequest) -> bool:
        """Whether the user may mute and ban."""
        return bool(request.user.has_perm("rooms.add_sanction"))

    def has_lift_permission(self, request: HttpRequest) -> bool:
        """Whether the user may end mutes and bans."""
        return bool(request.user.has_perm("rooms.change_sanction"))

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        """Whether the user may take comments down and pin them."""
        return may_remove(request)

    @admin.action(description=_("Mute the writers for an hour"), permissions=["sanction"])
    def mute_writers(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        """Mute each writer in the room of his comment, for as long as the button says."""
        asked = request.POST.get(MUTED_FOR, HOUR)
        if asked not in dict(TIMES):
            self.message_user(request, gettext("This time is not possible."), messages.ERROR)
            return
        until = FOREVER if asked == "ever" else now_ms() + 1000 * int(asked)
        muted = self._of_each_writer(request, queryset, partial(_mute, until=until))
        if muted:
            self.message_user(request, f"{names_of(muted)}: {muted_text(until)}", messages.SUCCESS)

    @admin.action(description=_("Unmute the writers"), permissions=["lift"])
    def unmute_writers(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        """End what keeps each writer silent in the room of his comment."""
        lifted = self._of_each_writer(request, queryset, partial(_lift, kind=Kind.MUTE))
        if lifted:
            text = ngettext("%(names)s is not muted any more.", "%(names)s are not muted any more.", len(lifted))
            self.message_user(request, text % {"names": names_of(lifted)}, messages.SUCCESS)

    @admin.action(description=_("Ban the writers from the room"), permissions=["sanction"])
    def ban_writers(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        """Ban each writer from the room of his comment, until somebody lifts it."""
        banned = self._of_each_writer(request, queryset, _ban)
        if banned:
            text = ngettext("%(names)s is banned.", "%(names)s are banned.", len(banned))
            self.message_user(request, text % {"names": names_of(banned)}, messages.SUCCESS)

    @admin.action(description=_("Lift the bans of the writers"), permissions=["lift"])
    def unban_writers(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        """End what keeps each writer out of the room of his comment."""
        lifted = self._of_each_writer(request, queryset, partial(_lift, kind=Kind.BAN))
        if lifted:
            text = ngettext("%(names)s is not banned any more.", "%(names)s are not banned any more.", len(lifted))
            self.message_user(request, text % {"names": names_of(lifted)}, messages.SUCCESS)

    @admin.action(description=_("Remove all comments of the writers in the room"), permissions=["moderate"])
    def remove_all_of_writers(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        """Take down all that each writer said in the room of his comment."""
        count = 0

        def remove(request: HttpRequest, room_id: int, user: User) -> int:
            nonlocal count
            count += (removed := _remove_all(request, room_id, user))
            return removed

        self._of_each_writer(request, queryset, remove)
        self.message_user(request, removed_text(count), messages.SUCCESS if count else messages.WARNING)

    def _of_each_writer(self, request: HttpRequest, queryset: QuerySet[Comment], act: Act) -> list[User]:
        """Do it to the writers of these comments, in each of their rooms; returns those where ``act`` did anything,
        each once. Refusals are told."""
        pairs = queryset.order_by("room_id", "user_id").values_list("room_id", "user_id").distinct()
        found = list(pairs[: WRITERS_AT_ONCE + 1])
        if len(found) > WRITERS_AT_ONCE:
            text = gettext("These are comments of more than %(limit)d users; select fewer.")
            self.message_user(request, text % {"limit": WRITERS_AT_ONCE}, messages.ERROR)
            return []
        users = User.objects.in_bulk({user_id for _room_id, user_id in found})
        done: dict[int, User] = {}
        for room_id, user_id in found:
            try:
                if act(request, room_id, users[user_id]):
                    done[user_id] = users[user_id]
            except Refused as refused:
                self.message_user(request, f"{users[user_id]}: {reason(refused)}", messages.ERROR)
        return list(done.values())


def _mute(request: HttpRequest, room_id: int, user: User, *, until: int) -> bool:
    """Mute until then, in ms; one that is muted for longer stays so, and that is told."""
    with RoomTransaction(room_id) as tx:
        before = sanctions_of(room_id, [user.pk], now=tx.now).get((user.pk, Kind.MUTE), 0)
        if before <= until:
            _impose(request, tx, room_id, user, Kind.MUTE, until)
            return True
    messages.warning(request, f"{user}: {muted_text(before)}")
    return False


def _ban(request: HttpRequest, room_id: int, user: User) -> bool:
    with RoomTransaction(room_id) as tx:
        _impose(request, tx, room_id, user, Kind.BAN, None)
    return True


def _lift(request: HttpRequest, room_id: int, user: User, *, kind: Kind) -> bool:
    """Lift what holds in this room; what holds in all of them stays, and that is told."""
    by: Any = request.user
    with RoomTransaction(room_id) as tx:
        here = list(Sanction.objects.filter(room=room_id, user=user, kind=kind, ending="").values_list("pk", flat=True))
        if here:
            sanctions.sanction_lift(tx, room_id=room_id, user=user, kind=kind, by=by)
            log(request, Sanction.objects.filter(pk__in=here), CHANGE, {"changed": {"fields": ["ending"]}})
        holds = (user.pk, kind) in sanctions_of(room_id, [user.pk], now=tx.now)
    if holds:
        text = gettext("%(user)s: this holds in all rooms. It is lifted in the list of mutes and bans.")
    elif not here:
        text = gettext("%(user)s: there is nothing to lift.")
    else:
        return True
    messages.warning(request, text % {"user": user})
    return False


def _impose(request: HttpRequest, tx: RoomTransaction, room_id: int, user: User, kind: Kind, until: int | None) -> None:
    by: Any = request.user
    made = sanctions.sanction_impose(tx, room_id=room_id, user=user, kind=kind, by=by, until=until)
    log(request, Sanction.objects.filter(pk=made.pk), ADDITION, {"added": {}})


def _remove_all(request: HttpRequest, room_id: int, user: User) -> int:
    count = user_comments_remove(room_id=room_id, user=user)
    log_removal(request, user, count)
    return count
