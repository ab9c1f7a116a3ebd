"""Mutes, bans and blocked words, as somebody of the staff has them. Synchronous, like the factories."""

from typing import Any

from accounts.models import User
from rooms.models import Room, Sanction
from rooms.services import sanctions
from rooms.transaction import RoomTransaction

MUTE, BAN = Sanction.Kind.MUTE, Sanction.Kind.BAN


def impose(kind: Sanction.Kind, user: User, room: Room | None, **terms: Any) -> Sanction:
    """Mute or ban somebody in a room, or (None) in all, by nobody for ever unless ``terms`` say otherwise."""
    terms = {"by": None, **terms}
    if room is None:
        return sanctions.sanction_impose_everywhere(user=user, kind=kind, **terms)
    with RoomTransaction(room.pk) as tx:
        return sanctions.sanction_impose(tx, room_id=room.pk, user=user, kind=kind, **terms)


def lift(kind: Sanction.Kind, user: User, room: Room | None, by: User | None = None) -> Sanction:
    """Undo it."""
    if room is None:
        return sanctions.sanction_lift_everywhere(user=user, kind=kind, by=by)
    with RoomTransaction(room.pk) as tx:
        return sanctions.sanction_lift(tx, room_id=room.pk, user=user, kind=kind, by=by)
