"""A server that does what a test tells it, to see what a client does then."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any, Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame as WebSocketFrame
from websockets.frames import Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from liveroom.client import RoomClient
from tests.servers import PATIENCE

DEADLINE = 10 * PATIENCE

Frame = dict[str, Any]
_ids = itertools.count(1)


def user(nickname: str = "Li", user_id: str = "aa") -> Frame:
    return {"id": user_id, "nickname": nickname, "avatar": "", "role": "viewer"}


def init(seq: int = 0, **fields: Any) -> Frame:
    """A picture as of that event."""
    room = {
        "slug": "demo",
        "title": "Demo",
        "followers": 0,
        "notice": "",
        "pinned": None,
        "status": "live",
        "show": 1,
        "allow": {"comments": True, "likes": True, "shop": True},
        "slow_mode": 0,
        **fields.pop("room", {}),
    }
    return {
        "msg_type": "init",
        "ts": 1,
        "room": room,
        "user": user(),
        "role": "viewer",
        "following": False,
        "muted_until": None,
        "epoch": "e1",
        "seq": seq,
        "recovered": None,
        "comments": [],
        "shelf": [],
        "online": 1,
        "likes": 0,
        "heartbeat": 25_000,
        "limits": {"content": 200, "rate": 1, "frame": 16_384},
        "base_url": "http://room.test",
        **fields,
    }


def message(seq: int | None, content: str = "Hello", **fields: Any) -> Frame:
    """A comment's event, or with None the one that its sender alone sees."""
    number = {} if seq is None else {"seq": seq}
    return (
        {"msg_type": "message", "ts": 1, "id": next(_ids), "user": user("Han", "bb"), "content": content}
        | number
        | fields
    )


def me(**fields: Any) -> Frame:
    """What the server says of the viewer."""
    own = {"user": user(), "role": "viewer", "following": False, "muted_until": None}
    return {"msg_type": "me", "ts": 1, **own, **fields}


def ack(asked: Frame, **fields: Any) -> Frame:
    """The answer to a command."""
    return {"msg_type": "ack", "ts": 1, "to": asked["msg_type"], "ref": asked["ref"], **fields}


def error(code: str, asked: Frame | None = None, **fields: Any) -> Frame:
    """A refusal of a command, or of the socket."""
    answer = {"to": asked["msg_type"], "ref": asked["ref"]} if asked else {}
    return {"msg_type": "error", "ts": 1, "code": code, "detail": f"It is {code}.", "retry": False} | answer | fields


class Draws(Random):
    """Draws the least of what it may, and remembers the most: no pause of a test's client lasts."""

    def __init__(self) -> None:
        super().__init__(1)
        self.most: list[float] = []

    def uniform(self, a: float, b: float) -> float:
        self.most.append(b)
        return a


class Peer:
    """The server's end of one socket."""

    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket
        assert socket.request is not None
        self.path = socket.request.path
        self.headers = socket.request.headers

    async def send(self, *frames: Frame) -> None:
        for frame in frames:
            await self.socket.send(json.dumps(frame))

    async def recv(self) -> Frame:
        """The next frame but the pings."""
        async with asyncio.timeout(DEADLINE):
            while True:
                frame: Frame = json.loads(await self.socket.recv())
                if frame["msg_type"] != "ping":
                    return frame

    async def ping(self) -> Frame:
        """The next frame, which has to be a ping."""
        async with asyncio.timeout(DEADLINE):
            frame: Frame = json.loads(await self.socket.recv())
        assert frame["msg_type"] == "ping", frame
        return frame

    async def closed(self) -> int | None:
        """Wait until the client has closed; with which code."""
        async with asyncio.timeout(DEADLINE):
            try:
                while True:
                    await self.socket.recv()
            except ConnectionClosed:
                return self.socket.close_code


class FakeServer:
    """Waits for sockets; a test takes them one by one with ``peer``."""

    def __init__(self) -> None:
        self._peers: asyncio.Queue[Peer] = asyncio.Queue()
        self._server: Server | None = None
        self.url = ""

    async def __aenter__(self) -> Self:
        self._server = await serve(self._come, "127.0.0.1", 0, ping_interval=None, max_queue=None)
        port = next(iter(self._server.sockets)).getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *error: object) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _come(self, socket: ServerConnection) -> None:
        await self._peers.put(Peer(socket))
        await socket.wait_closed()

    async def peer(self) -> Peer:
        """The next socket; nothing was sent on it."""
        async with asyncio.timeout(DEADLINE):
            return await self._peers.get()

    def client(self, **options: Any) -> RoomClient:
        """A client of this server whose pauses are as short as they may be."""
        return RoomClient(self.url, **{"slug": "demo", "rng": Draws(), **options})

    async def enter(self, client: RoomClient, **fields: Any) -> Peer:
        """Let the client in; fields are those of ``init``."""
        coming = asyncio.create_task(client.open())
        peer = await self.peer()
        await peer.send(init(**fields))
        await coming
        return peer


async def until(condition: Any) -> None:
    """Wait for what a frame under way makes true."""
    async with asyncio.timeout(DEADLINE):
        # A client has no event for each of its frames.
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


@asynccontextmanager
async def one_breath(picture: Frame) -> AsyncIterator[tuple[str, list[Frame]]]:
    """A server that writes the picture together with its part of the handshake, and answers pings; its address."""
    pings: list[Frame] = []

    async def come(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ws = ServerProtocol(subprotocols=[Subprotocol("liveroom.v1")])
        while data := await reader.read(65_536):
            ws.receive_data(data)
            for event in ws.events_received():
                if isinstance(event, Request):
                    ws.send_response(ws.accept(event))
                    ws.send_text(json.dumps(picture).encode())
                elif isinstance(event, WebSocketFrame) and event.opcode is Opcode.TEXT:
                    pings.append(json.loads(bytes(event.data)))
                    ws.send_text(b'{"msg_type": "pong", "ts": 1, "seq": 0}')
            writer.write(b"".join(ws.data_to_send()))
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(come, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", pings
