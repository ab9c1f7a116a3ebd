"""Real servers for the tests: Liveroom's own processes, Redis and PostgreSQL, each on a free port of 127.0.0.1.

A pytest plugin (`-p tests.servers`). A program that is missing fails the test with the line that installs it. What was
started keeps a log, shown when a test fails, and is stopped by its process id when its fixture ends.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from benchmarks.programs import find, free_port, inherited, initdb
from tests.certificate import Certificate, server_arguments

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = float(os.environ.get("LIVEROOM_PATIENCE", "1"))
"""Factor for every deadline of the tests: 2 or 3 on a slow machine. No test passes faster by it."""

START_TIMEOUT = 30 * PATIENCE
STOP_TIMEOUT = 15 * PATIENCE

running: list["Program"] = []


class Program:
    """A started program. ``log`` holds all that it wrote to stdout and stderr, over every start."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        directory: Path,
        environment: Mapping[str, str] | None = None,
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.name = name
        self.command = list(command)
        self.log = directory / f"{name}.log"
        self._directory = directory
        self._environment = inherited() | dict(environment or {})
        self._user = user
        self._stop_signal = stop_signal
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, ready: Callable[[], bool] | None = None) -> None:
        """Start it, and wait until ``ready`` says True; fails the test with the log when it ends or never is."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._directory if self._user else ROOT,
                env=self._environment,
                user=self._user,
                group=self._user,
                extra_groups=[] if self._user else None,
            )
        running.append(self)
        if ready is not None:
            self._wait_for(ready)

    def _wait_for(self, ready: Callable[[], bool]) -> None:
        end = time.monotonic() + START_TIMEOUT
        while not ready():
            if not self.alive or time.monotonic() > end:
                what = "did not answer in time" if self.alive else f"ended with {self.wait(0)}"
                self.stop()
                pytest.fail(f"{self.name} {what}:\n{self.text()[-4000:]}")
            time.sleep(0.05)

    @property
    def pid(self) -> int:
        assert self._process is not None, f"{self.name} was not started"
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process that was started, and to no other."""
        assert self._process is not None, f"{self.name} was not started"
        self._process.send_signal(number)

    def wait(self, timeout: float) -> int:
        """Return the exit code; raises subprocess.TimeoutExpired after ``timeout`` seconds."""
        assert self._process is not None, f"{self.name} was not started"
        code = self._process.wait(timeout)
        if self in running:
            running.remove(self)
        return code

    def stop(self) -> int | None:
        """Ask it to end, and kill it if it has not after STOP_TIMEOUT; return the exit code, None if it never ran."""
        if self._process is None:
            return None
        if self.alive:
            self.signal(self._stop_signal)
        try:
            return self.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            return self.kill()

    def kill(self) -> int:
        """End it at once (SIGKILL)."""
        self.signal(signal.SIGKILL)
        return self.wait(STOP_TIMEOUT)

    def text(self) -> str:
        """The log so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""


class Server(Program):
    """One Liveroom process; ``url`` is its HTTP address, ``ws`` its WebSocket address, both without a last slash.

    ``plain``: started by the server's own command, as with a ``certificate``: liveroom.serve leaves TLS to a proxy.
    """

    def __init__(
        self,
        name: str,
        environment: Mapping[str, str],
        directory: Path,
        *,
        port: int | None = None,
        server: str = "daphne",
        plain: bool = False,
        certificate: Certificate | None = None,
    ) -> None:
        self.port = port or free_port()
        tls = "s" if certificate else ""
        self.url = f"http{tls}://127.0.0.1:{self.port}"
        self.ws = f"ws{tls}://127.0.0.1:{self.port}"
        self._trusted = certificate.trusted if certificate else True
        if plain or certificate:
            arguments = [*server_arguments(server, self.port, certificate), "liveroom.asgi:application"]
        else:
            arguments = ["liveroom.serve", "--host", "127.0.0.1", "--port", str(self.port), "--server", server]
        command = [sys.executable, "-m", *arguments]
        super().__init__(name, command, directory=directory, environment=environment)

    def start(self, ready: Callable[[], bool] | None = None) -> None:
        super().start(ready or self._answers)

    def _answers(self) -> bool:
        try:
            httpx.get(f"{self.url}/healthz", timeout=START_TIMEOUT, trust_env=False, verify=self._trusted)
        except httpx.TransportError:
            return False
        return True


class Redis(Program):
    """A Redis server that keeps nothing on disk. ``url`` stays the same over a restart."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        options = ["--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--dir", str(directory)]
        super().__init__("redis", [program("redis-server", "redis-server"), *options], directory=directory)

    def start(self, ready: Callable[[], bool] | None = None) -> None:
        super().start(ready or self._answers)

    def ask(self, command: str) -> str:
        """Give it one command that is answered with one line; raises OSError."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=START_TIMEOUT) as peer:
            peer.sendall(f"{command}\r\n".encode())
            return peer.recv(64).decode().rstrip()

    def _answers(self) -> bool:
        try:
            return self.ask("PING") == "+PONG"
        except OSError:
            return False


class Postgres(Program):
    """A PostgreSQL server with a cluster of its own, that nobody needs a password for and that never syncs its disk."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        owner = initdb(directory)
        options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(directory),
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_connections": "200",
        }
        command = [program("postgres", "postgresql"), "-D", str(directory / "data"), "-p", str(self.port)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        # SIGTERM would wait until every client has gone.
        super().__init__("postgres", command, directory=directory, user=owner, stop_signal=signal.SIGINT)

    def start(self, ready: Callable[[], bool] | None = None) -> None:
        super().start(ready or self._answers)

    def _answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def execute(self, statement: str) -> None:
        """Run one statement of the administrator's, outside any transaction."""
        with psycopg.connect(self.url("postgres"), autocommit=True, connect_timeout=5) as connection:
            connection.execute(statement)

    def url(self, database: str, *, port: int | None = None) -> str:
        """What DATABASE_URL names this database; ``port``: of something that stands in front of it."""
        return f"postgres://postgres@127.0.0.1:{port or self.port}/{database}"


def program(name: str, package: str) -> str:
    """Where a program is, those too that Debian keeps off the path; fails the test when it is nowhere."""
    try:
        return find(name, package)
    except RuntimeError as missing:
        pytest.fail(str(missing))


def run_python(*arguments: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run this Python in the project with nothing but this environment; it has START_TIMEOUT seconds."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=inherited() | dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=START_TIMEOUT,
        check=False,
    )


@pytest.fixture(scope="session")
def directory() -> Iterator[Path]:
    """A folder for this run's databases and logs, that PostgreSQL's user can reach too."""
    path = Path(tempfile.mkdtemp(prefix="liveroom-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def certificate(directory: Path) -> Certificate:
    """A certificate for servers that end TLS themselves."""
    return Certificate(directory)


@pytest.fixture(scope="session")
def redis_server(directory: Path) -> Iterator[Redis]:
    """A running Redis."""
    folder = directory / "redis"
    folder.mkdir()
    redis = Redis(folder)
    try:
        redis.start()
        yield redis
    finally:
        redis.stop()


@pytest.fixture(scope="session")
def postgres_server(directory: Path) -> Iterator[Postgres]:
    """A running PostgreSQL."""
    folder = directory / "postgres"
    folder.mkdir()
    postgres = Postgres(folder)
    try:
        postgres.start()
        yield postgres
    finally:
        postgres.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Show the end of the log of every running server with a test that failed."""
    report = yield
    if report.failed:
        report.sections += [(f"log of {server.name}", server.text()[-4000:]) for server in running]
    return report
