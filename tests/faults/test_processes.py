"""A server process may be killed at any moment, or asked to end in the middle of everything."""

import asyncio
import random
import signal
from contextlib import AsyncExitStack

import pytest

from liveroom.client import socket_address
from tests.deployment import Deployments
from tests.e2e.client import Client
from tests.faults.crowd import Crowd, drawn_seed
from tests.faults.readers import told_online
from tests.servers import PATIENCE

pytestmark = pytest.mark.timeout(240)

VIEWERS = 200
KILLS = 3
END = 10 * PATIENCE
"""Seconds from the signal to the exit, as promised."""
BACK = 15 * PATIENCE
"""Seconds from the signal until everybody is in the room again, as promised."""


async def test_killed_three_times_in_the_rush(deployments: Deployments) -> None:
    """200 comment and buy at once through two processes, and after some of the answers one is killed; three times over.

    Who has no answer asks again with his key. Everything is in the log once, everybody has read all of it, the shelf
    is sold to its last piece and no further.
    """
    rng = random.Random(seed := drawn_seed())
    with deployments.postgres("killed", LIVEROOM_REPLAY="0") as site:
        async with Crowd.gathered(site, VIEWERS, seed=seed) as crowd:
            for number in range(KILLS):
                dying = site.servers[number % 2]
                async with crowd.rush(answers=rng.randrange(1, VIEWERS)):
                    dying.kill()
                    await asyncio.to_thread(dying.start)
                await crowd.come_back(crowd.of(dying.url), times=number // 2 + 1, within=BACK)
            await crowd.prove_nothing_is_lost()


@pytest.mark.parametrize("server", ["daphne", "uvicorn"])
async def test_sigterm_under_load(deployments: Deployments, server: str) -> None:
    """A process that is asked to end in a rush answers what it took, and ends with 0.

    Its viewers are told to come back, do so at another process, and have everything.
    """
    rng = random.Random(seed := drawn_seed())
    with deployments.postgres(f"ended-{server}", server=server, LIVEROOM_REPLAY="0") as site:
        async with Crowd.gathered(site, VIEWERS // 2, seed=seed) as crowd:
            ending, staying = site.servers
            movers = crowd.of(ending.url)
            for shopper in movers:
                shopper.client.address = socket_address(staying.url, "crowd")
            async with crowd.rush(answers=rng.randrange(1, VIEWERS // 2)):
                ending.signal(signal.SIGTERM)
                back = asyncio.create_task(crowd.come_back(movers, times=1, within=BACK))
                assert await asyncio.to_thread(ending.wait, END) == 0
                await back
            for shopper in movers:
                assert shopper.client.stats.closes == {4000: 1}
                (farewell,) = shopper.farewells
                assert (farewell["code"], farewell["retry"], farewell["close"]) == ("restarting", True, 4000)
                assert 1 <= farewell["retry_after"] <= 5
            await crowd.prove_nothing_is_lost([staying.url])


@pytest.mark.long
async def test_two_processes_on_one_sqlite_file(deployments: Deployments) -> None:
    """They wait for each other, and hear of each other from the log alone; yet nothing is lost or doubled."""
    seed = drawn_seed()
    with deployments.sqlite("shared", processes=2, LIVEROOM_REPLAY="0") as site:
        async with Crowd.gathered(site, 40, seed=seed) as crowd:
            async with crowd.busy():
                await crowd.acts(400)
            await crowd.prove_nothing_is_lost()


@pytest.mark.long
async def test_the_viewers_of_a_killed_process_are_not_counted_for_ever(
    deployments: Deployments, stack: AsyncExitStack
) -> None:
    """A process that is not heard of is gone, and after the grace so are its viewers."""
    with deployments.postgres("ghosts", LIVEROOM_GRACE="1") as site:
        room = site.call("make_room", slug="ghosts", items=0)
        users = site.call("make_users", count=3)
        dying, staying = site.servers
        watcher = await stack.enter_async_context(await Client.enter(staying.url, room["slug"]))
        doomed = [await Client.enter(dying.url, room["slug"], token=user["token"]) for user in users]
        await watcher.wait(lambda: told_online(watcher) == 4, "four online")

        dying.kill()

        async with asyncio.timeout(15 * PATIENCE):
            while told_online(watcher) != 1:
                await watcher.next()
        for client in doomed:
            await client.close()
