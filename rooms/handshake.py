"""What a WebSocket's handshake says, read without any database."""

import re
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from django.conf import settings
from django.http import parse_cookie
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header

SLUG = re.compile(r"/ws/rooms/(?P<slug>[-a-zA-Z0-9_]{1,64})/?")
DEFAULT_ROOM_PATHS = ("/ws/", "/ws", "/chat", "/chat/")
PREFERRED = ("liveroom.v1", "chat")
SEQ = re.compile(r"[0-9]{1,16}")
SEQ_MAX = 2**53


class Handshake(NamedTuple):
    """``slug`` is None on a path that leads to no room; ``since`` and ``epoch`` are None when absent or malformed."""

    slug: str | None
    since: int | None
    epoch: str | None
    bearer: str | None
    session_key: str | None
    foreign_origin: bool
    subprotocol: str | None
    base_url: str
    language: str

    @property
    def forbidden(self) -> bool:
        """Whether a foreign page would act with a browser's session."""
        return self.bearer is None and self.session_key is not None and self.foreign_origin


def read_handshake(scope: dict[str, Any]) -> Handshake:
    """Read an ASGI ``websocket`` scope."""
    headers: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        headers.setdefault(name.lower(), value)
    since, epoch = _since(scope.get("query_string", b""))
    host = headers.get(b"host", b"").decode("latin1")
    origin = headers.get(b"origin", b"").decode("latin1")
    cookies = parse_cookie(headers.get(b"cookie", b"").decode("latin1"))
    return Handshake(
        slug=_slug(scope["path"]),
        since=since,
        epoch=epoch,
        bearer=_bearer(headers.get(b"authorization", b"")),
        session_key=cookies.get(settings.SESSION_COOKIE_NAME) or None,
        foreign_origin=bool(origin) and not _is_own(origin, host),
        subprotocol=_subprotocol(scope.get("subprotocols") or []),
        base_url=settings.LIVEROOM_BASE_URL or _base_url(scope, headers, host, origin),
        language=_language(cookies.get(settings.LANGUAGE_COOKIE_NAME, ""), headers.get(b"accept-language", b"")),
    )


def _slug(path: str) -> str | None:
    if path in DEFAULT_ROOM_PATHS:
        return str(settings.LIVEROOM_DEFAULT_ROOM)
    found = SLUG.fullmatch(path)
    return found["slug"] if found else None


def _since(query: bytes) -> tuple[int | None, str | None]:
    values = parse_qs(query.decode("latin1"))
    since, epoch = values.get("since", [""])[-1], values.get("epoch", [""])[-1]
    if not SEQ.fullmatch(since) or int(since) > SEQ_MAX:
        return None, None
    return int(since), epoch or None


def _bearer(value: bytes) -> str | None:
    scheme, _, token = value.decode("latin1").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _is_own(origin: str, host: str) -> bool:
    if origin in settings.LIVEROOM_WEB_ORIGINS:
        return True
    return origin.lower() in (f"http://{host.lower()}", f"https://{host.lower()}")


def _subprotocol(offered: list[str]) -> str | None:
    for name in PREFERRED:
        if name in offered:
            return name
    # An offer of nothing ("") is none.
    return next(filter(None, offered), None)


def _language(chosen: str, accepted: bytes) -> str:
    """The language chosen on a page, else the first of ours that the client accepts: so a page finds its own."""
    codes = [chosen, *(code for code, _priority in parse_accept_lang_header(accepted.decode("latin1")[:200].lower()))]
    for code in codes:
        try:
            return get_supported_language_variant(code)
        except LookupError:
            continue
    return settings.LANGUAGE_CODE


def _base_url(scope: dict[str, Any], headers: dict[bytes, bytes], host: str, origin: str) -> str:
    """The address that the client connected to.

    Behind a proxy only an own https Origin, or a trusted header, tells of TLS.
    """
    secure = scope.get("scheme") == "wss" or settings.HTTPS
    if settings.SECURE_PROXY_SSL_HEADER:
        secure = secure or headers.get(b"x-forwarded-proto") == b"https"
    secure = secure or origin.lower() == f"https://{host.lower()}"
    return f"{'https' if secure else 'http'}://{host}"
