"""A server process may be killed at any moment."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.deployment import Deployments
from tests.e2e.client import Client, Ended, Frame
from tests.servers import PATIENCE

pytestmark = pytest.mark.timeout(240)

STOCK = 50
BUYERS = 100


async def test_a_killed_process_loses_no_comment(deployments: Deployments, stack: AsyncExitStack) -> None:
    """Viewers of a process killed in the middle of its work come back to another, and miss nothing.

    A comment whose ack they did not get they send again with its key: each is in the log once.
    """
    with deployments.postgres("killed") as site:
        room = site.call("make_room", slug="killed", items=0)
        users = site.call("make_users", count=4)
        dying, staying = site.servers
        watcher = await stack.enter_async_context(await Client.enter(staying.url, room["slug"]))
        doomed = await stack.enter_async_context(await Client.enter(dying.url, room["slug"]))
        people = [Stubborn(room["slug"], user["token"], [dying.url, staying.url]) for user in users]
        tasks = [asyncio.create_task(comment(each, 40)) for each in people]
        await doomed.reach(30)

        dying.kill()

        texts = [text for texts in await asyncio.gather(*tasks) for text in texts]
        await doomed.closed()
        missed = doomed.events[-1]["seq"]
        back = await Client.enter(staying.url, room["slug"], since=missed, epoch=doomed.init["epoch"])
        await stack.enter_async_context(back)
        assert back.init["recovered"] is True
        stored = site.call("read_room", room_id=room["id"])
        for client in (watcher, back):
            await client.reach(stored["seq"])
        assert [event["seq"] for event in doomed.events + back.events] == list(range(1, len(texts) + 1))
        assert doomed.events + back.events == watcher.events
        assert sorted(stored["comments"]) == sorted(texts)


async def comment(person: "Stubborn", count: int) -> list[str]:
    """Post so many comments; their texts."""
    texts = [f"{person.token[:8]} {number}" for number in range(count)]
    for number, text in enumerate(texts):
        answer = await person.ask("message", content=text, client_msg_id=f"key {number}")
        assert answer["msg_type"] == "ack", answer
    await person.go()
    return texts


async def test_a_process_killed_in_the_rush_sells_no_piece_twice(deployments: Deployments) -> None:
    """Of 100 buyers of 50 pieces half lose their process; they ask again elsewhere: 50 orders, one a buyer."""
    with deployments.postgres("rush") as site:
        room = site.call("make_room", slug="rush", stock=STOCK)
        (item,) = room["items"]
        users = site.call("make_users", count=BUYERS)
        dying, staying = site.servers
        orders = [[dying.url, staying.url], [staying.url]]
        buyers = [Stubborn(room["slug"], user["token"], orders[number % 2]) for number, user in enumerate(users)]
        for buyer in buyers:
            await buyer.come()

        async def kill_amid() -> None:
            watcher = await Client.enter(staying.url, room["slug"])
            rush = asyncio.gather(*(buyer.ask("buy", item_id=item, client_order_id="mine") for buyer in buyers))
            await watcher.until("buy")
            dying.kill()
            answers.extend(await rush)
            await watcher.close()

        answers: list[Frame] = []
        await kill_amid()

        numbers = [answer["order"]["number"] for answer in answers if answer["msg_type"] == "ack"]
        refusals = {answer["code"] for answer in answers if answer["msg_type"] == "error"}
        stored = site.call("read_item", item_id=item)
        assert (stored["stock"], stored["sold"], stored["buyers"]) == (0, STOCK, STOCK)
        assert sorted(numbers) == sorted(order["number"] for order in stored["orders"])
        assert refusals == {"out_of_stock"}
        for buyer in buyers:
            await buyer.go()


@pytest.mark.long
async def test_the_viewers_of_a_killed_process_are_not_counted_for_ever(
    deployments: Deployments, stack: AsyncExitStack
) -> None:
    """A process that is not heard of is gone, and after the grace so are its viewers."""
    with deployments.postgres("ghosts", LIVEROOM_GRACE="1") as site:
        room = site.call("make_room", slug="ghosts", items=0)
        users = site.call("make_users", count=3)
        dying, staying = site.servers
        watcher = await stack.enter_async_context(await Client.enter(staying.url, room["slug"]))
        doomed = [await Client.enter(dying.url, room["slug"], token=user["token"]) for user in users]
        await watcher.wait(lambda: told_online(watcher) == 4, "four online")

        dying.kill()

        async with asyncio.timeout(15 * PATIENCE):
            while told_online(watcher) != 1:
                await watcher.next()
        for client in doomed:
            await client.close()


def told_online(watcher: Client) -> Any:
    """The last number online that a viewer was told."""
    return next((frame["online"] for frame in reversed(watcher.frames) if "online" in frame), None)


class Stubborn:
    """A viewer who asks until he has an answer; when his process dies, he goes to the next one with the same key."""

    def __init__(self, slug: str, token: str, urls: list[str]) -> None:
        self.token = token
        self._slug = slug
        self._urls = list(urls)
        self._client: Client | None = None

    async def come(self) -> Client:
        """Be connected."""
        if self._client is None:
            self._client = await Client.enter(self._urls[0], self._slug, token=self.token)
        return self._client

    async def ask(self, msg_type: str, **fields: Any) -> Frame:
        """Send a command until it is answered."""
        while True:
            try:
                return await (await self.come()).ask(msg_type, **fields)
            except (Ended, ConnectionClosed, OSError):
                await self.go()
                del self._urls[0]

    async def go(self) -> None:
        """Close the socket, if there is one."""
        if self._client is not None:
            await self._client.close()
        self._client = None
