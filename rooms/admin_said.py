"""What the administration says of an action, and what it keeps of it."""

from typing import Any

from django.contrib.admin.models import LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import ngettext


def log(request: HttpRequest, rows: QuerySet[Any], flag: int, message: dict[str, Any]) -> None:
    """Write into the administration's history what was done to these rows."""
    LogEntry.objects.log_actions(request.user.pk or 0, rows, flag, change_message=[message])


def removed_text(count: int) -> str:
    """How many comments were removed, in words."""
    text = ngettext("%(count)d comment was removed.", "%(count)d comments were removed.", count)
    return text % {"count": count}
