"""The client of WeChat's servers, against a WeChat that answers as documented, and against ones that do not."""

import asyncio
import logging
import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pytest_django import Settings

from accounts.wechat import client, http
from accounts.wechat.client import Session, Verdict, WeChat, WeChatError, WeChatUnavailable, wechat
from tests.wechat import APPID, CHECK, LOGIN, SECRET, SEND, SESSION_KEY, TOKEN, FakeWeChat, error

LI = "openid-li"
SOON = 0.5
"""Seconds that a call may take where WeChat does not answer."""


@pytest.fixture
async def wx(fake_wechat: FakeWeChat) -> WeChat:
    """The client of the test's loop."""
    fake_wechat.user(LI)
    made = wechat()
    assert made is not None
    return made


async def check(wx: WeChat, content: str = "你好", **options: Any) -> Verdict:
    """Have a comment of 李雷 checked."""
    return await wx.msg_sec_check(**{"openid": LI, "content": content, "scene": 2, **options})


async def send(wx: WeChat, **options: Any) -> None:
    """Tell him something."""
    message = {"openid": LI, "template_id": "template-live", "page": "pages/room/room?slug=demo"}
    await wx.subscribe_send(**{**message, "data": {"thing1": "直播间"}, **options})


async def test_certificates_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """That is no answer, and is told as one; read again the next time, and no hindrance to the end."""
    tries = []

    def missing() -> None:
        tries.append(1)
        raise FileNotFoundError(2, "No such file")

    monkeypatch.setattr(httpx, "create_ssl_context", missing)
    wx = WeChat(appid=APPID, secret=SECRET, url="https://127.0.0.1:9", timeout=5)
    for _ in range(2):
        with pytest.raises(WeChatUnavailable, match="no certificates"):
            await wx.code_to_session("x")
    assert len(tries) == 2
    await wx.aclose()


# --- code_to_session


async def test_a_success_has_no_errcode(wx: WeChat, fake_wechat: FakeWeChat) -> None:
    """The openid and, where the app belongs to an account, the unionid; the code and the app are told by GET."""
    code = fake_wechat.code(LI, unionid="union-li")
    assert await wx.code_to_session(code) == Session(LI, "union-li")
    assert await wx.code_to_session(fake_wechat.code("openid-mei")) == Session("openid-mei", None)
    request = fake_wechat.requests_of(LOGIN)[0]
    assert request.method == "GET"
    assert request.query["js_code"] == code
    assert request.query["grant_type"] == "authorization_code"


async def test_an_errcode_of_0_is_a_success_too(wx: WeChat, fake_wechat: FakeWeChat) -> None:
    """As the documentation's example has it; an empty unionid is none."""
    answer = {"openid": LI, "session_key": SESSION_KEY, "unionid": "", "errcode": 0, "errmsg": "ok"}
    fake_wechat.answer(LOGIN, answer)
    assert await wx.code_to_session("x") == Session(LI, None)


@pytest.mark.parametrize("errcode", [40029, 40163, 45011, 40226, 40013, 40125, 12345])
async def test_a_refused_login_has_its_errcode(wx: WeChat, fake_wechat: FakeWeChat, errcode: int) -> None:
    """It is asked for once: the answer would be the same."""
    fake_wechat.answer(LOGIN, error(errcode))
    with pytest.raises(WeChatError) as refused:
        await wx.code_to_session("x")
    assert refused.value.errcode == errcode
    assert "rid: " in refused.value.errmsg
    assert len(fake_wechat.requests_of(LOGIN)) == 1


async def test_a_code_is_good_once(wx: WeChat, fake_wechat: FakeWeChat) -> None:
    """The second time it was used."""
    code = fake_wechat.code()
    await wx.code_to_session(code)
    with pytest.raises(WeChatError, match=r"^WeChat refused: 40163 code been used"):
        await wx.code_to_session(code)


async def test_a_busy_wechat_is_asked_once_more(wx: WeChat, fake_wechat: FakeWeChat) -> None:
    """And no third time."""
    fake_wechat.answer(LOGIN, error(-1), times=1)
    assert (await wx.code_to_session(fake_wechat.code())).openid == LI
    fake_wechat.answer(LOGIN, error(-1))
    with pytest.raises(WeChatUnavailable, match="busy twice"):
        await wx.code_to_session("x")
    assert len(fake_wechat.requests_of(LOGIN)) == 4


async def test_what_is_secret_is_nowhere(wx: WeChat, fake_wechat: FakeWeChat, caplog: pytest.LogCaptureFixture) -> None:
    """Not in what is returned, raised, logged at any level, or shown of an object."""
    caplog.set_level(logging.DEBUG)
    shown = [repr(wx), repr(await wx.code_to_session(fake_wechat.code()))]
    await check(wx)
    token = fake_wechat.requests_of(CHECK)[0].query["access_token"]
    fake_wechat.answer(LOGIN, error(40125))
    fake_wechat.answer(CHECK, 500)
    fake_wechat.answer(SEND, "nothing")
    for call in (wx.code_to_session("x"), check(wx), send(wx)):
        try:
            await call
        except (WeChatError, WeChatUnavailable):
            shown.append(traceback.format_exc())
    fake_wechat.down()
    try:
        await wx.code_to_session("x")
    except WeChatUnavailable:
        shown.append(traceback.format_exc())
    assert len(shown) == 6
    assert caplog.records
    text = "\n".join([*shown, *(logging.Formatter().format(record) for record in caplog.records)])
    assert [secret for secret in (SECRET, SESSION_KEY, token) if secret in text] == []


# --- A WeChat that is not well

Ill = Callable[[FakeWeChat, str], None]
ILLS: dict[str, Ill] = {
    "an error of the server": lambda fake, path: fake.answer(path, 503),
    "a way out": lambda fake, path: fake.answer(path, 302),
    "no JSON": lambda fake, path: fake.answer(path, "<html>busy</html>"),
    "no text": lambda fake, path: fake.answer(path, b'{"openid": "\xff"}'),
    "no object": lambda fake, path: fake.answer(path, "[1]"),
    "another object": lambda fake, path: fake.answer(path, {"openid": 1, "errcode": "no", "result": 2}),
    "nothing": lambda fake, path: fake.answer(path, ""),
    "nothing said": lambda fake, path: fake.answer(path, {}),
    "too much": lambda fake, path: fake.answer(path, '{"openid": "' + "x" * http.BODY_MAX + '"}'),
    "too slow": lambda fake, path: fake.delay(path, 60),
    "drop by drop": lambda fake, path: fake.drip(path, 0.2),
    "silence": lambda fake, path: fake.hang(path),
    "nobody": lambda fake, path: fake.down(),
}


@pytest.mark.parametrize("ill", ILLS)
async def test_no_answer_is_no_answer(
    wx: WeChat, fake_wechat: FakeWeChat, settings: Settings, ill: str, caplog: pytest.LogCaptureFixture
) -> None:
    """However it comes about; the log says so once, and the next call has a chance again."""
    await client.close()
    settings.LIVEROOM_WECHAT_TIMEOUT = SOON
    impatient = wechat()
    assert impatient is not None
    await check(impatient)
    for path, call in ((LOGIN, lambda: impatient.code_to_session("li.1")), (CHECK, lambda: check(impatient))):
        ILLS[ill](fake_wechat, path)
        with pytest.raises(WeChatUnavailable):
            await call()
    said = [record.getMessage().partition(":")[0] for record in caplog.records]
    assert said == ["WeChat does not answer (login)"]
    for path in (LOGIN, CHECK):
        fake_wechat.answer(path, None)
        fake_wechat.drip(path, 0)
        fake_wechat.delay(path, 0)
        fake_wechat.release(path)
    fake_wechat.up()
    assert (await impatient.code_to_session("li.2")).openid == LI


async def test_a_send_that_is_not_answered(wx: WeChat, fake_wechat: FakeWeChat) -> None:
    """Nobody knows then whether the message went out."""
    fake_wechat.answer(SEND, 502)
    with pytest.raises(WeChatUnavailable, match=r"^HTTP 502$"):
        await send(wx)


async def test_so_many_calls_are_under_way(
    wx: WeChat, fake_wechat: FakeWeChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One more fails at once, and nobody of another kind; once they are answered there is room again."""
    monkeypatch.setattr(http, "CALLS_AT_ONCE", 2)
    fake_wechat.hang(LOGIN)
    waiting = [asyncio.create_task(wx.code_to_session(fake_wechat.code())) for _ in range(2)]
    await asyncio.to_thread(fake_wechat.wait_for, LOGIN, 2)
    with pytest.raises(WeChatUnavailable, match="too many"):
        await wx.code_to_session(fake_wechat.code())
    assert (await check(wx)).suggest == "pass"
    fake_wechat.release(LOGIN)
    assert [session.openid for session in await asyncio.gather(*waiting)] == [LI, LI]
    assert (await wx.code_to_session(fake_wechat.code())).openid == LI
    assert len(fake_wechat.requests_of(LOGIN)) == 3


async def test_who_gives_up_makes_room(wx: WeChat, fake_wechat: FakeWeChat, monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller that is cancelled is no call under way."""
    monkeypatch.setattr(http, "CALLS_AT_ONCE", 1)
    fake_wechat.hang(LOGIN)
    waiting = asyncio.create_task(wx.code_to_session("li.1"))
    await asyncio.to_thread(fake_wechat.wait_for, LOGIN)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    fake_wechat.release(LOGIN)
    assert (await wx.code_to_session("li.2")).openid == LI


async def test_a_client_that_is_closed_asks_no_more(wx: WeChat, fake_wechat: FakeWeChat) -> None:
    """Who waits at the end is answered, and who comes later too."""
    fake_wechat.hang(LOGIN)
    waiting = asyncio.create_task(wx.code_to_session("li.1"))
    await asyncio.to_thread(fake_wechat.wait_for, LOGIN)
    await client.close()
    with pytest.raises(WeChatUnavailable):
        await waiting
    with pytest.raises(WeChatUnavailable):
        await wx.code_to_session("li.2")


# --- msg_sec_check


@pytest.mark.parametrize(
    ("content", "verdict"),
    [
        ("你好", Verdict("pass", 100, "")),
        ("有点可疑", Verdict("review", 20003, "")),
        ("这是违规的", Verdict("risky", 20001, "")),
        ("half \ud800 of it", Verdict("pass", 100, "")),
    ],
)
async def test_a_text_is_checked(wx: WeChat, fake_wechat: FakeWeChat, content: str, verdict: Verdict) -> None:
    """By version 2, with the user and the kind of text; with what WeChat is asked about it by."""
    found = await check(wx, content)
    assert found == verdict
    assert len(found.trace_id) == 32
    body = fake_wechat.requests_of(CHECK)[0].body
    assert body == {"version": 2, "openid": LI, "scene": 2, "content": content.replace("\ud800", "?")}


async def test_a_text_goes_as_it_is_written(wx: WeChat, fake_wechat: FakeWeChat) -> None:
    """As UTF-8: behind escapes nothing would be found. A nickname and a title go with it where there are some."""
    await check(wx, "违规 “\n”", scene=1, nickname="李雷", title="题目")
    raw = fake_wechat.requests_of(CHECK)[0].raw
    assert "违规 “\\n”".encode() in raw
    assert "李雷".encode() in raw
    assert "题目".encode() in raw
    assert b"\\u" not in raw


async def test_verdicts_that_are_new_or_old(wx: WeChat, fake_wechat: FakeWeChat) -> None:
    """A person judges what is not known; version 1 refused what is risky."""
    answer = {"errcode": 0, "trace_id": "t", "result": {"suggest": "ponder", "label": 30000}}
    fake_wechat.answer(CHECK, answer)
    assert await check(wx) == Verdict("review", 30000, "t")
    fake_wechat.answer(CHECK, error(87014))
    assert (await check(wx)).suggest == "risky"


async def test_a_check_that_is_refused(wx: WeChat, fake_wechat: FakeWeChat) -> None:
    """By the documentation's codes."""
    fake_wechat.user("openid-gone", hours_ago=3)

    async def refused(**options: Any) -> int:
        with pytest.raises(WeChatError) as raised:
            await check(wx, **options)
        return raised.value.errcode

    assert await refused(openid="openid-gone") == 61010
    assert await refused(openid="openid-nobody") == 40003
    assert await refused(content="") == 44004
    assert await refused(scene=9) == 40129
    fake_wechat.answer(CHECK, error(45009))
    assert await refused() == 45009
    assert len(fake_wechat.requests_of(TOKEN)) == 1


# --- subscribe_send


async def test_a_message_is_sent_to_who_accepted_one(wx: WeChat, fake_wechat: FakeWeChat) -> None:
    """One accept is one message."""
    fake_wechat.grant(LI)
    await send(wx)
    assert fake_wechat.sent == [
        {
            "touser": LI,
            "template_id": "template-live",
            "page": "pages/room/room?slug=demo",
            "data": {"thing1": {"value": "直播间"}},
            "miniprogram_state": "formal",
            "lang": "zh_CN",
        }
    ]
    with pytest.raises(WeChatError, match="43101"):
        await send(wx)


@pytest.mark.parametrize(
    ("options", "errcode"),
    [
        ({"openid": "openid-nobody"}, 40003),
        ({"template_id": "template-none"}, 40037),
        ({"data": {"thing1": "x" * 21}}, 47003),
        ({"data": {"thing1": ""}}, 47003),
    ],
)
async def test_a_message_that_is_refused(wx: WeChat, options: dict[str, Any], errcode: int) -> None:
    """By the documentation's codes."""
    with pytest.raises(WeChatError) as refused:
        await send(wx, **options)
    assert refused.value.errcode == errcode


# --- Which client


async def test_without_an_app_there_is_no_client(settings: Settings) -> None:
    """By default nobody logs in by WeChat."""
    assert settings.WECHAT_APPID == ""
    assert wechat() is None


async def test_a_loop_has_one_client(wx: WeChat) -> None:
    """Until it is closed; closing none is nothing."""
    assert wechat() is wx
    await client.close()
    await client.close()
    assert wechat() is not wx
