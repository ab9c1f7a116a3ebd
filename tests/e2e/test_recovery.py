"""Nothing is lost by a viewer who is cut off."""

import asyncio
import os
import random
import secrets
from typing import Any

import pytest

from tests.deployment import Deployment
from tests.e2e.client import Client
from tests.e2e.conftest import Enter
from tests.e2e.reader import Reader

Room = dict[str, Any]

COMMENTS = 500
CUTS = 20
POSTERS = 4


async def test_500_comments_and_20_cuts(setup: Deployment) -> None:
    """A reader who is cut off at 20 random moments ends with all 500 comments, in order, each once.

    LIVEROOM_SEED repeats a run.
    """
    seed = int(os.environ.get("LIVEROOM_SEED") or secrets.randbelow(10**9))
    await read_with_cuts(setup, seed)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(10))
async def test_many_seeds_of_cuts(setup: Deployment, seed: int) -> None:
    """The same with ten fixed seeds."""
    await read_with_cuts(setup, seed)


async def read_with_cuts(setup: Deployment, seed: int) -> None:
    """Post COMMENTS through all processes while one reads and is cut off CUTS times."""
    print(f"LIVEROOM_SEED={seed}")
    rng = random.Random(seed)
    room = setup.call("make_room", slug=f"cuts-{seed}-{secrets.token_hex(3)}", items=0)
    users = setup.call("make_users", count=POSTERS)
    reader = Reader(setup.urls, room["slug"], rng)
    urls = [setup.urls[number % len(setup.urls)] for number in range(POSTERS)]

    async def post(url: str, token: str, number: int) -> None:
        async with await Client.enter(url, room["slug"], token=token) as client:
            for count in range(COMMENTS // POSTERS):
                answer = await client.ask("message", content=f"{number}:{count}")
                assert answer["msg_type"] == "ack", answer

    async def read() -> None:
        for position in sorted(rng.sample(range(1, COMMENTS), CUTS)):
            await reader.read_until_cut(position)
            await asyncio.sleep(rng.uniform(0, 0.1))
        await reader.read(COMMENTS)

    await reader.read(0)
    async with asyncio.TaskGroup() as group:
        group.create_task(read())
        for number, (url, user) in enumerate(zip(urls, users, strict=True)):
            group.create_task(post(url, user["token"], number))

    assert [event["seq"] for event in reader.events] == list(range(1, COMMENTS + 1))
    assert [event["content"] for event in reader.events] == setup.call("read_room", room_id=room["id"])["comments"]
    assert reader.recovered == [None] + [True] * (CUTS + 1)


async def test_what_all_viewers_read_is_the_same(setup: Deployment, room: Room, enter: Enter) -> None:
    """Comments posted on all processes at once arrive everywhere in one order, the log's."""
    clients = [await enter() for _ in range(6)]
    await asyncio.gather(*(send_some(client, 25) for client in clients))
    for client in clients:
        await client.reach(room["seq"] + 150)
    log = [event["seq"] for event in clients[0].events]
    assert log == list(range(room["seq"] + 1, room["seq"] + 151))
    assert all(client.events == clients[0].events for client in clients)


async def send_some(client: Client, count: int) -> None:
    """Post comments without waiting for their acks."""
    for number in range(count):
        await client.send("message", content=f"Comment {number}")
