"""Reads what a server sends to one viewer: walks from frame to frame, counts comments, and decodes nothing."""

from collections.abc import Callable

from benchmarks.load.frames import CLOSE, MARKER, PING, STAMP, STAMP_SIZE

PREFIX = 256
"""Bytes before the place that a read fills, for what is left of the one before: an unfinished head or control frame."""
TAIL = len(MARKER) - 1
SAMPLED_TAIL = STAMP_SIZE - 1


class Reader:
    """One viewer's place in the stream.

    ``count`` is how many comments were counted. With ``latencies`` each comment's time is read too, and the ns since
    then appended; ``now`` is the clock that the stamps are of. ``answer`` is called with the opcode and the payload of
    what wants an answer: pings, the close, and text frames of one byte (Engine.IO's own pings).
    """

    __slots__ = ("_answer", "_carry", "_left", "_now", "count", "latencies")

    def __init__(
        self,
        answer: Callable[[int, bytes], None],
        now: Callable[[], int],
        latencies: list[int] | None = None,
    ) -> None:
        self.count = 0
        self.latencies = latencies
        self._answer = answer
        self._now = now
        self._carry = b""
        self._left = 0

    def take(self, buffer: bytearray, end: int) -> int:
        """Read ``buffer`` from PREFIX to ``end``; return how many comments were in it.

        A comment is counted once, wherever the stream was cut: of an unfinished frame the last bytes that could begin a
        marker are kept and looked at again with the next read. What is before PREFIX is written over.
        """
        start = PREFIX
        if self._carry:
            start -= len(self._carry)
            buffer[start:PREFIX] = self._carry
        # In the middle of a frame the kept bytes are read already; at its head they are not.
        at = PREFIX + self._left if self._left else start
        while at < end:
            head = 2
            if end - at < 2:
                break
            size = buffer[at + 1] & 127
            if size == 126:
                head = 4
                if end - at < 4:
                    break
                size = buffer[at + 2] << 8 | buffer[at + 3]
            elif size == 127:
                head = 10
                if end - at < 10:
                    break
                size = int.from_bytes(buffer[at + 2 : at + 10], "big")
            elif buffer[at] & 8 or size == 1:
                if end - at < 2 + size:
                    break
                self._control(buffer[at] & 15, bytes(buffer[at + 2 : at + 2 + size]))
            at += head + size
        if at >= end:
            self._left = at - end
            tail = (TAIL if self.latencies is None else SAMPLED_TAIL) if self._left else 0
            self._carry = bytes(buffer[max(start, end - tail) : end]) if tail else b""
        else:
            self._left = 0
            self._carry = bytes(buffer[at:end])
        found = buffer.count(MARKER, start, end) if self.latencies is None else self._sample(buffer, start, end)
        self.count += found
        return found

    def _sample(self, buffer: bytearray, start: int, end: int) -> int:
        assert self.latencies is not None
        now, found = self._now(), 0
        for stamp in STAMP.finditer(buffer, start, end):
            self.latencies.append(now - int(stamp[1]))
            found += 1
        return found

    def _control(self, opcode: int, payload: bytes) -> None:
        if opcode in (PING, CLOSE) or (opcode == 1 and payload == b"2"):
            self._answer(opcode, payload)
