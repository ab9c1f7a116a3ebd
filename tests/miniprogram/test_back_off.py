"""How often clients come to a server that is dead, and how they come back to one that was killed."""

import json
import os
import secrets
from typing import Any

import pytest

from tests.deployment import Deployments
from tests.miniprogram import scenes
from tests.miniprogram.node import run
from tests.servers import PATIENCE

SOME = 20
CLIENTS = 1000
SPREAD = 5
"""Seconds between the first and the last of them."""


def drawn_seed() -> int:
    """A seed that is new each time, and printed; LIVEROOM_SEED repeats a run."""
    seed = int(os.environ.get("LIVEROOM_SEED") or secrets.randbelow(10**9))
    print(f"LIVEROOM_SEED={seed}")
    return seed


def test_a_dead_server_is_hit_as_the_back_off_says() -> None:
    """Twenty clients for forty seconds, in five ways of being dead: not once more often, and they do come."""
    settings = {"clients": SOME, "seconds": 40, "seed": drawn_seed()}
    seen: dict[str, Any] = json.loads(run("dead.mjs", json.dumps(settings)))
    assert len(seen) == 5
    for way, counted in seen.items():
        assert 2 * SOME < counted["opened"] <= counted["allowed"], way
        # Where nobody listens, nobody counts.
        assert counted["hits"] is None or 2 * SOME < counted["hits"] <= counted["opened"], way


@pytest.mark.long
@pytest.mark.timeout(300 * PATIENCE)
def test_a_thousand_come_back_one_after_the_other(deployments: Deployments) -> None:
    """After a kill they are back over at least five seconds, and nobody tried sooner than the back-off says."""
    with deployments.sqlite("crowd") as site:
        site.call("make_room", slug="crowd")
        settings = {"ws": site.ws, "slug": "crowd", "clients": CLIENTS, "seed": drawn_seed()}
        seen = scenes.play(site, "crowd.mjs", json.dumps(settings))
    print(seen)
    assert seen["back"] == CLIENTS
    assert seen["sooner"] == 0
    assert seen["spread"] >= SPREAD
    assert seen["busiest"] < 0.75 * CLIENTS
