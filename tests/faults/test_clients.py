"""A client may stop reading, and go on as if it lived: nobody else notices."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from liveroom.client import RoomClient
from tests.certificate import Certificate
from tests.deployment import Deployments
from tests.e2e.client import Client
from tests.faults.crowd import within
from tests.faults.readers import Reader, told_online
from tests.servers import PATIENCE

pytestmark = pytest.mark.timeout(240)

READERS, STUCK = 200, 20
READERS_OVER_TLS = 40
"""Fewer: to decrypt is dear, and it is one process of this test that does it for all of them."""
TEXT = "直播间的评论" * 33
RATE = 200_000
"""Bytes a second that the room has for each viewer, where the machine is fast enough."""
AT_ONCE = 25
CUT = 30 * PATIENCE
"""Seconds after which one whose buffers are full has been cut, as promised."""
VANISHED = 60 * PATIENCE
"""Seconds after which one who answers nothing has been cut: 50, as promised, and what the servers round up."""
IN_FLIGHT, IN_FLIGHT_OVER_TLS = 128 * 1024, 256 * 1024
"""Bytes of one socket that its server holds beside the outbox; with TLS there is a buffer above it and one below."""
SLACK, STORED = 12 * 1024 * 1024, 3
"""Bytes that a process may grow by under load, with nobody stuck in it: so many, and for each that is stored so many.

SQLite's pages and prepared statements take those, until their caches are full.
"""


def each_limit_on_each_server() -> list[Any]:
    """Server, TLS, outbox (bytes), stall (s), one of the two without a limit; `make test-long` has what is left out."""
    cases = [
        ("daphne", False, 128 * 1024, 0, False),
        ("daphne", True, 0, 3, True),
        ("uvicorn", False, 0, 3, False),
        ("uvicorn", True, 128 * 1024, 0, True),
        ("uvicorn", False, 128 * 1024, 0, True),
        ("uvicorn", True, 0, 3, True),
        ("daphne", False, 0, 3, True),
        ("daphne", True, 128 * 1024, 0, True),
        ("daphne", False, 0, 30, True),
        ("uvicorn", False, 0, 30, True),
    ]
    return [
        pytest.param(
            *(server, tls, outbox, stall),
            marks=pytest.mark.long if long else (),
            id=f"{server}{' over TLS' if tls else ''}, {f'{stall} s' if stall else 'full outbox'}",
        )
        for server, tls, outbox, stall, long in cases
    ]


@pytest.mark.parametrize(("server", "tls", "outbox", "stall"), each_limit_on_each_server())
async def test_20_who_stop_reading_hurt_nobody(
    deployments: Deployments,
    stack: AsyncExitStack,
    certificate: Certificate,
    monkeypatch: pytest.MonkeyPatch,
    server: str,
    tls: bool,
    outbox: int,
    stall: int,
) -> None:
    """20 of many stop reading in a room of over 100 KB a second, and go on sending pings.

    They are cut, the process does not grow by more than their outboxes, and the others have everything in order.
    One who was cut comes back, and misses nothing.
    """
    # The clients of the field trust what the machine does.
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.chain))
    trusted = certificate.trusted if tls else None
    count, in_flight = (READERS_OVER_TLS, IN_FLIGHT_OVER_TLS) if tls else (READERS, IN_FLIGHT)
    options: dict[str, Any] = {"server": server, "certificate": certificate if tls else None}
    limits: dict[str, Any] = {
        "LIVEROOM_OUTBOX_BYTES": str(outbox),
        "LIVEROOM_STALL": str(stall),
        "LIVEROOM_REPLAY": "0",
    }
    with deployments.sqlite(f"stuck-{server}", **options, **limits) as site:
        site.call("make_room", slug="stuck", items=0)
        port, pid = site.servers[0].port, site.servers[0].pid
        readers = await asyncio.gather(*(Reader.enter(port, "stuck", trusted=trusted) for _ in range(count)))
        stuck = await asyncio.gather(*(Reader.enter(port, "stuck", small=True, trusted=trusted) for _ in range(STUCK)))
        async with RoomClient(site.url, slug="stuck") as poster:
            await talk(poster, seconds=1)
            before, read = memory(pid, "VmRSS"), readers[0].size
            for reader in stuck:
                reader.stop_reading()
            async with pinging(stuck), asyncio.timeout(CUT + 10 * PATIENCE):
                while not all(reader.closed.done() for reader in stuck):
                    newest = await talk(poster, seconds=0.5)

        assert await within(CUT, asyncio.gather(*(reader.reach(newest) for reader in readers)))
        assert [(reader.wrong, reader.closed.done()) for reader in readers] == [([], False)] * count
        missed = readers[0].size - read
        grown = memory(pid, "VmHWM") - before
        print(f"each was sent {missed / 1e6:.1f} MB, the process grew by {grown / 1e6:.1f} MB")
        assert grown < STUCK * ((outbox or missed) + in_flight) + SLACK + STORED * missed

        back = await Client.enter(site.url, "stuck", since=stuck[0].seq, epoch=poster.state.epoch)
        await stack.enter_async_context(back)
        await back.reach(newest)
        assert [event["seq"] for event in back.events] == list(range(stuck[0].seq + 1, newest + 1))
        for reader in readers:
            reader.close()


@pytest.mark.long
@pytest.mark.parametrize("server", ["daphne", "uvicorn"])
async def test_one_who_vanishes_is_missed(deployments: Deployments, stack: AsyncExitStack, server: str) -> None:
    """A network that is gone says nothing: 20 s of silence, a ping, 30 s without an answer, and he is out."""
    with deployments.sqlite(f"vanished-{server}", server=server, LIVEROOM_GRACE="1") as site:
        site.call("make_room", slug="vanished", items=0)
        watcher = await stack.enter_async_context(await Client.enter(site.url, "vanished"))
        reader = await Reader.enter(site.servers[0].port, "vanished")
        await watcher.wait(lambda: told_online(watcher) == 2, "two online")
        reader.mute = True
        assert await within(VANISHED, reader.closed)
        await watcher.wait(lambda: told_online(watcher) == 1, "one online")


async def talk(poster: RoomClient, *, seconds: float) -> int:
    """Comment for so long, at RATE bytes a second for each viewer; the number of the last comment."""
    newest, end = 0, time.monotonic() + seconds
    while (begun := time.monotonic()) < end:
        acks = await asyncio.gather(*(poster.comment(TEXT) for _ in range(AT_ONCE)))
        newest = max(ack["seq"] for ack in acks)
        # The load's pace; nothing waits for it.
        await asyncio.sleep(AT_ONCE * len(TEXT.encode()) / RATE - (time.monotonic() - begun))
    return newest


@asynccontextmanager
async def pinging(readers: list[Reader]) -> AsyncIterator[None]:
    """Have them send a ping every half second meanwhile."""

    async def ping() -> None:
        while True:
            for reader in readers:
                reader.ping()
            await asyncio.sleep(0.5)

    task = asyncio.create_task(ping())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def memory(pid: int, name: str) -> int:
    """Bytes that a process holds (VmRSS), or held at the most so far (VmHWM)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith(f"{name}:")]
    return int(line.split()[1]) * 1024
