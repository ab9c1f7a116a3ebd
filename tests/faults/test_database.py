"""The database may go away: nothing happens meanwhile, everybody is told so, and nothing is lost or done twice."""

import asyncio
import re
import resource
import signal
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.deployment import Deployments
from tests.e2e.client import Client, Frame
from tests.faults.conftest import OUTAGES
from tests.faults.crowd import Crowd, drawn_seed
from tests.faults.proxy import CUT, Proxy
from tests.faults.readiness import READY, become_ready, become_unready, stay_unready
from tests.servers import PATIENCE, Postgres

pytestmark = pytest.mark.timeout(240)

SHOPPERS = 40
AWAY = {**READY, "status": "not ready", "database": False}
LAST_WORDS = re.compile("(?:ERROR|CRITICAL) \\S+: (.*)")
IS_AWAY, IS_BACK = "The database is away", "The database is back"
AWAY_OR_BACK = re.compile(f"{IS_AWAY}|{IS_BACK}")


@pytest.mark.parametrize("outage", OUTAGES)
async def test_postgres_is_stopped_for_a_while(
    deployments: Deployments, postgres: Postgres, stack: AsyncExitStack, outage: float
) -> None:
    """Without the database commands are refused and may be tried again with their keys; sockets stay, pings go on.

    When it is back, so is everything, however long it was away: a crowd that shops all the time loses nothing.
    """
    with deployments.postgres("outage", LIVEROOM_REPLAY="0") as site:
        room = site.call("make_room", slug="outage")
        (item,) = room["items"]
        (li,) = site.call("make_users", count=1)
        viewer = await stack.enter_async_context(await Client.enter(site.url, room["slug"], token=li["token"]))
        assert (await viewer.ask("message", content="Before", client_msg_id="before"))["msg_type"] == "ack"
        other = await stack.enter_async_context(await Client.enter(site.urls[1], room["slug"]))
        crowd = await stack.enter_async_context(Crowd.gathered(site, SHOPPERS, seed=drawn_seed()))
        async with crowd.busy():
            await crowd.acts(SHOPPERS)
            await become_ready(site.urls, READY)

            postgres.stop()

            comment, order, newcomer, _ = await asyncio.gather(
                viewer.ask("message", content="Meanwhile", client_msg_id="meanwhile"),
                viewer.ask("buy", item_id=item, client_order_id="meanwhile"),
                turned_away(site.url),
                become_unready(site.urls, AWAY),
            )
            for refusal in (comment, order, newcomer):
                assert (refusal["msg_type"], refusal["code"], refusal["retry"]) == ("error", "unavailable", True)
            assert (comment["client_msg_id"], order["client_order_id"]) == ("meanwhile", "meanwhile")
            assert newcomer["close"] == 4000
            await viewer.send("ping")
            assert (await viewer.until("pong"))["seq"] == room["seq"] + 1
            said = [AWAY_OR_BACK.findall(server.text()) for server in site.servers]
            await stay_unready(site.urls, AWAY, outage)
            assert [AWAY_OR_BACK.findall(server.text()) for server in site.servers] == said

            postgres.start()

            back = time.monotonic()
            await until_acked(viewer, "message", content="Meanwhile", client_msg_id="meanwhile")
            await until_acked(viewer, "buy", item_id=item, client_order_id="meanwhile")
            assert time.monotonic() - back < 6 * PATIENCE, "the outage outlasts itself"
            await crowd.acts(SHOPPERS)
        for client in (viewer, other):
            await client.reach(room["seq"] + 3)
        assert [event["seq"] for event in viewer.events] == [room["seq"] + number for number in (1, 2, 3)]
        assert [event["seq"] for event in other.events] == [room["seq"] + number for number in (2, 3)]
        site.renew()
        stored = site.call("read_item", item_id=item)
        assert (stored["stock"], stored["sold"], len(stored["orders"])) == (49, 1, 1)
        assert site.call("read_room", room_id=room["id"])["comments"] == ["Before", "Meanwhile"]
        await crowd.prove_nothing_is_lost()
        assert crowd.refusals("unavailable") >= SHOPPERS // 2
        assert [shopper.client.stats.closes.total() for shopper in crowd.shoppers] == [0] * SHOPPERS
        await become_ready(site.urls, READY)
        for server, before in zip(site.servers, said, strict=True):
            # More than once where a backend that was not ended yet answered what was asked after the first failure.
            assert before == [IS_AWAY, *[IS_BACK, IS_AWAY] * (len(before) // 2)]
            assert AWAY_OR_BACK.findall(server.text()) == [*before, IS_BACK]


async def test_postgres_is_restarted(deployments: Deployments, postgres: Postgres, stack: AsyncExitStack) -> None:
    """Every connection that a process holds is broken then: the next command finds a new one, and is not refused."""
    with deployments.postgres("restarted") as site:
        async with Crowd.gathered(site, SHOPPERS, seed=drawn_seed()) as crowd:
            # So many at once that the pools are as large as they get.
            async with crowd.busy():
                await crowd.acts(SHOPPERS * 2)
            for _ in range(2):
                postgres.stop()
                postgres.start()
                await crowd.all(shopper.act() for shopper in crowd.shoppers)
            assert crowd.refusals("unavailable") == 0
            await crowd.prove_nothing_is_lost()


@pytest.mark.parametrize(
    ("server", "taken"),
    [
        ("daphne", True),
        ("uvicorn", False),
        pytest.param("daphne", False, marks=pytest.mark.long),
        pytest.param("uvicorn", True, marks=pytest.mark.long),
    ],
)
async def test_sigterm_while_the_database_hangs(
    deployments: Deployments, postgres: Postgres, stack: AsyncExitStack, directory: Path, server: str, taken: bool
) -> None:
    """Connected, and silent: the process ends in time, and says in one line what it gave up; that was not acknowledged.

    It ends with 0 where that is nothing.
    """
    proxy = stack.enter_context(Proxy(directory, postgres.port, seed=0))
    with deployments.postgres(f"hanging-{server}-{int(taken)}", port=proxy.port, processes=1, server=server) as site:
        room = site.call("make_room", slug="hanging", items=0)
        viewer = await stack.enter_async_context(await Client.enter(site.url, room["slug"]))
        assert (await viewer.ask("message", content="Before"))["msg_type"] == "ack"
        process = site.servers[0]
        # Frozen it accepts, as any listener does, and never answers.
        proxy.signal(signal.SIGSTOP)
        try:
            if taken:
                await viewer.send("message", content="Never stored", client_msg_id="never")
                await viewer.send("like", count=3)
                await viewer.until("like")
            else:
                await viewer.send("history")
            await viewer.send("ping")
            await viewer.until("pong")
            begun = time.monotonic()
            process.signal(signal.SIGTERM)
            assert await viewer.closed() == 4000
            assert viewer.frames[-1]["code"] == "restarting"
            assert len(viewer.seen("ack")) == 1
            assert await asyncio.to_thread(process.wait, 10 * PATIENCE) == int(taken)
            assert time.monotonic() - begun < 10 * PATIENCE
        finally:
            proxy.signal(signal.SIGCONT)
        assert LAST_WORDS.findall(process.text()) == [given_up(commands=int(taken), likes=3 * taken)]


@pytest.mark.long
@pytest.mark.parametrize("server", ["daphne", pytest.param("uvicorn", marks=pytest.mark.long)])
async def test_sigterm_while_postgres_is_stopped(
    deployments: Deployments, postgres: Postgres, stack: AsyncExitStack, server: str
) -> None:
    """It refuses, and does not hang: the likes that could not be saved are told, and the process ends with 1."""
    with deployments.postgres(f"stopped-{server}", processes=1, server=server) as site:
        room = site.call("make_room", slug="stopped", items=0)
        viewer = await stack.enter_async_context(await Client.enter(site.url, room["slug"]))
        process = site.servers[0]
        postgres.stop()
        try:
            await viewer.send("like", count=3)
            await viewer.until("like")
            process.signal(signal.SIGTERM)
            assert await viewer.closed() == 4000
            assert await asyncio.to_thread(process.wait, 10 * PATIENCE) == 1
        finally:
            postgres.start()
        assert LAST_WORDS.findall(process.text()) == [given_up(commands=0, likes=3)]


def given_up(*, commands: int, likes: int) -> str:
    """The last words of a process that loses something."""
    return f"The database did not answer in time. Given up: commands {commands}, none acknowledged; likes {likes}."


@pytest.mark.long
async def test_postgres_hangs_for_a_while(
    deployments: Deployments, postgres: Postgres, stack: AsyncExitStack, directory: Path
) -> None:
    """Connected, and silent: whoever asks is told `unavailable`, and when it thaws all goes on."""
    proxy = stack.enter_context(Proxy(directory, postgres.port, seed=0))
    with deployments.postgres("frozen", port=proxy.port, processes=1, LIVEROOM_DB_TIMEOUT="2") as site:
        room = site.call("make_room", slug="frozen", items=0)
        viewers = [await stack.enter_async_context(await Client.enter(site.url, room["slug"])) for _ in range(10)]
        for viewer in viewers:
            # From here on he is a user: a comment is one call.
            assert (await viewer.ask("message", content="Before"))["msg_type"] == "ack"
        proxy.signal(signal.SIGSTOP)
        try:
            for viewer in viewers:
                await viewer.send("message", content="Meanwhile", client_msg_id="meanwhile")
                await viewer.send("history")
            async with asyncio.timeout(20 * PATIENCE):
                while any(len(viewer.seen("error")) < 2 for viewer in viewers):  # noqa: ASYNC110 - of several
                    await asyncio.sleep(0.1)
        finally:
            proxy.signal(signal.SIGCONT)
        for viewer in viewers:
            refused = {(frame["to"], frame["code"]) for frame in viewer.seen("error")}
            assert refused == {("message", "unavailable"), ("history", "unavailable")}
            await until_acked(viewer, "message", content="Meanwhile", client_msg_id="meanwhile")
        await viewers[0].reach(room["seq"] + 20)
        assert site.call("read_room", room_id=room["id"])["comments"] == ["Before"] * 10 + ["Meanwhile"] * 10


async def test_the_answer_to_a_commit_is_lost(deployments: Deployments, postgres: Postgres, directory: Path) -> None:
    """Who commits and hears nothing cannot know: its senders get `unavailable`, ask again, and nothing is done twice.

    The others get the event all the same: from the log.
    """
    seed = drawn_seed()
    proxy = Proxy(directory, postgres.port, seed=seed)
    with proxy, deployments.postgres("unheard", port=proxy.port, LIVEROOM_REPLAY="0") as site:
        async with Crowd.gathered(site, SHOPPERS, seed=seed) as crowd:
            async with crowd.busy():
                await crowd.acts(SHOPPERS)
                proxy.begin()
                await crowd.refused("unavailable", SHOPPERS // 2)
                await proxy.lost_likes()
                proxy.end()
            await crowd.prove_nothing_is_lost()
        crowd.prove_the_likes()
        assert proxy.text().count(CUT) >= 3


async def test_the_disk_is_full(deployments: Deployments) -> None:
    """No file of SQLite's may grow for a while: senders get `unavailable`, readers stay, and afterwards all goes on."""
    with deployments.sqlite("full", LIVEROOM_REPLAY="0") as site:
        async with Crowd.gathered(site, SHOPPERS, seed=drawn_seed()) as crowd:
            async with crowd.busy():
                await crowd.acts(SHOPPERS)
                with no_file_may_grow(site.servers[0].pid):
                    await crowd.refused("unavailable", SHOPPERS)
                await crowd.acts(SHOPPERS * 3)
            await crowd.prove_nothing_is_lost()
            assert [shopper.client.stats.closes.total() for shopper in crowd.shoppers] == [0] * SHOPPERS


@contextmanager
def no_file_may_grow(pid: int) -> Iterator[None]:
    """What a full disk is to a process: a write that would make a file longer fails."""
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


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
