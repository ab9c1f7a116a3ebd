"""Sets up what the Makefile's targets need. Runs on the system's Python and imports nothing but the standard library.

    python3 liveroom/bootstrap.py run   # .venv with requirements.txt: what a server needs
    python3 liveroom/bootstrap.py dev   # .venv with requirements-dev.txt: what the checks need
    python3 liveroom/bootstrap.py test  # that, the programs that the tests start, and the packages of the Node clients
    python3 liveroom/bootstrap.py bench # the same for the benchmarks: their programs, and Liveroom's peer on Node

Each step is skipped when a stamp says that nothing changed since it was done. All but `run` install missing Debian
packages when they run as root on Debian; `run` never does. What cannot be done ends with one line that says so.
"""

import argparse
import glob
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
NODE_CLIENTS = tuple(ROOT / "tests" / name for name in ("browser", "clients", "miniprogram"))
NODE_PEERS = (ROOT / "benchmarks" / "peers",)
NODE_FOLDERS = {"test": NODE_CLIENTS, "bench": NODE_PEERS}
# The scripts in a virtual environment hold its path: after a move, as after an upgrade of Python, it is made anew.
IDENTITY = f"{sys.version} {VENV}"
VENV_PACKAGE = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
REQUIREMENTS = {"run": ("requirements.txt",), "dev": ("requirements.txt", "requirements-dev.txt")}
# What tests and benchmarks start, and where each is looked for: names on the path, or (with a slash) file patterns.
PROGRAMS = {
    "redis-server": ("redis-server",),
    "postgresql": ("/usr/lib/postgresql/*/bin/initdb", "initdb"),
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "fonts-noto-cjk": ("/usr/share/fonts/*/*CJK*", "/usr/share/fonts/*/*/*CJK*", "/System/Library/Fonts/PingFang.ttc"),
    "nodejs": ("node",),
    "npm": ("npm",),
    "nginx-light": ("nginx", "/usr/sbin/nginx"),
    "openssl": ("openssl",),
}
# What of these is of no use to whom.
UNUSED = {"bench": ("chromium", "fonts-noto-cjk", "nginx-light", "openssl")}


def main() -> None:
    parser = argparse.ArgumentParser(description="Set up what Liveroom needs.")
    parser.add_argument("purpose", choices=("run", "dev", "test", "bench"))
    purpose = parser.parse_args().purpose
    if sys.version_info < (3, 11):  # noqa: UP036 - the system's Python is whatever it is
        stop(f"Liveroom needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}.")
    os.chdir(ROOT)
    ensure_programs(purpose)
    ensure_packages("run" if purpose == "run" else "dev")
    for folder in NODE_FOLDERS.get(purpose, ()):
        if (folder / "package.json").exists():
            ensure_node_packages(folder)


def ensure_programs(purpose: str) -> None:
    """Install the Debian packages that are missing, or stop with the one line that does."""
    missing = [] if venv_is_ours() or can_make_venv() else [VENV_PACKAGE]
    if purpose in ("test", "bench"):
        unused = UNUSED.get(purpose, ())
        wanted = {package: places for package, places in PROGRAMS.items() if package not in unused}
        missing += [package for package, places in wanted.items() if not any(map(find, places))]
    if missing and purpose != "run" and is_debian_root():
        apt_install(*missing)
    elif missing:
        sudo = "" if os.geteuid() == 0 else "sudo "
        line = f"{sudo}apt-get update && {sudo}apt-get install -y --no-install-recommends {' '.join(missing)}"
        stop(f"Programs are missing. On Debian or Ubuntu, type: {line}")


def find(place: str) -> bool:
    return bool(glob.glob(place)) if "/" in place else shutil.which(place) is not None


def venv_is_ours() -> bool:
    return read(VENV / ".identity") == IDENTITY and works(VENV_PYTHON, "-c", "")


def can_make_venv() -> bool:
    """Whether there is ensurepip (Debian packs it apart) or a pip that knows `--python` (22.3 and later)."""
    return has_ensurepip() or works(sys.executable, "-m", "pip", "--python", sys.executable, "--version")


def has_ensurepip() -> bool:
    return works(sys.executable, "-c", "import ensurepip, venv")


def ensure_packages(kind: str) -> None:
    """Bring `.venv` to the pinned versions of `kind`, a key of REQUIREMENTS."""
    stamp = VENV / f".installed-{kind}"
    files = REQUIREMENTS[kind]
    wanted = digest(*(ROOT / name for name in files), extra=IDENTITY)
    if not venv_is_ours():
        create_venv()
    if read(stamp) == wanted:
        return
    say(f"Installing {files[-1]} into .venv ...")
    # Without ensurepip the environment has no pip of its own: the system's installs into it.
    pip = [str(VENV_PYTHON), "-m", "pip"]
    if not works(*pip, "--version"):
        pip = [sys.executable, "-m", "pip", "--python", str(VENV_PYTHON)]
    run(*pip, "install", "--quiet", "-r", files[-1])
    stamp.write_text(wanted)
    if kind == "dev":
        (VENV / ".installed-run").write_text(digest(ROOT / REQUIREMENTS["run"][0], extra=IDENTITY))


def create_venv() -> None:
    """Make `.venv` anew, with pip inside or, where Python lacks ensurepip, for the system's pip to fill."""
    say("Creating .venv ...")
    shutil.rmtree(VENV, ignore_errors=True)
    run(sys.executable, "-m", "venv", *([] if has_ensurepip() else ["--without-pip"]), str(VENV))
    (VENV / ".identity").write_text(IDENTITY)


def ensure_node_packages(folder: Path) -> None:
    lock = folder / "package-lock.json"
    stamp = folder / "node_modules" / ".installed"
    wanted = digest(folder / "package.json", *([lock] if lock.exists() else []))
    if read(stamp) == wanted:
        return
    say(f"Installing the Node packages of {folder.relative_to(ROOT)} ...")
    command = ["npm", "ci"] if lock.exists() else ["npm", "install", "--no-package-lock"]
    run(*command, "--prefix", str(folder), "--no-audit", "--no-fund", "--silent")
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(wanted)


def is_debian_root() -> bool:
    return os.geteuid() == 0 and Path("/etc/debian_version").exists() and shutil.which("apt-get") is not None


def apt_install(*packages: str) -> None:
    say(f"Installing {', '.join(packages)} ...")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # An update that fails may still leave lists that are good enough; the installation tells.
    subprocess.run(["apt-get", "update", "-qq"], env=environment, stdin=subprocess.DEVNULL, check=False)
    run(
        "apt-get",
        "install",
        "-y",
        "-qq",
        "-o",
        "Dpkg::Use-Pty=0",
        "--no-install-recommends",
        *packages,
        environment=environment,
    )


def digest(*files: Path, extra: str = "") -> str:
    return hashlib.sha256(b"\0".join([extra.encode(), *(file.read_bytes() for file in files)])).hexdigest()


def read(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def works(*command: object) -> bool:
    """Whether the command exists and exits 0; its output is dropped."""
    try:
        return subprocess.run([str(part) for part in command], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def run(*command: str, environment: dict[str, str] | None = None) -> None:
    """Run a command with nothing to read from; stop with its name when it fails."""
    if subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False).returncode:
        stop(f"This failed: {' '.join(command)}")


def say(text: str) -> None:
    print(text, flush=True)


def stop(text: str) -> NoReturn:
    sys.exit(text)


if __name__ == "__main__":
    main()
