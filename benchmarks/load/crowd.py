"""Viewers over raw sockets on one epoll: connect, count, answer pings, and speak at a steady rate."""

import contextlib
import select
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from benchmarks.load.dialects import ENGINE_PONG, Dialect
from benchmarks.load.frame_reader import frame_at
from benchmarks.load.frames import CLOSE, PING, PONG, TEXT, masked, request, stamped
from benchmarks.load.reader import PREFIX, Reader

CONNECT_TIMEOUT = 60.0
"""Seconds that one viewer may take from the connect to what makes it ready."""
AT_ONCE = 48
"""Handshakes under way at one time: under the 50 that a stock server lets wait."""
SAMPLE_EVERY = 50
"""One viewer of so many has its comments' times read."""
READ_SIZE = 256 * 1024
HEAD_MAX = 256 * 1024
"""Bytes before a viewer is ready: the answer to its handshake, and the picture of the room."""
OUT_MAX = 1024 * 1024
SMALL_BUFFER = 4096
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: close with a reset, so that no port waits for a minute after the run."""


class Refused(ConnectionError):
    """A server did not take a viewer."""


Answer = Callable[[int, bytes], None]


class Taker(Protocol):
    """What reads a viewer's stream: Reader, or FrameReader."""

    count: int

    def take(self, buffer: bytearray, end: int) -> int: ...


@dataclass(frozen=True)
class Ticket:
    """With what a viewer comes: its path, further headers of its handshake, and who reads its stream."""

    path: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    reader: Callable[[Answer], Taker] | None = None


@dataclass(slots=True, eq=False)
class Viewer:
    """One socket. ``opened``: when it became ready (monotonic), 0 before; ``out``: what the kernel did not take yet;
    ``hears_all``: its reader is given the frame that makes it ready, too; ``stalled``: it reads nothing any more."""

    number: int
    socket: socket.socket
    ticket: Ticket
    reader: Taker = field(init=False)
    started: float = 0.0
    opened: float = 0.0
    greeted: bool = False
    head: bytearray | None = None
    out: bytearray = field(default_factory=bytearray)
    hears_all: bool = False
    stalled: bool = False
    alive: bool = True

    @property
    def interest(self) -> int:
        """The events that epoll is asked for, while there is nothing to write."""
        return select.EPOLLRDHUP if self.stalled else select.EPOLLIN


class Crowd:
    """Many viewers of one room.

    ``received`` counts the comments that all of them got; ``lost`` the sockets that ended by themselves. Nothing
    happens but inside ``connect``, ``admit`` and ``run``, which all are bounded.
    """

    def __init__(self, dialect: Dialect, port: int) -> None:
        self.dialect = dialect
        self.viewers: list[Viewer] = []
        self.latencies: list[int] = []
        self.received = 0
        self.said = 0
        self.lost = 0
        self.ping_every = 0.0
        self._ping = b""
        self._port = port
        self._epoll = select.epoll()
        self._by_fd: dict[int, Viewer] = {}
        self._opening: deque[Viewer] = deque()
        self._numbers = 0
        self._persistent = False
        self.refused = 0
        self._buffer = bytearray(PREFIX + READ_SIZE)
        self._area = memoryview(self._buffer)[PREFIX:]
        self._pinged = 0.0

    # --- Connecting.

    def connect(self, count: int, *, timeout: float) -> float:
        """Open ``count`` more viewers and return the seconds it took; raises Refused, TimeoutError."""
        return self.admit([Ticket()] * count, timeout=timeout)

    def admit(
        self,
        tickets: Sequence[Ticket],
        *,
        timeout: float,
        at_once: int = AT_ONCE,
        rate: float = 0.0,
        persistent: bool = False,
    ) -> float:
        """Open a viewer for each ticket and return the seconds it took; comments go on meanwhile at a ``rate``.

        Raises Refused, TimeoutError. ``persistent``: who is cut before he is ready tries again, and is counted in
        ``refused``.
        """
        self._persistent = persistent
        started = now = time.monotonic()
        coming, said, missing = iter(tickets), self.said, len(tickets)
        while missing or self._opening:
            while missing and len(self._opening) < at_once:
                self.begin(next(coming))
                missing -= 1
            while self.said - said < (now - started) * rate:
                self.say()
            self._step(0.02 if rate else 0.1)
            now = time.monotonic()
            self._opening = deque(viewer for viewer in self._opening if not viewer.opened)
            if now - started > timeout or (self._opening and now - self._opening[0].started > CONNECT_TIMEOUT):
                raise TimeoutError(
                    f"{missing + len(self._opening)} of {len(tickets)} viewers were not connected in time."
                )
        return now - started

    @property
    def waiting(self) -> int:
        """How many are not ready yet, of those that ``begin`` began."""
        self._opening = deque(viewer for viewer in self._opening if viewer.alive and not viewer.opened)
        return len(self._opening)

    def begin(self, ticket: Ticket) -> Viewer:
        """Begin to open one viewer; ``run`` does the rest."""
        number = self._numbers
        self._numbers += 1
        viewer = Viewer(number, socket.socket(), ticket, started=time.monotonic(), head=bytearray())

        def answer(opcode: int, payload: bytes) -> None:
            self._answer(viewer, opcode, payload)

        if ticket.reader is not None:
            viewer.reader, viewer.hears_all = ticket.reader(answer), True
        else:
            sampled = number % SAMPLE_EVERY == 0
            viewer.reader = Reader(answer, time.monotonic_ns, self.latencies if sampled else None)
        viewer.socket.setblocking(False)
        viewer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        viewer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self._by_fd[viewer.socket.fileno()] = viewer
        self._epoll.register(viewer.socket, select.EPOLLIN | select.EPOLLOUT)
        viewer.out += request(self._port, ticket.path or self.dialect.path, ticket.headers)
        viewer.socket.connect_ex(("127.0.0.1", self._port))
        self.viewers.append(viewer)
        self._opening.append(viewer)
        return viewer

    def _greet(self, viewer: Viewer, data: memoryview) -> None:
        """Take what comes before a viewer is ready: until the frame that makes it so is whole."""
        head = viewer.head
        assert head is not None
        head += data
        end = head.find(b"\r\n\r\n") + 4
        if len(head) > HEAD_MAX:
            raise Refused("The server's answer to a handshake never ends.")
        if end < 4:
            return
        if not head.startswith(b"HTTP/1.1 101"):
            raise Refused(f"The server refused a viewer: {bytes(head[:end]).splitlines()[0].decode('latin1')}")
        dialect = self.dialect
        if dialect.greeting and not viewer.greeted and head.find(dialect.hello, end) > 0:
            viewer.greeted = True
            self.write(viewer, masked(TEXT, dialect.greeting))
        ready = _after_ready(head, end, dialect.ready) if dialect.ready else end
        if ready < 0:
            return
        if not viewer.hears_all:
            # What the picture of a room holds was said before, and is not counted.
            end = ready
        viewer.opened = time.monotonic()
        viewer.head = None
        self.received += viewer.reader.take(bytearray(PREFIX) + head[end:], PREFIX + len(head) - end)

    # --- The loop.

    def _step(self, timeout: float) -> None:
        """Wait for and take what came."""
        buffer, area, by_fd = self._buffer, self._area, self._by_fd
        for fd, mask in self._epoll.poll(timeout, 1024):
            viewer = by_fd.get(fd)
            if viewer is None:
                continue  # Found gone by a write, a moment ago.
            if viewer.stalled and mask & (select.EPOLLRDHUP | select.EPOLLERR | select.EPOLLHUP):
                self._gone(viewer)
                continue
            if mask & select.EPOLLOUT:
                self._flush(viewer)
                if not mask & (select.EPOLLIN | select.EPOLLERR | select.EPOLLHUP):
                    continue
            try:
                size = viewer.socket.recv_into(area)
            except BlockingIOError:
                continue
            except OSError:
                size = 0
            if not size:
                self._gone(viewer)
            elif viewer.head is None:
                self.received += viewer.reader.take(buffer, PREFIX + size)
            else:
                self._greet(viewer, area[:size])

    def run(
        self,
        seconds: float,
        *,
        rate: float = 0.0,
        speakers: int = 8,
        until: Callable[[], bool] | None = None,
    ) -> float:
        """Read for some seconds, or ``until`` is true; with a ``rate`` so many comments are said per second meanwhile.

        Returns the seconds that it took.
        """
        started = now = time.monotonic()
        end, first = started + seconds, self.said
        while now < end and not (until is not None and until()):
            if rate:
                while self.said - first < (now - started) * rate:
                    self.say(speakers=speakers)
            if self.ping_every:
                self._ping_some(now)
            wait = min(end - now, 0.01 if self.ping_every else 0.1)
            if rate:
                wait = min(wait, started + (self.said - first) / rate - now)
            self._step(max(0.0, wait))
            now = time.monotonic()
        return now - started

    def say(self, *, speakers: int = 8) -> None:
        """Post one comment, by the next of the first viewers."""
        viewer = self.viewers[self.said % min(speakers, len(self.viewers))]
        self.write(viewer, masked(TEXT, self.dialect.comment(stamped(self.said))))
        self.said += 1

    def start_pings(self, every: float, payload: bytes) -> None:
        """From now on every viewer sends this text frame each ``every`` seconds."""
        self.ping_every, self._ping, self._pinged = every, masked(TEXT, payload), time.monotonic()

    def _ping_some(self, now: float) -> None:
        """Send the pings that are due: every viewer one each ``ping_every`` seconds, evenly spread."""
        count = len(self.viewers)
        last = int(now * count / self.ping_every)
        for index in range(max(last - count, int(self._pinged * count / self.ping_every)), last):
            self.write(self.viewers[index % count], self._ping)
        self._pinged = now

    # --- Writing.

    def _answer(self, viewer: Viewer, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            self.write(viewer, masked(PONG, payload))
        elif opcode == CLOSE:
            self._gone(viewer)
        else:
            self.write(viewer, ENGINE_PONG)

    def write(self, viewer: Viewer, data: bytes) -> None:
        """Send a finished frame; what the kernel does not take waits, up to OUT_MAX."""
        if not viewer.alive:
            return
        if not viewer.out:
            try:
                sent = viewer.socket.send(data)
            except BlockingIOError:
                sent = 0
            except OSError:
                self._gone(viewer)
                return
            if sent == len(data):
                return
            data = data[sent:]
            self._epoll.modify(viewer.socket, viewer.interest | select.EPOLLOUT)
        # A server that does not read: it is offered no more than this.
        if len(viewer.out) < OUT_MAX:
            viewer.out += data

    def _flush(self, viewer: Viewer) -> None:
        try:
            sent = viewer.socket.send(viewer.out) if viewer.out else 0
        except BlockingIOError:
            return
        except OSError:
            return  # The read that follows finds it gone.
        del viewer.out[:sent]
        if not viewer.out:
            self._epoll.modify(viewer.socket, viewer.interest)

    def _gone(self, viewer: Viewer) -> None:
        if not viewer.alive:
            return
        if not viewer.opened:
            if not self._persistent:
                raise Refused("The server ended the socket of a viewer before it was ready.")
            self.refused += 1
            self.cut([viewer])
            self._opening.remove(viewer)
            self.begin(viewer.ticket)
            return
        viewer.alive = False
        self.lost += 1
        del self._by_fd[viewer.socket.fileno()]
        viewer.socket.close()

    def cut(self, viewers: Iterable[Viewer]) -> None:
        """End these sockets without a word; they are none of the crowd any more."""
        gone = set(viewers)
        for viewer in gone:
            if viewer.alive:
                viewer.alive = False
                del self._by_fd[viewer.socket.fileno()]
                viewer.socket.close()
        self.viewers = [viewer for viewer in self.viewers if viewer not in gone]

    def stop_reading(self, viewers: Iterable[Viewer]) -> None:
        """From now on these read nothing; what they are to send is sent. Their end is found, and counts as lost."""
        for viewer in viewers:
            viewer.stalled = True
            # Else the kernel would take some MiB for them.
            viewer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
            self._epoll.modify(viewer.socket, viewer.interest | (select.EPOLLOUT if viewer.out else 0))

    def forget(self) -> None:
        """Begin to count anew."""
        self.received = 0
        self.latencies.clear()

    def counts(self) -> list[int]:
        """Comments that each viewer got since it was connected."""
        return [viewer.reader.count for viewer in self.viewers]

    def close(self) -> None:
        """Cut all sockets."""
        for viewer in self._by_fd.values():
            with contextlib.suppress(OSError):
                viewer.socket.close()
        self._by_fd.clear()
        self._epoll.close()


def _after_ready(head: bytearray, at: int, ready: bytes) -> int:
    """Where the first frame that holds ``ready`` ends; -1 while it has not come whole."""
    while (whole := frame_at(head, at)) is not None:
        start, at = whole
        if head.find(ready, start, at) >= 0:
            return at
    return -1
