"""Who is in a room: the people that this process holds, and what the others say they hold.

Nobody joins while another process holds him, nobody leaves while one does. Every process tells the others of each
coming and going, and decides for itself what its own viewers hear of it: so two that let go of somebody at the same
moment do not each leave it to the other. There are no counters that a kill could leave wrong: a process not heard of
for REMOTE_TIMEOUT is gone, and the people that it named are remembered for the grace.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from django.conf import settings

from rooms.messages import UserPart
from rooms.realtime.tallies import Move, Tallies

REMOTE_TIMEOUT = 6.0


@dataclass(slots=True)
class Person:
    """Somebody whom this process holds, in the grace too. ``part`` is None for one who is not announced."""

    part: UserPart | None
    sockets: int = 0
    announced: bool = False
    timer: asyncio.TimerHandle | None = None


@dataclass(slots=True)
class Remote:
    """What another process holds: how many, and, in a small room, who."""

    heard: float
    count: int = 0
    people: set[str] = field(default_factory=set)
    named: bool = True

    @property
    def unnamed(self) -> int:
        return 0 if self.named else max(0, self.count - len(self.people))


class Elsewhere:
    """What the other processes hold of one room. Times are the loop's."""

    def __init__(self) -> None:
        self._remotes: dict[str, Remote] = {}
        self._parts: dict[str, UserPart] = {}

    @property
    def unheard(self) -> bool:
        """Whether there is no process that was heard of lately."""
        return not self._remotes

    def count_with(self, people: Collection[str]) -> int:
        """How many distinct people there are, these included."""
        # Asked from other threads too: the loop may change what is gone through, so each is copied in one step.
        remotes = tuple(self._remotes.values())
        if not remotes:
            return len(people)
        return len(set(people).union(*(remote.people for remote in remotes))) + sum(
            remote.unnamed for remote in remotes
        )

    def holds(self, person_id: str, *, but: str | None = None) -> bool:
        """Whether a process, other than ``but``, holds him."""
        return any(person_id in remote.people for process, remote in self._remotes.items() if process != but)

    def moved(self, process: str, now: float, move: Move) -> None:
        """A process began or ceased to hold somebody."""
        people = self._heard(process, now).people
        if move.held:
            people.add(move.person_id)
            if move.part is not None:
                self._parts[move.person_id] = move.part
        else:
            people.discard(move.person_id)
            self._forget_part(move.person_id)

    def announced(self, process: str, now: float, *, count: int, people: Iterable[str] | None) -> None:
        """A process says how many it holds, and who (None: too many to say)."""
        remote = self._heard(process, now)
        remote.count = count
        remote.named = people is not None
        before, remote.people = remote.people, set(people) if people is not None else set()
        for person_id in before - remote.people:
            self._forget_part(person_id)

    def forget_silent(self, now: float) -> list[Move]:
        """Forget processes not heard of for REMOTE_TIMEOUT and the grace; who is held by nobody but this one now."""
        limit = REMOTE_TIMEOUT + settings.LIVEROOM_GRACE
        silent = [process for process, remote in self._remotes.items() if now - remote.heard > limit]
        people = set[str]().union(*(self._remotes.pop(process).people for process in silent))
        return [Move(person_id, False, self._forget_part(person_id)) for person_id in sorted(people)]

    def _forget_part(self, person_id: str) -> UserPart | None:
        return None if self.holds(person_id) else self._parts.pop(person_id, None)

    def _heard(self, process: str, now: float) -> Remote:
        remote = self._remotes.setdefault(process, Remote(now))
        remote.heard = now
        return remote


class Presence:
    """The people of one room, as one event loop sees them. ``changed`` is called when there is something to tell."""

    def __init__(self, tallies: Tallies, changed: Callable[[], None], elsewhere: Elsewhere) -> None:
        self._tallies = tallies
        self._changed = changed
        self._people: dict[str, Person] = {}
        self._elsewhere = elsewhere
        self._loop = asyncio.get_running_loop()
        self._closed = False

    @property
    def online(self) -> int:
        """Distinct people in the room; may be asked from any thread."""
        return self._elsewhere.count_with(self._people)

    @property
    def here(self) -> list[str]:
        """Whom this process holds."""
        return list(self._people)

    @property
    def empty(self) -> bool:
        return not self._people

    def enter(self, person_id: str, part: UserPart | None, *, announce_after: float = 0.0) -> None:
        """A socket of that person is in the room from now on; he is announced once, if nobody holds him already."""
        person = self._people.get(person_id)
        if person is None:
            person = self._people[person_id] = Person(part)
            self._tallies.gossip.moves.append(Move(person_id, True, None))
            self._later(person, announce_after, lambda: self._announce(person_id))
        elif not person.sockets:
            # Back within the grace: as if he had never been away.
            self._cancel(person)
            if not person.announced:
                self._later(person, announce_after, lambda: self._announce(person_id))
        person.part = part
        person.sockets += 1
        self._changed()

    def renamed(self, person_id: str, part: UserPart) -> None:
        """Announce and miss him by this name from now on."""
        if person_id in self._people:
            self._people[person_id].part = part

    def exit(self, person_id: str, *, grace: float) -> None:
        """A socket of that person is gone; with the last one he leaves, after ``grace`` seconds."""
        person = self._people.get(person_id)
        if person is None:
            return
        person.sockets -= 1
        if person.sockets <= 0:
            self._cancel(person)
            self._later(person, grace, lambda: self._leave(person_id))

    def _announce(self, person_id: str) -> None:
        person = self._people[person_id]
        person.announced = True
        if person.part is not None:
            self._tallies.gossip.moves.append(Move(person_id, True, person.part))
            self._tell(Move(person_id, True, person.part))
            self._changed()

    def _leave(self, person_id: str) -> None:
        person = self._people.pop(person_id)
        move = Move(person_id, False, person.part if person.announced else None)
        self._tallies.gossip.moves.append(move)
        self._tell(move)
        self._changed()

    def _tell(self, move: Move, *, of: str | None = None) -> None:
        """Tell our viewers, unless another than the process ``of`` holds him; None: this one."""
        held = of is not None and move.person_id in self._people
        if move.part is None or held or self._elsewhere.holds(move.person_id, but=of):
            return
        if move.held:
            self._tallies.join(move.part)
        else:
            self._tallies.leave(move.part)

    def _later(self, person: Person, delay: float, step: Callable[[], None]) -> None:
        if delay <= 0:
            step()
        elif not self._closed:
            person.timer = self._loop.call_later(delay, step)

    @staticmethod
    def _cancel(person: Person) -> None:
        if person.timer is not None:
            person.timer.cancel()
            person.timer = None

    def remote_moved(self, process: str, moves: Iterable[Move]) -> None:
        """Another process began or ceased to hold these people."""
        for move in moves:
            self._elsewhere.moved(process, self._loop.time(), move)
            self._tell(move, of=process)
        self._changed()

    def remote_announced(self, process: str, count: int, people: list[str] | None) -> None:
        """Another process says how many it holds, and who (None: too many to say)."""
        before = self.online
        self._elsewhere.announced(process, self._loop.time(), count=count, people=people)
        if self.online != before:
            self._changed()

    def remote_silent(self, now: float) -> None:
        """Forget processes not heard of for REMOTE_TIMEOUT and the grace; ``now`` is the loop's time."""
        before = self.online
        for move in self._elsewhere.forget_silent(now):
            if move.person_id not in self._people:
                self._tell(move)
        if self.online != before:
            self._changed()

    def close(self) -> None:
        """Stop all timers."""
        self._closed = True
        for person in self._people.values():
            self._cancel(person)
