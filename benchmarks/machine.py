"""The machine: which core is whose, and what a result depends on."""

import json
import os
import platform
import resource
import subprocess
import time
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("Django", "channels", "channels-redis", "redis", "daphne", "Twisted", "autobahn", "uvicorn", "websockets")

_CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, CLIENT_CORE = _CORES[0], _CORES[-1]
"""One each where there are two: what the client costs is not the server's."""
HELPER_CORE = _CORES[1] if len(_CORES) > 2 else CLIENT_CORE
"""Where Redis and PostgreSQL run."""
FILES = 20_000


def take_client_core() -> None:
    """Bind this process to the client's core, and let it hold a descriptor for each viewer; raises OSError."""
    os.sched_setaffinity(0, {CLIENT_CORE})
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def cpu_of(pid: int) -> float:
    """Seconds of CPU, in user and kernel, of a process with all its threads, and of its children.

    From the clock of the process (clock_getcpuclockid(3)): /proc has hundredths of a second only.
    """
    return time.clock_gettime(~pid << 3 | 2) + sum(cpu_of(child) for child in children(pid))


def memory_of(pid: int) -> int:
    """Bytes that a process and its children hold in memory."""
    own = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return own + sum(memory_of(child) for child in children(pid))


def children(pid: int) -> list[int]:
    """Processes that any thread of this one started."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text().split()]
    return found


def conditions() -> list[str]:
    """What a result depends on, as lines of Markdown."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    load = "/".join(f"{value:.1f}" for value in os.getloadavg())
    system = f"{platform.machine()}, {platform.system()} {platform.release()}"
    node = f"Socket.IO {socketio_version()} on Node {_first_line('node', '--version')}"
    return [
        f"- {processor()}, {os.cpu_count()} cores ({system}); load at the start {load}",
        f"- server on core {SERVER_CORE}, load client on core {CLIENT_CORE}, Redis and PostgreSQL on {HELPER_CORE}",
        f"- Python {platform.python_version()}, {packages}, {node}",
        f"- commit {_first_line('git', 'describe', '--always', '--dirty', '--abbrev=12')}",
    ]


def processor() -> str:
    """The processor's name."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown processor"
    )


def socketio_version() -> str:
    """The installed version of Socket.IO."""
    package = ROOT / "benchmarks" / "peers" / "node_modules" / "socket.io" / "package.json"
    return str(json.loads(package.read_text())["version"]) if package.exists() else "(not installed)"


def _first_line(*command: str) -> str:
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=10, check=False)
    except OSError:
        return "unknown"
    return done.stdout.strip().partition("\n")[0] or "unknown"
