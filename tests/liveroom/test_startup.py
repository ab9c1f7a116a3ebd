"""How a process begins when the settings are wrong."""

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
