"""The client's picture of a room is the server's, whatever happened: random histories, replayed by Node."""

import contextlib
import json
import os
import random
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.conf import settings as django_settings

from products.messages import Init
from rooms import selectors
from rooms.messages import LimitsPart, Refused, Role, encode
from rooms.models import Event, Room
from rooms.selectors import Picture
from rooms.session import NO_COMMENTS
from rooms.transaction import RoomTransaction
from tests.clients import Frame
from tests.miniprogram.node import run
from tests.products import test_law as law
from tests.products.test_law import ITEMS, USERS, Step, World
from tests.servers import PATIENCE

WAYS = 5
"""In so many ways each history is told."""


class Moment(NamedTuple):
    """A room after a commit: its picture, and its log as it is replayed from then on."""

    picture: Picture
    log: list[Frame]


def moment(room: Room) -> Moment:
    rows = Event.objects.filter(room=room).order_by("seq").values_list("payload", flat=True)
    return Moment(selectors.picture(room.pk), [json.loads(payload) for payload in rows])


def init(picture: Picture, *, since: int | None = None) -> Frame:
    """The ``init`` that a socket gets of a picture; with ``since`` the one before what was missed."""
    parts = dict(picture.parts) if since is None else {**picture.parts, "comments": NO_COMMENTS}
    frame = Init(
        **parts,
        ts=1,
        user=None,
        role=Role.GUEST,
        following=False,
        muted_until=None,
        epoch=picture.epoch,
        seq=picture.seq if since is None else since,
        recovered=None if since is None else True,
        online=0,
        likes=0,
        heartbeat=django_settings.LIVEROOM_HEARTBEAT,
        limits=LimitsPart(content=200, rate=1, frame=16384),
        base_url="http://room.test",
    )
    decoded: Frame = json.loads(encode(frame))
    return decoded


def live(moments: list[Moment], start: int, end: int) -> Iterator[Frame]:
    """What an open socket got between two moments: each event as it was when it happened."""
    for before, after in zip(moments[start:end], moments[start + 1 : end + 1], strict=True):
        yield from after.log[len(before.log) :]


def stories(moments: list[Moment], chance: random.Random) -> dict[str, list[Frame]]:
    """What clients may have received that all have to end with the same picture."""
    last = len(moments) - 1
    start, end = sorted((chance.randint(0, last), chance.randint(0, last)))
    first = init(moments[start].picture)
    heard = list(live(moments, start, end))
    got = chance.randint(0, len(heard))
    since = first["seq"] + got
    later = list(live(moments, end, last))
    missed = moments[end].log[since:]
    gone = chance.randint(got, len(heard))
    return {
        "stayed": [first, *live(moments, start, last)],
        "came back": [first, *heard[:got], init(moments[end].picture, since=since), *missed, *later],
        "had a gap filled": [first, *heard[:got], *heard[gone:], *missed, *later],
        "had too large a gap": [first, *heard[:got], init(moments[end].picture), *later],
        "was told twice": [first, *heard[:got], *heard[:got], *missed, *missed, *later],
    }


def some_step(chance: random.Random) -> list[Step]:
    """What somebody does; now and then a show ends, and the next one begins."""
    user, item, comment = chance.randrange(USERS), chance.randrange(ITEMS), chance.randrange(6)
    flag, small = chance.random() < 0.5, chance.randint(0, 2)
    choices: list[tuple[int, Callable[[], list[Step]]]] = [
        (10, lambda: [law.say(user)]),
        (3, lambda: [law.remove(comment)]),
        (2, lambda: [law.pin(comment if flag else None)]),
        (2, lambda: [law.follow(user, flag)]),
        (1, lambda: [law.notice(chance.choice(["", "a", "b"]))]),
        (1, lambda: [law.step_to("paused" if flag else "live")]),
        (1, lambda: [law.step_to("ended")]),
        (2, lambda: [law.step_to("ended"), law.step_to("live")]),
        (1, lambda: [law.change_room(chance.choice([0, 5]), flag)]),
        (3, lambda: [law.put(item, flag)]),
        (3, lambda: [law.explain(item, flag)]),
        (2, lambda: [law.change_item(item, small + 1, small)]),
        (2, lambda: [law.restock(item, small)]),
        (1, lambda: [law.retitle(item, chance.choice("xy"))]),
        (1, lambda: [law.drop(item)]),
        (4, lambda: [law.buy(user, item, 1)]),
    ]
    (chosen,) = chance.choices([make for _weight, make in choices], [weight for weight, _make in choices])
    return chosen()


def history(chance: random.Random) -> list[Moment]:
    """Do this and that in a new room, several things in one commit."""
    world = World()
    moments = [moment(world.room)]
    for _commit in range(chance.randint(1, 8)):
        with RoomTransaction(world.room.pk) as tx:
            for step in [step for _ in range(chance.randint(1, 5)) for step in some_step(chance)]:
                with contextlib.suppress(Refused):
                    step(world, tx)
        moments.append(moment(world.room))
    return moments


def write_histories(file: Path, seed: int, count: int) -> None:
    """So many random histories of that seed, one JSON line each."""
    with file.open("w") as lines:
        for number in range(count):
            chance = random.Random(f"{seed} {number}")
            moments = history(chance)
            told = {"stories": stories(moments, chance), "fresh": init(moments[-1].picture)}
            lines.write(json.dumps(told) + "\n")


def replay(file: Path) -> Any:
    """Let Node reduce them all, and compare; returns how many there were of what."""
    return json.loads(run("histories.mjs", file, timeout=120))


def prove(file: Path, histories: int) -> None:
    """Tell so many histories in all ways; LIVEROOM_SEED repeats a run."""
    seed = int(os.environ.get("LIVEROOM_SEED") or secrets.randbelow(10**9))
    print(f"LIVEROOM_SEED={seed}")
    write_histories(file, seed, histories)
    seen = replay(file)
    assert seen["runs"] == histories * WAYS
    # What they are about happened in them.
    assert seen["events"] > 3 * histories
    assert seen["new shows"] > histories / 10


@pytest.mark.timeout(180 * PATIENCE)
@pytest.mark.django_db
def test_a_thousand_runs_end_in_the_fresh_init(tmp_path: Path) -> None:
    """An old picture and what came after it, by any way that the contract has, is the picture fetched afresh."""
    prove(tmp_path / "histories.jsonl", 1000 // WAYS)


@pytest.mark.long
@pytest.mark.timeout(900 * PATIENCE)
@pytest.mark.django_db
def test_ten_thousand_runs_end_in_the_fresh_init(tmp_path: Path) -> None:
    """The same, with ten times as many histories."""
    prove(tmp_path / "histories.jsonl", 10_000 // WAYS)


@pytest.mark.django_db
def test_a_wrong_picture_is_noticed(tmp_path: Path) -> None:
    """The comparison sees a comment, an item and a notice that are not the server's."""
    world = World()
    picture = selectors.picture(world.room.pk)
    fresh = init(picture)
    wrong: list[Frame] = [
        {**fresh, "room": {**fresh["room"], "notice": "never put up"}},
        {**fresh, "shelf": fresh["shelf"][1:]},
        {**fresh, "comments": [{"id": 1, "seq": 1, "ts": 1, "user": None, "content": "never said"}]},
        {**fresh, "seq": fresh["seq"] + 1},
    ]
    for number, frame in enumerate(wrong):
        file = tmp_path / f"{number}.jsonl"
        file.write_text(json.dumps({"stories": {"wrong": [frame]}, "fresh": fresh}) + "\n")
        with pytest.raises(pytest.fail.Exception, match="history 0, wrong"):
            replay(file)
