"""Nothing is lost: not by a viewer who is cut off, not when a process is killed, not while Redis is away."""

import asyncio
import os
import random
import secrets
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.deployment import Deployment, Deployments
from tests.e2e.client import DEADLINE, Client, Ended
from tests.e2e.conftest import Enter
from tests.e2e.reader import Reader
from tests.servers import Redis

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


async def test_a_killed_process_loses_nothing(deployments: Deployments) -> None:
    """Viewers of a process killed in the middle of its work come back to another, and miss nothing.

    A comment whose ack they did not get they send again with its key: each is in the log once.
    """
    with deployments.postgres("killed", processes=2) as site:
        room = site.call("make_room", slug="killed", items=0)
        users = site.call("make_users", count=4)
        dying, staying = site.servers
        posters = [Poster(room["slug"], user["token"], dying.url) for user in users]
        watcher = await Client.enter(staying.url, room["slug"])
        doomed = await Client.enter(dying.url, room["slug"])
        tasks = [asyncio.create_task(poster.post(40, staying.url)) for poster in posters]
        await doomed.reach(30)

        dying.kill()

        await asyncio.gather(*tasks)
        await doomed.closed()
        missed = doomed.events[-1]["seq"]
        back = await Client.enter(staying.url, room["slug"], since=missed, epoch=doomed.init["epoch"])
        newest = site.call("read_room", room_id=room["id"])
        for client in (watcher, back):
            await client.reach(newest["seq"])
        assert [event["seq"] for event in doomed.events + back.events] == list(range(1, newest["seq"] + 1))
        assert doomed.events + back.events == watcher.events
        assert sorted(newest["comments"]) == sorted(text for poster in posters for text in poster.texts)
        assert back.init["recovered"] is True
        for client in (watcher, doomed, back):
            await client.close()


class Poster:
    """Posts comments one after the other; where its process dies, it goes on at another with the same key."""

    def __init__(self, slug: str, token: str, url: str) -> None:
        self.texts: list[str] = []
        self._slug = slug
        self._token = token
        self._url = url

    async def post(self, count: int, other: str) -> None:
        client = await Client.enter(self._url, self._slug, token=self._token)
        for number in range(count):
            self.texts.append(f"{self._token[:8]} {number}")
            try:
                await self._say(client, f"key {number}")
            except (Ended, ConnectionClosed):
                await client.close()
                client = await Client.enter(other, self._slug, token=self._token)
                await self._say(client, f"key {number}")
        await client.close()

    async def _say(self, client: Client, key: str) -> None:
        answer = await client.ask("message", content=self.texts[-1], client_msg_id=key)
        assert answer["msg_type"] == "ack", answer


@pytest.mark.timeout(180)
async def test_redis_away_for_a_while(deployments: Deployments, directory: Path) -> None:
    """While Redis is stopped, events reach the other process from the log; once it is back, live ones do again."""
    folder = directory / "away"
    folder.mkdir()
    redis = Redis(folder)
    redis.start()
    try:
        with deployments.postgres("away", processes=2, redis=redis) as site:
            room = site.call("make_room", slug="away", items=0)
            here, there = [await Client.enter(url, room["slug"]) for url in site.urls]
            await crosses(here, there)

            redis.stop()
            # Three seconds of comments: an outage that lasts is what this is about.
            for number in range(6):
                assert (await here.ask("message", content=f"Away {number}"))["msg_type"] == "ack"
                await there.reach(number + 1)
                await asyncio.sleep(0.5)
            redis.start()

            await crosses(here, there)
            await crosses(there, here)
            await there.ask("message", content="Back")
            for client in (here, there):
                await client.reach(7)
                assert [event["seq"] for event in client.events] == [1, 2, 3, 4, 5, 6, 7]
                await client.close()
    finally:
        redis.stop()


async def crosses(sender: Client, receiver: Client) -> None:
    """Likes go from one to the other, as nothing does but through Redis: tried until one arrives."""
    seen = len(receiver.seen("like"))
    async with asyncio.timeout(2 * DEADLINE):
        while len(receiver.seen("like")) == seen:
            await sender.send("like")
            await asyncio.sleep(0.1)
