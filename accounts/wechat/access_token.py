"""The access token that most calls carry ("获取稳定版接口调用凭据"): one for all processes, in Django's shared cache.

Without one each process has its own copy: WeChat gives the same token to all who ask, for as long as it is good.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from django.conf import settings
from django.core.cache import cache

from accounts.wechat.errors import WeChatUnavailable
from accounts.wechat.http import Answer, Http, answered

REFUSED: Final = frozenset({40001, 40014, 42001})
"""Invalid, malformed, expired: what WeChat says of an access token that it does not take."""
RENEW_BEFORE: Final = 300
"""Seconds before its end from which WeChat gives a new token, and takes both."""
FORCE_EVERY: Final = 4320
"""Seconds between two forced renewals: WeChat allows 20 a day, and each ends the token of whoever else uses the app."""
ASK_AGAIN: Final = 10
"""Seconds to the next try where a renewal failed."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token; the times are seconds since 1970 UTC."""

    value: str = field(repr=False)
    expires_at: float
    renew_at: float


class TokenAnswer(Answer):
    """What stable_token answers; `expires_in` is in s."""

    access_token: str = ""
    expires_in: int = 0


_known: dict[str, AccessToken] = {}


def forget() -> None:
    """Forget this process's tokens."""
    _known.clear()


class AccessTokens:
    """One app's tokens, as one event loop sees them: asked for once at a time."""

    def __init__(self, http: Http, appid: str, secret: str) -> None:
        self._http = http
        self._appid = appid
        self._secret = secret
        self._key = "wechat:token:" + hashlib.sha256(f"{http.url} {appid}".encode()).hexdigest()[:32]
        self._asking: asyncio.Task[AccessToken] | None = None

    async def aclose(self) -> None:
        """Ask no more."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait([self._asking])

    async def get(self) -> str:
        """Return a token that is good now. Raises WeChatError, WeChatUnavailable.

        While WeChat takes the old one too, nobody waits for the new one.
        """
        known, now = _known.get(self._key), time.time()
        if known is None or now >= known.expires_at:
            return (await self._ask(None)).value
        if now >= known.renew_at:
            self._begin(None)
        return known.value

    async def instead_of(self, refused: str) -> str:
        """Return another token than the one that WeChat refused. Raises WeChatError, WeChatUnavailable."""
        known = _known.get(self._key)
        if known is not None and known.value != refused:
            return known.value
        joined = self._asking is not None
        token = await self._ask(refused)
        if joined and token.value == refused:
            # It was asked for before anybody knew that it is refused.
            token = await self._ask(refused)
        return token.value

    async def _ask(self, refused: str | None) -> AccessToken:
        # Who gives up leaves it to the others.
        return await asyncio.shield(self._begin(refused))

    def _begin(self, refused: str | None) -> asyncio.Task[AccessToken]:
        if self._asking is None:
            self._asking = asyncio.create_task(self._renew(refused))
            self._asking.add_done_callback(self._asked)
        return self._asking

    def _asked(self, task: asyncio.Task[AccessToken]) -> None:
        self._asking = None
        # Taken here, as nobody may wait for it any more.
        if task.cancelled() or task.exception() is None:
            return
        if (known := _known.get(self._key)) is not None:
            _known[self._key] = replace(known, renew_at=time.time() + ASK_AGAIN)

    async def _renew(self, refused: str | None) -> AccessToken:
        token = await self._shared()
        if token is None or token.value == refused:
            async with self._http.call("token"):
                token = await self._fetch(force=False)
                if token.value == refused and await self._may_force():
                    token = await self._fetch(force=True)
            await _in_cache(partial(cache.set, self._key, [token.value, token.expires_at, token.renew_at], _age(token)))
        _known[self._key] = token
        return token

    async def _shared(self) -> AccessToken | None:
        found = await _in_cache(partial(cache.get, self._key))
        token = AccessToken(*found) if found else None
        return token if token is not None and time.time() < token.renew_at else None

    async def _may_force(self) -> bool:
        key = f"{self._key}:forced"
        add = partial(cache.add, key, 1, FORCE_EVERY)
        return bool(await asyncio.to_thread(add))

    async def _fetch(self, *, force: bool) -> AccessToken:
        body = {
            "grant_type": "client_credential",
            "appid": self._appid,
            "secret": self._secret,
            "force_refresh": force,
        }
        asked_at = time.time()
        answer = await answered(partial(self._http.post, "/cgi-bin/stable_token", {}, body, TokenAnswer))
        if not answer.access_token or answer.expires_in <= 0:
            raise WeChatUnavailable("an access token that is none")
        before = RENEW_BEFORE if answer.expires_in > 2 * RENEW_BEFORE else answer.expires_in / 2
        expires_at = asked_at + answer.expires_in
        return AccessToken(answer.access_token, expires_at, expires_at - before)


def _age(token: AccessToken) -> int:
    return max(1, int(token.expires_at - time.time()))


async def _in_cache(do: Callable[[], Any]) -> Any:
    """Where the cache is this process's memory alone, it has nothing to tell."""
    return await asyncio.to_thread(do) if settings.REDIS_URL else None
