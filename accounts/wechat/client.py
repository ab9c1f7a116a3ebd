"""The client of WeChat's servers: what it says of a login, of a text, and how it tells somebody something.

The names of its calls and error codes are those of the pages "小程序登录凭证校验" (code2Session), "文本内容安全识别"
(msgSecCheck) and "发送订阅消息" (subscribeMessage.send) of WeChat's documentation.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Literal, TypeVar, cast

import msgspec
from django.conf import settings

from accounts.wechat.access_token import REFUSED, AccessTokens
from accounts.wechat.errors import WeChatError, WeChatUnavailable
from accounts.wechat.http import Answer, Http, answered

__all__ = ["Session", "Verdict", "WeChat", "WeChatError", "WeChatUnavailable", "close", "wechat"]

Suggest = Literal["pass", "review", "risky"]
SUGGESTS: Final = ("pass", "review", "risky")
RISKY: Final = 87014
"""How a text is refused that WeChat's first version would have refused."""
OTHER_LABEL: Final = 21000
"""WeChat's label of a text that is bad in no way that has a label."""

AnswerT = TypeVar("AnswerT", bound=Answer)


@dataclass(frozen=True, slots=True)
class Session:
    """Who logged in: `openid` in this app, `unionid` in all apps of one account of WeChat's Open Platform."""

    openid: str
    unionid: str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What WeChat thinks of a text: `label` is 100 for a normal one, `trace_id` what WeChat is asked about it by."""

    suggest: Suggest
    label: int
    trace_id: str = field(compare=False)


class SessionAnswer(Answer):
    """What code2Session answers; its `session_key` is dropped where it is read."""

    openid: str = ""
    unionid: str | None = None


class CheckResult(msgspec.Struct):
    suggest: str
    label: int = 0


class CheckAnswer(Answer):
    result: CheckResult | None = None
    trace_id: str = ""


class WeChat:
    """Calls of one event loop for one app. Each ends within the time-out, and raises WeChatError or WeChatUnavailable.

    A WeChat that says it is busy (-1) is asked once more; an access token that it refuses is renewed once.
    """

    def __init__(self, *, appid: str, secret: str, url: str, timeout: float) -> None:
        self._appid = appid
        self._secret = secret
        self._http = Http(url, timeout)
        self._tokens = AccessTokens(self._http, appid, secret)

    def __repr__(self) -> str:
        return f"<WeChat {self._appid}>"

    async def code_to_session(self, code: str) -> Session:
        """Return who got this code from wx.login.

        WeChatError: 40029 (no code of this app, or too old), 40163 (used already), 45011 (too often), 40226 (WeChat
        keeps this user out), 40013 and 40125 (the app's id or secret is wrong).
        """
        query = {
            "appid": self._appid,
            "secret": self._secret,
            "js_code": code,
            "grant_type": "authorization_code",
        }
        async with self._http.call("login"):
            answer = await answered(partial(self._http.get, "/sns/jscode2session", query, SessionAnswer))
            if not answer.openid:
                raise WeChatUnavailable("an answer without an openid")
        return Session(answer.openid, answer.unionid or None)

    async def msg_sec_check(
        self, *, openid: str, content: str, scene: int, nickname: str = "", title: str = ""
    ) -> Verdict:
        """Return what WeChat thinks of a text of at most 2,500 characters.

        `scene`: 1 a profile, 2 a comment, 3 a forum, 4 a post. 4,000 calls a minute are allowed.
        WeChatError: 61010 (the user was not in the mini-program within two hours), 40003 (no openid of this app), 44002
        and 44004 (nothing to check), 45009 (too often), 47001 (malformed).
        """
        texts = {"nickname": nickname, "title": title}
        body = {
            "version": 2,
            "openid": openid,
            "scene": scene,
            "content": _encodable(content),
            **{name: _encodable(text) for name, text in texts.items() if text},
        }
        async with self._http.call("check"):
            try:
                answer = await self._post("/wxa/msg_sec_check", body, CheckAnswer)
            except WeChatError as error:
                if error.errcode == RISKY:
                    return Verdict("risky", OTHER_LABEL, "")
                raise
            if answer.result is None:
                raise WeChatUnavailable("a check without a result")
        # What WeChat adds one day is for a person to judge.
        suggest = answer.result.suggest if answer.result.suggest in SUGGESTS else "review"
        return Verdict(cast(Suggest, suggest), answer.result.label, answer.trace_id)

    async def subscribe_send(self, *, openid: str, template_id: str, page: str, data: Mapping[str, str]) -> None:
        """Send a subscribe message; `page` is a path in the mini-program, with its query.

        WeChatError: 43101 (the user accepted none, or takes no more), 47003 (a value that the template does not take),
        40037 (no such template), 40003 (no openid of this app), 41030 (no such page).
        """
        body = {
            "touser": openid,
            "template_id": template_id,
            "page": page,
            "data": {name: {"value": _encodable(value)} for name, value in data.items()},
            "miniprogram_state": "formal",
            "lang": "zh_CN",
        }
        async with self._http.call("message"):
            await self._post("/cgi-bin/message/subscribe/send", body, Answer)

    async def aclose(self) -> None:
        """Close the connections; nothing is called afterwards."""
        await self._tokens.aclose()
        await self._http.aclose()

    async def _post(self, path: str, body: Any, answer: type[AnswerT]) -> AnswerT:
        token = await self._tokens.get()
        try:
            return await self._post_with(token, path, body, answer)
        except WeChatError as error:
            if error.errcode not in REFUSED:
                raise
        token = await self._tokens.instead_of(token)
        return await self._post_with(token, path, body, answer)

    async def _post_with(self, token: str, path: str, body: Any, answer: type[AnswerT]) -> AnswerT:
        return await answered(partial(self._http.post, path, {"access_token": token}, body, answer))


_clients: dict[asyncio.AbstractEventLoop, WeChat] = {}


def wechat() -> WeChat | None:
    """Return the running event loop's client; None where WECHAT_APPID and WECHAT_SECRET are not set.

    Who runs a loop that ends closes it there: `close`.
    """
    if not settings.WECHAT_APPID:
        return None
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        for ended in [other for other in list(_clients) if other.is_closed()]:
            del _clients[ended]
        _clients[loop] = WeChat(
            appid=settings.WECHAT_APPID,
            secret=settings.WECHAT_SECRET,
            url=settings.WECHAT_API_URL,
            timeout=settings.LIVEROOM_WECHAT_TIMEOUT,
        )
    return _clients[loop]


async def close() -> None:
    """Close the running event loop's client, if it has one."""
    client = _clients.pop(asyncio.get_running_loop(), None)
    if client is not None:
        await client.aclose()


def _encodable(text: str) -> str:
    """Half of a surrogate pair has no UTF-8."""
    return text.encode(errors="replace").decode()
