"""``python -m liveroom.serve`` with counters around it: ``python -m benchmarks.measured`` takes the same options.

The server's code is as it is. Django's own hook counts the queries of every connection, and every call of asyncio's
event loop is timed (uvloop, uvicorn's, is not seen). What is written goes to the file that COUNTERS names. CPU is not
measured on such a server.
"""

import asyncio
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from benchmarks.counters import Count, Counters
from liveroom.serve import main

HUB = "RoomHub."
WRITERS = "liveroom-write"


def count_queries(counters: Counters) -> Callable[..., None]:
    """Count each statement of each connection; BEGIN and COMMIT are none. Returns the receiver, to be kept."""
    lock = threading.Lock()

    def count(execute: Callable[..., Any], *arguments: Any) -> Any:
        writes = threading.current_thread().name.startswith(WRITERS)
        with lock:
            counters[Count.WRITES if writes else Count.READS] += 1
        return execute(*arguments)

    def connected(connection: BaseDatabaseWrapper, **rest: Any) -> None:
        if count not in connection.execute_wrappers:
            connection.execute_wrappers.append(count)

    connection_created.connect(connected)
    return connected


def time_calls(counters: Counters) -> None:
    """Time what the event loop calls, and note the longest."""
    run = asyncio.Handle._run

    def timed(handle: asyncio.Handle) -> None:
        started, cpu = time.perf_counter_ns(), time.thread_time_ns()
        run(handle)
        took = time.perf_counter_ns() - started
        name = name_of(handle)
        if name.startswith(HUB):
            counters[Count.SLICES] += 1
            counters[Count.SLICE] = max(took, counters[Count.SLICE])
            counters[Count.SLICE_CPU] = max(time.thread_time_ns() - cpu, counters[Count.SLICE_CPU])
        if took > counters[Count.LONGEST]:
            counters[Count.LONGEST] = took
            counters.name = name

    asyncio.Handle._run = timed  # type: ignore[method-assign, assignment]


def name_of(handle: asyncio.Handle) -> str:
    """What a handle calls: a step of a task by its coroutine, the rest by the function."""
    callback = handle._callback  # type: ignore[attr-defined]
    owner = getattr(callback, "__self__", None)
    if isinstance(owner, asyncio.Task):
        return str(getattr(owner.get_coro(), "__qualname__", "a task"))
    return str(getattr(callback, "__qualname__", type(callback).__qualname__))


if __name__ == "__main__":
    shared = Counters(Path(os.environ["COUNTERS"]))
    kept = count_queries(shared)
    time_calls(shared)
    main()
