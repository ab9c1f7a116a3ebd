"""The sockets of the real servers, by names of theirs that are private: these tests fail when one of them moves."""

import asyncio
import itertools
import json
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError

from benchmarks.programs import free_port
from rooms.realtime.transport import AsgiSocket, Parcel, socket_of, wire_frame
from tests.certificate import Certificate, server_arguments
from tests.rooms.realtime.probe import TALK
from tests.servers import Program

DEADLINE = 20.0
SOCKETS = {"daphne": "DaphneSocket", "uvicorn": "UvicornSocket", "liveroom": "DaphneSocket"}
PROBES = [*itertools.product(("daphne", "uvicorn"), ("plain", "tls")), ("liveroom", "plain")]


TEXT, CLOSED = 0x81, 0x88
HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def masked(opcode: int, payload: bytes) -> bytes:
    """A client's frame of up to 125 bytes, with a mask of zeros."""
    return bytes((opcode, 0x80 | len(payload))) + bytes(4) + payload


CLOSE, NO_FRAME = masked(CLOSED, (1000).to_bytes(2, "big")), masked(0x83, b"")


class Probe(NamedTuple):
    """A server of the probe: its address, what its clients trust, and the class that its sockets are to have."""

    url: str
    trusted: ssl.SSLContext | None
    kind: str


@pytest.fixture(scope="module", params=PROBES, ids=" ".join)
def served(request: pytest.FixtureRequest, directory: Path, certificate: Certificate) -> Iterator[Probe]:
    """The probe, served by each server, without TLS and with it, and by Daphne as Liveroom runs it."""
    server, tls = request.param[0], request.param[1] == "tls"
    port, probe = free_port(), "tests.rooms.realtime.probe"
    if server == "liveroom":
        arguments = [probe, str(port)]
    else:
        arguments = [*server_arguments(server, port, certificate if tls else None), f"{probe}:application"]
    program = Program(
        "-".join(("probe", *request.param)),
        [sys.executable, "-m", *arguments],
        directory=directory,
        environment={"DEBUG": "1", "DJANGO_SETTINGS_MODULE": "liveroom.settings"},
    )
    try:
        program.start(lambda: listens(port))
        trusted = certificate.trusted if tls else None
        yield Probe(f"{'wss' if tls else 'ws'}://127.0.0.1:{port}/", trusted, SOCKETS[server])
    finally:
        program.stop()


def listens(port: int) -> bool:
    """Whether anybody accepts connections there."""
    try:
        with socket.create_connection(("127.0.0.1", port), DEADLINE):
            return True
    except OSError:
        return False


async def opcode(reader: asyncio.StreamReader) -> int | None:
    """The first byte of the next frame, of up to 125 bytes; None at the end."""
    try:
        first, size = await reader.readexactly(2)
        await reader.readexactly(size)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return first


@asynccontextmanager
async def client(served: Probe, **options: Any) -> AsyncIterator[ClientConnection]:
    async with (
        asyncio.timeout(DEADLINE),
        connect(served.url, ssl=served.trusted, max_size=2**22, proxy=None, **options) as ws,
    ):
        yield ws


async def test_a_servers_socket_is_known(served):
    """Finished frames go out by the server's own transport, each as one message, in order."""
    async with client(served) as ws:
        await ws.send("kind")
        assert [json.loads(await ws.recv()) for _ in range(3)] == [served.kind, 2, 3]


async def test_frames_of_every_size(served):
    """The header has its three forms (RFC 6455, 5.2), at their borders too."""
    async with client(served) as ws:
        await ws.send("sizes")
        assert [len(await ws.recv()) for _ in range(6)] == [2, 125, 126, 65535, 65536, 70000]
        assert (await ws.ping()) is not None


async def test_a_client_that_does_not_read_is_seen(served):
    """`backed_up` turns true while it reads nothing, and false when it does again; nothing is lost."""
    async with client(served, max_queue=(1, 0)) as ws:
        await ws.send("stuff")
        frames: list[Any] = []
        while not frames or isinstance(frames[-1], str):
            frames.append(json.loads(await ws.recv()))
        report = frames.pop()
        assert (report["before"], report["written"]) == (False, len(frames))
        assert {len(frame) for frame in frames} == {1_000_000}


async def test_abort_cuts_at_once(served):
    """Without a close frame: the client sees 1006."""
    async with client(served) as ws:
        await ws.send("abort")
        with pytest.raises(ConnectionClosedError) as closed:
            await ws.recv()
        assert closed.value.rcvd is None


async def test_nothing_is_written_after_a_close(served):
    """The close frame carries the code, and a late write is no error."""
    async with client(served) as ws:
        await ws.send("close")
        with pytest.raises(ConnectionClosedError) as closed:
            await ws.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4321


@pytest.mark.parametrize(
    ("said", "then"),
    [("talk", CLOSE), ("talk and close", b""), ("talk", NO_FRAME)],
    ids=("by the client", "by the server", "by a frame that is none"),
)
async def test_a_close_frame_is_the_last(served, said, then, request):
    """Whoever closes: what a hub still has to say meanwhile is not written behind it."""
    url = urlsplit(served.url)
    async with asyncio.timeout(DEADLINE):
        reader, writer = await asyncio.open_connection(url.hostname, url.port, ssl=served.trusted)
        writer.write(HANDSHAKE)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(masked(0x81, said.encode()))
        opcodes = [await opcode(reader)]
        writer.write(then)
        while (found := await opcode(reader)) is not None:
            opcodes.append(found)
            if found == CLOSED and said == "talk and close":
                writer.write(CLOSE)
        writer.close()
    assert opcodes[0] == TEXT
    assert len(opcodes) < TALK
    if then == NO_FRAME and "daphne" in request.node.callspec.id:
        # It cuts.
        assert CLOSED not in opcodes
    else:
        assert opcodes.index(CLOSED) == len(opcodes) - 1


def test_a_frame_on_the_wire():
    """The same bytes for everyone: final, unmasked, text."""
    assert wire_frame(b"hi") == b"\x81\x02hi"
    assert wire_frame(b"x" * 126)[:4] == b"\x81\x7e\x00\x7e"
    assert wire_frame(b"x" * 65536)[:10] == b"\x81\x7f" + (65536).to_bytes(8, "big")


def test_a_parcel_is_encoded_once():
    """Its bytes are made at the first use, and kept."""
    parcel = Parcel([b"a", b"bc"])
    assert parcel.size == 3
    assert parcel.wire == b"\x81\x01a\x81\x02bc"
    assert parcel.wire is parcel.wire


# --- any other server


class Server:
    """An ASGI server whose ``send`` waits until the client reads."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.reads = asyncio.Event()
        self.reads.set()

    async def send(self, message: dict[str, Any]) -> None:
        await self.reads.wait()
        self.sent.append(message)


async def drained(plain: AsgiSocket) -> None:
    while plain._task is not None:
        await asyncio.wait({plain._task})


async def test_any_other_server_is_spoken_to_by_asgi():
    """A task sends what waits, one message a frame, and ends when nothing does."""
    server = Server()
    plain = socket_of(server.send)
    assert isinstance(plain, AsgiSocket)
    plain.write(Parcel([b"1", b"2"]))
    plain.write(Parcel([b"3"]))
    await drained(plain)
    assert [message["text"] for message in server.sent] == ["1", "2", "3"]
    await plain.close(4000)
    assert server.sent[3] == {"type": "websocket.close", "code": 4000}
    plain.write(Parcel([b"4"]))
    assert len(server.sent) == 4


async def test_backed_up_by_asgi():
    """More than 64 KiB that wait for ``send``."""
    server = Server()
    plain = AsgiSocket(server.send)
    server.reads.clear()
    plain.write(Parcel([b"x" * 65_536]))
    await asyncio.sleep(0)
    before = plain.backed_up
    plain.write(Parcel([b"x"]))
    assert (before, plain.backed_up) == (False, True)
    server.reads.set()
    await drained(plain)
    assert not plain.backed_up


async def test_abort_by_asgi():
    """What waits is dropped, and nothing more is sent."""
    server = Server()
    plain = AsgiSocket(server.send)
    server.reads.clear()
    plain.write(Parcel([b"1", b"2"]))
    await asyncio.sleep(0)
    plain.abort()
    server.reads.set()
    await drained(plain)
    plain.write(Parcel([b"3"]))
    assert server.sent == []


async def test_a_server_that_raises_once_its_client_is_gone():
    """Whatever it raises ends the sending, and is nobody's error."""

    async def send(message: dict[str, Any]) -> None:
        raise RuntimeError("gone")

    plain = AsgiSocket(send)
    plain.write(Parcel([b"1"]))
    await drained(plain)
    plain.write(Parcel([b"2"]))
    await plain.close(4000)
    assert plain._task is None


async def test_a_close_that_blocks_cuts_the_client(monkeypatch):
    """Even a close can wait for a client that reads nothing: it would stay for ever."""
    monkeypatch.setattr("rooms.realtime.transport.CLOSE_TIMEOUT", 0.01)
    server = Server()
    server.reads.clear()
    plain = AsgiSocket(server.send)
    aborted, abort = [], AsgiSocket.abort

    def note_and_abort(socket):
        aborted.append(socket)
        abort(socket)

    monkeypatch.setattr(AsgiSocket, "abort", note_and_abort)
    plain.write(Parcel([b"1"]))
    await plain.close(4000)
    assert (server.sent, aborted) == ([], [plain])
    await drained(plain)
