"""The systems that are measured: how each is started, and how a viewer talks to it."""

import contextlib
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from benchmarks.load import dialects
from benchmarks.load.dialects import Dialect
from benchmarks.machine import ROOT, SERVER_CORE
from benchmarks.programs import Program, find, folder, free_port, prepared, redis, started

PEERS = ROOT / "benchmarks" / "peers"
# Thousands come at once: Daphne would give up on those that wait for their turn longer than 5 s.
PATIENT = ("--websocket_connect_timeout", "60")
MANAGE = (sys.executable, "manage.py")
NO_LIMITS = {f"LIVEROOM_{name}": "0" for name in ("RATE", "REPEAT", "FRAME_RATE", "ROOM_BUDGET", "SOCKETS_PER_USER")}
"""Limits that would hinder a few speakers to say what a whole room says; the rest is as it is by default."""


@dataclass(frozen=True)
class System:
    """Something that carries a room. ``redis``: it wants a Redis, whose URL is put in place of ``{redis}``."""

    name: str
    command: tuple[str, ...]
    dialect: Dialect
    environment: dict[str, str] = field(default_factory=dict)
    prepare: tuple[tuple[str, ...], ...] = ()
    redis: bool = False


@dataclass(frozen=True)
class Running:
    """A system that was started, and its Redis. ``start`` starts its server anew, once it has ended: the rest stays."""

    system: System
    server: Program
    redis: Program | None
    environment: dict[str, str]
    start: Callable[[], AbstractContextManager[Program]]


def liveroom(server: str, name: str) -> System:
    """Liveroom with SQLite as an operator starts it, on daphne or uvicorn."""
    return System(
        name,
        (sys.executable, "-m", "liveroom.serve", "--host", "127.0.0.1", "--port", "{port}", "--server", server),
        dialects.LIVEROOM,
        environment={"LIVEROOM_GUESTS": "talk", "LOG_LEVEL": "WARNING", **NO_LIMITS},
        prepare=((*MANAGE, "migrate", "-v", "0"), (*MANAGE, "demo")),
    )


def measured(system: System) -> System:
    """The same Liveroom with counters around it, which are written to a file of that name in its folder."""
    command = tuple("benchmarks.measured" if part == "liveroom.serve" else part for part in system.command)
    return replace(system, command=command, environment={**system.environment, "COUNTERS": "{folder}/counters"})


def tutorial(layer: str, name: str) -> System:
    """The Channels tutorial's consumer on Daphne, with one of the three layers."""
    daphne = ("-m", "daphne", "-v", "0", "--websocket_timeout", "-1", *PATIENT, "-b", "127.0.0.1", "-p", "{port}")
    return System(
        name,
        (sys.executable, *daphne, "benchmarks.peers.tutorial:application"),
        dialects.TUTORIAL,
        environment={"LAYER": layer, "REDIS_URL": "{redis}"},
        redis=layer != "memory",
    )


LIVEROOM = liveroom("daphne", "Liveroom, Daphne")
LIVEROOM_UVICORN = liveroom("uvicorn", "Liveroom, uvicorn")
STOCK_MEMORY = tutorial("memory", "Channels tutorial, in-memory layer, Daphne")
STOCK_CORE = tutorial("core", "Channels tutorial, Redis core layer, Daphne")
STOCK_PUBSUB = tutorial("pubsub", "Channels tutorial, Redis PubSub layer, Daphne")
SOCKETIO = System("Socket.IO, Node", ("node", str(PEERS / "relay.mjs"), "{port}"), dialects.SOCKETIO)
BROADCAST = System(
    "websockets.broadcast, asyncio", (sys.executable, "-m", "benchmarks.peers.broadcast", "{port}"), dialects.RELAY
)
SYSTEMS = (LIVEROOM, LIVEROOM_UVICORN, STOCK_MEMORY, STOCK_CORE, STOCK_PUBSUB, SOCKETIO, BROADCAST)


@contextlib.contextmanager
def running(system: System, *, database_url: str = "", directory: Path | None = None) -> Iterator[Running]:
    """Start a system on the server's core with a database of its own, and stop it at the end; raises RuntimeError."""
    with contextlib.ExitStack() as stack:
        place = directory or stack.enter_context(folder())
        store = stack.enter_context(redis(place)) if system.redis else None
        url = f"redis://127.0.0.1:{store.port}/0" if store else ""
        environment = {
            "DATABASE_URL": database_url or f"sqlite:///{place}/benchmark.sqlite3",
            "SECRET_KEY": secrets.token_urlsafe(48),
            **{name: value.format(redis=url, folder=place) for name, value in system.environment.items()},
        }
        for command in system.prepare:
            prepared(command, environment)
        port = free_port()
        command = tuple(part.format(port=port) for part in system.command)
        if command[0] == "node":
            command = (find("node", "nodejs"), *command[1:])
        start = partial(
            started, command, port=port, log=place / "server.log", core=SERVER_CORE, environment=environment
        )
        yield Running(system, stack.enter_context(start()), store, environment, start)
