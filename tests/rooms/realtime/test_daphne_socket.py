"""Bytes in their order: the kernel is written to only while nothing waits in Daphne's transport."""

from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from twisted.internet.abstract import FileDescriptor

from rooms.realtime.transport import DaphneSocket, Parcel

ROOM = 12
"""Bytes that the kernel takes before somebody reads."""


class Wire(FileDescriptor):
    """Twisted's own buffers, over a kernel that takes so much: ``sent`` is what it took, ``direct`` past Twisted."""

    def __init__(self) -> None:
        nothing: Any = SimpleNamespace()
        super().__init__(reactor=nothing)
        self.sent, self.free, self.direct = b"", ROOM, 0
        self.connected = 1
        self.socket = SimpleNamespace(send=self.send)

    def startWriting(self) -> None:  # noqa: N802 - Twisted's name
        """The reactor calls ``doWrite`` when the kernel takes more; here the test does."""

    def stopWriting(self) -> None:  # noqa: N802 - Twisted's name
        """Nothing waits any more."""

    def writeSomeData(self, data: bytes) -> int:  # noqa: N802 - Twisted's name
        taken = bytes(data[: self.free])
        self.sent, self.free = self.sent + taken, self.free - len(taken)
        return len(taken)

    def send(self, data: bytes) -> int:
        if not self.free:
            raise BlockingIOError
        self.direct += 1
        return self.writeSomeData(data)

    def read(self) -> None:
        """Somebody reads everything; the reactor notices."""
        while True:
            self.free = ROOM
            if not (self._tempDataLen or self.dataBuffer):
                return
            self.doWrite()


class Silent:
    """An open connection of Daphne's own."""

    STATE_OPEN = 3

    def __init__(self, wire: Wire) -> None:
        self.transport, self.state = wire, self.STATE_OPEN

    def pong(self) -> None:
        self.transport.write(b"PONG")


class Telling(Silent):
    """One of Liveroom's: it says when it has written."""

    on_write: Any = None

    def pong(self) -> None:
        super().pong()
        self.on_write()


def parcel(text: bytes) -> Parcel:
    return Parcel([text])


@pytest.mark.parametrize("kind", [Silent, Telling])
def test_bytes_go_out_in_their_order(kind: type[Silent]) -> None:
    """Past Twisted while nothing waits there; behind what waits there else, be it a pong or the rest of a frame."""
    wire = Wire()
    protocol = kind(wire)
    socket = DaphneSocket(partial(lambda *_: None, protocol))
    expected = b""

    def write(text: bytes, *, direct: int) -> None:
        nonlocal expected
        assert socket.write_through(parcel(text))
        expected += parcel(text).wire
        assert wire.direct == direct

    write(b"a", direct=1)
    write(b"b", direct=2)
    protocol.pong()
    expected += b"PONG"
    write(b"c", direct=2)
    assert wire.sent == b"\x81\x01a\x81\x01b"
    wire.read()
    write(b"d", direct=3)
    # Half of it fits; then there is room again, but the other half comes first.
    write(b"e" * 20, direct=4)
    wire.free = ROOM
    write(b"f", direct=4)
    wire.read()
    write(b"g" * 10, direct=5)
    write(b"h", direct=5)
    wire.free = ROOM
    write(b"i", direct=5)
    wire.read()
    write(b"j", direct=6)
    assert wire.sent == expected


@pytest.mark.parametrize("kind", [Silent, Telling])
def test_nothing_follows_a_close_frame(kind: type[Silent]) -> None:
    """Nor is it an error."""
    wire = Wire()
    protocol = kind(wire)
    socket = DaphneSocket(partial(lambda *_: None, protocol))
    assert socket.write_through(parcel(b"a"))
    protocol.pong()
    protocol.state = 0
    wire.read()
    assert socket.write_through(parcel(b"b"))
    assert wire.sent == b"\x81\x01aPONG"


def test_a_client_that_does_not_read() -> None:
    """More than 64 KiB wait: it is told, and nothing more is taken until it reads."""
    wire = Wire()
    socket = DaphneSocket(partial(lambda *_: None, Telling(wire)))
    producer: Any = SimpleNamespace(pauseProducing=lambda: None, resumeProducing=lambda: None)
    wire.registerProducer(producer, True)
    assert socket.write_through(parcel(b"a" * 70_000))
    assert socket.backed_up is True
    assert socket.write_through(parcel(b"b")) is False
    wire.read()
    assert (socket.backed_up, socket.write_through(parcel(b"c"))) == (False, True)
    assert wire.sent == parcel(b"a" * 70_000).wire + parcel(b"c").wire
