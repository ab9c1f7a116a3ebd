"""What all tests share: a database file of their own, a room, clients, and the proof that nothing is left running."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import channels.db
import pytest
from django.db import close_old_connections, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from liveroom.asgi import application
from products.models import ShelfItem
from rooms.checks import outlook
from rooms.checks.wechat import Share, share
from rooms.models import Room
from rooms.realtime.outage import Outage, database_outage
from rooms.services.words import words_look_again
from tests import factories
from tests.admin_pages import signed_in
from tests.clients import Clock, Viewer, engine_or_none, settle, stand_still, threads_of_the_engine
from tests.law import Witness

Connect = Callable[..., Awaitable[Viewer]]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the SQLite test database in a file of its own: an in-memory one cannot be shared with threads."""
    database = connections["default"]
    if database.vendor == "sqlite":
        database.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(autouse=True)
def no_words() -> Iterator[None]:
    """No test finds the words that another one blocked."""
    yield
    words_look_again()


@pytest.fixture(autouse=True)
def no_outage() -> None:
    """No test begins within an outage that another one made."""
    vars(database_outage).update(vars(Outage()))
    outlook.forget()
    vars(share).update(vars(Share()))


@pytest.fixture
def root(transactional_db: None) -> User:
    """An administrator."""
    return User.objects.create_superuser("root", nickname="Root")


@pytest.fixture
def browser(root: User) -> Client:
    """A browser in which he is logged in."""
    return signed_in(root)


@pytest.fixture
def host(transactional_db: None) -> User:
    """The host of ``room``."""
    return factories.make_user("主播", public_id="000000000000h057", avatar="/host.png")


@pytest.fixture
def room(host: User) -> Room:
    """A live room, ``demo``, whose log is empty."""
    return factories.make_room(host=host)


@pytest.fixture
def item(room: Room) -> ShelfItem:
    """Tea at 20.00 on the room's shelf, 50 pieces; the log's first event."""
    return factories.make_item(room)


@pytest.fixture
def viewer(transactional_db: None) -> User:
    """An ordinary user."""
    return factories.make_user("李雷", public_id="00000000000000aa", avatar="/li.png")


@pytest.fixture
def other(transactional_db: None) -> User:
    """Another ordinary user."""
    return factories.make_user("韩梅梅", public_id="00000000000000bb")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The process's clocks, to be moved forward."""
    return Clock(monkeypatch)


@pytest.fixture
async def engine(transactional_db: None, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> AsyncIterator[None]:
    """The engine of the test's loop, doing nothing by itself; afterwards no task, thread or connection is left."""
    opened: list[BaseDatabaseWrapper] = []

    def remember(connection: BaseDatabaseWrapper, **_: Any) -> None:
        if threading.current_thread() is not threading.main_thread():
            opened.append(connection)

    stand_still(monkeypatch)
    # Their second would never end.
    settings.LIVEROOM_FRAME_RATE = 0
    connection_created.connect(remember)
    before = asyncio.all_tasks()
    try:
        yield
        if (running := engine_or_none()) is not None:
            await running.stop()
    finally:
        connection_created.disconnect(remember)
    assert asyncio.all_tasks() - before - {asyncio.current_task()} == set()
    assert threads_of_the_engine() == []
    assert [connection for connection in opened if connection.connection is not None] == []
    # Left patched, the next thread would keep its connection, and a later test be blamed for it.
    assert channels.db.close_old_connections is close_old_connections


@pytest.fixture
async def connect(engine: None) -> AsyncIterator[Connect]:
    """Open sockets: ``connect(user=…)`` by a token, ``connect()`` as a guest; other arguments are Viewer's."""
    sockets: list[Viewer] = []

    async def open_socket(path: str = "/ws/rooms/demo/", *, user: User | None = None, **options: Any) -> Viewer:
        if user is not None:
            options["token"] = factories.token_of(user)
        sockets.append(Viewer(application, path, **options))
        return await sockets[-1].connect()

    yield open_socket
    for socket in sockets:
        await socket.drop()
    await settle()


@pytest.fixture
async def enter(connect: Connect) -> Callable[..., Awaitable[Viewer]]:
    """Open sockets like ``connect``, each past its ``init`` and all that its coming caused on its own socket."""

    async def come_in(path: str = "/ws/rooms/demo/", **options: Any) -> Viewer:
        socket = await connect(path, **options)
        await socket.init()
        assert {frame["msg_type"] for frame in await socket.rest()} <= {"online"}
        return socket

    return come_in


@pytest.fixture
async def law_of(connect: Connect) -> Callable[[Room], Awaitable[Witness]]:
    """Put a guest into a room for the snapshot law, before its events: ``await law_of(room)``."""

    async def put(room: Room) -> Witness:
        socket = await connect(f"/ws/rooms/{room.slug}/")
        return Witness(socket, await socket.init(), connect)

    return put


@pytest.fixture
async def witness(room: Room, law_of: Callable[[Room], Awaitable[Witness]]) -> Witness:
    """A guest in ``room`` from the beginning, for the snapshot law; he counts as online."""
    return await law_of(room)
