"""All that one run found, for its tables, plots and musts."""

from dataclasses import dataclass, field

from benchmarks.measuring import Figures


@dataclass(frozen=True)
class Slices:
    """How long the event loop was held at most, in ms: by one slice of the hub's work, and by anything."""

    viewers: int
    rate: float
    count: int
    longest: float
    cpu: float
    anything: float
    name: str


@dataclass(frozen=True)
class Commits:
    """Comments/s made durable in one room: in the writer's batches, and in a transaction each."""

    database: str
    senders: int
    batched: float
    alone: float


@dataclass(frozen=True)
class Storm:
    """A return of all at once. Seconds until the last was back, and until all had everything; ms until one was back.

    ``refused``: tries that the server cut before the viewer was in, each followed by another one.
    """

    system: str
    viewers: int
    back: float
    complete: float
    p50: float
    p99: float
    refused: int
    missing: int
    doubled: int
    recovered: int
    reads: float
    queries: float


@dataclass(frozen=True)
class Buys:
    """A sale. ``wrong``: pieces that are neither ordered nor left, and acknowledged orders that are not there."""

    database: str
    items: int
    buyers: int
    per_second: float
    seconds: float
    ordered: int
    left: int
    oversold: int
    wrong: int
    p50: float
    p99: float


@dataclass(frozen=True)
class Idle:
    """What a quiet room costs: KiB per viewer, seconds of CPU per second."""

    system: str
    viewers: int
    memory: float
    cpu: float
    lost: int


@dataclass(frozen=True)
class Stuck:
    """Some stop reading. Latencies of the others in ms, ``before`` and ``meanwhile``; ``memory``: KiB per stuck viewer.

    ``kilobytes``: what each viewer is sent in a second; ``longest``: seconds until the last of the stuck was cut;
    ``cut``: how many were; ``missing``: comments that the others did not get.
    """

    system: str
    viewers: int
    stuck: int
    kilobytes: float
    before: tuple[float, float, float]
    meanwhile: tuple[float, float, float]
    memory: float
    cut: int
    longest: float
    missing: int
    lost: int


@dataclass(frozen=True)
class Moment:
    """A look during the soak: seconds since its begin, MiB, ms."""

    at: float
    memory: float
    p50: float
    p99: float


@dataclass(frozen=True)
class Soak:
    """The soak. ``memory``: the last third's by the second's; ``before``, ``after``: their median p99 in ms."""

    moments: list[Moment]
    viewers: int
    came: int
    lost: int
    memory: float
    before: float
    after: float
    flat: bool


@dataclass
class Book:
    """The figures by scenario."""

    fanout: list[Figures] = field(default_factory=list)
    slices: Slices | None = None
    single: list[Figures] = field(default_factory=list)
    commits: list[Commits] = field(default_factory=list)
    storms: list[Storm] = field(default_factory=list)
    buys: list[Buys] = field(default_factory=list)
    stuck: list[Stuck] = field(default_factory=list)
    idle: list[Idle] = field(default_factory=list)
    soak: Soak | None = None
