"""What processes answer to those who ask whether they can serve."""

import asyncio
from typing import Any

import httpx

from tests.servers import PATIENCE

Answer = tuple[int, dict[str, Any]]

READY = {"status": "ready", "database": True, "layer": True, "draining": False}
SEEN = 20 * PATIENCE
"""Seconds after which a fault, or its end, that shows nowhere counts as not noticed."""


async def readiness(urls: list[str]) -> list[Answer]:
    """The status and the body of /readyz of each."""
    async with httpx.AsyncClient(timeout=15 * PATIENCE, trust_env=False) as http:
        answers = await asyncio.gather(*(http.get(f"{url}/readyz") for url in urls))
        return [(answer.status_code, answer.json()) for answer in answers]


async def become_ready(urls: list[str], body: dict[str, Any]) -> None:
    """Wait until all say that they can serve, in these words."""
    await _answer(urls, (200, body))


async def become_unready(urls: list[str], body: dict[str, Any]) -> None:
    """Wait until all say that they cannot serve, in these words."""
    await _answer(urls, (503, body))


async def stay_unready(urls: list[str], body: dict[str, Any], seconds: float) -> None:
    """See that all say so for so long: trying to begin anew is not being whole. And that they live all the while."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    async with httpx.AsyncClient(timeout=15 * PATIENCE, trust_env=False) as http:
        while loop.time() < end:
            assert await readiness(urls) == [(503, body)] * len(urls)
            for url in urls:
                assert (await http.get(f"{url}/healthz")).text == "ok\n"
            await asyncio.sleep(0.1)


async def _answer(urls: list[str], wanted: Answer) -> None:
    """Ask until all answer so: a process tells nobody by itself."""
    async with asyncio.timeout(SEEN):
        while await readiness(urls) != [wanted] * len(urls):  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.1)
