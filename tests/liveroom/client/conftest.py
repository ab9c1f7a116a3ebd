"""A server that plays its part, and clients that are closed at the end."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from liveroom.client import RoomClient
from tests.liveroom.client.fake import FakeServer

MakeClient = Callable[..., RoomClient]


@pytest.fixture
async def server() -> AsyncIterator[FakeServer]:
    async with FakeServer() as running:
        yield running


@pytest.fixture
async def make_client(server: FakeServer) -> AsyncIterator[MakeClient]:
    """Make clients of the server: ``make_client(token=…)``."""
    async with AsyncExitStack() as stack:

        def make(**options: Any) -> RoomClient:
            client = server.client(**options)
            stack.push_async_callback(client.close)
            return client

        yield make


@pytest.fixture
def client(make_client: MakeClient) -> RoomClient:
    """One client that was not opened yet."""
    return make_client()
