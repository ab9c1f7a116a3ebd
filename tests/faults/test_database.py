"""The database may go away: nothing happens meanwhile, everybody is told so, and nothing is lost or done twice."""

import asyncio
import time
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

from tests.deployment import Deployments
from tests.e2e.client import Client, Frame
from tests.servers import PATIENCE, Postgres

pytestmark = pytest.mark.timeout(240)


@pytest.mark.parametrize("longer", [0, pytest.param(20, marks=pytest.mark.long)])
async def test_postgres_is_stopped_for_a_while(
    deployments: Deployments, postgres: Postgres, stack: AsyncExitStack, longer: float
) -> None:
    """Without the database commands are refused and may be tried again with their keys; sockets stay, pings go on.

    When it is back, so is everything, however long it was away.
    """
    with deployments.postgres("outage") as site:
        room = site.call("make_room", slug="outage")
        (item,) = room["items"]
        (li,) = site.call("make_users", count=1)
        viewer = await stack.enter_async_context(await Client.enter(site.url, room["slug"], token=li["token"]))
        assert (await viewer.ask("message", content="Before", client_msg_id="before"))["msg_type"] == "ack"
        other = await stack.enter_async_context(await Client.enter(site.urls[1], room["slug"]))

        postgres.stop()

        comment, order, newcomer, ready = await asyncio.gather(
            viewer.ask("message", content="Meanwhile", client_msg_id="meanwhile"),
            viewer.ask("buy", item_id=item, client_order_id="meanwhile"),
            turned_away(site.url),
            readiness(site.urls),
        )
        for refusal in (comment, order, newcomer):
            assert (refusal["msg_type"], refusal["code"], refusal["retry"]) == ("error", "unavailable", True)
        assert (comment["client_msg_id"], order["client_order_id"]) == ("meanwhile", "meanwhile")
        assert newcomer["close"] == 4000
        assert ready == [503, 503]
        await viewer.send("ping")
        assert (await viewer.until("pong"))["seq"] == room["seq"] + 1
        await asyncio.sleep(longer)

        postgres.start()

        back = time.monotonic()
        await until_acked(viewer, "message", content="Meanwhile", client_msg_id="meanwhile")
        await until_acked(viewer, "buy", item_id=item, client_order_id="meanwhile")
        assert time.monotonic() - back < 6 * PATIENCE, "the outage outlasts itself"
        for client in (viewer, other):
            await client.reach(room["seq"] + 3)
        assert [event["seq"] for event in viewer.events] == [room["seq"] + number for number in (1, 2, 3)]
        assert [event["seq"] for event in other.events] == [room["seq"] + number for number in (2, 3)]
        stored = site.command("read_item", item_id=item)
        assert (stored["stock"], stored["sold"], len(stored["orders"])) == (49, 1, 1)
        assert site.command("read_room", room_id=room["id"])["comments"] == ["Before", "Meanwhile"]
        assert await readiness(site.urls) == [200, 200]


async def until_acked(viewer: Client, msg_type: str, **fields: Any) -> None:
    """Send a command, as long as the database is away again and again."""
    while (answer := await viewer.ask(msg_type, **fields))["msg_type"] != "ack":
        assert answer["code"] == "unavailable", answer


async def turned_away(url: str) -> Frame:
    """What one who comes to a room that no process has open is told before he is closed."""
    async with await Client.open(url, "another-room") as client:
        told = await client.next()
        assert await client.closed() == 4000
    return told


async def readiness(urls: list[str]) -> list[int]:
    """What the processes answer to those who ask whether they can serve."""
    async with httpx.AsyncClient(timeout=15 * PATIENCE, trust_env=False) as http:
        answers = await asyncio.gather(*(http.get(f"{url}/readyz") for url in urls))
        return [answer.status_code for answer in answers]
