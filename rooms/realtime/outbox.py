"""What one viewer is still to get."""

import time
from collections import deque

from django.conf import settings

from rooms.realtime.transport import Parcel, Socket


class Outbox:
    """Writes through while the client reads; else keeps what must not be lost, up to a bound, and drops the rest.

    ``seq`` is the last durable event that was given to it: whatever gives it events gives only newer ones. A client
    that lets more than LIVEROOM_OUTBOX_BYTES wait, or is stuck for LIVEROOM_STALL seconds, is cut.
    """

    __slots__ = ("_flows", "_queue", "_size", "_slow", "_stuck_since", "closed", "person_id", "seq", "socket")

    def __init__(self, socket: Socket, slow: set["Outbox"]) -> None:
        self.socket = socket
        self.seq = 0
        self.person_id = ""
        self.closed = False
        self._flows = True
        """Open, and nothing waits: what comes may go out at once."""
        self._queue: deque[Parcel] = deque()
        self._size = 0
        self._slow = slow
        self._stuck_since = 0.0

    def put(self, parcel: Parcel, kept: Parcel | None) -> None:
        """Write ``parcel``; for a client that is behind, keep ``kept`` of it instead (None: nothing)."""
        if (self._flows and self.socket.write_through(parcel)) or self.closed:
            return
        if not self._stuck_since:
            self._stuck_since = time.monotonic()
        self._slow.add(self)
        if kept is None:
            return
        self._flows = False
        self._queue.append(kept)
        self._size += kept.size
        limit = settings.LIVEROOM_OUTBOX_BYTES
        if limit and self._size > limit:
            self.abort()

    def send(self, payload: bytes, *, keep: bool = True) -> None:
        """Write one frame."""
        parcel = Parcel((payload,))
        self.put(parcel, kept=parcel if keep else None)

    def sweep(self, now: float) -> None:
        """Go on writing to a client that reads again; cut one that is stuck. ``now``: time.monotonic()."""
        while self._queue and not self.closed and not self.socket.backed_up:
            parcel = self._queue.popleft()
            self._size -= parcel.size
            self._stuck_since = now
            self.socket.write(parcel)
        self._flows = not self._queue and not self.closed
        if self.closed or (not self._queue and not self.socket.backed_up):
            self._stuck_since = 0.0
            self._slow.discard(self)
        elif settings.LIVEROOM_STALL and now - self._stuck_since > settings.LIVEROOM_STALL:
            self.abort()

    def flush(self) -> None:
        """Hand everything to the socket, whether it reads or not: a close follows."""
        while self._queue:
            self.socket.write(self._queue.popleft())
        self._size = 0
        self._flows = not self.closed

    def abort(self) -> None:
        """Cut the client: it comes back with ``since`` and gets from the log what it missed."""
        self.close()
        self.socket.abort()

    def close(self) -> None:
        """Take nothing any more."""
        self.closed = True
        self._flows = False
        self._queue.clear()
        self._size = 0
        self._slow.discard(self)
