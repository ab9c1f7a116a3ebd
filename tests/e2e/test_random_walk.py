"""The snapshot law over whole deployments, whatever viewers and host do at the same time."""

import os
import secrets

import pytest

from tests.deployment import Deployment
from tests.e2e.walk import walk


async def test_a_random_walk(setup: Deployment) -> None:
    """An init and the events after it equal a fresh init, on all processes and over cuts.

    LIVEROOM_SEED repeats a run.
    """
    await walk(setup, int(os.environ.get("LIVEROOM_SEED") or secrets.randbelow(10**9)), rounds=40)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(6))
async def test_long_random_walks(setup: Deployment, seed: int) -> None:
    """The same, longer, with six fixed seeds."""
    await walk(setup, seed, rounds=300)
