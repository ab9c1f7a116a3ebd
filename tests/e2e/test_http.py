"""What HTTP says of the live side: who is online over all processes, and whether a process can serve."""

import asyncio
from typing import Any

import httpx

from tests.deployment import Deployment
from tests.e2e.client import DEADLINE
from tests.e2e.conftest import Enter

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
