"""Servers of their own for each test: here they are stopped, frozen and killed."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.servers import Postgres, Redis

OUTAGES = [3, pytest.param(10, marks=pytest.mark.long)]
"""Seconds that something is away; `make test-long` has the longer ones."""


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    """Closes what a test opened."""
    async with AsyncExitStack() as opened:
        yield opened


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    """A running Redis of this test's own."""
    server = Redis(tmp_path)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def postgres(postgres_server: Postgres) -> Iterator[Postgres]:
    """The run's PostgreSQL, which runs again afterwards."""
    yield postgres_server
    if not postgres_server.alive:
        postgres_server.start()
