"""How a process begins and ends."""

import asyncio
import contextlib
import signal
import time

import pytest

from tests.deployment import Deployment, Deployments
from tests.e2e.client import Client
from tests.servers import PATIENCE, run_python

VIEWERS = 40
CLOSE = b"\x88\x02" + (4000).to_bytes(2)
END = 10 * PATIENCE
"""Seconds from the signal to the exit, as promised."""


@pytest.mark.parametrize("server", ["daphne", "uvicorn"])
async def test_sigterm_sends_everybody_elsewhere(deployments: Deployments, server: str) -> None:
    """On SIGTERM all are told to come back, and closed with 4000; what was acknowledged is stored; the exit is 0."""
    with deployments.sqlite(f"end-{server}", server=server) as site:
        room = site.call("make_room", slug="end", items=0)
        users = site.call("make_users", count=VIEWERS)
        clients = [await Client.enter(site.url, room["slug"], token=user["token"]) for user in users]
        for number, client in enumerate(clients):
            await client.send("message", content=f"Last words {number}", client_msg_id="last")
        await clients[0].wait(lambda: clients[0].seen("ack"), "first ack")

        started = time.monotonic()
        site.servers[0].signal(signal.SIGTERM)

        codes = await asyncio.gather(*(client.closed() for client in clients))
        assert await asyncio.to_thread(site.servers[0].wait, END) == 0
        assert time.monotonic() - started < END
        assert codes == [4000] * VIEWERS
        for client in clients:
            last = client.frames[-1]
            assert last == {
                "msg_type": "error", "ts": last["ts"], "code": "restarting", "detail": last["detail"], "retry": True,
                "retry_after": last["retry_after"], "close": 4000,
            }  # fmt: skip
            assert 1 <= last["retry_after"] <= 5
        acked = {f"Last words {number}" for number, client in enumerate(clients) if client.seen("ack")}
        assert acked <= set(site.call("read_room", room_id=room["id"])["comments"])


async def test_a_client_that_ignores_the_close_holds_up_nobody(deployments: Deployments) -> None:
    """One who never answers the close frame is cut off; the process still ends with 0 in time."""
    with deployments.sqlite("mute") as site:
        room = site.call("make_room", slug="mute", items=0)
        reader, writer = await enter(site.servers[0].port, room["slug"])
        site.servers[0].signal(signal.SIGTERM)
        await reader.readuntil(b'"code":"restarting"')
        assert await asyncio.to_thread(site.servers[0].wait, END) == 0
        writer.close()
        with contextlib.suppress(ConnectionResetError):
            await writer.wait_closed()


@pytest.mark.parametrize("server", ["daphne", "uvicorn"])
async def test_a_socket_lives_until_its_client_has_closed_too(deployments: Deployments, server: str) -> None:
    """One who still writes would meet a reset, and never read the close that waits for him."""
    with deployments.sqlite(f"slow-{server}", server=server) as site:
        room = site.call("make_room", slug="slow", items=0)
        reader, writer = await enter(site.servers[0].port, room["slug"])
        site.servers[0].signal(signal.SIGTERM)
        async with asyncio.timeout(END):
            await reader.readuntil(CLOSE)
            end = asyncio.create_task(reader.read())
            # Longer than a server takes that does not wait for him, shorter than one waits.
            await asyncio.wait({end}, timeout=1)
            assert not end.done()
            # The same, masked with zeros.
            writer.write(bytes([CLOSE[0], CLOSE[1] | 0x80, 0, 0, 0, 0]) + CLOSE[2:])
            # Daphne resets a connection that is closed on both sides.
            with contextlib.suppress(ConnectionResetError):
                assert await end == b""
        assert await asyncio.to_thread(site.servers[0].wait, END) == 0
        writer.close()
        with contextlib.suppress(ConnectionResetError):
            await writer.wait_closed()


async def enter(port: int, slug: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to a room, and read up to its init; what a client does with frames is left to the test."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        f"GET /ws/rooms/{slug}/ HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    await reader.readuntil(b'"msg_type":"init"')
    return reader, writer


@pytest.mark.long
def test_a_process_without_viewers_ends_in_a_moment(deployments: Deployments) -> None:
    """A process that nobody ever visited has nobody to wait for, with Redis or without."""
    with deployments.postgres("idle", processes=1) as site:
        started = time.monotonic()
        site.servers[0].signal(signal.SIGTERM)
        assert site.servers[0].wait(END) == 0
        assert time.monotonic() - started < 3 * PATIENCE


async def test_plain_daphne_serves(deployments: Deployments) -> None:
    """Daphne's own command serves the same rooms: init, a comment, its ack."""
    with deployments.sqlite("plain", plain=True) as site:
        room = site.call("make_room", slug="plain")
        async with await Client.enter(site.url, room["slug"]) as client, await Client.enter(site.url, "plain") as other:
            assert client.init["room"]["slug"] == "plain"
            ack = await client.ask("message", content="Hello")
            assert (await client.until("message"))["id"] == ack["id"]
            assert await other.until("message") == client.seen("message")[0]


@pytest.mark.parametrize("command", [("-m", "liveroom.serve", "--port", "0"), ("manage.py", "check")])
def test_no_secret_key_is_one_clear_line(command: tuple[str, ...]) -> None:
    """A production start without SECRET_KEY fails with one line that says so, and no traceback."""
    done = run_python(*command, environment={"DATABASE_URL": "sqlite://:memory:"})
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        "SECRET_KEY is not set. Set it to a long random string, or set DEBUG=1 on a development machine.\n"
    )


def test_an_address_in_use_is_one_clear_line(setup: Deployment) -> None:
    """A server that cannot listen fails with one line that names the address."""
    port = setup.servers[0].port
    done = run_python("-m", "liveroom.serve", "--port", str(port), environment=setup.environment)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Another program listens on 127.0.0.1:{port} already. ")
    assert done.stderr.count("\n") == 1
