"""Redis may go away, hang and come back: it carries nothing that is not in the log."""

import asyncio
import signal
from contextlib import AsyncExitStack

import pytest

from tests.deployment import Deployment, Deployments
from tests.e2e.client import DEADLINE, Client
from tests.servers import Redis

pytestmark = pytest.mark.timeout(240)


async def test_redis_is_stopped_for_a_while(deployments: Deployments, redis: Redis, stack: AsyncExitStack) -> None:
    """While Redis is stopped, events reach the other process from the log; once it is back, live ones do again."""
    with deployments.postgres("stopped", redis=redis) as site:
        here, there = await two_viewers(site, stack)
        redis.stop()
        # Three seconds: an outage that lasts is what this is about.
        for number in range(6):
            assert (await here.ask("message", content=f"Away {number}"))["msg_type"] == "ack"
            await there.reach(number + 1)
            await asyncio.sleep(0.5)
        redis.start()
        await is_whole(here, there, 6)


async def test_redis_hangs(deployments: Deployments, redis: Redis, stack: AsyncExitStack) -> None:
    """While Redis answers nothing, comments are stored and acknowledged, and reach the other process from the log."""
    with deployments.postgres("hanging", redis=redis) as site:
        here, there = await two_viewers(site, stack)
        redis.signal(signal.SIGSTOP)
        try:
            for number in range(3):
                assert (await here.ask("message", content=f"Hanging {number}"))["msg_type"] == "ack"
                await there.reach(number + 1)
        finally:
            redis.signal(signal.SIGCONT)
        await is_whole(here, there, 3)


async def test_redis_was_never_there(deployments: Deployments, redis: Redis, stack: AsyncExitStack) -> None:
    """Processes that start without their Redis serve all the same, and find it when it comes."""
    redis.stop()
    with deployments.postgres("late", redis=redis) as site:
        room = site.call("make_room", slug="faults", items=0)
        here, there = [await stack.enter_async_context(await Client.enter(url, room["slug"])) for url in site.urls]
        assert (await here.ask("message", content="Early"))["msg_type"] == "ack"
        await there.reach(1)
        redis.start()
        await is_whole(here, there, 1)


async def two_viewers(site: Deployment, stack: AsyncExitStack) -> tuple[Client, Client]:
    """A viewer on each process of a new room, between whom likes go both ways."""
    room = site.call("make_room", slug="faults", items=0)
    here, there = [await stack.enter_async_context(await Client.enter(url, room["slug"])) for url in site.urls]
    await crosses(here, there)
    await crosses(there, here)
    return here, there


async def is_whole(here: Client, there: Client, seq: int) -> None:
    """Likes go both ways again, and neither has missed an event of the log, which went up to ``seq``."""
    await crosses(here, there)
    await crosses(there, here)
    assert (await there.ask("message", content="Back"))["msg_type"] == "ack"
    for client in (here, there):
        await client.reach(seq + 1)
        assert [event["seq"] for event in client.events] == list(range(1, seq + 2))


async def crosses(sender: Client, receiver: Client) -> None:
    """Likes go from one to the other, as nothing does but through Redis: tried until one arrives."""
    seen = len(receiver.seen("like"))
    async with asyncio.timeout(3 * DEADLINE):
        while len(receiver.seen("like")) == seen:
            await sender.send("like")
            await asyncio.sleep(0.1)
