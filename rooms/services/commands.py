"""What a room's writer commits: commands. Many share one transaction, and one that is refused fails alone."""

from collections.abc import Sequence
from typing import Any, Protocol, Self

from rooms.transaction import RoomTransaction


class RoomsChanged(Exception):
    """Other rooms than those that were locked are concerned by now: the commands are to be tried again."""


class Command(Protocol):
    """One request to change a room.

    ``apply`` checks everything before it changes anything: it raises Refused with the transaction untouched, or returns
    what the sender is answered with (complete only after the commit).
    """

    room_id: int

    @classmethod
    def rooms(cls, commands: Sequence[Self]) -> set[int]:
        """Keys of the rooms to lock beside the commands' own."""
        ...

    @classmethod
    def prepare(cls, tx: RoomTransaction, commands: Sequence[Self]) -> None:
        """Look up, under the lock, what all these commands will ask for: one query for all; raises RoomsChanged."""
        ...

    def apply(self, tx: RoomTransaction) -> Any: ...
