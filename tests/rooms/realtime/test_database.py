"""Database work of the loop: apart from each other, bounded in time, and no connection left at the end."""

import asyncio
import threading

import psycopg
import pytest
from django.db import InterfaceError, OperationalError, connection
from psycopg import errors

from rooms.messages import Code, Refused
from rooms.models import Room
from rooms.realtime.database import Database
from tests.clients import threads_of_the_engine


@pytest.fixture
async def database(transactional_db):
    found = Database()
    yield found
    await asyncio.to_thread(found.close)


def where():
    """The thread that it runs in, with its connection open."""
    Room.objects.exists()
    return threading.current_thread().name


async def test_readers_and_writers_have_threads_of_their_own(database):
    """A slow read holds up no commit."""
    go = threading.Event()
    reading = [asyncio.create_task(database.read(go.wait, 10)) for _ in range(4)]
    assert (await database.write(where)).startswith("liveroom-write")
    go.set()
    assert await asyncio.gather(*reading) == [True] * 4
    assert (await database.read(where)).startswith("liveroom-read")


@pytest.mark.parametrize("error", [OperationalError("gone"), InterfaceError("closed"), TimeoutError()])
async def test_a_database_that_is_away(database, error):
    """It is `unavailable`: nothing happened, and one may try again."""

    def fail():
        raise error

    for run in (database.read, database.write):
        with pytest.raises(Refused) as refused:
            await run(fail)
        assert (refused.value.code, refused.value.retry, refused.value.retry_after) == (Code.UNAVAILABLE, True, 2)
        assert type(refused.value.__cause__) is type(error)


async def test_an_outage_is_logged_once_at_each_of_its_ends(database, caplog):
    """However many calls fail meanwhile, and however late: one that began in the outage tells of no new one."""
    go = threading.Event()

    def fail():
        raise OperationalError("gone")

    def fail_late():
        go.wait(10)
        fail()

    late = asyncio.create_task(database.write(fail_late))
    for _ in range(3):
        with pytest.raises(Refused):
            await database.read(fail)
    assert [record.message for record in caplog.records] == ["The database is away: gone"]
    for _ in range(3):
        await database.read(where)
    go.set()
    with pytest.raises(Refused):
        await late
    await database.read(where)
    assert [record.message for record in caplog.records] == ["The database is away: gone", "The database is back"]
    with pytest.raises(Refused):
        await database.read(fail)
    await database.read(where)
    assert len(caplog.records) == 4


async def test_an_outage_of_writes_alone_is_over_with_a_write(database, caplog):
    """A full disk: what is read meanwhile says nothing of it, and the log does not go to and fro."""

    def fail():
        raise OperationalError("database or disk is full")

    for _ in range(3):
        with pytest.raises(Refused):
            await database.write(fail)
        await database.read(where)
    assert [record.message for record in caplog.records] == ["The database is away: database or disk is full"]
    await database.write(where)
    assert [record.message for record in caplog.records][1:] == ["The database is back"]


async def test_an_outage_that_reads_meet_too_is_over_with_a_read(database, caplog):
    """Whatever failed first: nobody may write for hours in a quiet room."""

    def fail():
        raise OperationalError("gone")

    for run in (database.write, database.read):
        with pytest.raises(Refused):
            await run(fail)
    await database.read(where)
    assert [record.message for record in caplog.records] == ["The database is away: gone", "The database is back"]


@pytest.mark.parametrize(
    "cause",
    [errors.DeadlockDetected, errors.SerializationFailure, errors.LockNotAvailable, errors.QueryCanceled],
)
async def test_a_transaction_that_is_refused_is_no_outage(database, caplog, cause):
    """It is `unavailable` to its sender, and one line of the log."""

    def fail():
        raise OperationalError("deadlock detected\nDETAIL:  Process 1 waits for 2") from cause("deadlock detected")

    for _ in range(2):
        with pytest.raises(Refused) as refused:
            await database.write(fail)
        assert (refused.value.code, refused.value.retry) == (Code.UNAVAILABLE, True)
    await database.write(where)
    assert [record.message for record in caplog.records] == [
        "The database refused a transaction: deadlock detected",
        "The database refused a transaction: deadlock detected",
    ]


@pytest.mark.parametrize(
    "cause", [errors.AdminShutdown, errors.CannotConnectNow, errors.DiskFull, psycopg.OperationalError]
)
async def test_a_database_that_ends_is_away(database, caplog, cause):
    """It says so with a code, or does not say anything any more."""

    def fail():
        raise OperationalError("gone") from cause("gone")

    with pytest.raises(Refused):
        await database.write(fail)
    assert [record.message for record in caplog.records] == ["The database is away: gone"]


async def test_another_failure_is_its_callers(database):
    """What a selector raises comes through."""
    with pytest.raises(Room.DoesNotExist):
        await database.read(Room.objects.get, pk=999)


async def test_a_read_that_takes_too_long(database, settings):
    """LIVEROOM_DB_TIMEOUT is its limit; 0 is none."""
    go = threading.Event()
    settings.LIVEROOM_DB_TIMEOUT = 0.01
    with pytest.raises(Refused):
        await database.read(go.wait, 10)
    go.set()
    settings.LIVEROOM_DB_TIMEOUT = 0
    assert await database.read(lambda: 1) == 1


async def test_nothing_is_left_after_close(transactional_db):
    """No thread, no connection."""
    database = Database()
    opened = []

    def open_connection():
        Room.objects.exists()
        opened.append(connection.connection is not None)
        return connection

    wrappers = [await database.read(open_connection), await database.write(open_connection)]
    await asyncio.to_thread(database.close)
    assert opened == [True, True]
    assert threads_of_the_engine() == []
    assert [wrapper.connection for wrapper in wrappers] == [None, None] or connection.vendor != "sqlite"


async def test_what_comes_after_close_is_refused(transactional_db):
    """A writer that still has something to commit then answers it, as when the database is away."""
    database = Database()
    await asyncio.to_thread(database.close)
    for run in (database.read, database.write):
        with pytest.raises(Refused) as refused:
            await run(where)
        assert (refused.value.code, refused.value.retry) == (Code.UNAVAILABLE, True)
