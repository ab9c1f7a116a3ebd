"""One server process with Liveroom's limits and a clean end: `python -m liveroom.serve` (Daphne, or uvicorn).

On SIGTERM or SIGINT it accepts nothing more, drains the rooms (every viewer is told to come back), ends what still runs
and exits with 0, all within 10 s; with 1 only where that failed, or the database did not answer in time and something
that was taken is lost.
"""

import argparse
import asyncio
import contextlib
import errno
import fcntl
import gc
import logging
import resource
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import IO

from liveroom.address import base_url
from liveroom.ending import Ending
from liveroom.language import LANGUAGES, language_of_environment
from liveroom.startup import load_settings

logger = logging.getLogger(__name__)

Application = Callable[..., Awaitable[None]]

# Connections that may wait to be accepted. Twisted's own 50 make 3,000 that come at once wait for over 40 s.
BACKLOG = 2048
# Bytes the kernel holds for a client that reads nothing: with its default it takes 4 MB before a stall shows.
SEND_BUFFER = 64 * 1024
# Bytes of a frame or message that is read at all; beyond it 1009. What is over LIVEROOM_FRAME_MAX the rooms answer.
READ_LIMIT = 64 * 1024
# Seconds of silence before a WebSocket ping, and for its answer.
PING_INTERVAL = 20
PING_TIMEOUT = 30
# Python's own two numbers, and a third that lets 2 million objects come before it looks at all: see spare_collector.
COLLECT_AFTER = (700, 10, 300)
CLOSED_WITHIN = 7.0
"""Seconds from the signal until a client that has not closed is cut: as in a drain."""


def main(arguments: list[str] | None = None) -> None:
    """Serve until a signal comes. Exits with 1 and one line where the settings or the address are no good."""
    options = parse(arguments)
    load_settings()
    complete(options)
    # Imported here, after the settings: it sets Django up.
    from liveroom.asgi import application

    # A shell that starts a process in the background has it ignore SIGINT, and Twisted would leave it so.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        listener = listen(options)
    except OSError as error:
        sys.exit(cannot_listen(options, error))
    if options.prepare:
        prepare(options, listener)
    check_setup()
    raise_descriptor_limit()
    held = hold_database()  # until the process ends
    spare_collector()
    print(f"Listening on {address(listener)} ({options.server}).", flush=True)
    ending = Ending()
    SERVERS[options.server](application, listener, ending)
    del held
    sys.exit(ending.code)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m liveroom.serve", description="Serve Liveroom in this process.")
    parser.add_argument("--host", help="address (HOST, 127.0.0.1)")
    parser.add_argument("--port", type=int, help="0: any free one (PORT, 8000)")
    parser.add_argument("--fd", type=int, help="descriptor of a socket that is bound already, instead of an address")
    parser.add_argument("--server", help=f"{' or '.join(SERVERS)} (SERVER, daphne)")
    parser.add_argument("--prepare", action="store_true", help="do first what manage.py prepare does")
    options = parser.parse_args(arguments)
    if options.server is not None and options.server not in SERVERS:
        parser.error(f"the server is {' or '.join(SERVERS)}, not {options.server!r}")
    if options.port is not None and not 0 <= options.port <= 65535:
        parser.error(f"a port is 0 to 65535, not {options.port}")
    return options


def complete(options: argparse.Namespace) -> None:
    """Take from the environment what the command line left open."""
    from django.conf import settings

    for name in ("host", "port", "server"):
        if getattr(options, name) is None:
            setattr(options, name, getattr(settings, name.upper()))


def listen(options: argparse.Namespace) -> socket.socket:
    """Return the listening socket; what it accepts inherits its send buffer. Raises OSError."""
    if options.fd is not None:
        listener = socket.socket(fileno=options.fd)
    else:
        found = socket.getaddrinfo(options.host, options.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        # "localhost" is often both; what is printed and typed everywhere is 127.0.0.1.
        family, _, _, _, where = min(found, key=lambda entry: entry[0] != socket.AF_INET)
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(where)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


def cannot_listen(options: argparse.Namespace, error: OSError) -> str:
    """Say in one line why; where another program has the port, how to take another one."""
    from django.utils import translation
    from django.utils.translation import gettext as _

    if options.fd is not None:
        return f"Cannot listen on descriptor {options.fd}: {error.strerror or error}."
    where = f"{options.host}:{options.port}"
    if error.errno != errno.EADDRINUSE:
        return f"Cannot listen on {where}: {error.strerror or error}."
    with translation.override(LANGUAGES[language_of_environment()]):
        return _(
            "Another program listens on %(where)s already. PORT chooses another port, such as: PORT=%(port)d make run"
        ) % {"where": where, "port": options.port + 1 if options.port < 65535 else 8001}


def prepare(options: argparse.Namespace, listener: socket.socket) -> None:
    """What `manage.py prepare` does, once the address is ours: what it prints is where we are found."""
    from django.conf import settings
    from django.core.management import CommandError, call_command

    name = listener.getsockname()
    if isinstance(name, tuple):
        host = options.host if options.fd is None else name[0]
        url = base_url(host, str(name[1]))
    else:
        # A Unix socket has no address of its own; what stands in front of it has.
        host = "localhost"
        url = settings.LIVEROOM_BASE_URL.rstrip("/") or "http://localhost"
    try:
        call_command("prepare", url=url, host=host)
    except CommandError as error:
        sys.exit(str(error))


def address(listener: socket.socket) -> str:
    """Return where the socket listens, as a URL if it has one."""
    name = listener.getsockname()
    if not isinstance(name, tuple):
        return f"unix:{name}"
    host = f"[{name[0]}]" if ":" in name[0] else name[0]
    return f"http://{host}:{name[1]}"


def check_setup() -> None:
    """End with one line where the database lacks migrations; say what else was forgotten."""
    from django.conf import settings
    from django.db import DatabaseError, InterfaceError, connection
    from django.db.migrations.executor import MigrationExecutor

    from liveroom.checks import unknown_text

    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            sys.exit("The database lacks migrations; type: python manage.py migrate")
    except (DatabaseError, InterfaceError) as error:
        # It may come back while this process serves.
        logger.warning("The database does not answer: %s", str(error).strip() or type(error).__name__)
    finally:
        connection.close()
    if unknown := unknown_text():
        logger.warning(unknown)
    if not settings.DEBUG and not (settings.STATIC_ROOT / "staticfiles.json").exists():
        logger.warning("Pages will fail without their static files; type: python manage.py collectstatic")


def raise_descriptor_limit() -> None:
    """A viewer is a descriptor, and the usual soft limit of 1,024 stands for programs that call select()."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def hold_database() -> IO[str] | None:
    """Mark an SQLite file as served by this process, and warn when another one serves it already.

    Returns the locked file beside it, to be kept open; None where there is nothing to lock.
    """
    from django.conf import settings

    database = settings.DATABASES["default"]
    if database["ENGINE"] != "django.db.backends.sqlite3":
        return None
    try:
        file = open(f"{database['NAME']}.lock", "w")  # noqa: SIM115 - the lock lasts as long as the process
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        print(
            f"Another server serves {database['NAME']} already. Several processes want PostgreSQL and Redis: "
            "with SQLite they wait for each other at every commit.",
            file=sys.stderr,
            flush=True,
        )
    return file


def spare_collector() -> None:
    """Keep Python's search for cycles from stopping everybody.

    Each viewer is a hundred objects: at 5,000 viewers a full search takes 0.4 s, and by default one comes with each
    quarter that they become more. Here it leaves out what lives as long as the process, and comes for what lives long
    after 2 million more objects only. It finds little: connections that are gone leave no cycles behind.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def serve_daphne(application: Application, listener: socket.socket, ending: Ending) -> None:
    # Imported here: it installs Twisted's reactor, which uvicorn has no use for.
    from liveroom.daphne_server import LiveroomServer

    logging.getLogger("daphne").setLevel(logging.WARNING)
    LiveroomServer(
        application,
        listener,
        ending.drain,
        ping_interval=PING_INTERVAL,
        ping_timeout=PING_TIMEOUT,
        websocket_timeout=-1,  # else every socket ends after 24 h
        websocket_connect_timeout=5,
        websocket_handshake_timeout=5,
        websocket_max_message_size=READ_LIMIT,
        websocket_max_frame_size=READ_LIMIT,
        server_name="",
        verbosity=0,
    ).run()


def serve_uvicorn(application: Application, listener: socket.socket, ending: Ending) -> None:
    from uvicorn import Config, Server
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    class LiveroomProtocol(HttpToolsProtocol):
        """One that an upgrade frees: its parser holds it."""

        def handle_websocket_upgrade(self) -> None:
            super().handle_websocket_upgrade()
            self.parser = None  # type: ignore[assignment]

    class LiveroomServer(Server):
        """uvicorn with an end that lets the rooms drain before any socket is closed, and that is a success."""

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            # Its own notes the signal to raise it again at the end (exit 143), and gives up at the second one.
            self.should_exit = True

        @property
        def is_closing_some(self) -> bool:
            """Whether a client is still to answer a close."""
            return any(getattr(connection, "close_sent", False) for connection in self.server_state.connections)

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            for server in self.servers:
                server.close()
            loop = asyncio.get_running_loop()
            end = loop.time() + CLOSED_WITHIN
            await ending.drain()
            # For the rooms a socket is gone when its close goes out; what follows cuts a client that has not read it.
            while self.is_closing_some and loop.time() < end:  # noqa: ASYNC110 - nothing tells that the last one is gone
                await asyncio.sleep(0.05)
            await super().shutdown(sockets)

    config = Config(
        application,
        loop="uvloop",
        http=LiveroomProtocol,
        ws="websockets-sansio",
        ws_max_size=READ_LIMIT,
        ws_per_message_deflate=False,
        ws_ping_interval=PING_INTERVAL,
        ws_ping_timeout=PING_TIMEOUT,
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    LiveroomServer(config).run(sockets=[listener])


SERVERS: dict[str, Callable[[Application, socket.socket, Ending], None]] = {
    "daphne": serve_daphne,
    "uvicorn": serve_uvicorn,
}

if __name__ == "__main__":
    main()
