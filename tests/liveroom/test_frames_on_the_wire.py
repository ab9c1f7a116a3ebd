"""What a client's frames become, however they are cut into segments: written by hand, as no library would."""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.deployment import Deployments
from tests.servers import PATIENCE, Server

KEY = b"\x01\x7f\x80\xfe"
TEXT, BINARY, CONTINUATION = 0x1, 0x2, 0x0


def frame(payload: str | bytes, opcode: int = TEXT, *, fin: bool = True, rsv: int = 0, masked: bool = True) -> bytes:
    """A frame as RFC 6455, 5.2 has it."""
    data = payload.encode() if isinstance(payload, str) else payload
    bit = 0x80 if masked else 0
    length = bytes([bit | len(data)]) if len(data) < 126 else bytes([bit | 126, *len(data).to_bytes(2)])
    body = KEY + bytes(byte ^ KEY[at % 4] for at, byte in enumerate(data)) if masked else data
    return bytes([(0x80 if fin else 0) | rsv | opcode]) + length + body


def ping(ref: str, **more: str) -> str:
    return json.dumps({"msg_type": "ping", "ref": ref, **more}, ensure_ascii=False)


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def server(request: pytest.FixtureRequest, deployments: Deployments) -> Iterator[Server]:
    """A server with a room."""
    with deployments.sqlite(f"frames-{request.param}", server=request.param) as site:
        site.call("make_room", slug="frames")
        yield site.servers[0]


@pytest.fixture
def client(server: Server) -> Iterator[ClientConnection]:
    """Somebody in the room."""
    with connect(f"{server.ws}/ws/rooms/frames/") as client:
        assert json.loads(client.recv(timeout=10 * PATIENCE))["msg_type"] == "init"
        yield client


def answers(client: ClientConnection, msg_type: str, count: int) -> list[dict[str, Any]]:
    """The next frames of that type; others come and go meanwhile."""
    found: list[dict[str, Any]] = []
    while len(found) < count:
        answer = json.loads(client.recv(timeout=10 * PATIENCE))
        if answer["msg_type"] == msg_type:
            found.append(answer)
    return found


def refs(client: ClientConnection, count: int) -> list[str]:
    """The refs of the next pings that are answered."""
    return [answer["ref"] for answer in answers(client, "ack", count)]


SAID = [ping("1"), ping("你好 2"), ping("3", more="and more of it " * 10), ping("4")]
WHOLE = b"".join(map(frame, SAID))


@pytest.mark.parametrize("size", [len(WHOLE), len(WHOLE) - 1, len(WHOLE) - 50, 7, 5, 1])
def test_frames_arrive_whole_and_in_order(client: ClientConnection, size: int) -> None:
    """Small and long ones, many in a segment or each in many."""
    for at in range(0, len(WHOLE), size):
        client.socket.sendall(WHOLE[at : at + size])
    assert refs(client, len(SAID)) == ["1", "你好 2", "3", "4"]


def test_small_frames_around_a_fragmented_one(client: ClientConnection) -> None:
    """A message in three parts, the last of them empty, and a ping of the protocol's own between them."""
    data = ping("parts").encode()
    parts = [
        frame(data[:9], fin=False),
        frame(data[9:], CONTINUATION, fin=False),
        frame(b"", 0x9),
        frame(b"", CONTINUATION),
    ]
    client.socket.sendall(frame(ping("before")) + b"".join(parts) + frame(ping("after")))
    assert refs(client, 3) == ["before", "parts", "after"]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (frame(b'{"msg_type": "ping", "ref": "\xff"}'), 1007),
        (frame(b"\xe4\xbd", fin=True), 1007),
        (frame("{", fin=False) + frame(ping("inside")), 1002),
        (frame(ping("reserved"), rsv=0x40), 1002),
        (frame(ping("unmasked"), masked=False), 1002),
        (frame(ping("nothing"), CONTINUATION), 1002),
        (frame(ping("opcode"), 0x3), 1002),
    ],
    ids=["utf8", "half", "inside", "rsv", "unmasked", "continuation", "opcode"],
)
def test_what_breaks_the_protocol_ends_the_socket(
    server: Server, client: ClientConnection, wrong: bytes, code: int
) -> None:
    """What comes after it in the same segment is not answered; there is no `error`, and no traceback in the log."""
    client.socket.sendall(frame(ping("before")))
    assert refs(client, 1) == ["before"]
    client.socket.sendall(wrong + frame(ping("after")))
    heard = []
    with suppress(ConnectionClosed):
        while True:
            heard.append(json.loads(client.recv(timeout=10 * PATIENCE)))
    assert {said["msg_type"] for said in heard}.isdisjoint({"ack", "error"})
    assert client.close_code == code
    assert "Traceback" not in server.text()


def test_an_empty_text_and_bytes_are_no_frames_of_ours(client: ClientConnection) -> None:
    """They are answered as any bad frame."""
    client.socket.sendall(frame("") + frame(b"\x01", BINARY) + frame(ping("after")))
    codes = [answer["code"] for answer in answers(client, "error", 2)]
    assert codes == ["bad_json", "bad_json"]
    assert refs(client, 1) == ["after"]
