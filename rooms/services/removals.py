"""Taking down all that one user said: in steps, so that no room waits long for its lock."""

from accounts.models import User
from rooms.models import Comment
from rooms.services.comments import comments_remove
from rooms.transaction import RoomTransaction

REMOVED_AT_ONCE = 200
"""Comments that one transaction takes down."""


def user_comments_remove(*, room_id: int, user: User) -> int:
    """Take down all comments of a user in a room, those of earlier shows too, the newest first; returns how many.

    What he says meanwhile stays: mute him before. A call that ends half-way has done its part; the next does the rest.
    Raises Room.DoesNotExist.
    """
    mine = Comment.objects.filter(room_id=room_id, user=user).exclude(state=Comment.State.REMOVED).order_by("-pk")
    newest = mine.values_list("pk", flat=True).first()
    count = 0
    while newest is not None:
        some = list(mine.filter(pk__lte=newest).values_list("pk", flat=True)[:REMOVED_AT_ONCE])
        if not some:
            break
        with RoomTransaction(room_id) as tx:
            count += len(comments_remove(tx, room_id=room_id, comment_ids=some))
    return count


def user_comments_remove_everywhere(*, user: User) -> int:
    """``user_comments_remove`` in every room; returns how many."""
    rooms = Comment.objects.filter(user=user).exclude(state=Comment.State.REMOVED)
    room_ids = list(rooms.order_by("room_id").values_list("room_id", flat=True).distinct())
    return sum(user_comments_remove(room_id=room_id, user=user) for room_id in room_ids)
