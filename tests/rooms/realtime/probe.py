"""An ASGI application for tests of the transport: it does with its socket what its client says, and reports on it."""

import asyncio
import json
import socket
import sys
from types import SimpleNamespace
from typing import Any

from liveroom.serve import serve_daphne
from rooms.realtime.transport import Parcel, socket_of

TALK = 2000
"""Frames of one who goes on and on."""
BIG = b'"' + b"x" * 1_000_000 + b'"'


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept"})
    sock: Any = socket_of(send)
    talking = None
    while (event := await receive())["type"] == "websocket.receive":
        match event["text"]:
            case "kind":
                sock.write(Parcel([json.dumps(type(sock).__name__).encode(), b"2", b"3"]))
            case "sizes":
                sock.write(Parcel([b'"' + b"x" * (size - 2) + b'"' for size in (2, 125, 126, 65535, 65536, 70000)]))
            case "stuff":
                await _stuff(sock)
            case "abort":
                sock.abort()
            case "close":
                await sock.close(4321)
                sock.write(Parcel([b'"after the close"']))
            case "talk":
                talking = asyncio.create_task(_talk(sock))
            case "talk and close":
                talking = asyncio.create_task(_talk(sock))
                await asyncio.sleep(0)
                await sock.close(4321)
    if talking is not None:
        # It goes on when the client has gone.
        await talking


async def _talk(sock: Any) -> None:
    """Write, as a hub does that has not heard of an end yet."""
    for number in range(TALK):
        assert sock.write_through(Parcel([str(number).encode()]))
        await asyncio.sleep(0)


async def _stuff(sock: Any) -> None:
    """Write until the client is behind; it reads when it has waited for that. Then tell how much it was."""
    written, before = 0, sock.backed_up
    while not sock.backed_up:
        sock.write(Parcel([BIG]))
        written += 1
        await asyncio.sleep(0)
    while sock.backed_up:  # noqa: ASYNC110 - a server tells nobody when its client has caught up
        await asyncio.sleep(0.005)
    sock.write(Parcel([json.dumps({"before": before, "written": written}).encode()]))


if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    listener.setblocking(False)
    ending: Any = SimpleNamespace(drain=lambda: asyncio.sleep(0))
    serve_daphne(application, listener, ending)
