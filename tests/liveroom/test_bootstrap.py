"""liveroom/bootstrap.py: what is set up once, and what is said when it cannot be."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.programs import inherited
from liveroom import bootstrap
from tests.servers import ROOT

NOWHERE = {"nothing-server": ("/no/such/*/program",), "nothing-client": ("no-such-program",)}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A project of two files, that needs no packages."""
    (tmp_path / "liveroom").mkdir()
    shutil.copy(ROOT / "liveroom" / "bootstrap.py", tmp_path / "liveroom")
    (tmp_path / "requirements.txt").write_text("# nothing\n")
    (tmp_path / "requirements-dev.txt").write_text("-r requirements.txt\n")
    return tmp_path


def set_up(clone: Path, purpose: str) -> list[str]:
    """Run it, and return the lines that it says."""
    command = [sys.executable, "liveroom/bootstrap.py", purpose]
    done = subprocess.run(command, cwd=clone, env=inherited(), capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@pytest.mark.long
def test_what_is_there_is_not_installed_again(clone: Path) -> None:
    """Once; again when the list changes; anew in a folder that was moved. Servers have what the checks need."""
    assert set_up(clone, "run") == ["Creating .venv ...", "Installing requirements.txt into .venv ..."]
    assert set_up(clone, "run") == []
    assert set_up(clone, "dev") == ["Installing requirements-dev.txt into .venv ..."]
    assert set_up(clone, "run") == []
    (clone / "requirements.txt").write_text("# still nothing\n")
    assert set_up(clone, "dev") == ["Installing requirements-dev.txt into .venv ..."]
    assert set_up(clone, "run") == []
    moved = clone.rename(clone.parent / "moved")
    assert set_up(moved, "run") == ["Creating .venv ...", "Installing requirements.txt into .venv ..."]
    python = moved / ".venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "--version"], check=True, capture_output=True)


def test_missing_programs_are_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may not install them reads what to type, whole."""
    monkeypatch.setattr(bootstrap, "PROGRAMS", NOWHERE)
    monkeypatch.setattr(bootstrap, "can_make_venv", lambda: False)
    monkeypatch.setattr(bootstrap, "venv_is_ours", lambda: False)
    monkeypatch.setattr(bootstrap, "VENV_PACKAGE", "python3.11-venv")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(SystemExit) as ended:
        bootstrap.ensure_programs("test")
    assert ended.value.code == (
        "Programs are missing. On Debian or Ubuntu, type: sudo apt-get update && sudo apt-get install -y"
        " --no-install-recommends python3.11-venv nothing-server nothing-client"
    )


def test_a_server_start_installs_no_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Root on Debian gets missing programs for the tests, but `make run` only says what it lacks."""
    installed: list[str] = []
    monkeypatch.setattr(bootstrap, "PROGRAMS", NOWHERE)
    monkeypatch.setattr(bootstrap, "can_make_venv", lambda: False)
    monkeypatch.setattr(bootstrap, "venv_is_ours", lambda: False)
    monkeypatch.setattr(bootstrap, "VENV_PACKAGE", "python3.11-venv")
    monkeypatch.setattr(bootstrap, "is_debian_root", lambda: True)
    monkeypatch.setattr(bootstrap, "apt_install", lambda *packages: installed.extend(packages))
    with pytest.raises(SystemExit):
        bootstrap.ensure_programs("run")
    assert installed == []
    bootstrap.ensure_programs("test")
    assert installed == ["python3.11-venv", "nothing-server", "nothing-client"]
    installed.clear()
    monkeypatch.setattr(bootstrap, "UNUSED", {"bench": ("nothing-client",)})
    bootstrap.ensure_programs("bench")
    assert installed == ["python3.11-venv", "nothing-server"]


def test_the_node_packages_are_locked_to_no_registry() -> None:
    """Each folder has a lock with a hash for every package, and it names no host to fetch them from."""
    for folder in (*bootstrap.NODE_CLIENTS, *bootstrap.NODE_PEERS):
        lock = json.loads((folder / "package-lock.json").read_text())
        packages = [package for path, package in lock["packages"].items() if path]
        assert packages
        assert all("integrity" in package and "resolved" not in package for package in packages), folder
