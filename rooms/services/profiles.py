"""What a change of a user means to rooms."""

from functools import partial

from django.db import transaction

from accounts.models import User
from rooms.models import Room
from rooms.publish import publish_user
from rooms.services.rooms import room_changed
from rooms.transaction import RoomTransaction, note_viewers


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
