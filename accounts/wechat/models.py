"""Who is to be told that a host goes live, and how far that is."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.wechat.messages import PAGE_MAX, TEMPLATE_MAX


class Announcement(models.Model):
    """A host who went live. Worked off by one process at a time: `owner`, until `leased_until`.

    ``sent`` and ``refusals``, by error code: how many messages went out, and did not. Their rows are gone then.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENDING = "sending", _("being sent")
        DONE = "done", pgettext_lazy("message", "sent")
        STOPPED = "stopped", _("stopped by an error")
        EXPIRED = "expired", _("too late")

    OPEN = (State.WAITING, State.SENDING)

    host = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("host"))
    title = models.CharField(_("title"), max_length=100)
    page = models.CharField(_("page"), max_length=PAGE_MAX)
    template_id = models.CharField(_("template"), max_length=TEMPLATE_MAX)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    errcode = models.IntegerField(_("error code"), null=True)
    errmsg = models.CharField(_("error"), max_length=200, blank=True)
    sent = models.PositiveIntegerField(_("told"), default=0)
    refusals = models.JSONField(default=dict)
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(_("went live at"), default=timezone.now)
    next_at = models.DateTimeField(_("next try at"), default=timezone.now)
    owner = models.CharField(max_length=32, blank=True)
    leased_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")
        indexes = [
            models.Index(
                fields=["next_at"], name="announcement_open", condition=models.Q(state__in=["waiting", "sending"])
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def refused(self) -> int:
        return sum(self.refusals.values())


class Reminder(models.Model):
    """One message that somebody accepted: to be told once that this host goes live. A second takes a second accept.

    It waits while it has no ``announcement``, and is under way while it has one. Gone once it is used up.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("user"))
    host = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("host"))
    template_id = models.CharField(_("template"), max_length=TEMPLATE_MAX)
    accepted_at = models.DateTimeField(_("accepted at"), default=timezone.now)
    announcement = models.ForeignKey(
        Announcement, models.CASCADE, null=True, related_name="reminders", verbose_name=_("announcement")
    )

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        constraints = [
            models.UniqueConstraint(
                fields=["host", "user", "template_id"],
                condition=models.Q(announcement=None),
                name="reminder_waits_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} → {self.host}"
