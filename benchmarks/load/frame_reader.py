"""Reads every frame whole, for the scenarios that must know what was said: slower than Reader, which only counts."""

from collections.abc import Callable

from benchmarks.load.frames import CLOSE, PING, TEXT
from benchmarks.load.reader import PREFIX


class FrameReader:
    """One viewer's place in the stream. ``told`` is given each text frame, ``answer`` the pings and the close."""

    __slots__ = ("_answer", "_rest", "_told", "count")

    def __init__(self, answer: Callable[[int, bytes], None], told: Callable[[bytes], None]) -> None:
        self.count = 0
        self._answer = answer
        self._told = told
        self._rest = b""

    def take(self, buffer: bytearray, end: int) -> int:
        """Read ``buffer`` from PREFIX to ``end``; return how many text frames were finished."""
        data = self._rest + buffer[PREFIX:end]
        at, before = 0, self.count
        while (whole := frame_at(data, at)) is not None:
            start, end = whole
            opcode, payload, at = data[at] & 15, data[start:end], end
            if opcode == TEXT:
                self.count += 1
                self._told(payload)
            elif opcode in (PING, CLOSE):
                self._answer(opcode, payload)
        self._rest = data[at:]
        return self.count - before


def frame_at(data: bytes | bytearray, at: int) -> tuple[int, int] | None:
    """Where the payload of a server's frame begins and ends; None while it is not whole."""
    if len(data) < at + 2:
        return None
    size, start = data[at + 1] & 127, at + 2
    if size > 125:
        start += 2 if size == 126 else 8
        if len(data) < start:
            return None
        size = int.from_bytes(data[at + 2 : start], "big")
    return (start, start + size) if len(data) >= start + size else None
