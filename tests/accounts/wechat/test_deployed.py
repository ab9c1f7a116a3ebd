"""Logging in by WeChat on real servers: from `wx.login` into the room, and with a WeChat that is ill."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.deployment import Deployment, Deployments
from tests.e2e.client import DEADLINE, Client
from tests.servers import PATIENCE
from tests.wechat import APPID, LOGIN, SECRET, SEND, SESSION_KEY, TOKEN, FakeWeChat

PHONES = 60


def settings_of(fake: FakeWeChat, media: Path) -> dict[str, Any]:
    """What a server is told of this WeChat."""
    return {
        "WECHAT_APPID": APPID,
        "WECHAT_SECRET": SECRET,
        "WECHAT_API_URL": fake.url,
        "LIVEROOM_WECHAT_TIMEOUT": str(round(5 * PATIENCE)),
        "WECHAT_TEMPLATE_LIVE": "template-live",
        "WECHAT_TEMPLATE_LIVE_DATA": "thing1={title},time2={time}",
        "MEDIA_ROOT": str(media),
        "LOG_LEVEL": "DEBUG",
    }


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeWeChat]:
    """The WeChat that the servers ask."""
    wechat = FakeWeChat()
    yield wechat
    wechat.stop()


@pytest.fixture(scope="module")
def site(deployments: Deployments, fake: FakeWeChat, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Two processes."""
    settings = settings_of(fake, tmp_path_factory.mktemp("media"))
    with deployments.postgres("wechat", **settings) as started:
        yield started


@pytest.fixture
async def phone(fake: FakeWeChat) -> AsyncIterator[httpx.AsyncClient]:
    """A phone; WeChat is well when it begins."""
    fake.up()
    fake.answer(LOGIN, None)
    fake.release(LOGIN)
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(timeout=3 * DEADLINE, trust_env=False, limits=limits) as http:
        yield http


async def enter(phone: httpx.AsyncClient, url: str, code: str) -> httpx.Response:
    """Log in with that code."""
    return await phone.post(f"{url}/api/auth/wechat", json={"code": code})


def picture() -> bytes:
    """What chooseAvatar gives."""
    written = BytesIO()
    Image.new("RGB", (640, 640), (200, 30, 30)).save(written, "JPEG")
    return written.getvalue()


async def test_from_the_phone_into_the_room(site: Deployment, fake: FakeWeChat, phone: httpx.AsyncClient) -> None:
    """By the handshake or by a `login` frame; a picture that is sent on one process is seen on all, and at once."""
    room = site.call("make_room", slug="login")
    first, second = site.urls
    answer = (await enter(phone, first, fake.code("openid-li", "union-li"))).json()
    bearer = {"Authorization": f"Bearer {answer['token']}"}
    async with AsyncExitStack() as stack:
        here = await stack.enter_async_context(await Client.enter(second, room["slug"], token=answer["token"]))
        assert here.init["user"] == answer["user"]
        guest = await stack.enter_async_context(await Client.enter(first, room["slug"]))
        await guest.send("login", token=answer["token"])
        await guest.wait(lambda: len(guest.seen("init")) == 2, "init of the login")
        assert guest.seen("init")[-1]["user"] == answer["user"]
        form, files = {"nickname": "李雷"}, {"avatar": ("tmp_1.jpg", picture())}
        changed = await phone.post(f"{first}/api/auth/me", headers=bearer, data=form, files=files)
        assert changed.status_code == 200, changed.text
        user = changed.json()
        assert user == {**answer["user"], "nickname": "李雷", "avatar": user["avatar"]}
        for socket in (here, guest):
            await socket.wait(partial(socket.seen, "me"), "me")
            assert socket.seen("me")[-1]["user"]["avatar"] == user["avatar"]
    for url in site.urls:
        served = await phone.get(f"{url}{user['avatar']}")
        assert (served.status_code, served.headers["Content-Type"]) == (200, "image/jpeg")
        assert Image.open(BytesIO(served.content)).size == (256, 256)
    again = (await enter(phone, second, fake.code("openid-li", "union-li"))).json()
    assert again["user"] == user


async def test_one_user_for_logins_on_two_processes(
    site: Deployment, fake: FakeWeChat, phone: httpx.AsyncClient
) -> None:
    """All wait for WeChat together, and come back together."""
    fake.hang(LOGIN)
    before = len(fake.requests_of(LOGIN))
    calls = [enter(phone, site.urls[number % 2], fake.code("openid-mei", "union-mei")) for number in range(20)]
    waiting = [asyncio.create_task(call) for call in calls]
    await asyncio.to_thread(fake.wait_for, LOGIN, before + 20)
    fake.release(LOGIN)
    answers = [await each for each in waiting]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["user"]["id"] for answer in answers}) == 1


async def test_a_follower_is_told(site: Deployment, fake: FakeWeChat, phone: httpx.AsyncClient) -> None:
    """From the accept to the message, which comes once, whichever process sends it."""
    room = site.call("make_room", slug="reminded", status="scheduled")
    token = (await enter(phone, site.url, fake.code("openid-han"))).json()["token"]
    bearer, path = {"Authorization": f"Bearer {token}"}, "/api/rooms/reminded/remind/"
    asked = (await phone.get(f"{site.urls[1]}{path}", headers=bearer)).json()
    assert asked == {"template_id": "template-live", "waiting": False}
    fake.grant("openid-han", asked["template_id"])
    assert (await phone.post(f"{site.urls[1]}{path}", headers=bearer)).json()["waiting"] is True
    host = {"Authorization": f"Bearer {room['host']}"}
    started = await phone.post(f"{site.url}/api/rooms/reminded/start/", headers=host)
    assert started.status_code == 200, started.text
    await asyncio.to_thread(fake.wait_for, SEND)
    (message,) = fake.sent
    assert (message["touser"], message["page"]) == ("openid-han", "pages/room/room?slug=reminded")
    assert message["data"]["thing1"] == {"value": "reminded"}
    assert len(fake.requests_of(SEND)) == len(fake.requests_of(TOKEN)) == 1
    assert (await phone.get(f"{site.url}{path}", headers=bearer)).json()["waiting"] is False


async def test_a_silent_wechat_holds_up_nobody(site: Deployment, fake: FakeWeChat, phone: httpx.AsyncClient) -> None:
    """While many wait for it, others enter, write, and are answered over HTTP; then each is told to try again."""
    room = site.call("make_room", slug="silent")
    url = site.url
    token = (await enter(phone, url, fake.code())).json()["token"]
    fake.hang(LOGIN)
    before = len(fake.requests_of(LOGIN))
    waiting = [asyncio.create_task(enter(phone, url, fake.code())) for _ in range(PHONES)]
    await asyncio.to_thread(fake.wait_for, LOGIN, before + PHONES)
    async with await Client.enter(url, room["slug"], token=token) as writer:
        await writer.send("message", content="在吗", ref=1)
        await writer.wait(lambda: bool(writer.seen("ack")), "ack")
    assert (await phone.get(f"{url}/api/rooms/")).status_code == 200
    answers: list[Any] = [await each for each in waiting]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(503, "unavailable")}
    fake.release(LOGIN)
    assert (await enter(phone, url, fake.code())).status_code == 200


async def test_a_wechat_that_is_gone_comes_back(site: Deployment, fake: FakeWeChat, phone: httpx.AsyncClient) -> None:
    """Nothing is to be started anew."""
    assert (await enter(phone, site.url, fake.code())).status_code == 200
    fake.down()
    assert (await enter(phone, site.url, fake.code())).status_code == 503
    fake.up()
    assert (await enter(phone, site.url, fake.code())).status_code == 200


@pytest.mark.parametrize("server", ["daphne", "uvicorn"])
async def test_a_process_ends_while_many_wait(
    deployments: Deployments, fake: FakeWeChat, phone: httpx.AsyncClient, server: str, tmp_path: Path
) -> None:
    """With 0 and in time: no thread is left that waits for WeChat."""
    settings = settings_of(fake, tmp_path) | {"LIVEROOM_WECHAT_TIMEOUT": "60"}
    with deployments.sqlite(f"wechat-{server}", server=server, **settings) as site:
        assert (await enter(phone, site.url, fake.code())).status_code == 200
        fake.hang(LOGIN)
        before = len(fake.requests_of(LOGIN))
        waiting = [asyncio.create_task(enter(phone, site.url, fake.code())) for _ in range(PHONES)]
        await asyncio.to_thread(fake.wait_for, LOGIN, before + PHONES)
        site.servers[0].signal(signal.SIGTERM)
        assert await asyncio.to_thread(site.servers[0].wait, DEADLINE) == 0
        await asyncio.gather(*waiting, return_exceptions=True)
        fake.release(LOGIN)


async def test_processes_count_an_address_together(site: Deployment, phone: httpx.AsyncClient) -> None:
    """Whichever of them it asks, and at the same moment: 30 guests a minute are 30."""
    calls = [phone.post(f"{site.urls[number % 2]}/api/auth/guest", json={}) for number in range(50)]
    codes = [answer.status_code for answer in await asyncio.gather(*calls)]
    assert (codes.count(200), codes.count(429)) == (30, 20)


async def test_no_log_holds_a_secret(site: Deployment, fake: FakeWeChat, phone: httpx.AsyncClient) -> None:
    """At its finest level, after logins that went well and logins that did not."""
    await enter(phone, site.url, fake.code())
    fake.answer(LOGIN, {"errcode": 40125, "errmsg": "invalid appsecret"}, times=1)
    assert (await enter(phone, site.url, "x.1")).status_code == 500
    log = "".join(server.text() for server in site.servers)
    assert "WeChat does not take WECHAT_SECRET (40125 invalid appsecret)" in log
    assert [secret for secret in (SECRET, SESSION_KEY) if secret in log] == []
