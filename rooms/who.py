"""Who is at the other end: by a token, by a browser's session, or a guest with a made-up name."""

from typing import NamedTuple

from django.core.exceptions import ValidationError

from accounts import identity, tokens
from accounts.models import User, clean_nickname, new_public_id
from accounts.services import guest_nickname
from rooms import selectors
from rooms.checks.names import nickname_judge
from rooms.handshake import Handshake
from rooms.messages import Close, Code, Refused, Role, UserPart
from rooms.realtime.database import Database
from rooms.selectors import Viewer
from rooms.services.sanctions import banned


class Who(NamedTuple):
    """How to find a user, and the token version that he came with (None: by a session)."""

    lookup: dict[str, int | str]
    token_version: int | None


def who_by_token(token: str) -> Who:
    """How to find a token's user; raises Refused ``bad_token``."""
    try:
        claims = tokens.read(token)
    except tokens.BadToken as error:
        raise Refused(Code.BAD_TOKEN, str(error), field="token") from None
    return Who({"public_id": claims.public_id}, claims.version)


async def who_by_handshake(database: Database, handshake: Handshake) -> Who | None:
    """Whom a handshake names, by its header, then by its session; None for a guest.

    Raises Refused: ``bad_token``, which closes the socket, or ``unavailable``.
    """
    if handshake.bearer is not None:
        try:
            return who_by_token(handshake.bearer)
        except Refused as refused:
            raise refused.closing(Close.BAD_TOKEN) from None
    if handshake.session_key is not None:
        user = await database.read(identity.user_from_session, handshake.session_key)
        if user is not None:
            return Who({"pk": user.pk}, None)
    return None


async def find_viewer(database: Database, room_id: int, who: Who) -> Viewer:
    """The user in a room, in one query.

    Raises Refused: ``bad_token`` for one who is gone, or whose token was revoked, ``banned``, which closes the socket,
    or ``unavailable``.
    """
    viewer = await database.read(selectors.viewer, room_id, **who.lookup)
    field = "token" if who.token_version is not None else None
    if viewer.user is None:
        raise Refused(Code.BAD_TOKEN, "The user of this token or session is gone.", field=field)
    if who.token_version is not None and viewer.user.token_version != who.token_version:
        raise Refused(Code.BAD_TOKEN, str(tokens.BadToken(tokens.Fault.REVOKED)), field=field)
    if viewer.banned_until is not None:
        raise banned(viewer.banned_until)
    return viewer


def made_up_guest(language: str) -> UserPart:
    """A guest who may talk: in memory, until his first command that writes."""
    return UserPart(id=new_public_id(), nickname=guest_nickname(language=language), avatar="", role=Role.VIEWER)


def check_nickname(nickname: str, user: User | None) -> str:
    """A nickname as it is stored, as far as it can be judged from memory; ``user``: whose it is to be.

    Raises Refused ``bad_message``, ``content_rejected``. Not on the event loop.
    """
    try:
        nickname = clean_nickname(nickname)
    except ValidationError as error:
        raise Refused(Code.BAD_MESSAGE, " ".join(error.messages), field="nickname") from None
    nickname_judge(nickname, user)
    return nickname
