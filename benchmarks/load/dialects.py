"""How a viewer talks to each kind of server."""

import json
from dataclasses import dataclass
from typing import Protocol

from benchmarks.load.frames import TEXT, masked


class Dialect(Protocol):
    """What differs between the systems, for the client that is the same for all.

    ``greeting``: what is sent once the handshake is through (after ``hello`` was seen); ``ready``: bytes that must have
    come before a viewer counts as connected.
    """

    path: str
    hello: bytes
    greeting: bytes
    ready: bytes

    def comment(self, content: str) -> bytes:
        """The payload of the frame that posts a comment."""
        ...


def event(content: str) -> dict[str, object]:
    """The object that Liveroom sends for a comment: what the peers relay."""
    user = {"id": "u3Kx9bT2aLq7", "nickname": "Viewer 4821", "avatar": "", "role": "viewer"}
    return {"msg_type": "message", "ts": 1764000000000, "seq": 4821, "id": 4821, "user": user, "content": content}


def compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


@dataclass(frozen=True)
class LiveroomDialect:
    """Liveroom's own frames; ready with ``init``."""

    path: str = "/ws/rooms/demo/"
    hello: bytes = b""
    greeting: bytes = b""
    ready: bytes = b'"msg_type":"init"'
    ping: bytes = b'{"msg_type":"ping"}'

    def comment(self, content: str) -> bytes:
        return compact({"msg_type": "message", "content": content})


@dataclass(frozen=True)
class TutorialDialect:
    """The Channels tutorial's ``{"message": …}``, here with the whole event as the message."""

    path: str = "/ws/chat/lobby/"
    hello: bytes = b""
    greeting: bytes = b""
    ready: bytes = b""

    def comment(self, content: str) -> bytes:
        return compact({"message": event(content)})


@dataclass(frozen=True)
class SocketIODialect:
    """Socket.IO 5 over Engine.IO 4, WebSocket transport only."""

    path: str = "/socket.io/?EIO=4&transport=websocket"
    hello: bytes = b'0{"sid"'
    greeting: bytes = b"40"
    ready: bytes = b'40{"sid"'

    def comment(self, content: str) -> bytes:
        return b"42" + compact(["message", event(content)])


@dataclass(frozen=True)
class PlainDialect:
    """A relay that sends on what it is given."""

    path: str = "/"
    hello: bytes = b""
    greeting: bytes = b""
    ready: bytes = b""

    def comment(self, content: str) -> bytes:
        return compact(event(content))


ENGINE_PONG = masked(TEXT, b"3")
"""The answer to Engine.IO's ping, which is a text frame."""
