"""Telling followers that their host goes live: rows say who accepted a message, and how far each announcement is.

What a process began and did not end, another one goes on with. A message may have gone out already then; WeChat refuses
it the second time (43101), as each accept is good once.
"""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Final, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.wechat.client import WeChatError
from accounts.wechat.messages import chinese_time, message_data
from accounts.wechat.models import Announcement, Reminder

logger = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=60)
"""What a process has taken and not written down is another's then, and after the time that its calls may take."""
AT_ONCE: Final = 20
"""Messages under way at once in one process."""
KEPT: Final = timedelta(days=90)
"""How long an announcement that has ended is kept for the operator: then it goes with the next one of its host."""
TOO_LATE: Final = timedelta(minutes=30)
"""After a host went live: whoever hears of it then finds the show over."""
PAUSE_MAX: Final = 60
NO_SUCH_TEMPLATE: Final = 40037
RESUMABLE: Final = (Announcement.State.STOPPED, Announcement.State.EXPIRED)
"""What goes on when the operator says so."""


class Target(NamedTuple):
    """A reminder, and whom WeChat tells."""

    reminder_id: int
    openid: str


class Claim(NamedTuple):
    """What one process sends next. `data` are the values of the template."""

    announcement_id: int
    template_id: str
    page: str
    data: dict[str, str]
    targets: list[Target]


class Outcome(NamedTuple):
    """What came of a claim: the errcode of each that was answered (0: sent); `stop`: why no further one is tried."""

    answered: Mapping[int, int]
    stop: WeChatError | None = None


def reminders_are_on() -> bool:
    """Whether there are messages at all."""
    return bool(settings.WECHAT_APPID and settings.WECHAT_TEMPLATE_LIVE)


def reminder_accept(*, user: User, host_id: int) -> None:
    """Note that somebody accepted a message; one waits at most for each host."""
    Reminder.objects.bulk_create(
        [Reminder(user=user, host_id=host_id, template_id=settings.WECHAT_TEMPLATE_LIVE)], ignore_conflicts=True
    )


def reminder_waits(*, user: User, host_id: int) -> bool:
    """Whether he will be told the next time."""
    return Reminder.objects.filter(
        user=user, host_id=host_id, template_id=settings.WECHAT_TEMPLATE_LIVE, announcement=None
    ).exists()


def reminders_forget(*, user_ids: list[int], host_id: int) -> None:
    """Whoever does not follow a host any more is not told."""
    Reminder.objects.filter(user_id__in=user_ids, host_id=host_id, announcement=None).delete()


def announcement_add(*, host_id: int, title: str, slug: str) -> None:
    """Have those told who accepted it; in the transaction in which the host goes live."""
    old = Announcement.objects.filter(host_id=host_id, created_at__lt=timezone.now() - KEPT)
    old.exclude(state__in=Announcement.OPEN).delete()
    template_id = settings.WECHAT_TEMPLATE_LIVE
    Announcement.objects.create(host_id=host_id, title=title, page=_page(slug), template_id=template_id)


def announcements_over(*, host_id: int, slug: str) -> None:
    """Tell nobody any more: the show is over; in the transaction in which it ends.

    What is under way is written down by whoever sends it, and the rest of that waits again then.
    """
    mine = Announcement.objects.filter(host_id=host_id, page=_page(slug), state__in=Announcement.OPEN)
    now = timezone.now()
    for found in mine.select_for_update(no_key=True).order_by("pk"):
        if found.leased_until is None or found.leased_until < now:
            _let_go(found)
        _end(found, Announcement.State.EXPIRED)


def _page(slug: str) -> str:
    return settings.WECHAT_TEMPLATE_LIVE_PAGE.replace("{slug}", slug)


def announcements_resume(*, ids: list[int]) -> int:
    """Go on with those that an error stopped; return how many. What is too late is told too: somebody asks for it."""
    now = timezone.now()
    with transaction.atomic():
        found = Announcement.objects.filter(state__in=RESUMABLE, pk__in=ids)
        _mend_template(found.filter(errcode=NO_SUCH_TEMPLATE))
        return found.update(
            state=Announcement.State.WAITING, created_at=now, next_at=now, errcode=None, errmsg="", tries=0
        )


def announcements_wait() -> bool:
    """Whether there is something to do now."""
    return Announcement.objects.filter(state__in=Announcement.OPEN, next_at__lte=timezone.now()).exists()


def announcement_claim(*, owner: str, limit: int) -> Claim | None:
    """Take the next messages of an announcement that nobody else works on; None where there are none."""
    now = timezone.now()
    free = Q(owner=owner) | Q(leased_until=None) | Q(leased_until__lt=now)
    with transaction.atomic():
        found = (
            Announcement.objects.select_for_update(no_key=True, skip_locked=True)
            .filter(free, state__in=Announcement.OPEN, next_at__lte=now)
            .order_by("next_at", "pk")
            .first()
        )
        if found is None:
            return None
        if now - found.created_at > TOO_LATE:
            _let_go(found)
            _end(found, Announcement.State.EXPIRED)
            return None
        reminders = _taken(found, limit)
        if not reminders:
            _end(found, Announcement.State.DONE)
            return None
        calls = timedelta(seconds=limit / AT_ONCE * settings.LIVEROOM_WECHAT_TIMEOUT)
        found.state, found.owner, found.leased_until = Announcement.State.SENDING, owner, now + LEASE + calls
        found.save(update_fields=["state", "owner", "leased_until"])
        values = {
            "title": found.title,
            "host": found.host.nickname,
            "time": chinese_time(timezone.localtime(found.created_at)),
        }
        return Claim(
            found.pk,
            found.template_id,
            found.page,
            message_data(settings.WECHAT_TEMPLATE_LIVE_DATA, values),
            [Target(reminder.pk, reminder.user.openid or "") for reminder in reminders],
        )


def announcement_record(claim: Claim, outcome: Outcome) -> None:
    """Write down what came of a claim. What was not answered is tried again, later each time."""
    used: dict[int, list[int]] = {}
    for pk, errcode in outcome.answered.items():
        used.setdefault(errcode, []).append(pk)
    with transaction.atomic():
        found = Announcement.objects.select_for_update(no_key=True).filter(pk=claim.announcement_id).first()
        if found is None:
            return
        for errcode, pks in used.items():
            # Those that are there: another process may have told them meanwhile, and counted them.
            count, _ = Reminder.objects.filter(pk__in=pks).delete()
            if errcode:
                found.refusals[str(errcode)] = found.refusals.get(str(errcode), 0) + count
            else:
                found.sent += count
        found.save(update_fields=["sent", "refusals"])
        if found.state not in Announcement.OPEN:
            _let_go(found)
            return
        if outcome.stop is not None:
            logger.error("Followers are not told of %r: %s", found.title, outcome.stop)
            _let_go(found)
            _end(found, Announcement.State.STOPPED, outcome.stop)
            return
        found.tries = 0 if len(outcome.answered) == len(claim.targets) else min(found.tries + 1, 10)
        found.next_at = timezone.now() + timedelta(seconds=min(2**found.tries, PAUSE_MAX) if found.tries else 0)
        found.save(update_fields=["tries", "next_at"])


def _taken(announcement: Announcement, limit: int) -> list[Reminder]:
    """What a process that is no more had taken, or was not answered; then what waits."""
    under_way = announcement.reminders.select_related("user").order_by("pk")
    waiting = Reminder.objects.filter(
        host_id=announcement.host_id,
        template_id=announcement.template_id,
        announcement=None,
        accepted_at__lte=announcement.created_at,
        user__is_active=True,
        user__openid__isnull=False,
    )
    room = limit - under_way.count()
    if room > 0:
        pks = list(waiting.order_by("pk").values_list("pk", flat=True)[:room])
        # Once more without an announcement: another one of the same host may be taking them.
        Reminder.objects.filter(pk__in=pks, announcement=None).update(announcement=announcement)
    return list(under_way[:limit])


def _mend_template(announcements: QuerySet[Announcement]) -> None:
    """Where WeChat knows no such template, nobody accepted that one: what was accepted is what the setting says now."""
    mended = settings.WECHAT_TEMPLATE_LIVE
    wrong = set(announcements.exclude(template_id=mended).values_list("template_id", flat=True))
    waiting = Reminder.objects.filter(template_id__in=wrong, announcement=None)
    again = Reminder.objects.filter(host=OuterRef("host"), user=OuterRef("user"), template_id=mended, announcement=None)
    waiting.filter(Exists(again)).delete()
    for template_id in wrong:
        waiting.filter(template_id=template_id).exclude(Exists(again)).update(template_id=mended)
    announcements.update(template_id=mended)


def _let_go(announcement: Announcement) -> None:
    """Who was not told waits for the next time, unless he has accepted another message already."""
    left = list(announcement.reminders.all())
    # Put there anew: he may be accepting another one at this moment, and of two one waits.
    Reminder.objects.bulk_create(
        [
            Reminder(
                user_id=each.user_id, host_id=each.host_id, template_id=each.template_id, accepted_at=each.accepted_at
            )
            for each in left
        ],
        ignore_conflicts=True,
    )
    Reminder.objects.filter(pk__in=[each.pk for each in left]).delete()


def _end(announcement: Announcement, state: Announcement.State, error: WeChatError | None = None) -> None:
    announcement.state, announcement.leased_until = state, None
    if error is not None:
        announcement.errcode, announcement.errmsg = error.errcode, error.errmsg[:200]
    announcement.save(update_fields=["state", "leased_until", "errcode", "errmsg"])
