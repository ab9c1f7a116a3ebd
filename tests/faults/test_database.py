"""The database may go away: nothing happens meanwhile, everybody is told so, and nothing is lost or done twice."""

import time
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

from tests.deployment import Deployments
from tests.e2e.client import Client
from tests.servers import PATIENCE, Postgres

pytestmark = pytest.mark.timeout(240)


async def test_postgres_is_stopped_for_a_while(
    deployments: Deployments, postgres: Postgres, stack: AsyncExitStack
) -> None:
    """Without the database commands are refused and may be tried again with their keys; sockets stay, pings go on."""
    with deployments.postgres("outage") as site:
        room = site.call("make_room", slug="outage")
        (item,) = room["items"]
        (li,) = site.call("make_users", count=1)
        viewer = await stack.enter_async_context(await Client.enter(site.url, room["slug"], token=li["token"]))
        assert (await viewer.ask("message", content="Before", client_msg_id="before"))["msg_type"] == "ack"
        other = await stack.enter_async_context(await Client.enter(site.urls[1], room["slug"]))

        postgres.stop()

        refused = await viewer.ask("message", content="Meanwhile", client_msg_id="meanwhile")
        assert (refused["msg_type"], refused["code"], refused["retry"]) == ("error", "unavailable", True)
        assert refused["client_msg_id"] == "meanwhile"
        refused = await viewer.ask("buy", item_id=item, client_order_id="meanwhile")
        assert (refused["msg_type"], refused["code"], refused["client_order_id"]) == (
            "error",
            "unavailable",
            "meanwhile",
        )
        await viewer.send("ping")
        assert (await viewer.until("pong"))["seq"] == room["seq"] + 1
        turned_away = await stack.enter_async_context(await Client.open(site.url, "another-room"))
        assert (await turned_away.next())["code"] == "unavailable"
        assert await turned_away.closed() == 4000
        assert await readiness(site.urls) == [503, 503]

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


async def readiness(urls: list[str]) -> list[int]:
    """What the processes answer to those who ask whether they can serve."""
    async with httpx.AsyncClient(timeout=15 * PATIENCE, trust_env=False) as http:
        return [(await http.get(f"{url}/readyz")).status_code for url in urls]
