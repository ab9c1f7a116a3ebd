"""What a change of a user means to rooms."""

from functools import partial

from django.db import transaction

from accounts.models import User
from rooms.models import Room, RoomHead
from rooms.publish import publish_user
from rooms.services.rooms import room_changed
from rooms.transaction import RoomTransaction, note_viewers


def profile_lock(user_id: int) -> None:
    """Lock the heads of all rooms of a host, until the end of the transaction that is open.

    Before his own row: whoever holds the head of a room, to store what he said there, waits for that row.
    """
    hosted = Room.objects.filter(host_id=user_id).values_list("pk", flat=True)
    list(RoomHead.objects.select_for_update(no_key=True).filter(room_id__in=list(hosted)).order_by("room_id"))


def profile_changed(user: User) -> None:
    """Tell a host's new name or picture in all his rooms, and the user's own sockets everywhere."""
    hosted = list(Room.objects.filter(host=user).values_list("pk", flat=True))
    if hosted:
        with RoomTransaction(*hosted) as tx:
            for room_id in tx.rooms:
                room_changed(tx, room_id=room_id)
    _tell_sockets(user)


def tokens_revoked(user: User) -> None:
    """Have the user's sockets look whether the token that they came with is still good."""
    _tell_sockets(user)


def _tell_sockets(user: User) -> None:
    note_viewers([(None, user.pk)])
    transaction.on_commit(partial(publish_user, user.pk))
