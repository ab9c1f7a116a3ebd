"""The channel layer may lose, double, swap and delay what it carries: the numbers show it, and the log heals it."""

import re
import signal
from typing import Any

import pytest

from tests.deployment import Deployments
from tests.faults.crowd import Crowd, drawn_seed
from tests.faults.test_processes import END

pytestmark = pytest.mark.timeout(240)

SHOPPERS = 40
FAULTS = ("doubled", "late", "lost", "swapped")
LEAST = 10
"""Messages that met each of the faults, in each process."""


async def test_a_layer_that_cannot_be_trusted(deployments: Deployments) -> None:
    """Half of what two processes tell each other is lost, doubled, swapped or late; yet everybody reads 1…n."""
    seed = drawn_seed()
    environment: dict[str, Any] = {"DJANGO_SETTINGS_MODULE": "tests.faults.settings", "LIVEROOM_SEED": str(seed)}
    with deployments.postgres("faulty", LIVEROOM_REPLAY="0", **environment) as site:
        async with Crowd.gathered(site, SHOPPERS, seed=seed) as crowd:
            async with crowd.busy():
                await crowd.acts(SHOPPERS * 15)
            await crowd.prove_nothing_is_lost()
        for server in site.servers:
            server.signal(signal.SIGTERM)
            assert server.wait(END) == 0
            (told,) = re.findall("Faults: (.*)", server.text())
            print(f"{server.name}: {told}")
            counts = dict(pair.split("=") for pair in told.split())
            assert all(int(counts[fault]) >= LEAST for fault in FAULTS), told
