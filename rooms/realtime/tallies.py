"""What is told in sums: likes, joins, leaves, how many are online.

Gathered between two passes of a hub; never replayed.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from rooms.messages import Joined, Left, Likes, Online, Role, UserPart, encode

ANNOUNCED_PER_SECOND = 10
ONLINE_EVERY = 2.0


ANONYMOUS = UserPart(id="", nickname="", avatar="", role=Role.GUEST)
"""Whoever likes without a name: one more than the named ones."""


def distinct_two(likers: Iterable[UserPart]) -> list[UserPart]:
    """The first two different ones: whether it was one alone is all that is asked."""
    return list({user.id: user for user in likers}.values())[:2]


class Ephemeral(NamedTuple):
    """A finished frame for everybody, but for the person whom it is about."""

    payload: bytes
    but: str | None = None


class Move(NamedTuple):
    """A process began or ceased to hold somebody. ``part`` is None while he is not announced."""

    person_id: str
    held: bool
    part: UserPart | None


class Gossip(msgspec.Struct, array_like=True):
    """What one process tells the others of one room; ``moves`` are in their order."""

    likes: int = 0
    likers: list[UserPart] = []
    """Two at most, different ones."""
    moves: list[Move] = []

    def __bool__(self) -> bool:
        return bool(self.likes or self.moves)


class PerSecond:
    """At most ANNOUNCED_PER_SECOND within any second."""

    def __init__(self) -> None:
        self._last: deque[float] = deque(maxlen=ANNOUNCED_PER_SECOND)

    def take(self, now: float) -> bool:
        if len(self._last) == ANNOUNCED_PER_SECOND and now - self._last[0] < 1:
            return False
        self._last.append(now)
        return True


@dataclass
class Tallies:
    """One room's sums. ``total``: all likes of the show, as far as this process knows.

    ``saving``: those of this process that are on their way into the database, ``unsaved``: those after them.
    """

    total: int = 0
    unsaved: int = 0
    saving: int = 0
    online_told: int = 0
    online_told_at: float = float("-inf")
    gossip: Gossip = field(default_factory=Gossip)
    _likes: int = 0
    _likers: list[UserPart] = field(default_factory=list)
    _joins: dict[str, UserPart] = field(default_factory=dict)
    _leaves: dict[str, UserPart] = field(default_factory=dict)
    _join_rate: PerSecond = field(default_factory=PerSecond)
    _leave_rate: PerSecond = field(default_factory=PerSecond)

    def like(self, count: int, user: UserPart | None) -> None:
        """Add likes given in this process."""
        self.unsaved += count
        self.gossip.likes += count
        likers = [user or ANONYMOUS]
        self.gossip.likers = distinct_two([*self.gossip.likers, *likers])
        self.add_likes(count, likers)

    def add_likes(self, count: int, likers: list[UserPart]) -> None:
        """Add likes, of whatever process."""
        self.total += count
        self._likes += count
        self._likers = distinct_two([*self._likers, *likers])

    def join(self, user: UserPart) -> None:
        if self._leaves.pop(user.id, None) is None:
            self._joins[user.id] = user

    def leave(self, user: UserPart) -> None:
        if self._joins.pop(user.id, None) is None:
            self._leaves[user.id] = user

    def take(self, *, online: int, announce: bool, now: float, ts: int) -> list[Ephemeral]:
        """The frames of what was gathered;

        ``now`` in s, monotonic. Without ``announce`` joins and leaves are told as a number only.
        """
        frames = []
        for user in self._joins.values():
            if announce and self._join_rate.take(now):
                frames.append(Ephemeral(encode(Joined(ts=ts, user=user, online=online)), user.id))
                self._told(online, now)
        for user in self._leaves.values():
            if announce and self._leave_rate.take(now):
                frames.append(Ephemeral(encode(Left(ts=ts, user=user, online=online)), user.id))
                self._told(online, now)
        if self._likes:
            frame = Likes(ts=ts, count=self._likes, total=self.total)
            if len(self._likers) == 1 and self._likers[0].id:
                (frame.user,) = self._likers
            frames.append(Ephemeral(encode(frame)))
        if online != self.online_told and now - self.online_told_at >= ONLINE_EVERY:
            frames.append(Ephemeral(encode(Online(ts=ts, online=online))))
            self._told(online, now)
        self._likes = 0
        self._likers.clear()
        self._joins.clear()
        self._leaves.clear()
        return frames

    @property
    def saved(self) -> bool:
        """Whether all likes that this process was given are in the database."""
        return not self.unsaved and not self.saving

    def take_gossip(self) -> Gossip:
        """What the other processes are to hear."""
        taken, self.gossip = self.gossip, Gossip()
        return taken

    @property
    def waiting(self) -> bool:
        """Whether there is anything to tell at once; a changed number online has its own time."""
        return bool(self._likes or self._joins or self._leaves or self.gossip)

    def _told(self, online: int, now: float) -> None:
        self.online_told, self.online_told_at = online, now
