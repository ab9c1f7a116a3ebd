"""What may happen to a user. Everything runs inside the transaction that is open, or in one of its own."""

import secrets
from typing import IO

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import hooks, pictures
from accounts.models import AVATAR_MAX, FOREIGN_ID_MAX, User, clean_nickname, new_public_id, validate_avatar


def guest_nickname(*, language: str | None = None) -> str:
    """Return a made-up name such as "Guest 4821", in the language given or else the active one."""
    with translation.override(language or translation.get_language()):
        return _("Guest %(number)04d") % {"number": secrets.randbelow(10_000)}


def user_create_guest(*, nickname: str, public_id: str | None = None) -> User:
    """Store a guest; `public_id` is the one from `new_public_id` under which he was already seen.

    The same `public_id` again gives the guest that is stored: a caller that did not hear of the commit may ask again.
    Raises ValidationError for a bad nickname.
    """
    values = _valid(nickname=nickname)
    with transaction.atomic():
        user, _created = User.objects.get_or_create(
            public_id=public_id or new_public_id(),
            is_guest=True,
            defaults={**values, "password": make_password(None)},
        )
    return user


def user_issue(*, external_id: str, nickname: str, avatar: str | None = None) -> User:
    """Return the user of another system, created or brought up to date; two calls at once give one user.

    An avatar of None leaves the one that he has; "" takes it away.
    Raises ValidationError naming the field that is wrong.
    """
    values = _valid(nickname=nickname, avatar=avatar)
    external_id = _valid_external_id(external_id)
    with transaction.atomic():
        user, created = User.objects.get_or_create(
            external_id=external_id, defaults={**values, "password": make_password(None)}
        )
        if not created:
            _profile_save(user, values)
    return user


def profile_update(
    *, user: User, nickname: str | None = None, avatar: str | None = None, picture: IO[bytes] | None = None
) -> User:
    """Change a user's nickname, avatar or both; None leaves a field alone, and the same value again changes nothing.

    A `picture`, a file that he sent, becomes his avatar; the one that he had is deleted.
    Raises ValidationError naming the field that is wrong, ApiError when too many pictures are being drawn.
    """
    values = _valid(nickname=nickname, avatar=avatar)
    if picture is None:
        with transaction.atomic():
            _profile_save(user, values)
        return user
    try:
        drawn = pictures.picture_drawn(picture)
    except ValidationError as error:
        raise ValidationError({"avatar": error}) from None
    values["avatar"] = pictures.picture_stored(user, drawn)
    try:
        with transaction.atomic():
            _profile_save(user, values)
    except Exception:
        pictures.picture_unwanted(user, values["avatar"])
        raise
    return user


def tokens_revoke(*, user: User) -> None:
    """Make every token that the user has had until now worthless."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(token_version=F("token_version") + 1)
        user.refresh_from_db(fields=["token_version"])
        for observer in hooks.tokens_revoked:
            observer(user)


def _profile_save(user: User, values: dict[str, str]) -> None:
    """Change what is another now; ``user`` may be read before another change of him."""
    if all(getattr(user, field) == value for field, value in values.items()):
        return
    for lock in hooks.profile_locks:
        lock(user.pk)
    now = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    changed = [field for field, value in values.items() if getattr(now, field) != value]
    if "avatar" in changed:
        # The one that he has, and not the one that he had: of two at once each would leave the other's.
        pictures.picture_left(user, now.avatar)
    for field in values:
        setattr(user, field, values[field])
    if not changed:
        return
    user.save(update_fields=changed)
    for observer in hooks.profile_changed:
        observer(user)


def _valid(*, nickname: str | None = None, avatar: str | None = None) -> dict[str, str]:
    values = {}
    if nickname is not None:
        try:
            values["nickname"] = clean_nickname(nickname)
        except ValidationError as error:
            raise ValidationError({"nickname": error}) from None
    if avatar is not None:
        try:
            values["avatar"] = _clean_avatar(avatar)
        except ValidationError as error:
            raise ValidationError({"avatar": error}) from None
    return values


def _clean_avatar(value: str) -> str:
    avatar = value.strip()
    if len(avatar) > AVATAR_MAX:
        raise ValidationError(
            _("An avatar's URL has at most %(limit)d characters."), code="max_length", params={"limit": AVATAR_MAX}
        )
    if avatar:
        validate_avatar(avatar)
    return avatar


def _valid_external_id(value: str) -> str:
    external_id = value.strip()
    if not external_id:
        raise ValidationError({"external_id": ValidationError(_("An external id cannot be empty."), code="required")})
    if len(external_id) > FOREIGN_ID_MAX or not external_id.isprintable():
        raise ValidationError(
            {
                "external_id": ValidationError(
                    _("An external id has at most %(limit)d printable characters."),
                    code="invalid",
                    params={"limit": FOREIGN_ID_MAX},
                )
            }
        )
    return external_id
