"""Comments and follows in the administration: looked at, taken down, pinned; never edited or deleted."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin_lists import LongChangeList
from accounts.admin_pictures import picture
from accounts.admin_rows import RowActions
from rooms.admin_filters import RoomFilter, UserFilter
from rooms.admin_forms import reason
from rooms.admin_reviews import ReviewActions, ReviewFilter, is_undecided, why
from rooms.admin_said import log, muted_text, removed_text, short_date
from rooms.admin_saving import ReadOnlyAdmin
from rooms.admin_search import UserSearch
from rooms.admin_shown import badge, link, list_of, room_link
from rooms.admin_writers import MUTED_FOR, TIMES, ModerationActions
from rooms.messages import Refused, Role
from rooms.models import DOWN, Comment, Review, Room, Sanction, now_ms
from rooms.selectors import sanctions_of_pairs
from rooms.services.comments import STAFF, comment_pin
from rooms.services.removals import comments_remove_in_steps
from rooms.transaction import RoomTransaction

NEWEST = 12
"""So many comments are shown where a room is run."""
REMOVED_BY_ONE_ACTION = 2000
"""Each leaves a line in the history; more would keep a browser waiting for longer than it does."""
ROLES: dict[str, Promise] = {
    Role.GUEST: _("guest"),
    Role.VIEWER: _("viewer"),
    Role.ASSISTANT: _("assistant"),
    Role.HOST: _("host"),
}


class CommentList(LongChangeList):
    """Knows what holds against the writers of its page's comments."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        _note_holding(self.result_list)


class CommentAdmin(ReviewActions, ModerationActions, UserSearch, RowActions, ReadOnlyAdmin):
    """The comments as they were posted. They are decided about, taken down and pinned, never edited or deleted: they
    are the log."""

    list_display = ("comment", "by", "in_room", "state_shown", "posted")
    list_display_links = None
    list_filter = (RoomFilter, ReviewFilter, "state", "created_at", UserFilter)
    search_fields = ("content", "nickname")
    search_help_text = _("Text, nickname or a user's public id.")
    sortable_by = ()
    list_select_related = ("room", "review")
    fields = ("content", "user", "nickname", "as_role", "room", "show", "seq", "state", "why", "created_at")
    readonly_fields = ("as_role", "why")
    actions = (*ReviewActions.reviewing, "remove", "pin", "unpin")
    row_actions: ClassVar[dict[str, str | Promise]] = {
        **ReviewActions.review_buttons,
        "remove": _("Take down"),
        "pin": _("Pin"),
        "unpin": _("Unpin"),
        "mute_writers": _("Mute"),
        "unmute_writers": _("Unmute"),
        "ban_writers": _("Ban"),
        "unban_writers": _("Unban"),
    }
    row_choices: ClassVar[dict[str, Any]] = {"mute_writers": (MUTED_FOR, TIMES)}

    def get_list_display(self, request: HttpRequest) -> Any:
        shown = super().get_list_display(request)
        # In one room's list it stands in the filter.
        return [name for name in shown if name != "in_room"] if RoomFilter.parameter_name in request.GET else shown

    @admin.display(description=_("comment"))
    def comment(self, comment: Comment) -> SafeString:
        address = reverse("admin:rooms_comment_change", args=[comment.pk])
        return format_html('<a class="said" href="{}">{}</a>', address, comment.content)

    @admin.display(description=_("user"))
    def by(self, comment: Comment) -> SafeString:
        name = link(list_of("rooms_comment", user=comment.user_id), comment.nickname)
        known = format_html(
            '<span class="who">{}{}</span>', picture(comment.avatar, "avatar", name=comment.nickname), name
        )
        return format_html("{} {}", known, _holding(comment))

    @admin.display(description=_("room"))
    def in_room(self, comment: Comment) -> SafeString:
        return room_link(comment.room)

    @admin.display(description=_("state"))
    def state_shown(self, comment: Comment) -> SafeString:
        if comment.room.pinned_id == comment.pk:
            return badge("pinned", _("pinned"))
        if comment.state == Comment.State.SHOWN and is_undecided(comment):
            flag = badge("review", Review.State.OPEN.label)
            return format_html("{} {} {}", badge(comment.state, Comment.State.SHOWN.label), flag, why(comment))
        return format_html("{} {}", badge(comment.state, Comment.State(comment.state).label), why(comment))

    @admin.display(description=_("role"))
    def as_role(self, comment: Comment) -> str:
        return str(ROLES.get(comment.role, comment.role))

    @admin.display(description=_("why"))
    def why(self, comment: Comment) -> SafeString | str:
        return why(comment) or "–"

    @admin.display(description=_("time"))
    def posted(self, comment: Comment) -> SafeString:
        return short_date(comment.created_at)

    def newest(self, request: HttpRequest, room: Room) -> list[dict[str, object]]:
        """A room's newest comments, as this list has them."""
        rows = list(Comment.objects.filter(room=room).select_related("review").order_by("-pk")[:NEWEST])
        for row in rows:
            row.room = room
        _note_holding(rows)
        return [
            {
                "pk": row.pk,
                "comment": self.comment(row),
                "by": self.by(row),
                "state": self.state_shown(row),
                "posted": self.posted(row),
                "buttons": self.buttons(request, row),
            }
            for row in rows
        ]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return CommentList

    def actions_of(self, obj: Comment) -> Iterable[str]:
        undecided = is_undecided(obj)
        if undecided:
            yield from self.reviewing
        if obj.room.pinned_id == obj.pk:
            yield "unpin"
        elif obj.state == Comment.State.SHOWN and obj.show == obj.room.show and not undecided:
            yield "pin"
        if obj.state not in DOWN and not undecided:
            yield "remove"
        if obj.role not in STAFF:
            held: Any = obj
            yield "unmute_writers" if Sanction.Kind.MUTE in held.holding else "mute_writers"
            yield "unban_writers" if Sanction.Kind.BAN in held.holding else "ban_writers"

    @admin.action(description=_("Remove the selected comments from the screens"), permissions=["moderate"])
    def remove(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        count = 0
        first = queryset.exclude(state__in=DOWN).order_by("-pk").values_list("pk", flat=True)
        chosen = list(first[: REMOVED_BY_ONE_ACTION + 1])
        if len(chosen) > REMOVED_BY_ONE_ACTION:
            text = gettext("There are more: one action removes %(limit)d, the newest. Run it again for the rest.")
            self.message_user(request, text % {"limit": REMOVED_BY_ONE_ACTION}, messages.WARNING)
        rows = Comment.objects.filter(pk__in=chosen[:REMOVED_BY_ONE_ACTION])
        for room_id, comment_ids in _by_room(rows).items():
            count += comments_remove_in_steps(room_id=room_id, comment_ids=comment_ids, note=partial(_note, request))
        self.message_user(request, removed_text(count), messages.SUCCESS if count else messages.WARNING)

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
                    before = room.pinned_id
                    comment_pin(tx, room_id=room_id, comment_id=comment_ids[0])
                    if room.pinned_id != before:
                        _note_pin(request, room_id)
            except Refused as refused:
                self.message_user(request, f"{room}: {reason(refused)}", messages.ERROR)
            else:
                text = gettext("The comment is pinned in %(room)s.") % {"room": room}
                self.message_user(request, text, messages.SUCCESS)

    @admin.action(description=_("Take the selected comments off their rooms' pins"), permissions=["moderate"])
    def unpin(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        for room_id, comment_ids in _by_room(queryset).items():
            with RoomTransaction(room_id) as tx:
                room = tx.rooms[room_id]
                pinned = room.pinned_id in comment_ids
                if pinned:
                    comment_pin(tx, room_id=room_id, comment_id=None)
                    _note_pin(request, room_id)
            text = gettext("%(room)s: no comment is pinned any more.") if pinned else gettext("%(room)s: not pinned.")
            self.message_user(request, text % {"room": room}, messages.SUCCESS if pinned else messages.WARNING)


def _note_holding(rows: Sequence[Any]) -> None:
    """Note at comments what holds against their writers, in the rooms of these."""
    holding = sanctions_of_pairs({(row.user_id, row.room_id) for row in rows}, now=now_ms())
    for row in rows:
        row.holding = {} if row.role in STAFF else holding[row.user_id, row.room_id]


def _holding(comment: Any) -> SafeString | str:
    """What holds against the writer of a comment, as noted."""
    if Sanction.Kind.BAN in comment.holding:
        return badge("banned", _("banned"))
    until = comment.holding.get(Sanction.Kind.MUTE)
    return badge("muted", muted_text(until)) if until else ""


def _note(request: HttpRequest, comment_ids: list[int]) -> None:
    log(request, Comment.objects.filter(pk__in=comment_ids), CHANGE, {"changed": {"fields": ["state"]}})


def _note_pin(request: HttpRequest, room_id: int) -> None:
    log(request, Room.objects.filter(pk=room_id), CHANGE, {"changed": {"fields": ["pinned comment"]}})


def _by_room(queryset: QuerySet[Comment]) -> dict[int, list[int]]:
    rooms: dict[int, list[int]] = {}
    for room_id, pk in queryset.order_by("room_id", "pk").values_list("room_id", "pk"):
        rooms.setdefault(room_id, []).append(pk)
    return rooms


class FollowAdmin(UserSearch, ReadOnlyAdmin):
    list_display = ("user", "host", "room", "created_at")
    list_filter = (RoomFilter, "created_at", UserFilter)
    search_fields = ("user__nickname", "host__nickname")
    search_help_text = _("A nickname, or a user's public id.")
    sortable_by = ()
    list_select_related = ("user", "host", "room")
