"""Who somebody is: one table for viewers, hosts, guests and administrators."""

import re
import secrets
import unicodedata
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

NICKNAME_MAX = 32
AVATAR_MAX = 500
FOREIGN_ID_MAX = 128

# A line of its own, or text that runs backwards over its neighbours, would let a name pass for something else.
_BREAKING_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_INVISIBLE_CATEGORIES = frozenset({"Cf", "Mn", "Zs"})

ADDRESS = r"(?:/(?![/\\])|https?://[^\s/\\])[^\s\x00-\x1f\x7f\ud800-\udfff]*"
"""A path on this server, or an HTTP address. "//host/…" and "/\\host/…" would lead a browser to another site."""
_ADDRESS = re.compile(ADDRESS)


def new_public_id() -> str:
    """Return an opaque id for the wire: 16 hexadecimal digits, random, good before its user is stored."""
    return secrets.token_hex(8)


def new_username() -> str:
    """Return a login name for somebody who does not choose one: "u" and 16 hexadecimal digits."""
    return f"u{secrets.token_hex(8)}"


def clean_nickname(value: str) -> str:
    """Return the nickname without the spaces around it.

    Raises ValidationError when nothing visible is left, when it is longer than 32 characters, or when it holds
    control characters.
    """
    nickname = value.strip()
    if not any(unicodedata.category(char) not in _INVISIBLE_CATEGORIES for char in nickname):
        raise ValidationError(_("A nickname cannot be empty."), code="required")
    if len(nickname) > NICKNAME_MAX:
        raise ValidationError(
            _("A nickname has at most %(limit)d characters."), code="max_length", params={"limit": NICKNAME_MAX}
        )
    if any(unicodedata.category(char) in _BREAKING_CATEGORIES or char in _BIDI_CONTROLS for char in nickname):
        raise ValidationError(_("A nickname cannot hold control characters."), code="invalid")
    return nickname


def validate_nickname(value: str) -> None:
    """Raise ValidationError for what `clean_nickname` refuses."""
    clean_nickname(value)


def validate_avatar(value: str) -> None:
    """Raise ValidationError for what is neither a path on this server nor an HTTP address."""
    if not _ADDRESS.fullmatch(value):
        raise ValidationError(_('An avatar is a URL that begins with "/", "http://" or "https://".'), code="invalid")


def validate_address(value: str) -> None:
    """Raise ValidationError for what is neither a path on this server nor an HTTP address."""
    if not _ADDRESS.fullmatch(value):
        raise ValidationError(_('An address begins with "/", "http://" or "https://".'), code="invalid")


class UserManager(BaseUserManager["User"]):
    """Creates users; without a password they can only come by a token."""

    def create_user(self, username: str | None = None, password: str | None = None, **fields: Any) -> "User":
        """Store a new user; the name is made up when none is given."""
        user = self.model(username=self.model.normalize_username(username or new_username()), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> "User":
        """Store a new user who may do everything in the admin, and is called by his username until he names himself."""
        named = {"nickname": username[:NICKNAME_MAX], **fields}
        return self.create_user(username, password, **{**named, "is_staff": True, "is_superuser": True})


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody: `username` is what an administrator logs in with, `public_id` is what everybody else sees."""

    username = models.CharField(
        _("username"),
        max_length=150,
        unique=True,
        default=new_username,
        validators=[UnicodeUsernameValidator()],
        error_messages={"unique": _("A user with that username already exists.")},
    )
    public_id = models.CharField(_("public id"), max_length=32, unique=True, default=new_public_id, editable=False)
    nickname = models.CharField(
        _("nickname"), max_length=NICKNAME_MAX, blank=True, default="", validators=[validate_nickname]
    )
    avatar = models.CharField(_("avatar"), max_length=AVATAR_MAX, blank=True, default="", validators=[validate_avatar])
    external_id = models.CharField(
        _("external id"),
        max_length=FOREIGN_ID_MAX,
        unique=True,
        null=True,
        blank=True,
        help_text=_("Who this is in the system that issues tokens for its users."),
    )
    openid = models.CharField(_("WeChat openid"), max_length=FOREIGN_ID_MAX, unique=True, null=True, blank=True)
    unionid = models.CharField(_("WeChat unionid"), max_length=FOREIGN_ID_MAX, unique=True, null=True, blank=True)
    token_version = models.PositiveIntegerField(_("token version"), default=1, editable=False)
    is_staff = models.BooleanField(
        _("staff status"), default=False, help_text=_("Whether the user may log in to the administration.")
    )
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Unselect this instead of deleting an account: tokens end at once.")
    )
    is_guest = models.BooleanField(
        _("guest"), default=False, help_text=_("Made by the server for somebody without an account.")
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.CheckConstraint(condition=~models.Q(**{field: ""}), name=f"user_{field}_not_empty")
            for field in ("external_id", "openid", "unionid")
        ]

    def __str__(self) -> str:
        return self.nickname or self.username


from accounts.wechat.models import Announcement, Reminder  # noqa: E402, F401 - Django finds an app's models here
