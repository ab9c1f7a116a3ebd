"""Taking down many comments: in steps, so that no room waits long for its lock."""

from collections.abc import Callable, Sequence

from accounts.models import User
from rooms.models import DOWN, Comment
from rooms.services.comments import comments_remove
from rooms.transaction import RoomTransaction

REMOVED_AT_ONCE = 200
"""Comments that one transaction takes down."""


Note = Callable[[list[int]], None]


def comments_remove_in_steps(*, room_id: int, comment_ids: Sequence[int], note: Note | None = None) -> int:
    """Take down comments of a room, in their order; returns how many were not down already.

    ``note`` is called with the keys of those that a step took down, inside its transaction. A call that ends half-way
    has done its part. Raises Room.DoesNotExist.
    """
    count = 0
    for first in range(0, len(comment_ids), REMOVED_AT_ONCE):
        with RoomTransaction(room_id) as tx:
            some = comment_ids[first : first + REMOVED_AT_ONCE]
            removed = comments_remove(tx, room_id=room_id, comment_ids=some)
            if note is not None:
                note(removed)
        count += len(removed)
    return count


def user_comments_remove(*, room_id: int, user: User) -> int:
    """Take down all comments of a user in a room, those of earlier shows too, the newest first; returns how many.

    What he says meanwhile stays: mute him before. Raises Room.DoesNotExist.
    """
    mine = Comment.objects.filter(room_id=room_id, user=user).exclude(state__in=DOWN).order_by("-pk")
    return comments_remove_in_steps(room_id=room_id, comment_ids=list(mine.values_list("pk", flat=True)))


def user_comments_remove_everywhere(*, user: User) -> int:
    """``user_comments_remove`` in every room; returns how many."""
    rooms = Comment.objects.filter(user=user).exclude(state__in=DOWN)
    room_ids = list(rooms.order_by("room_id").values_list("room_id", flat=True).distinct())
    return sum(user_comments_remove(room_id=room_id, user=user) for room_id in room_ids)
