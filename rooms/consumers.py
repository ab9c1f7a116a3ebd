"""One viewer's socket: accept, who is it, receive loop, dispatch to ``handle_<msg_type>``."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, NamedTuple, get_type_hints

import msgspec
from channels.consumer import AsyncConsumer
from django.conf import settings

from rooms import messages, reading
from rooms.handshake import Handshake, read_handshake
from rooms.messages import ClientFrame, Close, Code, Refused, ServerFrame
from rooms.models import now_ms
from rooms.reading import Envelope
from rooms.realtime import runtime
from rooms.realtime.limits import FrameGate
from rooms.realtime.outbox import Outbox
from rooms.realtime.transport import socket_of
from rooms.session import ViewerSession

logger = logging.getLogger(__name__)

BACKLOG_MAX = 200


class Route(NamedTuple):
    """How a client frame is read, and the name of the method that handles it."""

    decode: Callable[[str], ClientFrame]
    method: str


class Request(NamedTuple):
    """A frame from the client: read, or as far as it could be read, and why no further."""

    to: str | None
    envelope: Envelope | None
    frame: ClientFrame | None
    refused: Refused | None


class Job(NamedTuple):
    """A frame that waits for the ones before it."""

    run: Callable[[], Awaitable[None]]
    to: str | None
    frame: ClientFrame | None


def routes_of(consumer: type) -> dict[str, Route]:
    """The handlers of a consumer's classes by msg_type; raises TypeError when two handle the same one."""
    owners: dict[str, type] = {}
    routes: dict[str, Route] = {}
    for base in consumer.__mro__:
        for name, function in vars(base).items():
            if not name.startswith("handle_"):
                continue
            kind = name.removeprefix("handle_")
            if kind in owners:
                raise TypeError(f"{owners[kind].__name__} and {base.__name__} both handle {kind!r}.")
            owners[kind] = base
            frame_type = get_type_hints(function)["frame"]
            routes[kind] = Route(msgspec.json.Decoder(frame_type).decode, name)
    return routes


class RoomConsumer(ViewerSession, AsyncConsumer):
    """The socket of one viewer. Apps add their msg_types as mixins with ``handle_<msg_type>(self, frame)``.

    A ``ping`` is answered from the receive loop. Everything else is done in order by one task per socket, alive while
    something waits: a handler may read the database, and no ping waits behind it.
    """

    routes: ClassVar[dict[str, Route]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.routes = routes_of(cls)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        self.scope = scope
        await receive()
        handshake = read_handshake(scope)
        if handshake.forbidden:
            await send({"type": "websocket.close"})
            return
        await send({"type": "websocket.accept", "subprotocol": handshake.subprotocol})
        self._begin(handshake, send)
        try:
            while (event := await receive())["type"] != "websocket.disconnect":
                if not self.ended:
                    self._receive(event)
        finally:
            self._gone()

    def _begin(self, handshake: Handshake, send: Any) -> None:
        self.handshake = handshake
        self.runtime = runtime.current()
        self.outbox = Outbox(socket_of(send), self.runtime.slow)
        self.ended = False
        self._gate = FrameGate()
        self._backlog: deque[Job] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._closer: asyncio.Task[None] | None = None
        self.runtime.connections.add(self)
        self._later(Job(self.open, None, None))

    def _gone(self) -> None:
        self.outbox.close()
        self._backlog.clear()
        if self._worker is not None:
            self._worker.cancel()
        self.left(grace=settings.LIVEROOM_GRACE)
        self.runtime.connection_gone(self)

    # --- Receiving.

    def _receive(self, event: dict[str, Any]) -> None:
        request = self._read(event.get("text"))
        refused = request.refused
        try:
            self._gate.count()
        except Refused as too_many:
            if too_many.code is Code.FLOODING:
                too_many.close = Close.MISUSE
            refused = refused if refused and refused.close else too_many
        if refused is not None:
            self.refuse(refused, request.to, request.frame or request.envelope)
        elif request.to is not None and request.frame is not None:
            self._dispatch(request.to, request.frame)

    def _read(self, text: str | None) -> Request:
        """Read a frame, as far as it can be read."""
        to: str | None = None
        envelope: Envelope | None = None
        try:
            if text is None:
                raise Refused(Code.BAD_JSON, "A frame is JSON text; this one is binary.")
            self._check_size(text)
            if text.strip() == "ping":
                return Request("ping", None, messages.Ping(), None)
            text = reading.whole_characters(text)
            envelope = reading.decode_envelope(text)
            to = reading.message_type(envelope)
            return Request(to, envelope, self._decode(to, text), None)
        except Refused as refused:
            if refused.code in (Code.BAD_JSON, Code.BAD_MESSAGE) and self._gate.bad():
                refused.close = Close.MISUSE
            return Request(to, envelope, None, refused)

    def _check_size(self, text: str) -> None:
        limit = settings.LIVEROOM_FRAME_MAX
        # A character has up to four bytes: most texts need not be encoded to be counted.
        if limit and len(text) * 4 > limit and len(text.encode()) > limit:
            raise Refused(Code.TOO_LARGE, f"A frame has at most {limit} bytes.", limit=limit, close=Close.MISUSE)

    def _decode(self, to: str, text: str) -> ClientFrame:
        route = self.routes.get(to)
        if route is None:
            raise Refused(Code.UNKNOWN_TYPE, "There is no client frame of this msg_type.", field="msg_type")
        try:
            return route.decode(text)
        except msgspec.ValidationError as error:
            raise reading.bad_field(error) from None

    def _dispatch(self, to: str, frame: ClientFrame) -> None:
        if isinstance(frame, messages.Ping) and self.entered:
            self.pong(frame)
            return
        method = getattr(self, self.routes[to].method)
        self._later(Job(lambda: method(frame), to, frame))

    def _later(self, job: Job) -> None:
        if len(self._backlog) >= BACKLOG_MAX:
            self.refuse(Refused(Code.UNAVAILABLE, "Too many of your frames wait.", retry_after=1), job.to, job.frame)
            return
        self._backlog.append(job)
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())

    async def _work(self) -> None:
        try:
            while self._backlog and not self.ended:
                job = self._backlog.popleft()
                try:
                    await job.run()
                except Refused as refused:
                    self.refuse(refused, job.to, job.frame)
                except Exception:
                    logger.exception("A frame failed: %s", job.to)
                    self.refuse(Refused(Code.INTERNAL, "The server failed on this request."), job.to, job.frame)
        finally:
            self._worker = None

    # --- Sending.

    def send_frame(self, frame: ServerFrame, *, keep: bool = True) -> None:
        """Send one frame to this viewer; without ``keep`` it is dropped when he is behind."""
        frame.ts = frame.ts or now_ms()
        self.outbox.send(messages.encode(frame), keep=keep)

    def refuse(self, refused: Refused, to: str | None = None, request: Any = None) -> None:
        """Answer with an ``error``, and close when it says so."""
        if self.ended:
            return
        self.send_frame(reading.error_frame(refused, ts=now_ms(), to=to, request=request))
        if refused.close is not None:
            self.close(refused.close)

    def end(self, refused: Refused) -> None:
        """Tell the viewer why, and close."""
        self.refuse(refused)

    def close(self, code: Close) -> None:
        """Close after what was sent. Nothing is sent or done for this socket any more."""
        if self.ended:
            return
        self.ended = True
        self.outbox.flush()
        self.outbox.close()
        self._backlog.clear()
        self._closer = asyncio.create_task(self.outbox.socket.close(code))
