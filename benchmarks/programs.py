"""Programs that a benchmark starts: each on a core of its own choice, on a free port, and stopped by its process id."""

import contextlib
import glob
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.machine import HELPER_CORE, ROOT, cpu_of, memory_of

START_TIMEOUT = 30.0
STOP_TIMEOUT = 15.0
PREPARE_TIMEOUT = 120.0
# What whoever runs the benchmarks has set for a server of his own is not for these.
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "LD_LIBRARY_PATH")


class Program:
    """A running program that listens on ``port`` of 127.0.0.1."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self._process = process
        self.port = port
        self.log = log

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def cpu(self) -> float:
        """Seconds of CPU that it has used, with all threads and children."""
        return cpu_of(self._process.pid)

    @property
    def memory(self) -> int:
        """Bytes that it holds in memory."""
        return memory_of(self._process.pid)

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A temporary folder that PostgreSQL's user can reach too."""
    path = Path(tempfile.mkdtemp(prefix="liveroom-bench-"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def started(
    command: Sequence[str],
    *,
    port: int,
    log: Path,
    core: int,
    environment: Mapping[str, str] | None = None,
    user: str | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
) -> Iterator[Program]:
    """Start a program, wait until it listens, and stop it at the end; raises RuntimeError with its log."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=log.parent if user else ROOT,
            env=inherited() | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            user=user,
            group=user,
            extra_groups=[] if user else None,
            # Before it begins: threads that it makes later stay on the core of the first.
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )
    program = Program(process, port, log)
    try:
        _wait_until_it_listens(program)
        yield program
    finally:
        process.send_signal(stop_signal)
        try:
            process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_it_listens(program: Program) -> None:
    end = time.monotonic() + START_TIMEOUT
    while time.monotonic() < end and program.alive:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", program.port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{program.log.stem} did not start:\n{program.log.read_text(errors='replace')[-4000:]}")


def prepared(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """Run a command to its end and return what it wrote; raises RuntimeError with its errors."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=inherited() | dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PREPARE_TIMEOUT,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-4000:]}")
    return done.stdout


def inherited() -> dict[str, str]:
    """The environment of a started program, before what is set for it."""
    return {name: os.environ[name] for name in INHERITED if name in os.environ} | {"PYTHONUNBUFFERED": "1"}


def free_port() -> int:
    """A port that nobody listens on, below those that the kernel hands to outgoing connections."""
    while True:
        port = random.randint(15_000, 30_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def find(name: str, package: str) -> str:
    """Where a program is, those too that Debian keeps off the path; raises RuntimeError."""
    places = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), reverse=True) + glob.glob(f"/usr/sbin/{name}")
    found = shutil.which(name) or (places[0] if places else None)
    if found is None:
        raise RuntimeError(
            f"{name} is missing. On Debian or Ubuntu: apt-get install -y --no-install-recommends {package}"
        )
    return found


@contextlib.contextmanager
def redis(directory: Path) -> Iterator[Program]:
    """A Redis server that keeps nothing on disk."""
    port = free_port()
    options = (
        "--bind",
        "127.0.0.1",
        "--port",
        str(port),
        "--save",
        "",
        "--maxclients",
        "19000",
        "--dir",
        str(directory),
    )
    command = (find("redis-server", "redis-server"), *options)
    with started(command, port=port, log=directory / "redis.log", core=HELPER_CORE) as program:
        yield program


def initdb(place: Path) -> str | None:
    """Make a cluster in ``place``/data that nobody needs a password for; return who owns it, if not the caller.

    Raises RuntimeError with what initdb said.
    """
    # PostgreSQL refuses to run as root.
    owner = "postgres" if os.geteuid() == 0 else None
    if owner:
        shutil.chown(place, owner, owner)
    options = ("-D", str(place / "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    made = subprocess.run(
        (find("initdb", "postgresql"), *options),
        cwd=place,
        env=inherited(),
        user=owner,
        group=owner,
        extra_groups=[] if owner else None,
        capture_output=True,
        text=True,
        timeout=PREPARE_TIMEOUT,
        check=False,
    )
    if made.returncode:
        raise RuntimeError(f"initdb ended with {made.returncode}:\n{made.stdout}{made.stderr}")
    return owner


@contextlib.contextmanager
def postgres(directory: Path) -> Iterator[str]:
    """A PostgreSQL server with a cluster of its own and Debian's settings; yields what DATABASE_URL names it."""
    place = directory / "postgres"
    place.mkdir()
    owner = initdb(place)
    port = free_port()
    settings = ("-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={place}")
    command = (find("postgres", "postgresql"), "-D", str(place / "data"), "-p", str(port), *settings)
    # SIGTERM would wait until every client has gone.
    with started(
        command, port=port, log=place / "postgres.log", core=HELPER_CORE, user=owner, stop_signal=signal.SIGINT
    ):
        yield f"postgres://postgres@127.0.0.1:{port}/postgres"
