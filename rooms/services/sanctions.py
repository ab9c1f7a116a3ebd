"""Mutes and bans: in one room or in all, until a time or for ever.

They hold for whoever is neither host, assistant nor administrator at the time, and end by themselves: nothing is done
when their time has come. Only stored users have any: a guest who has not written yet is in the memory of one process.
"""

from collections.abc import Iterable
from functools import partial
from typing import Protocol

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from rooms.messages import Close, Code, Refused, Role
from rooms.models import FOREVER, Room, Sanction, from_ms, now_ms, to_ms
from rooms.publish import publish_user
from rooms.selectors import is_administrator, is_exempt, role_in_room, sanctions_of
from rooms.transaction import RoomTransaction, note_viewers

Kind = Sanction.Kind
Ending = Sanction.Ending


class SanctionBuffer:
    """What holds in one transaction against those who want to do something."""

    def __init__(self, tx: RoomTransaction) -> None:
        self._tx = tx
        self._known: dict[tuple[int, int], dict[str, int]] = {}

    def look_up(self, room_id: int, user_ids: Iterable[int]) -> None:
        """Read what holds against these users in the room."""
        asked = {user_id for user_id in user_ids if (room_id, user_id) not in self._known}
        if not asked:
            return
        self._known.update(((room_id, user_id), {}) for user_id in asked)
        for (user_id, kind), until in sanctions_of(room_id, asked, now=self._tx.now).items():
            self._known[room_id, user_id][kind] = until

    def until(self, room_id: int, user_id: int, kind: Kind) -> int | None:
        if (room_id, user_id) not in self._known:
            self.look_up(room_id, [user_id])
        return self._known[room_id, user_id].get(kind)

    def forget(self, room_id: int, user_id: int) -> None:
        self._known.pop((room_id, user_id), None)

    def flush(self) -> None:
        """Nothing of this is written."""


class Asking(Protocol):
    """A command of somebody in a room."""

    @property
    def room_id(self) -> int: ...
    @property
    def user(self) -> User: ...
    @property
    def role(self) -> Role: ...


def look_up_askers(tx: RoomTransaction, commands: Iterable[Asking]) -> None:
    """Read what holds against those whose commands are to be applied; the staff of a room is not looked up."""
    asking: dict[int, set[int]] = {}
    for command in commands:
        if command.role not in (Role.HOST, Role.ASSISTANT):
            asking.setdefault(command.room_id, set()).add(command.user.pk)
    for room_id, user_ids in asking.items():
        tx.buffer(SanctionBuffer).look_up(room_id, user_ids)


def check_may_act(tx: RoomTransaction, *, room_id: int, user: User, role: Role) -> None:
    """Raise Refused ``banned`` for one whose socket has not heard yet that he is to leave the room."""
    if not is_exempt(user, role) and (until := tx.buffer(SanctionBuffer).until(room_id, user.pk, Kind.BAN)):
        raise banned(until)


def check_not_silenced(tx: RoomTransaction, *, room_id: int, user: User, role: Role) -> None:
    """Raise Refused ``banned`` or ``muted`` for one who may not speak in the room."""
    check_may_act(tx, room_id=room_id, user=user, role=role)
    if not is_exempt(user, role) and (until := tx.buffer(SanctionBuffer).until(room_id, user.pk, Kind.MUTE)):
        raise Refused(Code.MUTED, "You are muted in this room.", until=until)


def check_not_banned(room: Room, user: User) -> None:
    """Raise Refused ``banned`` for one who is not let into the room."""
    until = sanctions_of(room.pk, [user.pk], now=now_ms()).get((user.pk, Kind.BAN))
    if until is not None and not is_exempt(user, role_in_room(room, user)):
        raise banned(until)


def banned(until: int) -> Refused:
    """What one is told who is banned until that time (ms), or FOREVER."""
    end = None if until >= FOREVER else until
    return Refused(Code.BANNED, "You are banned from this room.", until=end, close=Close.BANNED)


def sanction_impose(
    tx: RoomTransaction,
    *,
    room_id: int,
    user: User,
    kind: Kind,
    by: User | None,
    until: int | None = None,
    reason: str = "",
) -> Sanction:
    """Mute or ban a user in a room, in place of what held there before; the same again changes nothing.

    ``until`` is in ms, None for ever; ``by`` None: a command of the server. Raises Refused: ``forbidden`` for whom it
    would not hold, ``bad_message`` for a time that is over.
    """
    _check_exempt(user, role_in_room(tx.rooms[room_id], user))
    sanction = _impose(Sanction(kind=kind, user=user, room=tx.rooms[room_id], reason=reason, by=by), until, tx.now)
    _tell(tx, room_id, user)
    return sanction


def sanction_impose_everywhere(
    *, user: User, kind: Kind, by: User | None, until: int | None = None, reason: str = ""
) -> Sanction:
    """Mute or ban a user in all rooms, those to come too; see ``sanction_impose``.

    It does not hold in rooms where he is host or assistant.
    """
    with transaction.atomic():
        user = _locked(user)
        _check_exempt(user, Role.VIEWER)
        sanction = _impose(Sanction(kind=kind, user=user, reason=reason, by=by), until, now_ms())
        _tell_everywhere(user)
    return sanction


def sanction_lift(tx: RoomTransaction, *, room_id: int, user: User, kind: Kind, by: User | None) -> Sanction:
    """End what holds against a user in this room, and return it; what has ended already stays so.

    What holds in all rooms stays. Raises Refused ``bad_message`` when there never was any in this room.
    """
    sanction = _lift(Sanction.objects.filter(kind=kind, user=user, room_id=room_id), by, tx.now)
    _tell(tx, room_id, user)
    return sanction


def sanction_lift_everywhere(*, user: User, kind: Kind, by: User | None) -> Sanction:
    """End what holds in all rooms, not what holds in one; see ``sanction_lift``."""
    with transaction.atomic():
        user = _locked(user)
        mine = Sanction.objects.filter(kind=kind, user=user, room=None)
        sanction = _lift(mine, by, now_ms())
        _tell_everywhere(user)
    return sanction


def _check_exempt(user: User, role: Role) -> None:
    if not is_exempt(user, role):
        return
    who = "An administrator" if is_administrator(user) else "The host" if role is Role.HOST else "An assistant"
    where = "" if is_administrator(user) else " of this room"
    raise Refused(Code.FORBIDDEN, f"{who}{where} can be neither muted nor banned.", field="user")


def _impose(new: Sanction, until: int | None, now: int) -> Sanction:
    until = None if until is not None and until >= FOREVER else until
    if until is not None and until <= now:
        raise Refused(Code.BAD_MESSAGE, "until is over already.", field="until")
    new.until, new.created_at = None if until is None else from_ms(until), from_ms(now)
    before = Sanction.objects.filter(kind=new.kind, user=new.user, room=new.room, ending="").first()
    if before is not None:
        if (before.until, before.reason) == (new.until, new.reason):
            return before
        _end(before, Ending.REPLACED, new.by, now)
    new.save()
    return new


def _lift(sanctions: QuerySet[Sanction], by: User | None, now: int) -> Sanction:
    newest = sanctions.order_by("-pk").first()
    if newest is None:
        raise Refused(Code.BAD_MESSAGE, "There is nothing of this kind against this user to lift.", field="user")
    if not newest.ending:
        _end(newest, Ending.LIFTED, by, now)
    return newest


def _end(sanction: Sanction, ending: Ending, by: User | None, now: int) -> None:
    """Write how a row ended; one whose time had come before is not ended by anybody."""
    if sanction.until is not None and to_ms(sanction.until) <= now:
        sanction.ending, sanction.ended_at = Ending.EXPIRED, sanction.until
    else:
        sanction.ending, sanction.ended_at, sanction.ended_by = ending, from_ms(now), by
    sanction.save(update_fields=["ending", "ended_at", "ended_by"])


def _locked(user: User) -> User:
    """The user as he is now; one change of what holds everywhere at a time."""
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _tell(tx: RoomTransaction, room_id: int, user: User) -> None:
    tx.buffer(SanctionBuffer).forget(room_id, user.pk)
    tx.viewer_changed(room_id, user.pk)


def _tell_everywhere(user: User) -> None:
    note_viewers([(None, user.pk)])
    transaction.on_commit(partial(publish_user, user.pk))
