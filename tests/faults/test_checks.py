"""The process that asks WeChat about a comment is killed, or WeChat is gone."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.deployment import Deployment, Deployments
from tests.e2e.client import Client
from tests.servers import PATIENCE
from tests.wechat import APPID, CHECK, SECRET, FakeWeChat

END = 10 * PATIENCE
"""Seconds from the signal to the exit, as promised."""


@pytest.fixture
def wechat() -> Iterator[FakeWeChat]:
    """A WeChat of this test's own."""
    fake = FakeWeChat()
    yield fake
    fake.stop()


def of(wechat: FakeWeChat, mode: str, policy: str = "open") -> dict[str, Any]:
    """The environment of processes that ask it."""
    return {
        "WECHAT_APPID": APPID,
        "WECHAT_SECRET": SECRET,
        "WECHAT_API_URL": wechat.url,
        # Nobody gives up before the process is gone.
        "LIVEROOM_WECHAT_TIMEOUT": "60",
        "LIVEROOM_MSG_CHECK": mode,
        "LIVEROOM_MSG_CHECK_FAIL": policy,
    }


def people(site: Deployment, wechat: FakeWeChat, count: int) -> list[str]:
    """Tokens of users of the mini-program."""
    users = site.call("make_users", count=count)
    for user in users:
        site.call("know_by_wechat", user=user["id"], openid=f"openid-{user['id']}")
        wechat.user(f"openid-{user['id']}")
    return [user["token"] for user in users]


async def test_the_process_that_asks_is_killed(
    deployments: Deployments, stack: AsyncExitStack, wechat: FakeWeChat
) -> None:
    """What waits for WeChat's answer is asked again by another process, and decided once: shown to all, or refused."""
    with deployments.postgres("asking", **of(wechat, "before")) as site:
        room = site.call("make_room", slug="asking", items=0)
        dying, staying = site.servers
        tokens = people(site, wechat, 4)
        watcher = await stack.enter_async_context(await Client.enter(staying.url, room["slug"]))
        wechat.hang(CHECK)
        doomed = [await Client.enter(dying.url, room["slug"], token=token) for token in tokens]
        texts = ["一", "二", "违规", "四"]
        ids = {}
        for client, text in zip(doomed, texts, strict=True):
            await client.send("message", content=text, client_msg_id="k")
            ack = await client.until("ack")
            assert (ack["shown"], ack["held"]) == (False, "review")
            ids[text] = ack["id"]
        await asyncio.to_thread(wechat.wait_for, CHECK, len(texts))

        dying.kill()
        for client in doomed:
            await client.close()
        back = [
            await stack.enter_async_context(await Client.enter(staying.url, room["slug"], token=token))
            for token in tokens
        ]
        wechat.release(CHECK)
        site.call("expire_claims")

        shown = [await watcher.until("message") for _ in range(3)]
        assert {frame["id"] for frame in shown} == {ids[text] for text in texts if text != "违规"}
        assert [frame["seq"] for frame in shown] == [1, 2, 3]
        rejected = await back[2].until("reject")
        assert rejected["comment_id"] == ids["违规"]
        for client, text in zip(back, texts, strict=True):
            await client.send("message", content="again", client_msg_id="k")
            ack = await client.until("ack")
            assert (ack["id"], ack["shown"]) == (ids[text], text != "违规")
        assert len(site.call("read_log", room_id=room["id"])) == 3


async def test_the_process_that_asks_is_stopped(
    deployments: Deployments, stack: AsyncExitStack, wechat: FakeWeChat
) -> None:
    """It ends in time though WeChat does not answer, and another one asks at once, before its claim is over."""
    with deployments.postgres("handed-on", **of(wechat, "before")) as site:
        room = site.call("make_room", slug="handed-on", items=0)
        ending, staying = site.servers
        (token,) = people(site, wechat, 1)
        watcher = await stack.enter_async_context(await Client.enter(staying.url, room["slug"]))
        wechat.hang(CHECK)
        doomed = await stack.enter_async_context(await Client.enter(ending.url, room["slug"], token=token))
        ack = await doomed.ask("message", content="你好")
        assert (ack["shown"], ack["held"]) == (False, "review")
        await asyncio.to_thread(wechat.wait_for, CHECK)

        ending.signal(signal.SIGTERM)
        assert await asyncio.to_thread(ending.wait, END) == 0
        assert await doomed.closed() == 4000
        wechat.release(CHECK)

        shown = await watcher.until("message")
        assert (shown["id"], shown["seq"], shown["content"]) == (ack["id"], 1, "你好")
