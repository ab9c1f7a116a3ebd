"""How what was committed reaches the processes: the only ``group_send``.

A Batch holds finished frames of one room. The runtimes of this process get it directly; they hand it to the other
processes. Code without a runtime (a management command) sends it to the layer itself. Nothing here may fail the caller:
the log is committed, and whoever misses a batch finds it there.
"""

import asyncio
import contextlib
import logging
import os
import secrets
from typing import Any, NamedTuple, Protocol

import msgspec
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)

PROCESS_KEY = secrets.token_hex(8)
"""This process, in sixteen characters."""
PROCESS = f"{os.getpid()}-{PROCESS_KEY[:8]}"
SEND_TIMEOUT = 1.0
PROCESSES = "processes"


def room_group(room_id: int) -> str:
    """The layer's group of one room."""
    return f"room.{room_id}"


class LogEntry(NamedTuple):
    """A numbered event, finished: ``payload`` is its frame's JSON."""

    seq: int
    kind: str
    payload: bytes


class Batch(msgspec.Struct, frozen=True, array_like=True):
    """What one commit did in one room. ``viewers``: users whose own state changed there, with the new values;
    ``refused``: users and their comments that waited, and are not shown."""

    room_id: int
    events: list[LogEntry]
    viewers: list[tuple[int, dict[str, Any]]] = []
    refused: list[tuple[int, int]] = []


class Sink(Protocol):
    """A running event loop that delivers batches; ``deliver_soon`` may be called from any thread."""

    def deliver_soon(self, batch: Batch) -> None: ...


_sinks: list[Sink] = []


def attach(sink: Sink) -> None:
    """Give what this process commits to ``sink`` too."""
    _sinks.append(sink)


def detach(sink: Sink) -> None:
    """Undo ``attach``."""
    with contextlib.suppress(ValueError):
        _sinks.remove(sink)


EVERY_ROOM = 0
"""In place of a room's key: for all of them."""


def publish(batch: Batch) -> None:
    """Deliver a committed batch, from any thread; never raises."""
    if _sinks:
        for sink in list(_sinks):
            sink.deliver_soon(batch)
        return
    try:
        async_to_sync(send)(batch_group(batch), encode(batch))
    except Exception:
        logger.exception("Room %s: a committed change could not be announced; it is read from the log", batch.room_id)


def publish_user(user_id: int) -> None:
    """Have a user's sockets, in whatever room, read again who he is; from any thread, never raises."""
    publish(Batch(EVERY_ROOM, [], [(user_id, {})]))


def batch_group(batch: Batch) -> str:
    """The group that a batch is for."""
    return PROCESSES if batch.room_id == EVERY_ROOM else room_group(batch.room_id)


def encode(batch: Batch) -> dict[str, Any]:
    """The layer's message of a batch."""
    return {"type": "room.batch", "process": PROCESS, "batch": msgspec.msgpack.encode(batch)}


def decode(message: dict[str, Any]) -> Batch:
    """The batch in a layer's message."""
    return msgspec.msgpack.decode(message["batch"], type=Batch)


async def send(group: str, message: dict[str, Any]) -> None:
    """Send to a group within SEND_TIMEOUT seconds; raises TimeoutError, or what the layer raises."""
    layer = get_channel_layer()
    if layer is None:
        return
    async with asyncio.timeout(SEND_TIMEOUT):
        await layer.group_send(group, message)
