"""What a room remembers. Counters and numbers are changed by services alone, under the lock of RoomHead."""

import secrets
import time
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import validate_address


def new_epoch() -> str:
    """A random id of one room's log."""
    return secrets.token_hex(8)


def now_ms() -> int:
    """The time as frames carry it."""
    return time.time_ns() // 1_000_000


FOREVER = 253_402_300_799_999
"""The end of the year 9999, in ms: over the wire, the end of what has none."""


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970 UTC, by integer arithmetic: the same number at every replay."""
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000


def from_ms(ms: int) -> datetime:
    """The moment of ``ms`` milliseconds since 1970 UTC."""
    return datetime.fromtimestamp(ms // 1000, tz=UTC).replace(microsecond=ms % 1000 * 1000)


class Room(models.Model):
    """A live room. What viewers see of it changes by a numbered event only; RoomHead holds its counters."""

    class Status(models.TextChoices):
        SCHEDULED = "scheduled", _("scheduled")
        LIVE = "live", _("live")
        PAUSED = "paused", _("paused")
        ENDED = "ended", _("ended")

    slug = models.SlugField(_("slug"), max_length=64, unique=True, help_text=_("The room's name in addresses."))
    title = models.CharField(_("title"), max_length=100)
    cover = models.CharField(
        _("cover"), max_length=500, blank=True, validators=[validate_address], help_text=_("Address of a picture.")
    )
    stream = models.CharField(
        _("stream"),
        max_length=500,
        blank=True,
        validators=[validate_address],
        help_text=_("Address of the video (HLS)."),
    )
    host = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="hosted_rooms", verbose_name=_("host")
    )
    assistants = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="assisted_rooms", verbose_name=_("assistants")
    )
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.SCHEDULED)
    show = models.PositiveIntegerField(_("show"), default=1, editable=False)
    notice = models.CharField(_("notice"), max_length=500, blank=True)
    pinned = models.ForeignKey(
        "rooms.Comment", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("pinned comment")
    )
    allow_comments = models.BooleanField(_("comments allowed"), default=True)
    allow_likes = models.BooleanField(_("likes allowed"), default=True)
    allow_shop = models.BooleanField(_("purchases allowed"), default=True)
    slow_mode = models.PositiveSmallIntegerField(
        _("slow mode"),
        default=0,
        validators=[MaxValueValidator(300)],
        help_text=_("Seconds between two comments of one viewer; 0: off."),
    )
    epoch = models.CharField(_("epoch"), max_length=32, default=new_epoch, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        ordering = ("pk",)
        constraints = [
            models.CheckConstraint(condition=models.Q(slow_mode__lte=300), name="room_slow_mode_at_most_300"),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        adding = self._state.adding
        with transaction.atomic():
            super().save(*args, **kwargs)
            if adding:
                # Locked: a follow meanwhile either counts here already, or finds this room when it comes.
                host = HostHead.objects.select_for_update(no_key=True).filter(host_id=self.host_id).first()
                RoomHead.objects.create(room=self, followers=host.followers if host else 0)


class RoomHead(models.Model):
    """The row that is locked: a room's newest seq and its counters.

    A row of its own, because a form's ``save`` writes every column of its row back and would put the numbers back too.
    """

    room = models.OneToOneField(Room, models.CASCADE, primary_key=True, related_name="head")
    seq = models.BigIntegerField(_("seq"), default=0)
    followers = models.PositiveIntegerField(_("followers"), default=0)
    likes = models.PositiveBigIntegerField(_("likes"), default=0)
    held = models.PositiveIntegerField(_("held back"), default=0)
    budget_second = models.BigIntegerField(default=0)
    budget_used = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.room_id}: {self.seq}"


class HostHead(models.Model):
    """How many follow a host; locked after the heads of his rooms."""

    host = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="host_head")
    followers = models.PositiveIntegerField(_("followers"), default=0)

    def __str__(self) -> str:
        return f"{self.host_id}: {self.followers}"


class Comment(models.Model):
    """What a viewer said, with who he was when he said it."""

    class State(models.TextChoices):
        SHOWN = "shown", _("shown")
        BUSY = "busy", _("held back: the room was busy")
        REVIEW = "review", _("waits for a check")
        REFUSED = "refused", _("refused")
        REMOVED = "removed", _("removed")

    room = models.ForeignKey(Room, models.CASCADE, related_name="comments", verbose_name=_("room"))
    show = models.PositiveIntegerField(_("show"))
    seq = models.BigIntegerField(_("seq"), null=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="comments", verbose_name=_("user"))
    nickname = models.CharField(_("nickname"), max_length=32)
    avatar = models.CharField(_("avatar"), max_length=500, blank=True)
    role = models.CharField(_("role"), max_length=10)
    content = models.TextField(_("content"))
    client_msg_id = models.CharField(max_length=64, null=True)  # noqa: DJ001 - NULL means no key; keys are unique
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.SHOWN)
    created_at = models.DateTimeField(_("time"), default=timezone.now)
    shown_at = models.DateTimeField(null=True)
    """When a comment that waited was shown; None for one that did not wait."""

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        constraints = [
            models.UniqueConstraint(fields=["user", "room", "client_msg_id"], name="comment_once_per_key"),
            models.UniqueConstraint(fields=["room", "seq"], name="comment_seq_once"),
        ]
        indexes = [
            models.Index(fields=["room", "show", "state", "seq"], name="comment_history"),
            models.Index(fields=["room", "user", "created_at"], name="comment_of_user"),
            # The administration's lists, newest first: of one room, and of the few that are not shown.
            models.Index(fields=["room", "-id"], name="comment_of_room"),
            models.Index(fields=["state", "-id"], name="comment_state"),
        ]

    def __str__(self) -> str:
        return f"{self.nickname}: {self.content[:40]}"


DOWN = (Comment.State.REMOVED, Comment.State.REFUSED)
"""The states of comments that were taken down, or never shown: nothing is done about them any more."""


CHECK_NAME_MAX, DETAIL_MAX = 100, 200


class Review(models.Model):
    """What is still to be decided about a comment, or why it was refused. Gone once it has passed.

    ``check_name`` and ``detail``: which check asked for it, and what for: a word, a label. ``claimed_by``: which
    process asks a check that is elsewhere, until ``claimed_until``; from then on any process may.
    """

    class State(models.TextChoices):
        CHECKING = "checking", _("an automatic check is asked")
        OPEN = "open", _("to be reviewed")
        REFUSED = "refused", _("refused")

    comment = models.OneToOneField(Comment, models.CASCADE, related_name="review")
    state = models.CharField(max_length=8, choices=State.choices)
    check_name = models.CharField(max_length=CHECK_NAME_MAX, blank=True)
    detail = models.CharField(max_length=DETAIL_MAX, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    claimed_by = models.CharField(max_length=16, blank=True)
    claimed_until = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["state", "claimed_until"], name="review_state")]

    def __str__(self) -> str:
        return f"{self.comment_id}: {self.state}"


class Follow(models.Model):
    """A viewer follows a host; ``room`` is where it happened."""

    host = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="followers", verbose_name=_("host"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="following", verbose_name=_("user"))
    room = models.ForeignKey(Room, models.SET_NULL, null=True, related_name="+", verbose_name=_("room"))
    created_at = models.DateTimeField(_("time"), default=timezone.now)

    class Meta:
        verbose_name = _("follow")
        verbose_name_plural = _("follows")
        constraints = [models.UniqueConstraint(fields=["host", "user"], name="follow_once")]
        indexes = [models.Index(fields=["room", "-id"], name="follow_of_room")]

    def __str__(self) -> str:
        return f"{self.user_id} → {self.host_id}"


class Sanction(models.Model):
    """That a user may not speak (mute) or not be there at all (ban), in one room or (None) in all of them.

    Rows are never changed but for their end, so they are the history. Of each kind, user and room one row at most has
    no ``ending``: it is the latest word, and holds until its time has come.
    """

    class Kind(models.TextChoices):
        MUTE = "mute", _("mute")
        BAN = "ban", _("ban")

    class Ending(models.TextChoices):
        LIFTED = "lifted", _("lifted")
        REPLACED = "replaced", _("replaced")
        EXPIRED = "expired", _("expired")

    kind = models.CharField(_("kind"), max_length=4, choices=Kind.choices)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="sanctions", verbose_name=_("user"))
    room = models.ForeignKey(
        Room,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="sanctions",
        verbose_name=_("room"),
        help_text=_("Empty: all rooms."),
    )
    until = models.DateTimeField(_("until"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True, help_text=_("For the staff; he is not told."))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("imposed by")
    )
    created_at = models.DateTimeField(_("time"), default=timezone.now)
    ending = models.CharField(_("ending"), max_length=8, choices=Ending.choices, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("ended by")
    )

    class Meta:
        verbose_name = _("mute or ban")
        verbose_name_plural = _("mutes and bans")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "room"], condition=models.Q(ending=""), name="sanction_latest_in_room"
            ),
            models.UniqueConstraint(
                fields=["user", "kind"],
                condition=models.Q(ending="", room__isnull=True),
                name="sanction_latest_everywhere",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.user}"

    @property
    def state(self) -> str:
        """``active``, or how it ended."""
        if not self.ending and self.until is not None and to_ms(self.until) <= now_ms():
            return self.Ending.EXPIRED
        return self.ending or "active"


class BlockedWord(models.Model):
    """A word that is not shown as it is: what holds it is refused or waits for a human, or the word in it is masked.

    ``folded`` is what is looked for; a word is another one if that is another.
    """

    class Action(models.TextChoices):
        REFUSE = "refuse", _("refuse the comment")
        MASK = "mask", _("mask the word")
        HOLD = "hold", _("hold the comment for a review")

    word = models.CharField(_("word"), max_length=50)
    folded = models.CharField(max_length=1000, unique=True, editable=False)
    action = models.CharField(_("action"), max_length=6, choices=Action.choices, default=Action.REFUSE)
    created_at = models.DateTimeField(_("time"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("blocked word")
        verbose_name_plural = _("blocked words")

    def __str__(self) -> str:
        return self.word


class WordsVersion(models.Model):
    """One row with a random text, another one after each change of the blocked words: what a process looks at."""

    version = models.CharField(max_length=32, default=new_epoch)

    def __str__(self) -> str:
        return self.version


class ViewerChange(models.Model):
    """That something of a user's own changed, in one room or (None) everywhere: his sockets read it again.

    Kept for an hour: it reaches them where the channel layer does not. With ``comment``: that a comment of his that
    waited was refused, which they are told. Kept for a day: whoever was away is told when he comes back.
    """

    room = models.ForeignKey(Room, models.CASCADE, null=True, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    comment = models.ForeignKey(Comment, models.CASCADE, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"{self.user_id} in {self.room_id or 'all rooms'}"


class LikesSaved(models.Model):
    """How far one process has saved its likes: a sum whose commit went unanswered is not added twice."""

    saver = models.CharField(max_length=16, primary_key=True)
    number = models.BigIntegerField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.saver}: {self.number}"


class Event(models.Model):
    """One line of a room's log: a finished frame, its number in it. Written by RoomTransaction alone."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="events")
    seq = models.BigIntegerField()
    kind = models.CharField(max_length=16)
    payload = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "seq"], name="event_seq_once")]

    def __str__(self) -> str:
        return f"{self.room_id}/{self.seq} {self.kind}"
