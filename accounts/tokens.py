"""Signed tokens: `<public_id>.<token_version>.<issued, base 62>.<signature>`.

They expire by age, and end all at once when the user's `token_version` is raised.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.conf import settings
from django.core import signing

from accounts.models import User

TOKEN_LENGTH_MAX: Final = 512

_SALT: Final = "accounts.tokens"
# Every character may stand in an Authorization header (RFC 6750, section 2.1).
_SHAPE: Final = re.compile(
    r"(?P<public_id>[A-Za-z0-9]{1,32})\.(?P<version>[0-9]{1,10})\.[A-Za-z0-9]{1,12}\.[A-Za-z0-9_-]+"
)


class Fault(StrEnum):
    """Why a token is refused."""

    MALFORMED = "malformed"
    EXPIRED = "expired"
    REVOKED = "revoked"
    UNKNOWN_USER = "unknown_user"
    INACTIVE = "inactive"


_DETAILS: Final = {
    Fault.MALFORMED: "This is no token of this server.",
    Fault.EXPIRED: "The token has expired.",
    Fault.REVOKED: "The token was revoked.",
    Fault.UNKNOWN_USER: "The token's user no longer exists.",
    Fault.INACTIVE: "The token's user is switched off.",
}


class BadToken(Exception):
    """A token that says nothing about who somebody is; its text is English, for developers."""

    def __init__(self, reason: Fault) -> None:
        super().__init__(_DETAILS[reason])
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Claims:
    """What an intact token of right age says; whether it was revoked is not known yet."""

    public_id: str
    version: int


def issue(user: User) -> str:
    """Return a token for the user, good for LIVEROOM_TOKEN_AGE seconds from now."""
    return _signer().sign(f"{user.public_id}.{user.token_version}")


def read(token: str) -> Claims:
    """Check form, signature and age, without the database. Raises BadToken: malformed or expired."""
    # The length goes first: nobody may have us hash what he likes.
    parts = _SHAPE.fullmatch(token) if len(token) <= TOKEN_LENGTH_MAX else None
    if parts is None:
        raise BadToken(Fault.MALFORMED)
    try:
        _signer().unsign(token, max_age=settings.LIVEROOM_TOKEN_AGE)
    except signing.SignatureExpired:
        raise BadToken(Fault.EXPIRED) from None
    except signing.BadSignature:
        raise BadToken(Fault.MALFORMED) from None
    return Claims(public_id=parts["public_id"], version=int(parts["version"]))


def verify(token: str) -> User:
    """Return the token's user, read with one query. Raises BadToken for any reason that there is."""
    claims = read(token)
    user = User.objects.filter(public_id=claims.public_id).first()
    if user is None:
        raise BadToken(Fault.UNKNOWN_USER)
    if not user.is_active:
        raise BadToken(Fault.INACTIVE)
    if user.token_version != claims.version:
        raise BadToken(Fault.REVOKED)
    return user


def _signer() -> signing.TimestampSigner:
    return signing.TimestampSigner(salt=_SALT, sep=".")
