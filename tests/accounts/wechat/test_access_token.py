"""The access token: asked for once, renewed before its end or when it is refused, and shared by all processes."""

import asyncio
import logging
import time
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from pytest_django import Settings

from accounts.wechat import access_token, client
from accounts.wechat.client import WeChat, WeChatError, WeChatUnavailable, wechat
from tests.servers import Redis
from tests.wechat import CHECK, SECRET, TOKEN, FakeWeChat, Request, error

LI = "openid-li"


@pytest.fixture
async def wx(fake_wechat: FakeWeChat) -> WeChat:
    """The client of the test's loop."""
    fake_wechat.user(LI)
    return of_the_loop()


@pytest.fixture
def ahead(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The seconds by which the wall clock of the tokens is ahead: `ahead.by = 7000`."""
    clock, now = SimpleNamespace(by=0.0), time.time
    monkeypatch.setattr(access_token, "time", SimpleNamespace(time=lambda: now() + clock.by))
    return clock


def of_the_loop() -> WeChat:
    """The client of the test's loop."""
    made = wechat()
    assert made is not None
    return made


async def check(wx: WeChat) -> str:
    """Have something checked; what is said of it."""
    return (await wx.msg_sec_check(openid=LI, content="你好", scene=2)).suggest


def tokens_used(fake: FakeWeChat) -> list[str]:
    """The tokens of the checks, each once."""
    return list(dict.fromkeys(request.query["access_token"] for request in fake.requests_of(CHECK)))


async def test_all_who_come_at_once_ask_once(wx: WeChat, fake_wechat: FakeWeChat) -> None:
    """In a JSON body, in the mode that ends nobody's token; and nobody asks again while it is good."""
    assert await asyncio.gather(*(check(wx) for _ in range(20))) == ["pass"] * 20
    assert await check(wx) == "pass"
    (request,) = fake_wechat.requests_of(TOKEN)
    assert request.query == {}
    body = {"grant_type": "client_credential", "appid": fake_wechat.appid, "secret": SECRET, "force_refresh": False}
    assert request.body == body


async def test_who_gives_up_leaves_it_to_the_others(wx: WeChat, fake_wechat: FakeWeChat) -> None:
    """The token that was asked for comes all the same."""
    fake_wechat.hang(TOKEN)
    first, second = asyncio.create_task(check(wx)), asyncio.create_task(check(wx))
    await asyncio.to_thread(fake_wechat.wait_for, TOKEN)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    fake_wechat.release(TOKEN)
    assert await second == "pass"
    assert len(fake_wechat.requests_of(TOKEN)) == 1


@pytest.mark.parametrize("errcode", [40001, 40014, 42001])
async def test_a_refused_token_is_asked_for_anew(wx: WeChat, fake_wechat: FakeWeChat, errcode: int) -> None:
    """Somebody else had it renewed: WeChat gives the new one to whoever asks, and nothing is forced."""
    await check(wx)
    fake_wechat.new_token()
    fake_wechat.answer(CHECK, error(errcode), times=1)
    assert await check(wx) == "pass"
    assert [request.body["force_refresh"] for request in fake_wechat.requests_of(TOKEN)] == [False, False]
    assert len(tokens_used(fake_wechat)) == 2


async def test_many_refusals_of_one_token_renew_it_once(wx: WeChat, fake_wechat: FakeWeChat) -> None:
    """Whoever comes late finds the new one."""
    await check(wx)
    fake_wechat.new_token()
    assert await asyncio.gather(*(check(wx) for _ in range(10))) == ["pass"] * 10
    assert len(fake_wechat.requests_of(TOKEN)) == 2


async def test_a_renewal_is_forced_where_wechat_gives_what_it_refuses(wx: WeChat, fake_wechat: FakeWeChat) -> None:
    """And not again soon: what does not help would end the tokens of others all day."""

    def refuse_until_forced(request: Request) -> Any:
        forced = any(had.body["force_refresh"] for had in fake_wechat.requests_of(TOKEN))
        return None if forced else error(40001)

    fake_wechat.answer(CHECK, refuse_until_forced)
    assert await check(wx) == "pass"
    assert [request.body["force_refresh"] for request in fake_wechat.requests_of(TOKEN)] == [False, False, True]
    fake_wechat.answer(CHECK, error(40001))
    with pytest.raises(WeChatError, match="40001"):
        await check(wx)
    assert [request.body["force_refresh"] for request in fake_wechat.requests_of(TOKEN)][3:] == [False]


async def test_a_token_is_renewed_before_its_end(wx: WeChat, fake_wechat: FakeWeChat, ahead: SimpleNamespace) -> None:
    """Nobody waits for it, and while it does not come the old one is used."""
    await check(wx)
    ahead.by = 7000
    fake_wechat.answer(TOKEN, 500, times=1)
    assert await check(wx) == "pass"
    await asyncio.to_thread(fake_wechat.wait_for, TOKEN, 2)
    ahead.by = 7050
    fake_wechat.new_token()
    fake_wechat.hang(TOKEN)
    with_the_old = asyncio.create_task(check(wx))
    await asyncio.to_thread(fake_wechat.wait_for, TOKEN, 3)
    fake_wechat.release(TOKEN)
    assert await with_the_old == "pass"
    assert await check(wx) == "pass"
    assert len(fake_wechat.requests_of(TOKEN)) == 3


async def test_a_token_that_is_over_is_not_used(wx: WeChat, fake_wechat: FakeWeChat, ahead: SimpleNamespace) -> None:
    """Whoever comes then waits for the new one."""
    await check(wx)
    ahead.by = 7300
    fake_wechat.new_token()
    assert await check(wx) == "pass"
    assert len(fake_wechat.requests_of(CHECK)) == 2


@pytest.mark.parametrize("answer", [{}, {"access_token": "t"}, {"access_token": "", "expires_in": 7200}, 500, "x"])
async def test_no_token_is_no_answer(wx: WeChat, fake_wechat: FakeWeChat, answer: Any) -> None:
    """Nothing is checked then; the next call asks again."""
    fake_wechat.answer(TOKEN, answer)
    with pytest.raises(WeChatUnavailable):
        await check(wx)
    fake_wechat.answer(TOKEN, None)
    assert await check(wx) == "pass"


async def test_a_secret_that_is_wrong(wx: WeChat, fake_wechat: FakeWeChat) -> None:
    """WeChat says so where the token is asked for."""
    fake_wechat.secret = "another"
    with pytest.raises(WeChatError, match="40125"):
        await check(wx)


async def test_a_short_life_is_renewed_too(wx: WeChat, fake_wechat: FakeWeChat, ahead: SimpleNamespace) -> None:
    """One that WeChat gives in its last minutes is used for half of them at least."""
    fake_wechat.expires_in = 200
    await check(wx)
    ahead.by = 90
    await check(wx)
    assert len(fake_wechat.requests_of(TOKEN)) == 1
    ahead.by = 110
    await check(wx)
    await asyncio.to_thread(fake_wechat.wait_for, TOKEN, 2)


# --- Shared


@pytest.fixture
def on_redis(settings: Settings, redis_server: Redis) -> Redis:
    """The cache is on Redis."""
    settings.REDIS_URL = redis_server.url
    settings.CACHES = {
        "default": {
            "BACKEND": "liveroom.cache.SharedCache",
            "LOCATION": redis_server.url,
            "KEY_PREFIX": "access-token",
        }
    }
    cache.clear()
    return redis_server


async def another_process() -> WeChat:
    """A client that knows nothing of the token but what is shared."""
    await client.close()
    access_token.forget()
    return of_the_loop()


async def test_processes_share_one_token(on_redis: Redis, wx: WeChat, fake_wechat: FakeWeChat) -> None:
    """The second asks for none; one that was refused is asked for by the first who hears it, and found by the other."""
    await check(wx)
    await check(await another_process())
    assert len(fake_wechat.requests_of(TOKEN)) == 1
    fake_wechat.new_token()
    known = dict(access_token._known)
    await check(of_the_loop())
    await another_process()
    access_token._known.update(known)
    assert await check(of_the_loop()) == "pass"
    assert len(fake_wechat.requests_of(TOKEN)) == 2


async def test_without_its_cache_a_process_asks_for_itself(
    on_redis: Redis, wx: WeChat, fake_wechat: FakeWeChat, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said once that the cache is away, and everything goes on."""
    on_redis.stop()
    try:
        assert await check(wx) == "pass"
        assert await check(await another_process()) == "pass"
    finally:
        on_redis.start()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert caplog.records[0].getMessage().startswith("The cache is away")
