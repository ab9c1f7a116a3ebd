"""A viewer of a Liveroom room, for bots, loads and tests. Needs `websockets` and the standard library: no Django.

    from liveroom.client import RoomClient, RoomError

    async with RoomClient("http://127.0.0.1:8000", slug="demo") as room:
        print(room.state.room["title"], room.state.online)
        events = room.events()
        await room.comment("Good evening!")
        async for event in events:                  # every durable event, once, in order, whatever the network does
            if event["msg_type"] == "message" and "tea" in event["content"]:
                try:
                    order = await room.buy(room.state.shelf[0]["id"], quantity=1)
                except RoomError as error:
                    print(error.code, error.detail, error.retry_after)

The client stays in the room: it sends the heartbeat, notices silence, asks for what is missing, and comes back after a
lost connection with what it has. Commands wait while it is away, and are sent again, with the same key, until they are
acknowledged: a comment is said once, an order is placed once. (One exception: a guest whose very first command is cut
off comes back as somebody else, whose keys are new. With a token, or after the first command, there is none.)
"""

import asyncio
import json
import logging
import secrets
from collections.abc import Callable
from contextlib import suppress
from random import Random
from types import TracebackType
from typing import Final, Self, cast
from urllib.parse import quote, urlencode, urlsplit
from weakref import WeakSet

from liveroom.client_parts.errors import RoomClosed, RoomError, RoomTimeout, StreamOverrun
from liveroom.client_parts.identity import Identity, Token
from liveroom.client_parts.keeper import Keeper
from liveroom.client_parts.requests import Requests, frame_of
from liveroom.client_parts.state import (
    CommentAck,
    CommentPart,
    FollowAck,
    Frame,
    ItemPart,
    OrderPart,
    RoomState,
    Step,
    UserPart,
    price_at,
)
from liveroom.client_parts.stats import Histogram, Stats
from liveroom.client_parts.streams import EventStream, Stream

__all__ = [
    "CommentAck",
    "CommentPart",
    "EventStream",
    "FollowAck",
    "Frame",
    "Histogram",
    "ItemPart",
    "OrderPart",
    "RoomClient",
    "RoomClosed",
    "RoomError",
    "RoomState",
    "RoomTimeout",
    "Stats",
    "Step",
    "Stream",
    "StreamOverrun",
    "UserPart",
    "price_at",
]

QUEUE: Final = 10_000
"""Frames that may wait for a stream's reader."""

logger = logging.getLogger(__name__)

OnFrame = Callable[[Frame, Step], None]


class RoomClient:
    """One viewer in one room; ``async with`` comes in and goes. For one event loop.

    ``url``: the server, as http(s) or ws(s). ``token``: who one is; a function is asked again, once, when its token is
    refused, and is called on the event loop, which waits for it. Without one: a guest, and the token that the server
    hands over is used from then on. ``nickname``: what a guest is called; a name that is refused is a warning in the
    log, and he keeps the made-up one. ``language``: of a made-up name (``zh-hans``). ``timeout``, ``connect_timeout``:
    seconds that a command, and coming in, may take; a command's own ``timeout`` counts instead, 0 too.
    ``on_frame(frame, step)`` is called with every frame, after it went into ``state``; what it raises ends the client.
    ``decode``: how a text becomes a frame; ``rng``: draws the pauses.

    ``state`` is the room as its events tell it, ``stats`` what was counted. Raises ValueError for an address that is
    none.
    """

    def __init__(
        self,
        url: str,
        *,
        slug: str,
        token: Token | None = None,
        nickname: str | None = None,
        language: str | None = None,
        timeout: float = 30.0,
        connect_timeout: float = 10.0,
        on_frame: OnFrame | None = None,
        decode: Callable[[str], Frame] = json.loads,
        rng: Random | None = None,
    ) -> None:
        self.address = socket_address(url, slug)
        self.state = RoomState()
        self.stats = Stats()
        self._identity = Identity(token, language)
        self._nickname = nickname
        self._timeout = timeout
        self._connect_timeout = connect_timeout
        self._on_frame = on_frame
        self._decode = decode
        self._rng = rng or Random()
        self._requests = Requests(self._send, self.stats, self._rng)
        self._events: WeakSet[EventStream] = WeakSet()
        self._frames: WeakSet[Stream] = WeakSet()
        self._keeper: Keeper | None = None
        self._end: RoomClosed | None = None
        self._page: Frame = {}

    # --- Coming and going.

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Come in, and wait for the first ``init``. Raises RoomClosed (no such room …), RoomTimeout."""
        if self._keeper is not None:
            raise RuntimeError("A RoomClient comes in once; make another one.")
        keeper = self._keeper = Keeper(
            self._address_since,
            self._identity,
            state=self.state,
            stats=self.stats,
            arrived=self._arrived,
            received=self._received,
            ended=self._over,
            decode=self._decode,
            patience=self._connect_timeout,
            rng=self._rng,
        )
        keeper.start()
        try:
            async with asyncio.timeout(self._connect_timeout):
                await keeper.first
        except TimeoutError:
            await self.close()
            why = f": {keeper.failure}" if keeper.failure else ""
            raise RoomTimeout(f"{self.address} did not let us in within {self._connect_timeout:g} s{why}.") from None
        except BaseException:
            await self.close()
            raise

    async def leave(self, reason: str | None = None) -> None:
        """Leave the room as somebody who goes, not as one who is cut off. What was sent before is done before."""
        if self._keeper is not None:
            await self._keeper.leave(json.dumps(frame_of("leave", reason=reason)))
        await self.close()

    async def close(self) -> None:
        """Go, and let nothing run on. Commands that wait raise RoomClosed; streams end."""
        try:
            if self._keeper is not None:
                await self._keeper.stop()
        finally:
            self._over(RoomClosed("closed", "This client was closed."))

    @property
    def online(self) -> bool:
        """Whether the client is in the room at this moment."""
        return self._keeper is not None and self._keeper.online

    @property
    def ended(self) -> RoomClosed | None:
        """Why the client is out of the room for good; None while it is in, or on its way back."""
        return self._end

    @property
    def token(self) -> str | None:
        """What proves who the client is: its own token, or the one that the server handed to the guest."""
        return self._identity.token

    def cut(self, *, back_in: float | None = None) -> None:
        """Lose the connection, as a phone does in a lift; come back by the back-off, or after ``back_in`` seconds."""
        if self._keeper is not None:
            self._keeper.cut(back_in)

    def come_back(self) -> None:
        """Come back at once after a ``cut`` with ``back_in``; anywhere else it does nothing."""
        if self._keeper is not None:
            self._keeper.come_back()

    # --- What a viewer does. Each raises RoomError when it is refused, RoomTimeout, RoomClosed.

    async def comment(self, content: str, *, key: str | None = None, timeout: float | None = None) -> CommentAck:
        """Say something; acknowledged once it is stored. The same ``key`` again says nothing twice."""
        key = key or new_key()
        ack = await self._ask(frame_of("message", content=content, client_msg_id=key), timeout, key)
        return cast(CommentAck, ack)

    async def buy(
        self,
        item_id: int,
        quantity: int = 1,
        price: str | None = None,
        *,
        key: str | None = None,
        timeout: float | None = None,
    ) -> OrderPart:
        """Order pieces of an item; with ``price`` only at that one (else ``price_changed``). A ``key`` orders once."""
        key = key or new_key()
        frame = frame_of("buy", item_id=item_id, quantity=quantity, price=price, client_order_id=key)
        return cast(OrderPart, (await self._ask(frame, timeout, key))["order"])

    async def follow(self, *, timeout: float | None = None) -> FollowAck:
        """Follow the room's host."""
        return cast(FollowAck, await self._ask(frame_of("subscribe", action="follow"), timeout))

    async def unfollow(self, *, timeout: float | None = None) -> FollowAck:
        """Follow the room's host no longer."""
        return cast(FollowAck, await self._ask(frame_of("subscribe", action="unfollow"), timeout))

    async def join(self, nickname: str, *, timeout: float | None = None) -> None:
        """Take a name, as a guest who may talk and has not done anything yet."""
        self._nickname = nickname
        await self._ask(frame_of("join", nickname=nickname), timeout)

    async def like(self, count: int = 1) -> bool:
        """Like, up to 50 times at once; dropped without a connection. Returns whether it was sent."""
        if self._keeper is None or self._keeper.busy:
            return False
        self._send(json.dumps(frame_of("like", count=count)))
        return True

    async def history(
        self, before: int | None = None, limit: int = 50, *, timeout: float | None = None
    ) -> tuple[list[CommentPart], bool]:
        """Comments before that seq, oldest first, and whether there are older ones."""
        ack = await self._ask(frame_of("history", before=before, limit=limit), timeout)
        return ack["page"]["comments"], ack["page"]["more"]

    async def sync(self, *, timeout: float | None = None) -> None:
        """Have everything up to now in ``state``. The server allows one every 2 s: what comes sooner waits."""
        if self._keeper is not None:
            await asyncio.sleep(self._keeper.sync_slot())
        await self._ask(frame_of("sync", since=self.state.seq, epoch=self.state.epoch), timeout)

    async def _ask(self, frame: Frame, timeout: float | None, key: str | None = None) -> Frame:
        limit = self.state.limits.get("frame") or 0
        # Beyond it the server closes for good.
        if limit and len(json.dumps(frame)) + 64 > limit:
            raise RoomError("too_large", f"A frame has at most {limit} bytes.")
        return await self._requests.ask(frame, timeout=self._timeout if timeout is None else timeout, key=key)

    def _send(self, text: str) -> None:
        if self._keeper is not None:
            self._keeper.send(text)

    # --- What a viewer sees.

    def events(self, *, limit: int = QUEUE) -> EventStream:
        """Every durable event after ``state.seq`` of this moment, once and in order, over all reconnects.

        Where more was missed than the server replays, or its log is another one or was set back (a restored backup),
        the ``init`` comes in their place, and the events go on from its ``seq``, which may be lower than the last one;
        so it does at the first time, for a stream made before coming in. Keep the stream: one that nobody holds is
        dropped. ``limit``: events that may wait for its reader, who then gets StreamOverrun. It ends with the client;
        where the server closed for good it raises RoomClosed.
        """
        stream = EventStream(limit, self.state)
        self._events.add(stream)
        if self._end is not None:
            self._end_stream(stream)
        return stream

    def frames(self, *, limit: int = QUEUE) -> Stream:
        """Every frame from now on as it comes, those too that pass (``like``, ``online``, ``join``)."""
        stream = Stream(limit)
        self._frames.add(stream)
        if self._end is not None:
            self._end_stream(stream)
        return stream

    def _received(self, frame: Frame, step: Step) -> None:
        kind = frame["msg_type"]
        if step is Step.EVENT:
            for stream in self._events:
                stream.put(frame)
        elif step is Step.INIT:
            for stream in self._events:
                stream.restart(frame)
        elif kind == "history":
            self._page = frame
        elif kind == "ack":
            # A `history` carries no ref: it is the one right before its ack.
            self._requests.settle({**frame, "page": self._page} if frame["to"] == "history" else frame)
        elif kind == "error":
            self._requests.settle(frame)
            if frame.get("to") == "join" and "ref" not in frame:
                self._not_called_that(frame)
        for raw in self._frames:
            raw.put(frame)
        if self._on_frame is not None:
            self._on_frame(frame, step)

    def _arrived(self) -> None:
        if self._nickname is not None and self._identity.token is None and self.state.role == "viewer":
            self._send(json.dumps(frame_of("join", nickname=self._nickname)))
        self._requests.repeat()

    def _not_called_that(self, error: Frame) -> None:
        logger.warning("The nickname %r was refused: %s", self._nickname, RoomError.of(error))
        if not error["retry"]:
            self._nickname = None

    def _over(self, end: RoomClosed) -> None:
        if self._end is not None:
            return
        self._end = end
        if self._keeper is not None and not self._keeper.first.done():
            self._keeper.first.set_exception(end)
            # Nobody may be waiting for it any more.
            self._keeper.first.exception()
        self._requests.end(end)
        for stream in (*self._events, *self._frames):
            self._end_stream(stream)

    def _end_stream(self, stream: Stream) -> None:
        by_us = self._end is None or self._end.close_code is None
        stream.end(None if by_us else self._end)

    def _address_since(self, seq: int | None, epoch: str | None) -> str:
        if seq is None or epoch is None:
            return self.address
        return f"{self.address}?{urlencode({'since': seq, 'epoch': epoch})}"


def socket_address(url: str, slug: str) -> str:
    """Where the room's socket is on that server; raises ValueError for an address that is none."""
    schemes = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
    with suppress(ValueError):
        parts = urlsplit(url)
        # A port that is none raises when it is looked at.
        if parts.scheme in schemes and parts.hostname and parts.port != 0:
            path = f"{parts.path.rstrip('/')}/ws/rooms/{quote(slug, safe='')}/"
            return f"{schemes[parts.scheme]}://{parts.netloc}{path}"
    raise ValueError(f"{url!r} is no address of a server: it begins with http://, https://, ws:// or wss://.")


def new_key() -> str:
    """A key that no other command has."""
    return secrets.token_hex(12)
