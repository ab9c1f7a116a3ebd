"""Somebody whom WeChat knows, in the mini-program: who he is from the first moment, and what he makes of himself."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.async_api import expect

from tests.deployment import Deployment, Deployments
from tests.miniprogram.phones import Open
from tests.miniprogram.viewers import ROOM, button, enter, entered, said, say
from tests.wechat import APPID, LOGIN, SECRET, SEND, FakeWeChat

TEMPLATE = "template-live"

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeWeChat]:
    """The WeChat that the server asks."""
    wechat = FakeWeChat()
    yield wechat
    wechat.stop()


@pytest.fixture(scope="module")
def site(deployments: Deployments, fake: FakeWeChat, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A server that has WeChat, whose guests only watch."""
    settings: dict[str, Any] = {
        "WECHAT_APPID": APPID,
        "WECHAT_SECRET": SECRET,
        "WECHAT_API_URL": fake.url,
        "MEDIA_ROOT": str(tmp_path_factory.mktemp("media")),
        "LIVEROOM_GUESTS": "watch",
        "WECHAT_TEMPLATE_LIVE": TEMPLATE,
        "WECHAT_TEMPLATE_LIVE_DATA": "thing1={title},time2={time}",
    }
    with deployments.sqlite("phones", **settings) as deployment:
        yield deployment


@pytest.fixture
def room(site: Deployment, request: pytest.FixtureRequest) -> dict[str, Any]:
    """A live room of the test's own."""
    made: dict[str, Any] = site.call("make_room", slug=request.node.name.replace("_", "-")[5:40])
    return made


async def test_name_and_picture(open_phone: Open, site: Deployment, room: dict[str, Any]) -> None:
    """He comes in as a numbered user, agrees, takes his picture and a name, and is so in the room and afterwards."""
    phone = await enter(open_phone, site.url, room, user="li", privacy="ask", lang="zh")
    page = phone.page
    await phone.until("/用户\\d+/.test(phone.data.placeholder)")
    await page.evaluate("wx.navigateTo({ url: '/pages/me/me' })")
    form = page.locator("profile-form")
    await form.get_by_role("button", name="更换头像").click()
    await button(page, "同意").click()
    await page.get_by_role("dialog").get_by_role("button", name="用微信头像").click()
    await expect(form.locator("image img")).to_have_js_property("naturalWidth", 132)
    await form.locator("input").fill("李雷")
    await button(form, "保存").click()
    await expect(page.get_by_role("status")).to_have_text("已保存")
    await phone.until(f"phone.open.at(-1) === '{ROOM}'")
    await say(phone, "我是李雷")
    await expect(page.locator("comment-list .name")).to_have_text("李雷")
    await expect(said(phone)).to_have_text(["我是李雷"])
    await entered(await phone.restart())
    assert "李雷" in await phone.see("data.placeholder")


async def test_a_follower_is_told(open_phone: Open, site: Deployment, fake: FakeWeChat) -> None:
    """The tap on "follow" asks; what was accepted comes when the host goes live."""
    room: dict[str, Any] = site.call("make_room", slug="told", status="scheduled")
    fake.grant("openid-han", TEMPLATE)
    phone = await enter(open_phone, site.url, room, user="han", lang="zh", config={"LIVE_TEMPLATE": TEMPLATE})
    async with phone.page.expect_response("**/remind/*") as accepted:
        await button(phone.page, "关注").click()
        await phone.page.get_by_role("dialog").get_by_role("button", name="允许").click()
    assert (await (await accepted.value).json())["waiting"] is True
    await phone.until("phone.data.following")
    async with httpx.AsyncClient(trust_env=False) as host:
        bearer = {"Authorization": f"Bearer {room['host']}"}
        (await host.post(f"{site.url}/api/rooms/told/start/", headers=bearer)).raise_for_status()
    await asyncio.to_thread(fake.wait_for, SEND)
    assert [message["touser"] for message in fake.sent] == ["openid-han"]


@pytest.mark.long
async def test_wechat_is_ill(open_phone: Open, site: Deployment, room: dict[str, Any], fake: FakeWeChat) -> None:
    """Nobody becomes a guest by WeChat's fault: one waits, and is oneself as soon as it is well."""
    fake.answer(LOGIN, 502)
    phone = await open_phone(f"{ROOM}?slug={room['slug']}", server=site.url, user="han", lang="zh")
    await expect(phone.page.locator("x-banner .banner")).to_be_visible()
    fake.answer(LOGIN, None)
    await entered(phone)
    await phone.until("/用户\\d+/.test(phone.data.placeholder)")
