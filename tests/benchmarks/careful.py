"""A slow and careful reader of what a server sends: what the load client's counts are compared with."""

from dataclasses import dataclass, field


@dataclass
class Careful:
    """Takes the stream byte by byte; ``frames`` are the (opcode, payload) that are whole."""

    frames: list[tuple[int, bytes]] = field(default_factory=list)
    _buffer: bytearray = field(default_factory=bytearray)

    def take(self, data: bytes) -> None:
        for byte in data:
            self._buffer.append(byte)
            size = self._size()
            if size is not None and len(self._buffer) == size[0] + size[1]:
                self.frames.append((self._buffer[0] & 15, bytes(self._buffer[size[0] :])))
                self._buffer.clear()

    def _size(self) -> tuple[int, int] | None:
        """Bytes of the head and of the payload, once the head is there."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        short = buffer[1]
        more = {126: 2, 127: 8}.get(short, 0)
        if len(buffer) < 2 + more:
            return None
        return 2 + more, int.from_bytes(buffer[2 : 2 + more], "big") if more else short


def frame(opcode: int, payload: bytes, *, wide: bool = False) -> bytes:
    """A server's frame; ``wide``: its length in 64 bits, whatever it is."""
    size = len(payload)
    if wide or size > 65535:
        head = bytes((127,)) + size.to_bytes(8, "big")
    elif size > 125:
        head = bytes((126,)) + size.to_bytes(2, "big")
    else:
        head = bytes((size,))
    return bytes((0x80 | opcode,)) + head + payload
