"""What is done about the writers of comments in the administration, from the list of these."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from rooms.admin_forms import reason
from rooms.admin_said import log, log_removal, may_remove, muted_text, removed_text
from rooms.messages import Refused
from rooms.models import Comment, Sanction
from rooms.selectors import sanctions_of
from rooms.services import sanctions
from rooms.services.removals import user_comments_remove
from rooms.transaction import RoomTransaction

Kind = Sanction.Kind

WRITERS_AT_ONCE = 100
MUTED_FOR = timedelta(hours=1)
"""How long the writer of a comment is muted by the action of its row; the form has other times."""

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

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        """Whether the user may take comments down and pin them."""
        return may_remove(request)

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

    @admin.action(description=_("Remove all comments of the writers in the room"), permissions=["moderate"])
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
    """Mute for MUTED_FOR; one that is muted for longer stays so, and that is told."""
    with RoomTransaction(room_id) as tx:
        until = tx.now + MUTED_FOR // timedelta(milliseconds=1)
        before = sanctions_of(room_id, [user.pk], now=tx.now).get((user.pk, Kind.MUTE), 0)
        if before <= until:
            _impose(request, tx, room_id, user, Kind.MUTE, until)
            return 1
    messages.warning(request, f"{user}: {muted_text(before)}")
    return 0


def _ban(request: HttpRequest, room_id: int, user: User) -> int:
    with RoomTransaction(room_id) as tx:
        _impose(request, tx, room_id, user, Kind.BAN, None)
    return 1


def _impose(request: HttpRequest, tx: RoomTransaction, room_id: int, user: User, kind: Kind, until: int | None) -> None:
    by: Any = request.user
    made = sanctions.sanction_impose(tx, room_id=room_id, user=user, kind=kind, by=by, until=until)
    log(request, Sanction.objects.filter(pk=made.pk), ADDITION, {"added": {}})


def _remove_all(request: HttpRequest, room_id: int, user: User) -> int:
    count = user_comments_remove(room_id=room_id, user=user)
    log_removal(request, user, count)
    return count
