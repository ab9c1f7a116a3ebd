"""Announcements in the administration: how far each is, and what WeChat has against it."""

from operator import itemgetter
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from accounts.admin_lists import LongListAdmin
from accounts.wechat import reminders
from accounts.wechat.models import Announcement


@admin.register(Announcement)
class AnnouncementAdmin(LongListAdmin):
    list_display = ("title", "host", "created_at", "state", "sent", "refused", "left", "error")
    list_filter = ("state",)
    fields = readonly_fields = ("title", "host", "created_at", "state", "sent", "refused", "left", "error", "next_at")
    list_select_related = ("host",)
    ordering = ("-pk",)
    sortable_by = ()
    actions = ("resume",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Announcement]:
        found: QuerySet[Announcement] = super().get_queryset(request)
        return found.annotate(count_left=Count("reminders"))

    @admin.display(description=pgettext_lazy("message", "refused"))
    def refused(self, announcement: Announcement) -> int:
        return announcement.refused

    @admin.display(description=_("under way"))
    def left(self, announcement: Any) -> int:
        return int(announcement.count_left)

    @admin.display(description=_("error"))
    def error(self, announcement: Announcement) -> str:
        """The one that stopped it, or what most were refused for."""
        if announcement.errcode is not None:
            return f"{announcement.errcode} {announcement.errmsg}"
        most = sorted(announcement.refusals.items(), key=itemgetter(1), reverse=True)
        return ", ".join(f"{errcode} × {times}" for errcode, times in most[:3])

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Nothing in it is to be saved."""
        context = {"show_save": False, "show_save_and_continue": False, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Announcement | None = None) -> bool:
        return False

    @admin.action(description=_("Go on with the selected announcements"), permissions=["change"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Announcement]) -> None:
        """Once the template or the setting is mended."""
        chosen = list(queryset.filter(state__in=reminders.RESUMABLE).order_by("pk").values_list("pk", flat=True))
        count = reminders.announcements_resume(ids=chosen)
        LogEntry.objects.log_actions(
            request.user.pk or 0,
            Announcement.objects.filter(pk__in=chosen),
            CHANGE,
            change_message=[{"changed": {"fields": ["state"]}}],
        )
        text = ngettext("%(count)d announcement goes on.", "%(count)d announcements go on.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS)
