"""Database work of the event loop: in a small pool of threads of its own, so that slow pages never hold up a room."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from typing import Any, ParamSpec, TypeVar

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from rooms.messages import Code, Refused
from rooms.realtime.outage import database_outage

P = ParamSpec("P")
T = TypeVar("T")

AWAY = (OperationalError, InterfaceError, TimeoutError)
READERS = 4
WRITE_TIMEOUT = 12.0
"""Seconds; a server that lives ends a statement before that by its own time-outs."""


class Database:
    """Readers apart from writers. SQLite takes one writer at a time: a second thread would only starve at its lock."""

    def __init__(self) -> None:
        # SQLite's connections are kept by their threads; others go back to psycopg's pool after each piece of work.
        self._keeps = connections[DEFAULT_DB_ALIAS].vendor == "sqlite"
        self._readers = ThreadPoolExecutor(READERS, "liveroom-read")
        self._writers = ThreadPoolExecutor(1 if self._keeps else 4, "liveroom-write")
        self._calls: set[Future[Any]] = set()
        self._kept: set[BaseDatabaseWrapper] = set()
        self._closed = False

    async def read(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a selector; raises Refused ``unavailable`` when the database is away or slow."""
        return await self._run(self._readers, settings.LIVEROOM_DB_TIMEOUT or None, partial(function, *args, **kwargs))

    async def write(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run what commits; raises Refused ``unavailable`` when the database is away."""
        return await self._run(self._writers, WRITE_TIMEOUT, partial(function, *args, **kwargs))

    async def _run(self, pool: ThreadPoolExecutor, limit: float | None, work: Callable[[], T]) -> T:
        begun, write = time.monotonic(), pool is self._writers
        try:
            async with asyncio.timeout(limit):
                result = await asyncio.wrap_future(self._submit(pool, work))
        except AWAY as error:
            database_outage.failed(begun, error, write=write)
            raise Refused(
                Code.UNAVAILABLE, "The database does not answer; try again with the same key.", retry_after=2
            ) from error
        database_outage.answered(begun, write=write)
        return result

    def _submit(self, pool: ThreadPoolExecutor, work: Callable[[], T]) -> Future[T]:
        try:
            call = pool.submit(self._call, work)
        except RuntimeError:
            if not self._closed:
                raise
            raise Refused(Code.UNAVAILABLE, "The server ends; try again with the same key.", retry_after=2) from None
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)
        return call

    def _call(self, work: Callable[[], T]) -> T:
        connection = connections[DEFAULT_DB_ALIAS]
        try:
            return work()
        finally:
            if self._keeps:
                self._kept.add(connection)
            else:
                connection.close()

    def close(self, timeout: float | None = None) -> bool:
        """Wait for what is running, and close the threads' connections. Blocks: call it off the event loop.

        After ``timeout`` seconds what still runs is left to itself, and the answer is False.
        """
        self._closed = True
        for pool in (self._readers, self._writers):
            pool.shutdown(wait=False, cancel_futures=True)
        if wait(tuple(self._calls), timeout).not_done:
            return False
        for pool in (self._readers, self._writers):
            pool.shutdown(wait=True)
        for connection in self._kept:
            connection.inc_thread_sharing()
            connection.close()
        self._kept.clear()
        return True
