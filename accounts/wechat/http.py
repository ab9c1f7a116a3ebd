"""HTTP to WeChat's servers, bounded in time, in size and in number; what it raises and logs holds no address.

The addresses hold the app's secret and its access token.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, TypeVar

import httpx
import msgspec

from accounts.wechat.errors import WeChatError, WeChatUnavailable

logger = logging.getLogger(__name__)

CALLS_AT_ONCE: Final = 200
"""Calls of one kind under way in one event loop; a further one fails at once, and takes nothing from other kinds."""
CONNECT_TIMEOUT: Final = 3.0
BODY_MAX: Final = 64 * 1024
"""Bytes of an answer that are read; WeChat's have some hundreds."""
BUSY: Final = -1
BUSY_PAUSE: Final = 0.2
"""Seconds before WeChat is asked once more that said it was busy."""
SAID_EVERY: Final = 60.0
"""Seconds between two lines in the log about a WeChat that does not answer."""


class Answer(msgspec.Struct):
    """What every answer may have; a success has no `errcode`, or 0."""

    errcode: int = 0
    errmsg: str = ""


AnswerT = TypeVar("AnswerT", bound=Answer)


class Http:
    """Requests of one event loop to one address; `timeout` is in s, for a whole call."""

    def __init__(self, url: str, timeout: float) -> None:
        self.url = url.rstrip("/")
        self._timeout = timeout
        self._under_way: Counter[str] = Counter()
        self._opening: asyncio.Task[httpx.AsyncClient] | None = None
        self._said_at = float("-inf")
        self._closed = False

    async def aclose(self) -> None:
        """Close the connections; who waits for an answer, or asks later, gets none."""
        self._closed = True
        if self._opening is not None:
            with suppress(OSError):
                await (await self._opening).aclose()

    @asynccontextmanager
    async def call(self, kind: str) -> AsyncIterator[None]:
        """Bound what is done inside: one call, with all the requests that it takes. Raises WeChatUnavailable."""
        reason = "too many calls are under way"
        if self._under_way[kind] < CALLS_AT_ONCE:
            self._under_way[kind] += 1
            try:
                async with asyncio.timeout(self._timeout):
                    yield
                return
            except TimeoutError:
                reason = f"no answer within {self._timeout:g} s"
            except WeChatUnavailable as error:
                reason = str(error)
            finally:
                self._under_way[kind] -= 1
        self._say(kind, reason)
        # Whatever it came of: its frames hold the address.
        raise WeChatUnavailable(reason) from None

    async def get(self, path: str, query: Mapping[str, str], answer: type[AnswerT]) -> AnswerT:
        """Return what WeChat answers, errors too. Raises WeChatUnavailable."""
        return _decoded(await self._exchange("GET", path, query, None), answer)

    async def post(self, path: str, query: Mapping[str, str], body: Any, answer: type[AnswerT]) -> AnswerT:
        """The same for a JSON body.

        It goes as UTF-8: in a text that is written with \\u escapes WeChat's check sees the escapes alone.
        """
        return _decoded(await self._exchange("POST", path, query, msgspec.json.encode(body)), answer)

    async def _exchange(self, method: str, path: str, query: Mapping[str, str], body: bytes | None) -> bytes:
        if self._closed:
            raise WeChatUnavailable("this process ends")
        opening = self._opening = self._opening or asyncio.create_task(self._open())
        try:
            client = await asyncio.shield(opening)
        except OSError as error:
            if self._opening is opening:
                self._opening = None
            raise WeChatUnavailable(f"no certificates: {error}") from None
        if self._closed:
            raise WeChatUnavailable("this process ends")
        headers = {"Content-Type": "application/json"} if body is not None else {}
        try:
            async with client.stream(method, path, params=dict(query), content=body, headers=headers) as response:
                if response.status_code == httpx.codes.OK:
                    read = bytearray()
                    # Not decompressed: a few bytes could become a great many.
                    async for chunk in response.aiter_raw():
                        read += chunk
                        if len(read) > BODY_MAX:
                            break
                    else:
                        return bytes(read)
                    reason = f"more than {BODY_MAX} bytes"
                else:
                    reason = f"HTTP {response.status_code}"
        except httpx.ConnectError as error:
            reason = f"no connection: {error}"
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL) as error:
            reason = type(error).__name__
        raise WeChatUnavailable(reason)

    async def _open(self) -> httpx.AsyncClient:
        # Reading the certificates takes long enough to hold up a room.
        tls = self.url.startswith("https:")
        verify = await asyncio.to_thread(httpx.create_ssl_context) if tls else False
        return httpx.AsyncClient(
            base_url=self.url,
            verify=verify,
            headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "liveroom"},
            timeout=httpx.Timeout(self._timeout, connect=min(CONNECT_TIMEOUT, self._timeout)),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=15),
        )

    def _say(self, kind: str, reason: str) -> None:
        now = time.monotonic()
        if now - self._said_at >= SAID_EVERY:
            self._said_at = now
            logger.warning("WeChat does not answer (%s): %s", kind, reason)


async def answered(request: Callable[[], Awaitable[AnswerT]]) -> AnswerT:
    """Return the answer that is no error; who is busy (-1) is asked once more.

    Raises WeChatError, and WeChatUnavailable for one that is busy twice.
    """
    answer = await request()
    if answer.errcode == BUSY:
        await asyncio.sleep(BUSY_PAUSE)
        answer = await request()
    if answer.errcode == BUSY:
        raise WeChatUnavailable("busy twice (-1)")
    if answer.errcode:
        raise WeChatError(answer.errcode, answer.errmsg[:200])
    return answer


def _decoded(body: bytes, answer: type[AnswerT]) -> AnswerT:
    try:
        return msgspec.json.decode(body, type=answer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    raise WeChatUnavailable("an answer that is none")
