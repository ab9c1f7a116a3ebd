"""What the load client writes: handshakes, masked frames (RFC 6455), and comments that carry their time."""

import base64
import os
import re
import struct
import time

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10

MARKER = b"@t="
"""Begins the stamp in a comment's text. One occurrence is one delivered comment."""
STAMP = re.compile(rb"@t=([0-9]{19})=")
STAMP_SIZE = 23
CONTENT_SIZE = 150
"""Characters of a comment: with its frame around it about 300 bytes."""


def request(port: int, path: str, headers: tuple[tuple[str, str], ...] = ()) -> bytes:
    """A WebSocket handshake."""
    key = base64.b64encode(os.urandom(16)).decode()
    more = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{more}\r\n"
    ).encode()


def masked(opcode: int, payload: bytes) -> bytes:
    """A client's frame: whole, with a random mask."""
    mask, size = os.urandom(4), len(payload)
    if size < 126:
        head = bytes((0x80 | opcode, 0x80 | size))
    elif size < 65536:
        head = struct.pack("!BBH", 0x80 | opcode, 0xFE, size)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, 0xFF, size)
    # One operation on one long number instead of one for each byte.
    key = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
    return head + mask + (int.from_bytes(payload, "big") ^ key).to_bytes(size, "big")


def stamped(number: int) -> str:
    """The text of a comment: CONTENT_SIZE characters with its number and the time of now."""
    text = f"comment {number} of the benchmark, said as people say things in a busy room, and a little more of it "
    return f"{text:.<{CONTENT_SIZE - STAMP_SIZE}.{CONTENT_SIZE - STAMP_SIZE}}@t={time.monotonic_ns():019d}="
