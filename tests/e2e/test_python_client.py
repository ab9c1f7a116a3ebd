"""The Python client of `liveroom/client.py` against real servers: cut off, killed, and nothing lost or doubled."""

import asyncio
import itertools
import os
import random
import secrets
from contextlib import AsyncExitStack, suppress
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from liveroom.client import RoomClient, RoomError, RoomState
from tests import law
from tests.deployment import Deployment, Deployments
from tests.e2e.client import DEADLINE, Frame
from tests.e2e.walk import Host
from tests.servers import PATIENCE

pytestmark = pytest.mark.timeout(240)

CUTS = 20


class Hurried(random.Random):
    """Draws pauses of at most 0.3 s: a server that is started again is not waited for with patience."""

    def uniform(self, a: float, b: float) -> float:
        return super().uniform(a, min(b, 0.3))


@pytest.fixture
def rng() -> random.Random:
    """Drawn anew each time; LIVEROOM_SEED repeats a run."""
    seed = int(os.environ.get("LIVEROOM_SEED") or secrets.randbelow(10**9))
    print(f"LIVEROOM_SEED={seed}")
    return Hurried(seed)


def picture(state: RoomState) -> Frame:
    """What the snapshot law compares."""
    return {
        "epoch": state.epoch,
        "seq": state.seq,
        "room": state.room,
        "shelf": state.shelf,
        "comments": list(state.comments),
    }


async def prove_the_law(url: str, slug: str, *clients: RoomClient) -> None:
    """What each keeps by its events is what one who comes now is shown."""
    async with RoomClient(url, slug=slug) as fresh:
        for client in clients:
            await reach(client, fresh.state.seq)
            law.assert_same(picture(client.state), picture(fresh.state))


async def reach(client: RoomClient, seq: int) -> None:
    """Wait until the client has that event, however often it is away meanwhile."""
    events = client.events()
    async with asyncio.timeout(DEADLINE + 30 * PATIENCE):
        while client.state.seq < seq:
            await anext(events)


async def test_cut_20_times_and_the_server_killed_once(deployments: Deployments, rng: random.Random) -> None:
    """Three who comment and one who reads, each cut at random, over one `kill -9`: every event 1…n, every text once."""
    with deployments.sqlite("python-client", LIVEROOM_GRACE="1", LIVEROOM_REPLAY="0") as site:
        room = site.call("make_room", slug="python", items=0)
        users = site.call("make_users", count=3)
        async with AsyncExitStack() as stack:
            reader = await stack.enter_async_context(RoomClient(site.url, slug="python", rng=rng))
            writers = [
                await stack.enter_async_context(RoomClient(site.url, slug="python", token=user["token"], rng=rng))
                for user in users
            ]
            clients, events, over = [reader, *writers], reader.events(limit=100_000), asyncio.Event()
            writing = [asyncio.create_task(talk(writer, f"{number}", over)) for number, writer in enumerate(writers)]
            killed = rng.randrange(CUTS)
            for cut in range(CUTS):
                if cut == killed:
                    await kill_and_start(site, clients)
                await cut_one(rng.choice(clients), reader, rng)
            over.set()
            said = {ack["seq"]: (ack["id"], text) for each in await asyncio.gather(*writing) for ack, text in each}

            await reach(reader, max(said))
            read = [await anext(events) for _ in said]
            stored = site.call("read_room", room_id=room["id"])
            assert [event["seq"] for event in read] == stored["log"] == list(range(1, len(said) + 1))
            assert {event["seq"]: (event["id"], event["content"]) for event in read} == said
            assert sorted(stored["comments"]) == sorted(text for _, text in said.values())
            assert sum(client.stats.reconnects for client in clients) >= CUTS + 4
            assert [(client.stats.repeated, client.stats.breaks) for client in clients] == [(0, 0)] * 4
            await prove_the_law(site.url, "python", *clients)


async def talk(writer: RoomClient, name: str, over: asyncio.Event) -> list[tuple[Any, str]]:
    """Comment until it is over; each text with its ack."""
    said: list[tuple[Any, str]] = []
    while not over.is_set():
        text = f"{name} says {len(said)}"
        said.append((await writer.comment(text, timeout=DEADLINE * 3), text))
    return said


async def cut_one(victim: RoomClient, reader: RoomClient, rng: random.Random) -> None:
    """Cut somebody at some event of the near future, and wait until he is back."""
    await reach(reader, reader.state.seq + rng.randrange(1, 5))
    await online(victim)
    back = victim.stats.reconnects + 1
    victim.cut(back_in=rng.uniform(0, 0.1))
    await online(victim, reconnects=back)


async def kill_and_start(site: Deployment, clients: list[RoomClient]) -> None:
    """End the server in the middle of everything, start it again, and wait until all are back."""
    back = [client.stats.reconnects + 1 for client in clients]
    site.servers[0].kill()
    site.servers[0].start()
    for client, reconnects in zip(clients, back, strict=True):
        await online(client, reconnects=reconnects)


async def online(client: RoomClient, *, reconnects: int = 0) -> None:
    """Wait until the client is in the room, for so many times at least."""
    frames = client.frames()
    async with asyncio.timeout(DEADLINE + 30 * PATIENCE):
        while not client.online or client.stats.reconnects < reconnects:
            await anext(frames)


async def test_the_picture_over_a_random_evening(
    setup: Deployment, room: dict[str, Any], stack: AsyncExitStack, rng: random.Random
) -> None:
    """Shelf, notice, pins, removals, shows: at the end each has what a newcomer is shown, whatever was cut."""
    urls = itertools.cycle(setup.urls)
    users = setup.call("make_users", count=3)
    clients = [
        await stack.enter_async_context(RoomClient(next(urls), slug=room["slug"], token=user["token"], rng=rng))
        for user in users
    ]
    headers = {"Authorization": f"Bearer {room['host']}"}
    async with httpx.AsyncClient(headers=headers, timeout=DEADLINE, trust_env=False) as http:
        host = Host(setup.urls, room, rng, http)
        for number in range(60):
            client = rng.choice(clients)
            if number % 10 == 9:
                client.cut(back_in=0)
            await host.act(SimpleNamespace(picture={"comments": list(client.state.comments)}, held=[]))  # type: ignore[arg-type]
            if client.state.room["status"] != "ended":
                await say_if_open(client, f"Comment {number}")
    newest = setup.call("read_room", room_id=room["id"])["seq"]
    for client in clients:
        await client.sync()
        await reach(client, newest)
    for url in setup.urls:
        await prove_the_law(url, room["slug"], *clients)


async def say_if_open(client: RoomClient, text: str) -> None:
    """Comment, in a show that may have ended this moment."""
    with suppress(RoomError):
        await client.comment(text)
    assert client.stats.errors.keys() <= {"room_closed"}


async def test_what_a_viewer_can_do(setup: Deployment, room: dict[str, Any], stack: AsyncExitStack) -> None:
    """A guest comments, buys, follows, likes, reads history and leaves; another one sees it."""
    watcher = await stack.enter_async_context(RoomClient(setup.urls[-1], slug=room["slug"]))
    seen = watcher.events()
    guest = await stack.enter_async_context(RoomClient(setup.url, slug=room["slug"], nickname="Mei"))
    said = await guest.comment("Good evening")
    order = await guest.buy(room["items"][0], 2, "20.00")
    followed = await guest.follow()
    assert await guest.like(3)
    assert guest.token is not None
    async with asyncio.timeout(DEADLINE):
        events = [await anext(seen) for _ in range(3)]
    assert [event["msg_type"] for event in events] == ["message", "buy", "subscribe"]
    assert (events[0]["id"], events[0]["user"]["nickname"]) == (said["id"], "Mei")
    assert (order["quantity"], order["total"], events[1]["stock"]) == (2, "40.00", 48)
    assert (followed["followers"], watcher.state.room["followers"]) == (1, 1)
    comments, more = await guest.history()
    assert ([comment["id"] for comment in comments], more) == ([said["id"]], False)
    await guest.unfollow()
    async with asyncio.timeout(DEADLINE):
        assert (await anext(seen))["followers"] == 0
    await guest.leave()
