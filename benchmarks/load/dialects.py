"""How a viewer talks to each kind of server."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.load.frames import TEXT, masked


@dataclass(frozen=True)
class Dialect:
    """What differs between the systems, for a client that is the same for all.

    ``comment`` makes the payload of the frame that posts a comment. ``greeting`` is sent once ``hello`` has come. A
    viewer counts as connected when ``ready`` has come, or, without it, after the handshake. ``ping``: the application's
    own, where there is one.
    """

    path: str
    comment: Callable[[str], bytes]
    hello: bytes = b""
    greeting: bytes = b""
    ready: bytes = b""
    ping: bytes = b""


def event(content: str) -> dict[str, object]:
    """The object that Liveroom sends for a comment: what the peers relay."""
    user = {"id": "u3Kx9bT2aLq7", "nickname": "Viewer 4821", "avatar": "", "role": "viewer"}
    return {"msg_type": "message", "ts": 1764000000000, "seq": 4821, "id": 4821, "user": user, "content": content}


def compact(value: object) -> bytes:
    """JSON without spaces, as Liveroom and JavaScript write it."""
    return json.dumps(value, separators=(",", ":")).encode()


LIVEROOM = Dialect(
    "/ws/rooms/demo/",
    lambda content: compact({"msg_type": "message", "content": content}),
    ready=b'"msg_type":"init"',
    ping=b'{"msg_type":"ping"}',
)
TUTORIAL = Dialect("/ws/chat/lobby/", lambda content: compact({"message": event(content)}))
"""The Channels tutorial's ``{"message": …}``, with the whole event as the message."""
SOCKETIO = Dialect(
    "/socket.io/?EIO=4&transport=websocket",
    lambda content: b"42" + compact(["message", event(content)]),
    hello=b'0{"sid"',
    greeting=b"40",
    ready=b'40{"sid"',
)
"""Socket.IO 5 over Engine.IO 4, with its WebSocket transport."""
RELAY = Dialect("/", lambda content: compact(event(content)))
"""A relay that sends on what it is given."""

ENGINE_PONG = masked(TEXT, b"3")
"""The answer to Engine.IO's ping, which is a text frame."""
