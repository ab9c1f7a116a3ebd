"""One WebSocket of a client, on the Sans-I/O core of ``websockets``.

Everything that arrived in one read is handed on in one go, without a task or a queue per message: a process that plays
a thousand viewers needs that.
"""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from typing import Final, cast

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

MESSAGE_MAX: Final = 8 * 1024 * 1024
"""Bytes of one message: an ``init`` with a full shelf and all its comments is well below."""
BACKLOG_MAX: Final = 256 * 1024
"""Bytes that wait because the server does not read; above it a link is ``busy``."""
ABNORMAL: Final = 1006


class LinkFailed(ConnectionError):
    """A WebSocket could not be opened; the text says why."""


class Link(asyncio.Protocol):
    """One connection; ``on_text`` is called with the text of each message.

    ``closed``: done at its end, with the close code, 1006 without one.
    """

    def __init__(self, address: str, headers: Mapping[str, str], on_text: Callable[[str], None]) -> None:
        self._uri = parse_uri(address)
        self._ws = ClientProtocol(self._uri, subprotocols=[Subprotocol("liveroom.v1")], max_size=MESSAGE_MAX)
        self._headers = headers
        self._on_text = on_text
        self._parts: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        loop = asyncio.get_running_loop()
        self._opened: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[int] = loop.create_future()

    async def connect(self, timeout: float) -> None:
        """Connect and shake hands within ``timeout`` seconds; raises LinkFailed."""
        secure = ssl.create_default_context() if self._uri.secure else None
        try:
            async with asyncio.timeout(timeout):
                await asyncio.get_running_loop().create_connection(
                    lambda: self,
                    self._uri.host,
                    self._uri.port,
                    ssl=secure,
                    server_hostname=self._uri.host if secure else None,
                )
                await self._opened
        except TimeoutError:
            raise LinkFailed(f"no answer within {timeout:g} s") from None
        except LinkFailed:
            raise
        except OSError as error:
            raise LinkFailed(str(error)) from error
        finally:
            if not self.open:
                self.abort()

    @property
    def open(self) -> bool:
        """Whether what is sent now may arrive."""
        return self._ws.state is State.OPEN and self._transport is not None and not self._transport.is_closing()

    @property
    def busy(self) -> bool:
        """Whether the server has left much unread: what can be dropped should be."""
        return self._transport is not None and self._transport.get_write_buffer_size() > BACKLOG_MAX

    def send(self, text: str) -> None:
        """Send a text message; nothing when the link is not open."""
        if self.open:
            self._ws.send_text(text.encode())
            self._write()

    def close(self) -> None:
        """Begin to close in peace."""
        if self.open:
            self._ws.send_close(1000)
            self._write()
        else:
            self.abort()

    def abort(self) -> None:
        """Drop the connection as a lost network does: nothing that it still brings is handed on."""
        self._on_text = _ignore
        if self._transport is not None:
            self._transport.abort()
        elif not self.closed.done():
            self.closed.set_result(ABNORMAL)

    # --- What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transport is one by its methods, not by its class.
        self._transport = cast(asyncio.Transport, transport)
        if self.closed.done():
            self._transport.abort()
            return
        request = self._ws.connect()
        request.headers.update(self._headers)
        self._ws.send_request(request)
        self._write()

    def data_received(self, data: bytes) -> None:
        self._ws.receive_data(data)
        for event in self._ws.events_received():
            if isinstance(event, Response):
                self._answered(event)
            elif isinstance(event, Frame):
                self._received(event)
        self._write()

    def eof_received(self) -> bool:
        self._ws.receive_eof()
        self._write()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._ws.receive_eof()
        self._fail(str(exc or "the server closed the connection during the handshake"))
        if not self.closed.done():
            self.closed.set_result(self._ws.close_code or ABNORMAL)

    def _answered(self, response: Response) -> None:
        error = self._ws.handshake_exc
        if error is None:
            self._opened.set_result(None)
        elif isinstance(error, InvalidStatus):
            self._fail(f"the server answered {response.status_code} {response.reason_phrase}")
        else:
            self._fail(str(error))

    def _fail(self, why: str) -> None:
        if not self._opened.done():
            self._opened.set_exception(LinkFailed(why))
            # Nobody may be waiting for it any more.
            self._opened.exception()

    def _received(self, frame: Frame) -> None:
        if frame.opcode not in (Opcode.TEXT, Opcode.CONT):
            return
        data = bytes(frame.data)
        if self._parts or not frame.fin:
            self._parts.append(data)
            if not frame.fin:
                return
            data, self._parts = b"".join(self._parts), []
        self._on_text(data.decode(errors="replace"))

    def _write(self) -> None:
        for data in self._ws.data_to_send():
            if self._transport is None or self._transport.is_closing():
                return
            if data:
                self._transport.write(data)
            else:
                self._transport.close()


def _ignore(text: str) -> None:
    """Nobody listens any more."""
