"""The client file on a phone, a real server, and everything that happens to a phone: random runs, by Node, run.mjs.

LIVEROOM_SEED repeats one run: the same faults at the same moments.
"""

import json
import os
import secrets
import statistics
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from benchmarks.programs import free_port
from tests.deployment import Deployment, Deployments
from tests.miniprogram.node import run
from tests.servers import PATIENCE

TAKES = 5 * PATIENCE
"""Seconds that most runs take less than."""
WITHIN = 20 * PATIENCE
"""Seconds within which everything has to be well again, however busy the machine is."""
AT_ONCE = 2
FAULTS = {"kill", "stall", "refusal", "lost_answers", "holes", "background", "network", "page", "token"}


@pytest.fixture(scope="module")
def site(deployments: Deployments) -> Iterator[Deployment]:
    """One process on SQLite; its beats are short for phones whose time runs ten times as fast."""
    with deployments.sqlite("random-runs", LIVEROOM_GRACE="1", LIVEROOM_HEARTBEAT="5000") as deployment:
        yield deployment


class Run:
    """One run in a room of its own: ``seen`` is what its script printed."""

    def __init__(self, site: Deployment, seed: int) -> None:
        self._site = site
        self._seed = seed
        self._room = site.call("make_room", slug=f"run-{seed}", stock=1000)
        self._tokens = [user["token"] for user in site.call("make_users", count=2)]
        self.seen: Any = None

    def play(self) -> None:
        settings = {
            "ws": self._site.ws,
            "slug": self._room["slug"],
            "tokens": self._tokens,
            "item": self._room["items"][0],
            "seed": self._seed,
            "within": WITHIN * 1000,
        }
        self.seen = json.loads(run("run.mjs", json.dumps(settings), timeout=2 * WITHIN / PATIENCE))

    def prove(self) -> None:
        """Everything that was asked for is done once, everything that happened is seen once, and nothing is left."""
        seen = self.seen
        room = self._site.call("read_room", room_id=self._room["id"])
        item = self._site.call("read_item", item_id=self._room["items"][0])
        where = f"LIVEROOM_SEED={self._seed}: {seen}"
        mine = Counter(text for text in room["comments"] if text.startswith("mine "))
        assert mine == Counter(f"mine {number}" for number in range(seen["comments"])), where
        assert Counter(order["number"] for order in item["orders"]) == Counter(seen["orders"]), where
        assert seen["refused"] == seen["unexpected"] == [], where
        assert room["log"] == list(range(1, seen["last"] + 1)), where
        # The first is in the room's first picture.
        assert seen["events"] == list(range(2, seen["last"] + 1)), where
        assert seen["shown"] == room["comments"][-200:], where
        # Nobody was away for so long that he had to begin anew.
        assert False not in seen["recovered"], where
        assert seen["left"] == {"timers": 0, "listeners": 0, "open": 0}, where
        assert seen["most"] == seen["online"] == 1, where


def prove(site: Deployment, count: int) -> None:
    """Make so many runs, some at once, and prove each."""
    first = int(os.environ.get("LIVEROOM_SEED") or 0)
    seeds = [first] if first else [1 + secrets.randbelow(10**9) for _ in range(count)]
    print(f"LIVEROOM_SEED={seeds}")
    runs = [Run(site, seed) for seed in seeds]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(Run.play, runs))
    for each in runs:
        each.prove()
    took = [each.seen["took"] for each in runs]
    print(f"{took} ms: {min(took)} to {max(took)}, median {statistics.median(took)}")
    assert statistics.median(took) < TAKES * 1000
    if not first:
        assert {fault for each in runs for fault in each.seen["faults"]} == FAULTS
        assert sum(each.seen["lost"] for each in runs) > 0


def test_a_run_that_does_not_end() -> None:
    """It is ended, fails, and names the seed that repeats it: here nobody takes the socket."""
    settings = {"ws": f"ws://127.0.0.1:{free_port()}", "slug": "none", "tokens": ["a", "b"], "item": 1, "seed": 4711}
    with pytest.raises(pytest.fail.Exception, match=r"no entry(.|\n)*LIVEROOM_SEED=4711"):
        run("run.mjs", json.dumps({**settings, "within": 100}))


@pytest.mark.timeout(180 * PATIENCE)
def test_ten_runs(site: Deployment) -> None:
    """Comments and orders exactly once, events exactly 1 … n, and no socket, timer or listener left."""
    prove(site, 10)


@pytest.mark.long
@pytest.mark.timeout(600 * PATIENCE)
def test_fifty_runs(site: Deployment) -> None:
    """The same, fifty times."""
    prove(site, 50)
