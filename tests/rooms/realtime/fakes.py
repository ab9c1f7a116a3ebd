"""A room's log in memory, and sockets that remember, for tests of the engine's parts."""

import asyncio
import json
from typing import Any, cast

import msgspec

from rooms import selectors
from rooms.messages import AllowPart, HostPart, Role, RoomPart, UserPart
from rooms.models import now_ms
from rooms.publish import LogEntry
from rooms.realtime.hub import RoomHub
from rooms.realtime.outbox import Outbox
from rooms.realtime.presence import Elsewhere
from rooms.realtime.runtime import Runtime
from rooms.realtime.transport import Parcel
from rooms.selectors import HeadRow, Picture

HOST = UserPart(id="h", nickname="Host", avatar="", role=Role.HOST)
ROOM = RoomPart(
    slug="demo",
    title="Demo",
    cover="",
    host=HostPart(user=HOST),
    followers=0,
    notice="",
    pinned=None,
    status="live",
    show=1,
    allow=AllowPart(comments=True, likes=True, shop=True),
    slow_mode=0,
    stream="",
)


def entry(seq: int) -> LogEntry:
    """An event of the log."""
    frame = {"msg_type": "notice", "ts": now_ms(), "seq": seq, "text": str(seq)}
    return LogEntry(seq, "notice", json.dumps(frame).encode())


class FakeRuntime:
    """A runtime whose database is a list of events; ``asked`` are the ranges that were read from it."""

    def __init__(self, *, begin: int = 0) -> None:
        self.log = [entry(seq) for seq in range(1, begin + 1)]
        self.asked: list[tuple[int, int | None]] = []
        self.gossips: list[Any] = []
        self.connections: set[Any] = set()
        self.slow: set[Outbox] = set()
        self.database = self

    def commit(self, count: int = 1) -> list[LogEntry]:
        """Add events to the log."""
        last = len(self.log)
        new = [entry(seq) for seq in range(last + 1, last + count + 1)]
        self.log += new
        return new

    async def read(self, function: Any, room_id: int, *args: Any, **kwargs: Any) -> Any:
        await asyncio.sleep(0)
        if function is selectors.head_row:
            return HeadRow(len(self.log), 0, 0)
        if function is selectors.picture:
            return Picture(len(self.log), 0, "epoch", ROOM, {"room": msgspec.Raw(b"{}")})
        (since,), until = args, kwargs["until"]
        self.asked.append((since, until))
        found = [event for event in self.log if event.seq > since and (until is None or event.seq <= until)]
        return found[: kwargs["limit"]]

    def elsewhere(self, _room_id: int) -> Elsewhere:
        return Elsewhere()

    def gossip(self, _hub: RoomHub, gossip: Any) -> None:
        if gossip:
            self.gossips.append(gossip)

    async def hub(self) -> RoomHub:
        """A hub, opened."""
        hub = RoomHub(cast(Runtime, self), 1)
        await hub.open()
        return hub


class FakeSocket:
    """A socket that remembers its writes; ``backed_up`` says whether its client does not read."""

    def __init__(self) -> None:
        self.backed_up = False
        self.writes: list[Parcel] = []
        self.aborted = False
        self.closed_with: int | None = None

    def write(self, parcel: Parcel) -> None:
        self.writes.append(parcel)

    def write_through(self, parcel: Parcel) -> bool:
        if self.backed_up:
            return False
        self.write(parcel)
        return True

    def abort(self) -> None:
        self.aborted = True

    async def close(self, code: int) -> None:
        self.closed_with = code

    @property
    def frames(self) -> list[dict[str, Any]]:
        """All frames that were written."""
        return [json.loads(payload) for parcel in self.writes for payload in parcel.payloads]

    @property
    def seqs(self) -> list[int]:
        """The numbers of the durable events that were written."""
        return [frame["seq"] for frame in self.frames if "seq" in frame]


class FakeConnection:
    """A member of a hub."""

    is_staff = False

    def __init__(self, runtime: FakeRuntime, hub: RoomHub, person_id: str = "") -> None:
        self.socket = FakeSocket()
        self.outbox = Outbox(self.socket, runtime.slow)
        self.outbox.person_id = person_id
        self.outbox.seq = hub.seq
        self.hub: RoomHub | None = hub
        hub.add(cast(Any, self))

    def viewer_changed(self, values: dict[str, Any]) -> None: ...

    def comment_refused(self, comment_id: int) -> None: ...

    def reread_soon(self) -> None: ...

    def end(self, refused: Any) -> None: ...


async def passed(hub: RoomHub) -> None:
    """Wait until the hub has delivered what it accepted, and filled its gaps."""
    while tasks := [task for task in (hub._healing, hub._refilling, hub._passing, hub._reading) if task is not None]:
        await asyncio.wait(tasks)
