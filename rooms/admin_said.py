"""What the administration says of an action, and what it keeps of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext

from accounts.models import User
from rooms.models import FOREVER, from_ms

NAMED = 5
"""So many users are named; of more, the number is told."""


def log(request: HttpRequest, rows: QuerySet[Any], flag: int, message: dict[str, Any]) -> None:
    """Write into the administration's history what was done to these rows."""
    LogEntry.objects.log_actions(request.user.pk or 0, rows, flag, change_message=[message])


def may_remove(request: HttpRequest) -> bool:
    """Whether the user may take comments down."""
    return bool(request.user.has_perm("rooms.change_comment"))


def log_removal(request: HttpRequest, user: User, count: int) -> None:
    """Write into the history that comments of that user were taken down, if any were."""
    if count:
        what = {"name": "comments", "object": str(user)}
        log(request, User.objects.filter(pk=user.pk), CHANGE, {"deleted": what})


def muted_text(until: int) -> str:
    """Until when somebody is muted, in ms or FOREVER, in words; today's times without their day."""
    if until >= FOREVER:
        return gettext("muted for ever")
    return gettext("muted until %(time)s") % {"time": short_time(from_ms(until))}


def short_time(moment: datetime) -> str:
    """A moment with its day; one of today without."""
    there = localtime(moment)
    return date_format(there, "TIME_FORMAT" if there.date() == localtime().date() else "SHORT_DATETIME_FORMAT")


def short_date(moment: datetime) -> SafeString:
    """The day of a moment, or of one of today the hour; whoever points at it reads the whole."""
    there = localtime(moment)
    shown = "TIME_FORMAT" if there.date() == localtime().date() else "SHORT_DATE_FORMAT"
    return when(moment, date_format(there, shown))


def when(moment: datetime, shown: str) -> SafeString:
    """A moment, shown like that in one line; whoever points at it reads the whole."""
    there = localtime(moment)
    text = '<time class="when" datetime="{}" title="{}">{}</time>'
    return format_html(text, there.isoformat(), date_format(there, "DATETIME_FORMAT"), shown)


def changes_text(changes: Sequence[Any]) -> str:
    """What a form has changed, as its history has it, in short words; "" for nothing."""
    found: list[str] = []
    for part in changes:
        for kind, what in part.items():
            fields = ", ".join(gettext(name) for name in what.get("fields", ()))
            found += [_change_text(kind, what, fields)]
    return ", ".join(each for each in found if each)


def _change_text(kind: str, what: dict[str, Any], fields: str) -> str:
    of = what.get("object", "")
    match kind:
        case "added":
            return gettext("new: %(object)s") % {"object": of} if of else ""
        case "deleted":
            return gettext("removed: %(object)s") % {"object": of}
    return gettext("%(fields)s of %(object)s") % {"fields": fields, "object": of} if of else fields


def names_of(users: Sequence[User]) -> str:
    """Who it was, in words."""
    shown = ", ".join(map(str, users[:NAMED]))
    more = len(users) - NAMED
    return gettext("%(names)s and %(count)d more") % {"names": shown, "count": more} if more > 0 else shown


def removed_text(count: int) -> str:
    """How many comments were removed, in words."""
    text = ngettext("%(count)d comment was removed.", "%(count)d comments were removed.", count)
    return text % {"count": count}
