"""What waits for a client that reads slowly: bounded, and never at the others' cost."""

import json

import pytest

from rooms.realtime.outbox import Outbox
from rooms.realtime.transport import Parcel
from tests.rooms.realtime.fakes import FakeSocket


def parcel(*texts: str) -> Parcel:
    return Parcel([json.dumps(text).encode() for text in texts])


def written(socket: FakeSocket) -> list[str]:
    return [json.loads(payload) for parcel in socket.writes for payload in parcel.payloads]


@pytest.fixture
def slow() -> set[Outbox]:
    return set()


@pytest.fixture
def socket() -> FakeSocket:
    return FakeSocket()


@pytest.fixture
def outbox(socket, slow) -> Outbox:
    return Outbox(socket, slow)


@pytest.fixture(autouse=True)
def _limits(settings):
    settings.LIVEROOM_OUTBOX_BYTES, settings.LIVEROOM_STALL = 100, 30


def test_it_writes_through(outbox, socket, slow):
    """While the client reads nothing waits."""
    outbox.put(parcel("a", "b"), kept=parcel("a"))
    outbox.put(parcel("c"), kept=None)
    outbox.send(b'"d"', keep=False)
    assert written(socket) == ["a", "b", "c", "d"]
    assert slow == set()


def test_behind_it_keeps_what_is_durable_and_drops_the_rest(outbox, socket, slow):
    """In order, and only when the client reads again."""
    socket.backed_up = True
    outbox.put(parcel("event", "like"), kept=parcel("event"))
    outbox.put(parcel("join"), kept=None)
    outbox.send(b'"pong"', keep=False)
    outbox.send(b'"ack"')
    assert (written(socket), slow) == ([], {outbox})
    outbox.sweep(1)
    assert written(socket) == []
    socket.backed_up = False
    outbox.sweep(2)
    assert (written(socket), slow) == (["event", "ack"], set())
    outbox.put(parcel("next"), kept=None)
    assert written(socket)[2:] == ["next"]


def test_what_comes_while_something_waits_waits_behind_it(outbox, socket):
    """Even when the socket is free already: order comes first."""
    socket.backed_up = True
    outbox.send(b'"first"')
    socket.backed_up = False
    outbox.send(b'"second"')
    assert written(socket) == []
    outbox.sweep(0)
    assert written(socket) == ["first", "second"]


class OneByOne(FakeSocket):
    """A client that takes one write and is behind again."""

    def write(self, parcel: Parcel) -> None:
        super().write(parcel)
        self.backed_up = True


def test_a_sweep_stops_where_the_client_does(slow):
    """It goes on writing only while the socket takes it."""
    socket = OneByOne()
    outbox = Outbox(socket, slow)
    socket.backed_up = True
    for text in (b'"a"', b'"b"'):
        outbox.send(text)
    socket.backed_up = False
    outbox.sweep(0)
    assert (written(socket), slow) == (["a"], {outbox})


def test_over_the_bound_it_is_cut(outbox, socket, slow):
    """More than LIVEROOM_OUTBOX_BYTES that wait: aborted, and nothing more is taken."""
    socket.backed_up = True
    outbox.send(b"x" * 100)
    assert not socket.aborted
    outbox.send(b"x")
    assert (socket.aborted, outbox.closed, slow) == (True, True, set())
    socket.backed_up = False
    outbox.send(b'"late"')
    outbox.sweep(0)
    assert written(socket) == []


def test_dropped_frames_do_not_count(outbox, socket):
    """What is ephemeral cannot fill an outbox."""
    socket.backed_up = True
    for _ in range(50):
        outbox.put(parcel("x" * 50), kept=None)
    assert not socket.aborted


def test_without_a_bound(outbox, socket, settings):
    """LIVEROOM_OUTBOX_BYTES 0 is no limit."""
    settings.LIVEROOM_OUTBOX_BYTES = 0
    socket.backed_up = True
    outbox.send(b"x" * 10_000)
    assert not socket.aborted


def test_stuck_too_long_it_is_cut(outbox, socket, slow, monkeypatch):
    """A client that takes nothing for LIVEROOM_STALL seconds is aborted, with or without anything that waits."""
    monkeypatch.setattr("rooms.realtime.outbox.time.monotonic", lambda: 1000.0)
    socket.backed_up = True
    outbox.put(parcel("like"), kept=None)
    outbox.sweep(1030)
    assert not socket.aborted
    outbox.sweep(1030.1)
    assert (socket.aborted, slow) == (True, set())


def test_a_client_that_reads_something_is_not_stuck(slow, monkeypatch):
    """Each write begins the time anew."""
    monkeypatch.setattr("rooms.realtime.outbox.time.monotonic", lambda: 1000.0)
    socket = OneByOne()
    outbox = Outbox(socket, slow)
    socket.backed_up = True
    for text in (b'"a"', b'"b"', b'"c"'):
        outbox.send(text)
    socket.backed_up = False
    outbox.sweep(1029)
    outbox.sweep(1031)
    outbox.sweep(1059)
    assert (socket.aborted, written(socket)) == (False, ["a"])
    outbox.sweep(1059.1)
    assert socket.aborted


def test_without_a_stall_limit(outbox, socket, settings):
    """LIVEROOM_STALL 0 is no limit."""
    settings.LIVEROOM_STALL = 0
    socket.backed_up = True
    outbox.send(b'"a"')
    outbox.sweep(1e9)
    assert not socket.aborted


def test_flush_hands_over_everything(outbox, socket):
    """A close follows: what waits goes before it, whether the client reads or not."""
    socket.backed_up = True
    outbox.send(b'"a"')
    outbox.send(b'"b"')
    outbox.flush()
    assert written(socket) == ["a", "b"]


def test_closed_it_takes_nothing(outbox, socket, slow):
    """Nor does it wait to be swept."""
    socket.backed_up = True
    outbox.send(b'"a"')
    outbox.close()
    outbox.send(b'"b"')
    outbox.sweep(0)
    assert (written(socket), slow, socket.aborted) == ([], set(), False)
