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


async def _answer(urls: list[str], wanted: Answer) -> None:
    """Ask until all answer so: a process tells nobody by itself."""
    async with asyncio.timeout(SEEN):
        while await readiness(urls) != [wanted] * len(urls):  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.1)
