"""An ASGI application for tests of the transport: it does with its socket what its client says, and reports on it."""

import asyncio
import json
from typing import Any

from rooms.realtime.transport import Parcel, socket_of

BIG = b'"' + b"x" * 1_000_000 + b'"'


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept"})
    socket: Any = socket_of(send)
    while (event := await receive())["type"] == "websocket.receive":
        match event["text"]:
            case "kind":
                socket.write(Parcel([json.dumps(type(socket).__name__).encode(), b"2", b"3"]))
            case "sizes":
                socket.write(Parcel([b'"' + b"x" * (size - 2) + b'"' for size in (2, 125, 126, 65535, 65536, 70000)]))
            case "stuff":
                await _stuff(socket)
            case "abort":
                socket.abort()
            case "close":
                await socket.close(4321)
                socket.write(Parcel([b'"after the close"']))


async def _stuff(socket: Any) -> None:
    """Write until the client is behind; it reads when it has waited for that. Then tell how much it was."""
    written, before = 0, socket.backed_up
    while not socket.backed_up:
        socket.write(Parcel([BIG]))
        written += 1
        await asyncio.sleep(0)
    while socket.backed_up:  # noqa: ASYNC110 - a server tells nobody when its client has caught up
        await asyncio.sleep(0.005)
    socket.write(Parcel([json.dumps({"before": before, "written": written}).encode()]))
