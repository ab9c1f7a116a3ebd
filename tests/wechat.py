"""A WeChat for the tests: a real HTTP server that answers as WeChat's documentation says, and as badly as it is told.

A pytest plugin (`-p tests.wechat`): the fixture `fake_wechat` is one, and the settings point at it. As a process, for
clients that are not Python: `python -m tests.wechat --port 9000`. It prints its address, and is told what to do by
`POST /fake` with `{"do": "answer", "path": "/sns/jscode2session", "reply": {"errcode": 45011}}` (or `delay`, `hang`,
`release`, `user`); `GET /fake` lists the requests it has had.

Users log in with codes that `code()` makes up. Without it any `name.1`, `name.2` … is a code of the user `openid-name`,
good once.
"""

import argparse
import json
import socket
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest

if TYPE_CHECKING:
    from pytest_django import Settings

APPID = "wx0123456789abcdef"
SECRET = "secret-of-the-mini-program"
SESSION_KEY = "c2Vzc2lvbiBrZXkgIQ=="
LOGIN = "/sns/jscode2session"
TOKEN = "/cgi-bin/stable_token"
CHECK = "/wxa/msg_sec_check"
SEND = "/cgi-bin/message/subscribe/send"

PATIENCE = 30.0
"""Seconds that a test waits at most for what it waits for."""
TWO_HOURS = 7200
RENEWED_BEFORE = 300
"""Seconds before its end from which an access token has a successor."""
FORCED_AGAIN = 30
"""Seconds within which a second forced renewal renews nothing."""

TEXTS = {
    -1: "system error",
    0: "ok",
    40001: "invalid credential, access_token is invalid or not latest",
    40003: "invalid openid",
    40013: "invalid appid",
    40014: "invalid access_token",
    40029: "invalid code",
    40037: "invalid template_id",
    40125: "invalid appsecret",
    40129: "invalid scene",
    40163: "code been used",
    40164: "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist",
    40226: "code blocked",
    41008: "missing code",
    42001: "access_token expired",
    43101: "user refuse to accept the msg",
    44002: "empty post data",
    44004: "empty content",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit  mustslower retry next minute",
    47001: "data format error",
    47003: "argument invalid! data.thing1.value invalid",
    61010: "code is expired",
    87014: "risky content",
}
"""What WeChat writes beside these error codes."""


def error(errcode: int, errmsg: str | None = None) -> dict[str, Any]:
    """An error as WeChat answers it: with the request's id in its text."""
    text = TEXTS.get(errcode, "unknown") if errmsg is None else errmsg
    return {"errcode": errcode, "errmsg": f"{text} rid: {uuid.uuid4().hex[:8]}-5fa7c1d0-12ab34cd"}


@dataclass(frozen=True)
class Request:
    """One that came: `body` is its JSON, None where it has none; `raw` are the bytes."""

    method: str
    path: str
    query: Mapping[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw) if self.raw else None


Reply = dict[str, Any] | str | bytes | int | Callable[[Request], Any] | None
"""A JSON object; a body that is none; an HTTP status; what makes one of a request; None: as documented."""


@dataclass
class Behaviour:
    """What a path does instead of what is documented."""

    reply: Reply = None
    times: int | None = None
    delay: float = 0
    drip: float = 0
    hangs: bool = False
    released: threading.Event = field(default_factory=threading.Event)


class FakeWeChat:
    """Starts at once, on a free port unless one is given; `stop()` ends it and everybody who still waits for it."""

    def __init__(self, port: int = 0, *, appid: str = APPID, secret: str = SECRET) -> None:
        self.appid, self.secret = appid, secret
        self.requests: list[Request] = []
        self.openids: dict[str, float] = {}
        """Who logged in, and when he was last in the mini-program (time.time())."""
        self.words = {"违规": ("risky", 20001), "可疑": ("review", 20003), "risky": ("risky", 20002)}
        """What in a text makes a check answer what."""
        self.templates = {"template-live"}
        self.grants: dict[tuple[str, str], int] = defaultdict(int)
        """Messages that an openid still takes of a template."""
        self.sent: list[dict[str, Any]] = []
        """Messages that arrived."""
        self.expires_in = TWO_HOURS
        self._codes: dict[str, tuple[str, str | None]] = {}
        self._used: set[str] = set()
        self._tokens: dict[str, float] = {}
        self._token, self._forced_at = "", float("-inf")
        self._behaviours: dict[str, Behaviour] = defaultdict(Behaviour)
        self._changed = threading.Condition()
        self._server: Server | None = None
        self.port = port
        self.up()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    # --- What a test says.

    def code(self, openid: str = "openid-li", unionid: str | None = None) -> str:
        """A code as wx.login gives one, for this user."""
        code = uuid.uuid4().hex
        self._codes[code] = (openid, unionid)
        return code

    def user(self, openid: str, *, hours_ago: float = 0) -> None:
        """Let somebody have been in the mini-program; more than two hours ago his texts are not checked (61010)."""
        self.openids[openid] = time.time() - hours_ago * 3600

    def grant(self, openid: str, template: str = "template-live", times: int = 1) -> None:
        """Let somebody accept messages: each one that is sent uses one up."""
        self.grants[openid, template] += times

    def answer(self, path: str, reply: Reply, *, times: int | None = None) -> None:
        """Answer so from now on, or so many times; None: as documented again."""
        self._behaviours[path].reply, self._behaviours[path].times = reply, times

    def delay(self, path: str, seconds: float) -> None:
        """Answer only after so long."""
        self._behaviours[path].delay = seconds

    def drip(self, path: str, seconds: float) -> None:
        """Answer byte by byte, with so long between them."""
        self._behaviours[path].drip = seconds

    def hang(self, path: str) -> None:
        """Take requests and answer none, until `release`."""
        self._behaviours[path].hangs = True

    def release(self, path: str) -> None:
        """Answer those who hang, and whoever comes."""
        hung = self._behaviours[path]
        self._behaviours[path] = Behaviour(hung.reply, hung.times, hung.delay, hung.drip)
        hung.released.set()

    def new_token(self) -> None:
        """Take no access token that was given, as after somebody else's forced renewal."""
        self._tokens.clear()

    def down(self) -> None:
        """Be gone: who is connected is cut, and nobody can connect."""
        if self._server is not None:
            self._server.end()
            self._server = None

    def up(self) -> None:
        """Be there again, at the same address."""
        if self._server is None:
            self._server = Server(self.port, self)
            self.port = self._server.server_address[1]
            threading.Thread(target=self._server.serve_forever, args=(0.02,), name="fake wechat", daemon=True).start()

    def stop(self) -> None:
        """End."""
        for behaviour in self._behaviours.values():
            behaviour.released.set()
        self.down()

    # --- What a test is told.

    def requests_of(self, path: str) -> list[Request]:
        """Those that came for a path until now."""
        return [request for request in list(self.requests) if request.path == path]

    def wait_for(self, path: str, count: int = 1) -> list[Request]:
        """Wait until so many requests for a path have come, whether they were answered or not."""
        with self._changed:
            came = self._changed.wait_for(lambda: len(self.requests_of(path)) >= count, PATIENCE)
        assert came, f"{len(self.requests_of(path))} requests for {path}, not {count}"
        return self.requests_of(path)

    # --- How it answers.

    def handle(self, request: Request) -> tuple[int, bytes, float]:
        """Status, body, and the seconds between two bytes of it."""
        if request.path == "/fake":
            return 200, json.dumps(self._told(request)).encode(), 0
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
        behaviour = self._behaviours[request.path]
        if behaviour.hangs:
            behaviour.released.wait()
        if behaviour.delay:
            behaviour.released.wait(behaviour.delay)
        status, body = self._reply(request, behaviour)
        return status, body, behaviour.drip

    def _reply(self, request: Request, behaviour: Behaviour) -> tuple[int, bytes]:
        with self._changed:
            reply = behaviour.reply
            if reply is not None and behaviour.times is not None:
                behaviour.times -= 1
                if behaviour.times <= 0:
                    behaviour.reply = behaviour.times = None
        if callable(reply):
            reply = reply(request)
        if reply is None:
            with self._changed:
                reply = self._documented(request)
        if isinstance(reply, int):
            return reply, b"<html>no JSON</html>"
        if isinstance(reply, dict):
            return 200, json.dumps(reply, ensure_ascii=False).encode()
        return 200, reply.encode() if isinstance(reply, str) else reply

    def _documented(self, request: Request) -> Any:
        answers = {
            ("GET", LOGIN): self._login,
            ("POST", TOKEN): self._stable_token,
            ("POST", CHECK): self._check,
            ("POST", SEND): self._send,
        }
        answer = answers.get((request.method, request.path))
        return 404 if answer is None else answer(request)

    def _login(self, request: Request) -> dict[str, Any]:
        query = request.query
        if query.get("appid") != self.appid:
            return error(40013)
        if query.get("secret") != self.secret:
            return error(40125)
        if query.get("grant_type") != "authorization_code" or not query.get("js_code"):
            return error(41008)
        code = query["js_code"]
        name, dot, number = code.rpartition(".")
        known = self._codes.get(code) or ((f"openid-{name}", None) if name and dot and number.isdigit() else None)
        if known is None:
            return error(40029)
        if code in self._used:
            return error(40163)
        self._used.add(code)
        openid, unionid = known
        self.user(openid)
        return {"session_key": SESSION_KEY, "openid": openid, **({"unionid": unionid} if unionid else {})}

    def _stable_token(self, request: Request) -> dict[str, Any]:
        body = request.body
        if body.get("appid") != self.appid:
            return error(40013)
        if body.get("secret") != self.secret:
            return error(40125)
        now = time.time()
        if body.get("force_refresh") and now - self._forced_at >= FORCED_AGAIN:
            self._forced_at = now
            self._tokens.clear()
        # In its last minutes a token is followed by a new one, and good beside it.
        if now >= self._tokens.get(self._token, 0) - min(RENEWED_BEFORE, self.expires_in / 2):
            self._token = f"token-{uuid.uuid4().hex}"
            self._tokens[self._token] = now + self.expires_in
        return {"access_token": self._token, "expires_in": round(self._tokens[self._token] - now)}

    def _token_error(self, request: Request) -> dict[str, Any] | None:
        good_until = self._tokens.get(request.query.get("access_token", ""))
        if good_until is None:
            return error(40001)
        return error(42001) if time.time() >= good_until else None

    def _check(self, request: Request) -> dict[str, Any]:
        if refused := self._token_error(request):
            return refused
        if not request.raw:
            return error(44002)
        body = request.body
        if not body.get("content"):
            return error(44004)
        if body.get("version") != 2 or not isinstance(body.get("openid"), str):
            return error(47001)
        if body.get("scene") not in (1, 2, 3, 4):
            return error(40129)
        if body["openid"] not in self.openids:
            return error(40003)
        if time.time() - self.openids[body["openid"]] > TWO_HOURS:
            return error(61010)
        # The text as it came: what is hidden behind \u escapes is not seen.
        text = request.raw.decode()
        found = next((verdict for word, verdict in self.words.items() if word in text), ("pass", 100))
        suggest, label = found
        return {
            "errcode": 0,
            "errmsg": "ok",
            "trace_id": uuid.uuid4().hex,
            "result": {"suggest": suggest, "label": label},
            "detail": [{"strategy": "content_model", "errcode": 0, "suggest": suggest, "label": label, "prob": 90}],
        }

    def _send(self, request: Request) -> dict[str, Any]:
        if refused := self._token_error(request):
            return refused
        body = request.body
        openid, template = body.get("touser"), body.get("template_id")
        if openid not in self.openids:
            return error(40003)
        if template not in self.templates:
            return error(40037)
        for name, entry in body.get("data", {}).items():
            value = entry.get("value") if isinstance(entry, dict) else None
            if not isinstance(value, str) or not value or (name.startswith("thing") and len(value) > 20):
                return error(47003, f"argument invalid! data.{name}.value invalid")
        if self.grants[openid, template] < 1:
            return error(43101)
        self.grants[openid, template] -= 1
        self.sent.append(body)
        return error(0, "ok")

    def _told(self, request: Request) -> Any:
        if request.method == "GET":
            return [vars(had) | {"raw": had.raw.decode(errors="replace")} for had in self.requests]
        told = dict(request.body)
        does: dict[str, Callable[..., None]] = {
            "answer": self.answer,
            "delay": self.delay,
            "drip": self.drip,
            "hang": self.hang,
            "release": self.release,
            "user": self.user,
            "grant": self.grant,
        }
        does[told.pop("do")](**told)
        return {}


class Server(ThreadingHTTPServer):
    """A thread for each connection."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024

    def __init__(self, port: int, wechat: FakeWeChat) -> None:
        self.wechat = wechat
        self.connected: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), Handler)

    def end(self) -> None:
        self.shutdown()
        self.server_close()
        for connection in list(self.connected):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who gives up waiting is no news."""


class Handler(BaseHTTPRequestHandler):
    """One connection, which is kept."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm: ClassVar[bool] = True
    server: Server

    def setup(self) -> None:
        self.server.connected.add(self.request)
        super().setup()

    def finish(self) -> None:
        self.server.connected.discard(self.request)
        super().finish()

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(address.query, keep_blank_values=True).items()}
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, body, drip = self.server.wechat.handle(Request(self.command, address.path, query, raw))
        self.send_response(status)
        # WeChat's own: its JSON comes as plain text.
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if not drip:
            self.wfile.write(body)
        for byte in body if drip else b"":
            self.wfile.write(bytes([byte]))
            time.sleep(drip)

    do_POST = do_GET  # noqa: N815 - the name is the library's

    def log_message(self, *args: Any) -> None:
        """The requests are in `FakeWeChat.requests`."""


@pytest.fixture
async def fake_wechat(settings: "Settings") -> AsyncIterator[FakeWeChat]:
    """A WeChat that the settings point at; the client of the test's loop is closed at the end."""
    from accounts.wechat import access_token, client

    fake = FakeWeChat()
    settings.WECHAT_APPID, settings.WECHAT_SECRET, settings.WECHAT_API_URL = APPID, SECRET, fake.url
    access_token.forget()
    yield fake
    await client.close()
    access_token.forget()
    fake.stop()


def main() -> None:
    """Run until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    fake = FakeWeChat(parser.parse_args().port)
    print(fake.url, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
