"""Numbers that a measured server writes and the benchmark reads, in a file that both have in memory."""

import mmap
from enum import IntEnum
from pathlib import Path

NAME_SIZE = 64


class Count(IntEnum):
    """``READS``, ``WRITES``: database queries of the threads that read and of those that commit. The longest times, in
    ns, that the event loop was held: by one slice of a hub's work (by the clock, and in CPU), and by anything."""

    READS = 0
    WRITES = 1
    SLICE = 2
    SLICE_CPU = 3
    SLICES = 4
    LONGEST = 5


class Counters:
    """The numbers, and the name of what held the loop longest."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        size = 8 * len(Count) + NAME_SIZE
        if create:
            path.write_bytes(bytes(size))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), size)
        self._numbers = memoryview(self._memory)[: 8 * len(Count)].cast("Q")

    def __getitem__(self, count: Count) -> int:
        return self._numbers[count]

    def __setitem__(self, count: Count, value: int) -> None:
        self._numbers[count] = value

    @property
    def name(self) -> str:
        return self._memory[-NAME_SIZE:].rstrip(b"\0").decode()

    @name.setter
    def name(self, name: str) -> None:
        self._memory[-NAME_SIZE:] = name.encode()[:NAME_SIZE].ljust(NAME_SIZE, b"\0")

    def clear(self) -> None:
        """Begin anew."""
        for count in Count:
            self[count] = 0
        self.name = ""
