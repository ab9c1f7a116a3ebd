"""Who is in a room, over two processes: nobody joins while another holds him, nobody leaves while one does."""

import asyncio
import json
from typing import Any

import pytest

from rooms.messages import Role, UserPart
from rooms.realtime import presence as presence_module
from rooms.realtime.presence import Elsewhere, Presence
from rooms.realtime.tallies import Tallies
from tests.clients import until

LI = UserPart(id="li", nickname="Li", avatar="", role=Role.VIEWER)
HAN = UserPart(id="han", nickname="Han", avatar="", role=Role.VIEWER)


class Process:
    """One process's presence of a room, and what its viewers are told."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.tallies = Tallies()
        self.elsewhere = Elsewhere()
        self.presence = Presence(self.tallies, lambda: None, self.elsewhere)

    def enter(self, part: UserPart | None, **options: Any) -> None:
        self.presence.enter(part.id if part else "guest", part, **options)

    def exit(self, part: UserPart, grace: float = 0) -> None:
        self.presence.exit(part.id, grace=grace)

    def told(self) -> list[tuple[str, str]]:
        """The joins and leaves that its viewers get now."""
        frames = [
            json.loads(frame.payload)
            for frame in self.tallies.take(online=self.presence.online, announce=True, now=0.0, ts=0)
        ]
        return [(frame["msg_type"], frame["user"]["id"]) for frame in frames if "user" in frame]

    def tell(self, *others: "Process") -> None:
        """Send what it gossips to the others."""
        moves = self.tallies.take_gossip().moves
        for other in others:
            other.presence.remote_moved(self.name, moves)

    def announce(self, other: "Process", *, named: bool = True) -> None:
        """Say whom it holds, as every two seconds."""
        here = self.presence.here
        other.presence.remote_announced(self.name, len(here), here if named else None)


@pytest.fixture
async def one():
    process = Process("one")
    yield process
    process.presence.close()


@pytest.fixture
async def two():
    process = Process("two")
    yield process
    process.presence.close()


async def test_a_join_is_told_in_every_process(one, two):
    """Each tells its own viewers, once."""
    one.enter(LI)
    one.tell(two)
    assert (one.told(), two.told()) == ([("join", "li")], [("join", "li")])
    assert (one.presence.online, two.presence.online) == (1, 1)
    two.enter(HAN)
    two.tell(one)
    assert (one.told(), two.told()) == ([("join", "han")], [("join", "han")])
    assert (one.presence.online, two.presence.online) == (2, 2)


async def test_a_second_socket_elsewhere_is_no_join(one, two):
    """Nor is its end a leave, while the first process holds him."""
    one.enter(LI)
    one.tell(two)
    one.told(), two.told()
    two.enter(LI)
    two.tell(one)
    assert (one.told(), two.told()) == ([], [])
    assert (one.presence.online, two.presence.online) == (1, 1)
    two.exit(LI)
    two.tell(one)
    assert (one.told(), two.told()) == ([], [])
    one.exit(LI)
    one.tell(two)
    assert (one.told(), two.told()) == ([("leave", "li")], [("leave", "li")])
    assert (one.presence.online, two.presence.online) == (0, 0)


async def test_both_let_go_at_the_same_moment(one, two):
    """Each process's viewers are told once."""
    for process, other in ((one, two), (two, one)):
        process.enter(LI)
        process.tell(other)
    one.told(), two.told()
    one.exit(LI)
    two.exit(LI)
    one.tell(two)
    two.tell(one)
    assert (one.told(), two.told()) == ([("leave", "li")], [("leave", "li")])


async def test_a_move_from_one_process_to_the_other(one, two):
    """Who comes back through another process within the grace was never away."""
    one.enter(LI)
    one.tell(two)
    one.told(), two.told()
    one.exit(LI, grace=0.01)
    two.enter(LI)
    two.tell(one)
    await until(lambda: not one.presence.here)
    one.tell(two)
    assert (one.told(), two.told()) == ([], [])
    assert (one.presence.online, two.presence.online) == (1, 1)


async def test_a_guest_who_watches_counts_and_is_not_told(one, two):
    """Without a name there is neither join nor leave."""
    one.enter(None)
    one.tell(two)
    assert (one.told(), two.told(), two.presence.online) == ([], [], 1)
    one.presence.exit("guest", grace=0)
    one.tell(two)
    assert (one.told(), two.told(), two.presence.online) == ([], [], 0)


async def test_who_goes_before_he_was_announced(one, two):
    """A guest who talks and leaves within two seconds is not told of at all."""
    one.enter(LI, announce_after=100)
    one.tell(two)
    one.exit(LI)
    one.tell(two)
    assert (one.told(), two.told(), one.presence.online, two.presence.online) == ([], [], 0, 0)


async def test_who_comes_and_goes_within_a_tick(one):
    """Neither is told."""
    one.enter(LI)
    one.exit(LI)
    assert one.told() == []


async def test_who_goes_and_comes_within_a_tick(one):
    """Neither is told."""
    one.enter(LI)
    one.told()
    one.exit(LI)
    one.enter(LI)
    assert one.told() == []
    assert one.presence.online == 1


async def test_a_small_process_says_whom_it_holds(one, two):
    """An announcement replaces what was known of that process."""
    for part in (LI, HAN):
        one.enter(part)
    one.announce(two)
    two.enter(LI)
    assert two.presence.online == 2
    assert two.told() == []
    one.exit(HAN)
    one.announce(two)
    assert two.presence.online == 1


async def test_a_big_process_says_only_how_many(one, two):
    """Those are added, without names."""
    for part in (LI, HAN):
        one.enter(part)
    one.announce(two, named=False)
    assert two.presence.online == 2
    two.enter(LI)
    assert two.presence.online == 3
    one.announce(two)
    assert two.presence.online == 2


async def test_a_silent_process_is_forgotten(one, two, monkeypatch, settings):
    """After REMOTE_TIMEOUT and the grace; until then its people are still there."""
    settings.LIVEROOM_GRACE = 10
    now = asyncio.get_running_loop().time()
    one.enter(LI)
    one.announce(two)
    limit = presence_module.REMOTE_TIMEOUT + 10
    two.presence.remote_silent(now + limit - 1)
    assert two.presence.online == 1
    two.presence.remote_silent(now + limit + 1)
    assert two.presence.online == 0


async def test_people_of_a_process_that_was_killed_come_back_elsewhere(one, two):
    """They were held by it: nobody joins again."""
    one.enter(LI)
    one.announce(two)
    two.enter(LI)
    assert (two.told(), two.presence.online) == ([], 1)


async def test_who_is_renamed_leaves_under_his_new_name(one):
    """He is met and missed by the name that he has."""
    one.enter(LI)
    one.told()
    one.presence.renamed("li", UserPart(id="li", nickname="New", avatar="", role=Role.VIEWER))
    one.exit(LI)
    (frame,) = one.tallies.take(online=0, announce=True, now=0, ts=0)
    assert json.loads(frame.payload)["user"]["nickname"] == "New"


async def test_an_exit_of_nobody(one):
    """It is no error."""
    one.exit(LI)
    assert one.presence.online == 0


async def test_announcements_are_ten_a_second_of_each(one):
    """At most 10 joins and 10 leaves in a second; the rest is only a number."""
    parts = [UserPart(id=str(number), nickname="x", avatar="", role=Role.VIEWER) for number in range(25)]
    for part in parts:
        one.enter(part)
    assert len(one.told()) == 10
    for part in parts:
        one.exit(part)
    assert len(one.told()) == 10
    assert one.presence.online == 0


async def test_people_of_a_process_that_was_killed_leave(one, two, settings):
    """After the grace who is held by nobody any more is missed by the name that he had; who came back here is not."""
    settings.LIVEROOM_GRACE = 10
    now = asyncio.get_running_loop().time()
    for part in (LI, HAN):
        one.enter(part)
    one.told()
    one.tell(two)
    assert two.told() == [("join", LI.id), ("join", HAN.id)]
    two.enter(HAN)
    two.presence.remote_silent(now + presence_module.REMOTE_TIMEOUT + 11)
    assert two.told() == [("leave", LI.id)]
    assert two.presence.online == 1
