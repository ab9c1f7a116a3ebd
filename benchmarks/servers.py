"""The systems that are measured, each in a process of its own on a core of its own."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START_TIMEOUT = 30.0
STOP_TIMEOUT = 15.0
_CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, CLIENT_CORE = _CORES[0], _CORES[-1]
"""One each where there are two: what the client costs is not the server's."""


@dataclass(frozen=True)
class System:
    """Something that carries a room: how it is started on a port, and where its viewers connect."""

    name: str
    command: tuple[str, ...]
    path: str
    environment: tuple[tuple[str, str], ...] = ()
    prepare: tuple[tuple[str, ...], ...] = ()


DAPHNE = (sys.executable, "-m", "daphne", "-v", "0", "--websocket_timeout", "-1", "-b", "127.0.0.1", "-p", "{port}")
MANAGE = (sys.executable, "manage.py")
NO_LIMITS = tuple(
    (f"LIVEROOM_{name}", "0") for name in ("RATE", "REPEAT", "FRAME_RATE", "ROOM_BUDGET", "SOCKETS_PER_USER")
)

STOCK = System("Channels tutorial, in-memory layer, Daphne", (*DAPHNE, "benchmarks.peers.stock:application"), "/")
LIVEROOM = System(
    "Liveroom, SQLite, Daphne",
    (*DAPHNE, "liveroom.asgi:application"),
    "/ws/rooms/demo/",
    environment=(("DEBUG", "1"), ("LIVEROOM_GUESTS", "talk"), ("LOG_LEVEL", "WARNING"), *NO_LIMITS),
    prepare=((*MANAGE, "migrate", "-v", "0"), (*MANAGE, "demo")),
)


@dataclass
class Server:
    """A running system."""

    system: System
    process: subprocess.Popen[bytes]
    port: int

    @property
    def cpu(self) -> float:
        """Seconds of CPU that its process has used, in user and kernel."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def memory(self) -> int:
        """Bytes that it holds in memory."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(system: System) -> Iterator[Server]:
    """Start a system on a free port, in a temporary folder's database, and stop it at the end."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            **dict(system.environment),
            "DATABASE_URL": f"sqlite:///{folder}/benchmark.sqlite3",
        }
        for command in system.prepare:
            subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL, timeout=120)
        port = free_port()
        command = tuple(part.format(port=port) for part in system.command)
        log = Path(folder) / "server.log"
        with log.open("wb") as output:
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
        try:
            os.sched_setaffinity(process.pid, {SERVER_CORE})
            _wait_until_it_listens(process, port, log)
            yield Server(system, process, port)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_it_listens(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + START_TIMEOUT
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"The server did not start:\n{log.read_text()}")
