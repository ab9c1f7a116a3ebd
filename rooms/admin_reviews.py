"""Comments that a human is to decide about, in the administration: which, why, and what is decided."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, ClassVar, Final

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from rooms.admin_said import log, may_remove
from rooms.admin_shown import list_of
from rooms.models import Comment, Review
from rooms.services.reviews import OFF, UNDECIDED, comment_pass, comment_refuse
from rooms.transaction import RoomTransaction

DECIDED_AT_ONCE = 200
COUNTED = 1000
"""More than so many are not counted."""

CHECKS: Final[dict[str, Any]] = {"blocked_words": _("blocked word"), "msg_sec_check": _("WeChat")}
"""Our checks by their names; others go by their own."""
LABELS: Final[dict[str, Any]] = {
    "10001": _("advertising"),
    "20001": _("politics"),
    "20002": _("pornography"),
    "20003": _("abuse"),
    "20006": _("crime"),
    "20008": _("fraud"),
    "20012": _("vulgarity"),
    "20013": _("copyright"),
    "21000": _("other"),
}
"""WeChat's labels ("文本内容安全识别")."""
DETAILS: Final[dict[str, Any]] = {
    OFF: _("the check was switched off"),
    "no openid": _("no WeChat user"),
    "no answer": _("no answer"),
    "no answer in time": _("no answer"),
}


class ReviewFilter(admin.SimpleListFilter):
    """What a human is to decide about, and what was refused."""

    title = _("review")
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [(str(state), str(state.label)) for state in (Review.State.OPEN, Review.State.REFUSED)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        return queryset.filter(review__state=self.value()) if self.value() else queryset


def review_list(**query: object) -> str:
    """The address of the list of what is to be decided."""
    return list_of("rooms_comment", **query, review=Review.State.OPEN.value)


def to_review(room_id: int | None = None) -> int:
    """How many comments are to be decided about, in a room or (None) in all; COUNTED at most."""
    found = Review.objects.filter(state=Review.State.OPEN)
    if room_id is not None:
        found = found.filter(comment__room_id=room_id)
    return found[:COUNTED].count()


def review_of(comment: Comment) -> Review | None:
    """What is, or was, to be decided about a comment."""
    return getattr(comment, "review", None)


def is_undecided(comment: Comment) -> bool:
    """Whether something is to be decided about a comment."""
    review = review_of(comment)
    return review is not None and review.state in UNDECIDED


def why(comment: Comment) -> SafeString | str:
    """Why a comment was held, or refused by a check."""
    review = review_of(comment)
    if review is None:
        return ""
    name = CHECKS.get(review.check_name, review.check_name)
    detail = LABELS.get(review.detail) if review.check_name == "msg_sec_check" else None
    detail = detail or DETAILS.get(review.detail, review.detail)
    text = gettext("%(check)s: %(detail)s") % {"check": name, "detail": detail} if name and detail else name or detail
    return format_html('<span class="mini quiet why">{}</span>', text) if text else ""


class ReviewActions(admin.ModelAdmin):  # type: ignore[type-arg]
    """Pass and refuse: actions of a list of comments, and buttons of those about which this is to be decided.

    To be put before the other bases of such an admin; its own ``actions`` come after these in the menu.
    """

    reviewing: ClassVar[tuple[str, ...]] = ("pass_comments", "refuse_comments")
    review_buttons: ClassVar[dict[str, str | Promise]] = {"pass_comments": _("Pass"), "refuse_comments": _("Refuse")}

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        """Whether the user may decide what is shown."""
        return may_remove(request)

    @admin.action(description=_("Pass the selected comments"), permissions=["moderate"])
    def pass_comments(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        count, late = _decide(request, queryset, comment_pass)
        text = ngettext("%(count)d comment was passed.", "%(count)d comments were passed.", count)
        self._tell(request, queryset, text, count, late)

    @admin.action(description=_("Refuse the selected comments"), permissions=["moderate"])
    def refuse_comments(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        count, late = _decide(request, queryset, comment_refuse)
        text = ngettext("%(count)d comment was refused.", "%(count)d comments were refused.", count)
        self._tell(request, queryset, text, count, late)

    def _tell(self, request: HttpRequest, queryset: QuerySet[Comment], text: str, count: int, late: int) -> None:
        if not count:
            self.message_user(request, _nothing_left(queryset), messages.WARNING)
            return
        self.message_user(request, text % {"count": count}, messages.SUCCESS)
        if ReviewFilter.parameter_name in request.GET and request.POST.get("select_across") != "1":
            # Chosen among what was to be decided about; the list holds no more of it than that now.
            late = len(set(request.POST.getlist(ACTION_CHECKBOX_NAME))) - count
        if late:
            text = ngettext(
                "%(count)d was decided about already, and stays as it is.",
                "%(count)d were decided about already, and stay as they are.",
                late,
            )
            self.message_user(request, text % {"count": late}, messages.WARNING)


def _nothing_left(queryset: QuerySet[Comment]) -> str:
    """That all was decided already; of one, how."""
    found = list(queryset[:2])
    if len(found) != 1:
        return gettext("There is nothing to decide about this any more.")
    state = Comment.State(found[0].state).label
    return gettext("There is nothing to decide about this any more: it is %(state)s.") % {"state": state}


def _decide(request: HttpRequest, queryset: QuerySet[Comment], service: Callable[..., bool]) -> tuple[int, int]:
    """Decide about comments, the newest first, in steps; returns about how many, and about how many somebody else did
    meanwhile."""
    rooms: dict[int, list[int]] = {}
    chosen = queryset.filter(review__state__in=UNDECIDED)
    for room_id, pk in chosen.order_by("room_id", "-pk").values_list("room_id", "pk"):
        rooms.setdefault(room_id, []).append(pk)
    count = late = 0
    for room_id, keys in rooms.items():
        for first in range(0, len(keys), DECIDED_AT_ONCE):
            with RoomTransaction(room_id) as tx:
                decide = partial(service, tx, room_id=room_id)
                # As they were said; what somebody else has decided since the look above stays so.
                some = keys[first : first + DECIDED_AT_ONCE]
                still = Comment.objects.filter(pk__in=some, review__state__in=UNDECIDED).order_by("pk")
                done = [pk for pk in still.values_list("pk", flat=True) if decide(comment_id=pk)]
                log(request, Comment.objects.filter(pk__in=done), CHANGE, {"changed": {"fields": ["state"]}})
            count, late = count + len(done), late + len(some) - len(done)
    return count, late
