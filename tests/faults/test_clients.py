"""A client may stop reading, or send nonsense: nobody else notices."""

import asyncio
import json
import socket
from contextlib import AsyncExitStack

import pytest

from tests.deployment import Deployments
from tests.e2e.client import DEADLINE, Client

pytestmark = pytest.mark.timeout(240)

COMMENTS = 1500
TEXT = "直播间的评论" * 33


@pytest.mark.parametrize("server", ["daphne", "uvicorn"])
async def test_one_who_stops_reading_is_cut_and_holds_up_nobody(
    deployments: Deployments, stack: AsyncExitStack, server: str
) -> None:
    """Everybody else has all comments in order; the one who read nothing is cut, comes back and misses nothing."""
    with deployments.sqlite(
        f"stuck-{server}", server=server, LIVEROOM_OUTBOX_BYTES="65536", LIVEROOM_REPLAY="0"
    ) as site:
        room = site.call("make_room", slug="stuck", items=0)
        viewer = await stack.enter_async_context(await Client.enter(site.url, room["slug"]))
        poster = await stack.enter_async_context(await Client.enter(site.url, room["slug"]))
        stuck = open_and_read_nothing(site.servers[0].port, room["slug"])
        with stuck:
            for _ in range(COMMENTS // 50):
                await asyncio.gather(*(poster.ask("message", content=TEXT) for _ in range(50)))
            await all_of(viewer)
            received = await asyncio.to_thread(read_to_the_end, stuck)
        assert received < COMMENTS * len(json.dumps(TEXT, ensure_ascii=False).encode())
        back = await Client.enter(site.url, room["slug"], since=0, epoch=viewer.init["epoch"])
        await stack.enter_async_context(back)
        await all_of(back)
        assert back.events == viewer.events


async def all_of(client: Client) -> None:
    """Wait for every comment."""
    await client.reach(COMMENTS)
    assert [event["seq"] for event in client.events] == list(range(1, COMMENTS + 1))


def open_and_read_nothing(port: int, slug: str) -> socket.socket:
    """A socket into the room whose owner never reads; its kernel holds little."""
    peer = socket.socket()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
    peer.settimeout(DEADLINE)
    peer.connect(("127.0.0.1", port))
    peer.sendall(
        f"GET /ws/rooms/{slug}/ HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    return peer


def read_to_the_end(peer: socket.socket) -> int:
    """How many bytes still arrive before the socket ends; fails when it does not end."""
    count = 0
    try:
        while data := peer.recv(65536):
            count += len(data)
    except ConnectionResetError:
        pass
    return count
