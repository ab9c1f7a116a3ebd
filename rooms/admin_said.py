"""What the administration says of an action, and what it keeps of it."""

from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext

from accounts.models import User
from rooms.models import FOREVER, from_ms


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
    end = localtime(from_ms(until))
    shown = "TIME_FORMAT" if end.date() == localtime().date() else "SHORT_DATETIME_FORMAT"
    return gettext("muted until %(time)s") % {"time": date_format(end, shown)}


def removed_text(count: int) -> str:
    """How many comments were removed, in words."""
    text = ngettext("%(count)d comment was removed.", "%(count)d comments were removed.", count)
    return text % {"count": count}
