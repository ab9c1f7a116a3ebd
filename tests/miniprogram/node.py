"""Runs the scripts of this folder, and the programs of its packages, with Node."""

import subprocess
from pathlib import Path

import pytest

from benchmarks.programs import inherited
from tests.servers import PATIENCE, ROOT, program

HERE = ROOT / "tests" / "miniprogram"
CLIENT_FILE = ROOT / "miniprogram" / "utils" / "live-socket.js"
PACKAGES = HERE / "node_modules"


def command(*arguments: str | Path) -> list[str]:
    """The command that runs a script here; fails the test when Node or the packages are missing."""
    if not (PACKAGES / "ws").exists():
        pytest.fail("The Node packages are missing: npm ci --prefix tests/miniprogram")
    return [program("node", "nodejs"), *map(str, arguments)]


def run(*arguments: str | Path, timeout: float = 60) -> str:
    """Run a script to its end, and return what it printed; fails the test with all of it when it does not exit 0."""
    done = subprocess.run(
        command(*arguments),
        cwd=HERE,
        env=inherited(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout * PATIENCE,
        check=False,
    )
    if done.returncode:
        pytest.fail(f"{arguments[0]} ended with {done.returncode}:\n{done.stdout[-8000:]}{done.stderr[-8000:]}")
    return done.stdout
