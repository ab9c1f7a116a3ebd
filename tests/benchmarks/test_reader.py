"""benchmarks/load/reader.py: what is counted, wherever the stream is cut."""

import random

import pytest

from benchmarks.load.frames import MARKER, STAMP, masked, stamped
from benchmarks.load.reader import PREFIX, Reader
from tests.benchmarks.careful import Careful, frame

NOW = 9_000_000_000_000_000_000
COMMENT = b'{"msg_type":"message","content":"well said @t=0000000000000000042= "}'
LONG = COMMENT + b" " * 300
HUGE = b" " * 70_000 + COMMENT
STREAM = b"".join(
    (
        frame(1, COMMENT),
        frame(9, b""),
        frame(1, LONG),
        frame(1, b'{"msg_type":"online","online":3}'),
        frame(9, b"are you there"),
        frame(1, b"2"),
        frame(1, COMMENT, wide=True),
        frame(1, b""),
        frame(10, b"@t"),
        frame(1, COMMENT),
        frame(1, "点赞\u0249\u0089".encode()),
        frame(1, LONG),
        frame(8, b"\x0f\xa0"),
    )
)


class Watched:
    """A reader, with what it wanted answered."""

    def __init__(self, *, sampled: bool) -> None:
        self.answers: list[tuple[int, bytes]] = []
        self.latencies: list[int] = []
        self.reader = Reader(
            lambda opcode, payload: self.answers.append((opcode, payload)),
            lambda: NOW,
            self.latencies if sampled else None,
        )

    def take(self, data: bytes) -> None:
        self.reader.take(bytearray(PREFIX) + data, PREFIX + len(data))


def judged(stream: bytes) -> tuple[int, list[tuple[int, bytes]]]:
    """What the careful reader finds: the comments, and what wants an answer."""
    careful = Careful()
    careful.take(stream)
    comments = sum(payload.count(MARKER) for opcode, payload in careful.frames if opcode == 1)
    return comments, [found for found in careful.frames if found[0] in (8, 9) or found == (1, b"2")]


@pytest.mark.parametrize("sampled", [False, True])
@pytest.mark.parametrize("middle", [0, 1, 7])
def test_a_stream_cut_at_every_byte(*, sampled: bool, middle: int) -> None:
    """In two parts, or in three with a small one between, every cut gives what the careful reader finds."""
    comments, answers = judged(STREAM)
    assert comments == 5
    assert len(answers) == 4
    for cut in range(len(STREAM) + 1):
        watched = Watched(sampled=sampled)
        for part in (STREAM[:cut], STREAM[cut : cut + middle], STREAM[cut + middle :]):
            if part:
                watched.take(part)
        assert (watched.reader.count, watched.answers) == (comments, answers), cut
        assert watched.latencies == ([NOW - 42] * comments if sampled else [])


@pytest.mark.parametrize("sampled", [False, True])
def test_one_byte_at_a_time(*, sampled: bool) -> None:
    """The worst that TCP can do."""
    watched = Watched(sampled=sampled)
    for byte in STREAM:
        watched.take(bytes((byte,)))
    assert (watched.reader.count, watched.answers) == judged(STREAM)


@pytest.mark.parametrize("seed", range(20))
def test_many_frames_in_parts_of_any_size(seed: int) -> None:
    """Joined frames of all lengths, in parts of random sizes; a comment at the end of 70,000 bytes is found too."""
    chance = random.Random(seed)
    payloads = [(1, COMMENT), (1, LONG), (1, HUGE), (9, b"x" * 125), (9, b""), (1, b"{}"), (1, b"@t" * 60)]
    chosen = [chance.choice(payloads) for _ in range(60)]
    stream = b"".join(frame(*one, wide=one[0] == 1 and not chance.randrange(5)) for one in chosen)
    watched, at = Watched(sampled=bool(seed % 2)), 0
    while at < len(stream):
        size = chance.choice((1, 2, 3, 20, 300, 5000, 100_000))
        watched.take(stream[at : at + size])
        at += size
    assert (watched.reader.count, watched.answers) == judged(stream)


def test_a_comment_carries_its_time() -> None:
    """As long as all the others, with one stamp, which is the marker that is counted."""
    text = stamped(123_456)
    assert len(text) == len(stamped(1)) == 150
    assert text.encode().count(MARKER) == len(STAMP.findall(text.encode())) == 1


@pytest.mark.parametrize("size", [0, 1, 125, 126, 400, 70_000])
def test_a_frame_is_masked_as_the_standard_says(size: int) -> None:
    """Unmasked byte by byte it is the payload."""
    payload = bytes(range(256)) * 300
    sent = masked(1, payload[:size])
    head = 2 if size < 126 else 4 if size < 65536 else 10
    mask = sent[head : head + 4]
    assert sent[0] == 0x81
    assert sent[1] & 0x80
    assert bytes(byte ^ mask[index % 4] for index, byte in enumerate(sent[head + 4 :])) == payload[:size]
