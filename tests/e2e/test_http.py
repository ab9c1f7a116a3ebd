"""What HTTP says of the live side: who is online over all processes, and whether a process can serve."""

import asyncio
from pathlib import Path
from typing import Any

import httpx

from tests.deployment import Deployment, Deployments
from tests.e2e.client import DEADLINE
from tests.e2e.conftest import Enter
from tests.servers import Redis

Room = dict[str, Any]


async def becomes(url: str, status: int, body: dict[str, Any]) -> None:
    """Ask until the answer has that status and these fields; fails with the last answer."""
    answer = None
    try:
        async with asyncio.timeout(2 * DEADLINE), httpx.AsyncClient(timeout=DEADLINE, trust_env=False) as http:
            while True:
                answer = await http.get(url)
                if answer.status_code == status and body.items() <= answer.json().items():
                    return
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"{url} still says {answer and answer.text}") from None


async def test_online_counts_the_viewers_of_all_processes(setup: Deployment, room: Room, enter: Enter) -> None:
    """On every process, one without a viewer of the room too; one who leaves is not counted any more."""
    first = await enter(url=setup.urls[0])
    second = await enter(url=setup.urls[0])
    for url in setup.urls:
        await becomes(f"{url}/api/rooms/{room['slug']}/", 200, {"online": 2})
    await enter(url=setup.urls[-1])
    for url in setup.urls:
        await becomes(f"{url}/api/rooms/{room['slug']}/", 200, {"online": 3})
    await first.close()
    await second.close()
    for url in setup.urls:
        await becomes(f"{url}/api/rooms/{room['slug']}/", 200, {"online": 1})


async def test_a_process_that_redis_does_not_reach_is_not_ready(deployments: Deployments, directory: Path) -> None:
    """And is again when Redis is back; it lives all the while."""
    folder = directory / "unready"
    folder.mkdir()
    redis = Redis(folder)
    redis.start()
    ready = {"status": "ready", "database": True, "layer": True, "draining": False}
    not_ready = {"status": "not ready", "database": True, "layer": False, "draining": False}
    try:
        with deployments.postgres("unready", processes=1, redis=redis) as site:
            await becomes(f"{site.url}/readyz", 200, ready)
            redis.stop()
            await becomes(f"{site.url}/readyz", 503, not_ready)
            # Trying to begin anew on the layer is not hearing it.
            async with httpx.AsyncClient(timeout=DEADLINE, trust_env=False) as http:
                for _ in range(30):
                    assert (await http.get(f"{site.url}/readyz")).status_code == 503
                    assert (await http.get(f"{site.url}/healthz")).text == "ok\n"
                    await asyncio.sleep(0.1)
            redis.start()
            await becomes(f"{site.url}/readyz", 200, ready)
    finally:
        redis.stop()
