"""Texts that WeChat is asked about, on a real server."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.deployment import Deployments
from tests.e2e.client import DEADLINE, Client
from tests.wechat import APPID, CHECK, SECRET, FakeWeChat


@pytest.fixture
def wechat() -> Iterator[FakeWeChat]:
    """A WeChat of this test's own."""
    fake = FakeWeChat()
    yield fake
    fake.stop()


@pytest.mark.parametrize("server", ["daphne", "uvicorn"])
async def test_a_name_waits_for_wechat_and_nobody_waits_for_it(
    deployments: Deployments, wechat: FakeWeChat, server: str
) -> None:
    """While one request waits, comments go on, handshakes too; then it is answered. All calls are of one client."""
    settings: dict[str, Any] = {
        "WECHAT_APPID": APPID,
        "WECHAT_SECRET": SECRET,
        "WECHAT_API_URL": wechat.url,
        "LIVEROOM_MSG_CHECK": "after",
    }
    with deployments.sqlite(f"names-{server}", server=server, **settings) as site:
        room = site.call("make_room", slug="names", items=0)
        (user,) = site.call("make_users", count=1)
        site.call("know_by_wechat", user=user["id"], openid="openid-li")
        wechat.user("openid-li")
        headers = {"Authorization": f"Bearer {user['token']}"}
        async with httpx.AsyncClient(base_url=site.url, headers=headers, timeout=DEADLINE, trust_env=False) as http:
            wechat.hang(CHECK)
            asking = asyncio.create_task(http.patch("/api/auth/me/", json={"nickname": "违规"}))
            await asyncio.to_thread(wechat.wait_for, CHECK)
            async with await Client.enter(site.url, room["slug"], token=user["token"]) as client:
                assert (await client.ask("message", content="你好"))["shown"] is True
                await client.until("message", content="你好")
                wechat.release(CHECK)
                refused = await asking
                assert (refused.status_code, refused.json()["code"]) == (422, "content_rejected")
                changed = await http.patch("/api/auth/me/", json={"nickname": "韩梅梅"})
                assert (changed.status_code, changed.json()["nickname"]) == (200, "韩梅梅")
                await client.until("me")
                assert (await client.ask("message", content="违规"))["shown"] is True
                await client.until("remove")
        assert len(wechat.requests_of("/cgi-bin/stable_token")) == 1
