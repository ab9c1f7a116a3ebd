"""What ASGI cannot say about one WebSocket: whether its client is reading, finished bytes, and cutting it now.

The only file that knows the servers. It uses private names of Daphne, Twisted and uvicorn; a test fails when one moves.
"""

import asyncio
import struct
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import cached_property, partial
from typing import Any, Protocol

Send = Callable[[dict[str, Any]], Awaitable[None]]

BACKED_UP = 65_536
CLOSE_TIMEOUT = 5.0
"""Seconds for a close frame to go out, and again for the client's own to come back."""


def wire_frame(payload: bytes) -> bytes:
    """One final, unmasked text frame (RFC 6455, 5.2); the same bytes for every viewer."""
    size = len(payload)
    if size < 126:
        return b"\x81" + bytes((size,)) + payload
    if size < 65_536:
        return b"\x81\x7e" + struct.pack("!H", size) + payload
    return b"\x81\x7f" + struct.pack("!Q", size) + payload


class Parcel:
    """Finished frames that go out together: their JSON, and, made once for all viewers, their bytes on the wire."""

    def __init__(self, payloads: Sequence[bytes]) -> None:
        self.payloads = payloads
        self.size = sum(map(len, payloads))

    @cached_property
    def wire(self) -> bytes:
        return b"".join(map(wire_frame, self.payloads))


class Socket(Protocol):
    """One accepted WebSocket."""

    @property
    def backed_up(self) -> bool:
        """Whether more than 64 KiB wait for this client."""
        ...

    def write(self, parcel: Parcel) -> None:
        """Write without waiting; after a close or a loss nothing happens."""
        ...

    def write_through(self, parcel: Parcel) -> bool:
        """Write unless ``backed_up``, and return whether it was so: the only call that each viewer costs in a pass."""
        ...

    def abort(self) -> None:
        """Cut it now, without a close frame."""
        ...

    async def close(self, code: int) -> None:
        """Send a close frame after what was written; who neither takes it nor answers it in CLOSE_TIMEOUT is cut."""
        ...


class DaphneSocket:
    """``send`` is ``partial(Server.handle_reply, protocol)``."""

    __slots__ = ("_clear", "_kernel", "_protocol", "_send", "_tells", "_transport")

    def __init__(self, send: Any) -> None:
        self._send = send
        self._protocol = send.args[0]
        self._transport = self._protocol.transport
        # TLS has to see what is written. Its transport passes on whatever else it is asked for, as if it were its own,
        # to the plain one below: `producerPaused` is that one's, which is where unsent bytes gather.
        self._kernel = self._transport.socket.send if hasattr(type(self._transport), "writeSomeData") else None
        self._tells = hasattr(type(self._protocol), "on_write")
        if self._tells:
            self._protocol.on_write = self._look
        self._clear: Callable[[bytes], int] | None = None
        """The kernel's send, as long as nothing waits in the transport and nothing has closed."""

    @property
    def backed_up(self) -> bool:
        return bool(self._transport.producerPaused)

    def write(self, parcel: Parcel) -> None:
        if not self.write_through(parcel) and self._protocol.state == self._protocol.STATE_OPEN:
            self._transport.write(parcel.wire)

    def write_through(self, parcel: Parcel) -> bool:
        # Of thousands of viewers no object is in the CPU's cache any more, and each one that is looked at costs as much
        # as the rest of this call: neither protocol nor transport is, unless one of them has written.
        data = parcel.wire
        send = self._clear
        if send is None:
            transport = self._transport
            if transport.producerPaused:
                return False
            if self._protocol.state != self._protocol.STATE_OPEN or not transport.connected:
                return True
            send = self._kernel
            if send is None or transport._tempDataLen or transport.offset != len(transport.dataBuffer):
                transport.write(data)
                return True
            if self._tells:
                self._clear = send
        # With nothing buffered, straight to the kernel: Twisted's own write costs four times as much.
        try:
            sent = send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            # A lost connection; the reactor finds out by itself.
            return True
        if sent < len(data):
            self._look()
            self._transport.write(data[sent:])
        return True

    def abort(self) -> None:
        self._transport.abortConnection()

    async def close(self, code: int) -> None:
        # autobahn's own second is short for a phone: cut while it writes, it never reads why.
        self._protocol.closeHandshakeTimeout = CLOSE_TIMEOUT
        await _close(self, self._send, code)

    def _look(self) -> None:
        """Before the next write look whether it may go out, and how."""
        self._clear = None


class UvicornSocket:
    """``send`` is the protocol's bound method."""

    __slots__ = ("_closing", "_protocol", "_send", "_transport")

    def __init__(self, send: Any) -> None:
        self._send = send
        self._protocol = send.__self__
        self._transport = self._protocol.transport
        self._closing = False

    @property
    def backed_up(self) -> bool:
        return bool(self._transport.get_write_buffer_size() > BACKED_UP)

    def write(self, parcel: Parcel) -> None:
        # Where it was not told to close, uvicorn has its transport close right behind the close frame.
        if not self._closing and not self._transport.is_closing():
            self._transport.write(parcel.wire)

    def write_through(self, parcel: Parcel) -> bool:
        transport = self._transport
        if transport.get_write_buffer_size() > BACKED_UP:
            return False
        if not self._closing and not transport.is_closing():
            transport.write(parcel.wire)
        return True

    def abort(self) -> None:
        self._transport.abort()

    async def close(self, code: int) -> None:
        self._closing = True
        self._protocol.close_timeout = CLOSE_TIMEOUT
        # Its send waits while the client does not read, for a close too.
        await _close(self, self._send, code)


class AsgiSocket:
    """Any other server, by ASGI alone: a task per connection, alive while something waits."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._queue: deque[bytes] = deque()
        self._waiting = 0
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def backed_up(self) -> bool:
        return self._waiting > BACKED_UP

    def write(self, parcel: Parcel) -> None:
        if self._closed:
            return
        self._queue.extend(parcel.payloads)
        self._waiting += parcel.size
        if self._task is None:
            self._task = asyncio.create_task(self._drain())

    def write_through(self, parcel: Parcel) -> bool:
        if self.backed_up:
            return False
        self.write(parcel)
        return True

    async def _drain(self) -> None:
        try:
            while self._queue:
                payload = self._queue.popleft()
                await self._send({"type": "websocket.send", "text": payload.decode()})
                self._waiting -= len(payload)
        except Exception:
            # What a server raises once its client is gone differs; the disconnect arrives by itself.
            self._closed = True
            self._queue.clear()
        finally:
            self._task = None

    def abort(self) -> None:
        self._closed = True
        self._queue.clear()
        if self._task is not None:
            self._task.cancel()

    async def close(self, code: int) -> None:
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=CLOSE_TIMEOUT)
        self._closed = True
        await _close(self, self._send, code)


async def _close(socket: Socket, send: Send, code: int) -> None:
    try:
        async with asyncio.timeout(CLOSE_TIMEOUT):
            # autobahn takes a plain int only.
            await send({"type": "websocket.close", "code": int(code)})
    except TimeoutError:
        socket.abort()
    except Exception:  # noqa: S110 - a client that is gone already makes each server raise something of its own
        pass


def socket_of(send: Any) -> Socket:
    """The socket behind an ASGI ``send``."""
    if isinstance(send, partial) and getattr(send.func, "__name__", "") == "handle_reply":
        if hasattr(send.args[0].transport, "producerPaused"):
            return DaphneSocket(send)
    elif hasattr(getattr(send, "__self__", None), "close_sent") and hasattr(send.__self__, "writable"):
        return UvicornSocket(send)
    return AsgiSocket(send)
