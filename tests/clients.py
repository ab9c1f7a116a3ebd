"""A client of the real ASGI application, and what tests of it wait for. Nothing here waits for time to pass."""

import asyncio
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any, ParamSpec, TypeVar

import pytest
from asgiref.testing import ApplicationCommunicator
from channels.testing import WebsocketCommunicator
from django.db import connections

from rooms.realtime import hub, limits, pace, presence, runtime, tallies
from rooms.realtime.transport import AsgiSocket

P = ParamSpec("P")
T = TypeVar("T")

DEADLINE = 10.0
"""Seconds after which something that a test waits for counts as missing."""
HOST = "room.test"
NEVER = 1e9

Frame = dict[str, Any]
_refs = itertools.count(1)


class Closed(AssertionError):
    """The server closed the socket while a frame was expected."""

    def __init__(self, code: int) -> None:
        super().__init__(f"The server closed the socket with {code}.")
        self.code = code


async def stored(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run what uses the database in a thread of its own, and leave no connection behind."""

    def call() -> T:
        try:
            return function(*args, **kwargs)
        finally:
            connections.close_all()

    return await asyncio.get_running_loop().run_in_executor(None, call)


class Communicator(WebsocketCommunicator):
    """Channels' own, but that Django may close its connections meanwhile.

    Channels patches that away for the time of each call; of two calls at once the second leaves it away for good.
    """

    send_input = ApplicationCommunicator.send_input
    receive_output = ApplicationCommunicator.receive_output


class Viewer:
    """One WebSocket client. Frames are compared whole but for ``ts``, which every frame must carry, near the present.

    A server that closes is answered with a disconnect, as real servers do for their applications.
    """

    def __init__(
        self,
        application: Any,
        path: str = "/ws/rooms/demo/",
        *,
        token: str | None = None,
        headers: Iterable[tuple[str, str]] = (),
        subprotocols: Iterable[str] = (),
    ) -> None:
        pairs = [("host", HOST), *headers]
        if token is not None:
            pairs.append(("authorization", f"Bearer {token}"))
        encoded = [(name.encode(), value.encode()) for name, value in pairs]
        self.communicator = Communicator(application, path, encoded, list(subprotocols))
        self.subprotocol: str | None = None
        self.close_code: int | None = None
        self.gone = False

    async def connect(self) -> "Viewer":
        """Shake hands; fails when the server refuses."""
        accepted, answer = await self.communicator.connect(timeout=DEADLINE)
        assert accepted, f"The handshake was refused: {answer}"
        self.subprotocol = answer
        return self

    async def refused(self) -> None:
        """Shake hands and be turned away with a bare 403."""
        accepted, _ = await self.communicator.connect(timeout=DEADLINE)
        assert not accepted
        self.gone = True
        await self.communicator.wait(DEADLINE)

    # --- Sending.

    async def send(self, msg_type: str, **fields: Any) -> None:
        """Send a frame of that type."""
        await self.send_text(json.dumps({"msg_type": msg_type, **fields}))

    async def send_text(self, text: str) -> None:
        """Send a text frame as it is."""
        await self.communicator.send_input({"type": "websocket.receive", "text": text})

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary frame."""
        await self.communicator.send_input({"type": "websocket.receive", "bytes": data})

    # --- Receiving.

    async def recv(self) -> Frame:
        """The next frame; raises Closed when the server closes instead."""
        event = await self.communicator.receive_output(DEADLINE)
        if event["type"] == "websocket.close":
            self.close_code = event["code"]
            await self.drop(event["code"])
            raise Closed(event["code"])
        assert event["type"] == "websocket.send"
        frame = json.loads(event["text"])
        assert isinstance(frame, dict)
        assert isinstance(frame["ts"], int)
        return frame

    async def expect(self, msg_type: str, **fields: Any) -> Frame:
        """The next frame, which must be exactly this one; unless ``fields`` has ``ts``, a time near now will do."""
        frame = await self.recv()
        wanted = {"msg_type": msg_type, **fields}
        if "ts" not in fields:
            assert abs(frame["ts"] - time.time() * 1000) < 60_000
            wanted["ts"] = frame["ts"]
        assert frame == wanted
        return frame

    async def init(self) -> Frame:
        """The next frame, which must be an ``init``."""
        frame = await self.recv()
        assert frame["msg_type"] == "init", frame
        return frame

    async def rest(self) -> list[Frame]:
        """Everything that what happened so far puts on this socket; a ``ping`` sent after it marks its end."""
        await settle([self])
        ref = f"rest {next(_refs)}"
        await self.send("ping", ref=ref)
        frames = []
        while not ((frame := await self.recv())["msg_type"] == "ack" and frame.get("ref") == ref):
            frames.append(frame)
        assert frames.pop()["msg_type"] == "pong"
        return frames

    async def nothing(self) -> None:
        """Nothing else came, and nothing that happened so far will make anything come."""
        assert await self.rest() == []

    async def closed(self, code: int) -> None:
        """The next thing is the server's close with that code, and nothing comes after it."""
        with pytest.raises(Closed) as closed:
            await self.recv()
        assert closed.value.code == code
        assert self.communicator.output_queue.empty()

    # --- Going.

    async def drop(self, code: int = 1006) -> None:
        """Be gone, without a word."""
        if self.gone:
            return
        self.gone = True
        # A missed deadline cancels the application; that is told where it was missed.
        if not self.communicator.future.cancelled():
            await self.communicator.disconnect(code, timeout=DEADLINE)


# --- Waiting for the engine.


async def settle(viewers: Iterable[Viewer] = ()) -> None:
    """Wait until all that was begun on this loop is done: frames read, commits made, events delivered."""
    quiet = 0
    async with asyncio.timeout(DEADLINE):
        while quiet < 3:
            await asyncio.sleep(0)
            busy = _busy()
            unread = any(not viewer.gone and not viewer.communicator.input_queue.empty() for viewer in viewers)
            quiet = 0 if busy or unread else quiet + 1
            if busy:
                await asyncio.wait(busy)


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so that tells nobody when it becomes so."""
    async with asyncio.timeout(DEADLINE):
        while not condition():  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.001)


def _busy() -> set["asyncio.Future[Any]"]:
    """The tasks that run now and end by themselves."""
    engine = engine_or_none()
    if engine is None:
        return set()
    tasks: list[Any] = [*engine._opening.values(), *engine.layer._sends, *engine.checks._tasks]
    tasks += [writer._task for writer in engine._writers.values()]
    for room in engine.hubs.values():
        tasks += [room._passing, room._healing, room._refilling, room._reading]
    for connection in engine.connections:
        tasks += [getattr(connection, "_worker", None), getattr(connection, "_closer", None)]
        tasks.append(getattr(connection, "_rereading", None))
        if isinstance(connection.outbox.socket, AsgiSocket):
            tasks.append(connection.outbox.socket._task)
    return {task for task in tasks if task is not None and not task.done()}


def engine_or_none() -> runtime.Runtime | None:
    """This loop's runtime, if it was used already."""
    return runtime._runtimes.get(asyncio.get_running_loop())


async def tidy() -> None:
    """What the runtime does every two seconds."""
    await runtime.current()._say_and_hear()
    await runtime.current()._tidy()


async def sweep() -> None:
    """What the runtime does every two seconds about comments that are to be checked."""
    await runtime.current().checks.sweep()


async def look() -> None:
    """What the runtime does every half second: the look at the newest numbers of its rooms."""
    await runtime.current()._poll()


def stand_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave to the test what the engine does every so often, stop the limits' clock, and let hubs not rest."""
    for name in ("POLL_EVERY", "TIDY_EVERY"):
        monkeypatch.setattr(runtime, name, NEVER)
    for module in (hub, tallies):
        monkeypatch.setattr(module, "ONLINE_EVERY", NEVER)
    monkeypatch.setattr(presence, "REMOTE_TIMEOUT", NEVER)
    if vars(limits)["time"] is time:  # no Clock has stopped it yet
        begun = time.monotonic()
        monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: begun))
    monkeypatch.setattr(pace, "REST_MIN", 0.001)
    # Every init is read anew: an old picture with the events after it would prove nothing of the snapshot law.
    monkeypatch.setattr(hub, "PICTURE_AGE", 0)


class Clock:
    """The process's clocks, to be moved forward: ``time.monotonic`` (the loop's too) runs on its own as well.

    ``time.time_ns`` and the limits' clock stand still between.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monotonic, begun, begun_ns = time.monotonic, time.monotonic(), time.time_ns()
        self._ahead_ns = 0
        still = SimpleNamespace(monotonic=lambda: begun + self._ahead_ns / 1e9)
        monkeypatch.setattr(limits, "time", still)
        monkeypatch.setattr(time, "monotonic", lambda: monotonic() + self._ahead_ns / 1e9)
        monkeypatch.setattr(time, "time_ns", lambda: begun_ns + self._ahead_ns)

    @property
    def now(self) -> int:
        """The wall clock in ms."""
        return time.time_ns() // 1_000_000

    def leap(self, seconds: float) -> None:
        """Let so much time pass at once; from any thread."""
        self._ahead_ns += round(seconds * 1e9)

    async def advance(self, seconds: float) -> None:
        """Let so much time pass at once; what was due in it runs."""
        await settle()
        self.leap(seconds)
        await settle()


def threads_of_the_engine() -> list[str]:
    """Names of the database threads that are alive."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("liveroom-")]
