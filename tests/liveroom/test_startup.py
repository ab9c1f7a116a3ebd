"""How a process begins when the settings are wrong."""

from pathlib import Path

import pytest

from tests.servers import run_python

NO_KEY = "SECRET_KEY is not set. Set it to a long random string, or set DEBUG=1 on a development machine.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["-m", "liveroom.serve", "--port", "0"],
        ["-m", "daphne", "-p", "0", "liveroom.asgi:application"],
        ["manage.py", "migrate"],
    ],
    ids=["serve", "daphne", "manage"],
)
def test_a_production_start_without_a_secret_key_says_so_in_one_line(arguments: list[str]) -> None:
    """Without SECRET_KEY and DEBUG every way to start ends with 1, one line and no traceback."""
    ended = run_python(*arguments, environment={})
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", NO_KEY)


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("REDIS_URL", "nonsense", "REDIS_URL cannot be read; it takes redis://[user:password@]host[:port][/number]."),
        ("TIME_ZONE", "Mars", "TIME_ZONE is 'Mars'; it takes a name such as Asia/Shanghai or UTC."),
        ("LOG_LEVEL", "loud", "LOG_LEVEL is 'LOUD'; it takes DEBUG, INFO, WARNING, ERROR or CRITICAL."),
    ],
)
def test_a_setting_that_cannot_be_ends_with_one_line(name: str, value: str, line: str) -> None:
    """It is named, with what it takes."""
    ended = run_python("-m", "liveroom.serve", "--port", "0", environment={"DEBUG": "1", name: value})
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", f"{line}\n")


def test_a_database_without_its_tables_ends_with_one_line(tmp_path: Path) -> None:
    """It could serve nobody, and would ask everybody to try again for ever."""
    environment = {"DEBUG": "1", "DATABASE_URL": f"sqlite:///{tmp_path}/new.sqlite3"}
    ended = run_python("-m", "liveroom.serve", "--port", "0", environment=environment)
    line = "The database lacks migrations; type: python manage.py migrate\n"
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", line)


@pytest.mark.parametrize("url", ["mysql://user:secret@host/name", "postgres://user:se/cret@host/name", "liveroom", ""])
def test_a_database_url_that_cannot_be_read_ends_with_one_line(url: str) -> None:
    """The line says what the setting takes, and does not tell the password."""
    ended = run_python("-m", "liveroom.serve", "--port", "0", environment={"DEBUG": "1", "DATABASE_URL": url})
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("DATABASE_URL cannot be read; it takes postgres://")
    assert ended.stderr.count("\n") == 1
    assert "cret" not in ended.stderr
