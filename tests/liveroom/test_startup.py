"""How a process begins when the settings are wrong."""

import os
import runpy
import sqlite3
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from benchmarks.programs import INHERITED
from tests.servers import ROOT, run_python

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
        ("LOG_LEVEL", "loud", "LOG_LEVEL is 'loud'; it takes DEBUG, INFO, WARNING, ERROR or CRITICAL."),
        ("DEBUG", "yess", "DEBUG is 'yess'; it takes 1 or 0 (or true or false, yes or no, on or off)."),
        ("HTTPS", "maybe", "HTTPS is 'maybe'; it takes 1 or 0 (or true or false, yes or no, on or off)."),
        ("LIVEROOM_GUESTS", "tak", "LIVEROOM_GUESTS is 'tak'; it takes watch or talk."),
        ("SERVER", "uvicron", "SERVER is 'uvicron'; it takes daphne or uvicorn."),
        ("PORT", "abc", "PORT is 'abc'; it takes a whole number from 0 to 65535."),
        ("PORT", "65536", "PORT is '65536'; it takes a whole number from 0 to 65535."),
        ("LIVEROOM_HISTORY", "-5", "LIVEROOM_HISTORY is '-5'; it takes a whole number from 0 on."),
        ("LIVEROOM_TOKEN_AGE", "0", "LIVEROOM_TOKEN_AGE is '0'; it takes a whole number from 1 on."),
        ("LIVEROOM_FRAME_MAX", "1e3", "LIVEROOM_FRAME_MAX is '1e3'; it takes a whole number from 0 to 65536."),
        ("LIVEROOM_GRACE", "-1", "LIVEROOM_GRACE is '-1'; it takes a number from 0 on."),
        ("LIVEROOM_DEFAULT_ROOM", "a b", "LIVEROOM_DEFAULT_ROOM is 'a b'; it takes the slug of a room, such as demo."),
        (
            "LIVEROOM_BASE_URL",
            "your.host",
            "LIVEROOM_BASE_URL is 'your.host'; it takes an address such as https://your.host.",
        ),
        (
            "LIVEROOM_WEB_ORIGINS",
            "https://a.test, https://b.test/",
            "LIVEROOM_WEB_ORIGINS holds 'https://b.test/'; it takes origins: scheme://host[:port].",
        ),
        (
            "CSRF_TRUSTED_ORIGINS",
            "your.host",
            "CSRF_TRUSTED_ORIGINS holds 'your.host'; it takes origins such as https://your.host.",
        ),
        (
            "ALLOWED_HOSTS",
            "https://your.host",
            (
                "ALLOWED_HOSTS holds 'https://your.host'; it takes host names such as your.host, without https:// and "
                "without a port."
            ),
        ),
        (
            "LIVEROOM_CHECKS",
            "shop",
            "LIVEROOM_CHECKS holds 'shop'; it takes dotted paths of functions, such as shop.checks.links_wait.",
        ),
        ("LIVEROOM_MSG_CHECK", "on", "LIVEROOM_MSG_CHECK is 'on'; it takes off, after or before."),
        (
            "LIVEROOM_MSG_CHECK",
            "before",
            "LIVEROOM_MSG_CHECK is 'before', and WeChat is to be asked: set WECHAT_APPID and WECHAT_SECRET.",
        ),
        ("LIVEROOM_MSG_CHECK_FAIL", "shut", "LIVEROOM_MSG_CHECK_FAIL is 'shut'; it takes open or closed."),
        ("LIVEROOM_GEUSTS", "talk", "LIVEROOM_GEUSTS is no setting; did you mean LIVEROOM_GUESTS?"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str, line: str) -> None:
    """It is named, with what it takes."""
    for known in {*os.environ} - {*INHERITED}:
        monkeypatch.delenv(known)
    monkeypatch.setenv("SECRET_KEY", "x" * 50)
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured) as refused:
        runpy.run_path(str(ROOT / "liveroom" / "settings.py"))
    assert str(refused.value) == line


def test_an_sqlite_that_is_too_old_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the start, not at the first comment."""
    monkeypatch.setenv("SECRET_KEY", "x" * 50)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    monkeypatch.setattr(sqlite3, "sqlite_version", "3.34.1")
    with pytest.raises(ImproperlyConfigured) as refused:
        runpy.run_path(str(ROOT / "liveroom" / "settings.py"))
    assert str(refused.value) == "Python's SQLite is 3.34.1; it takes 3.35 or newer, or PostgreSQL in DATABASE_URL."


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("DEBUG", "yess", "DEBUG is 'yess'; it takes 1 or 0 (or true or false, yes or no, on or off)."),
        ("LIVEROOM_GEUSTS", "talk", "LIVEROOM_GEUSTS is no setting; did you mean LIVEROOM_GUESTS?"),
    ],
)
def test_a_setting_that_cannot_be_ends_with_one_line(name: str, value: str, line: str) -> None:
    """Nothing but the line is said."""
    ended = run_python("-m", "liveroom.serve", "--port", "0", environment={"SECRET_KEY": "x" * 50, name: value})
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", f"{line}\n")


def test_a_name_that_is_like_no_setting_is_warned_of() -> None:
    """It may be another program's: Kubernetes sets some for a service called liveroom."""
    environment = {"DEBUG": "1", "LIVEROOM_SERVICE_HOST": "10.0.0.1", "LIVEROOM_COLOUR": "red"}
    done = run_python("manage.py", "check", environment=environment)
    assert done.returncode == 0
    assert "Not read, because there is no such setting: LIVEROOM_COLOUR, LIVEROOM_SERVICE_HOST." in done.stderr


def test_a_database_without_its_tables_ends_with_one_line(tmp_path: Path) -> None:
    """It could serve nobody, and would ask everybody to try again for ever."""
    environment = {"DEBUG": "1", "DATABASE_URL": f"sqlite:///{tmp_path}/new.sqlite3"}
    ended = run_python("-m", "liveroom.serve", "--port", "0", environment=environment)
    line = "The database lacks migrations; type: python manage.py migrate\n"
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", line)


@pytest.mark.parametrize("url", ["mysql://user:secret@host/name", "postgres://user:se/cret@host/name", "liveroom"])
def test_a_database_url_that_cannot_be_read_ends_with_one_line(url: str) -> None:
    """The line says what the setting takes, and does not tell the password."""
    ended = run_python("-m", "liveroom.serve", "--port", "0", environment={"DEBUG": "1", "DATABASE_URL": url})
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("DATABASE_URL cannot be read; it takes postgres://")
    assert ended.stderr.count("\n") == 1
    assert "cret" not in ended.stderr
