"""`manage.py crowd`, as its user meets it: real processes, real sockets."""

import dataclasses
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from benchmarks.programs import inherited
from liveroom.crowd.progress import on_terminal
from liveroom.crowd.report import Summary, clock, rows
from liveroom.management.commands import crowd
from tests.deployment import Deployment, Deployments
from tests.servers import PATIENCE, ROOT, run_python

SHORT = ("--viewers", "20", "--minutes", "0.07", "--ramp", "0.5", "--comments-per-second", "12", "--seed", "1")

SUMMARY = Summary(
    room="demo",
    seconds=65.0,
    viewers=50,
    let_in=50,
    thrown_out=0,
    reconnects=1,
    failed_tries=0,
    silences=0,
    comments=120,
    comments_per_second=2.0,
    held=0,
    likes=9,
    orders=4,
    follows=3,
    went_away=1,
    nobody_could=0,
    frames=6000,
    frames_per_second=100.0,
    events=5000,
    latencies=4000,
    p50=5.0,
    p95=20.0,
    p99=40.0,
    most=99.0,
    ack_p99=9.0,
    lost=0,
    not_back=0,
    doubled=0,
    gaps=0,
    skipped=0,
    refused={},
    errors={},
    closes={},
    not_let_in={},
    cpu=0.1,
    lag=3.0,
    interrupted=False,
    seed=1,
)


@pytest.fixture(scope="module")
def site(deployments: Deployments) -> Iterator[Deployment]:
    """A server with the limits that it has by default, and a room."""
    with deployments.sqlite(
        "crowd",
        LIVEROOM_RATE="1",
        LIVEROOM_REPEAT="5",
        LIVEROOM_FRAME_RATE="30",
        LIVEROOM_ROOM_BUDGET="40",
        LIVEROOM_GRACE="1",
    ) as running:
        running.call("make_room", slug="crowd", items=3)
        yield running


def run(site: Deployment, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command against the site."""
    command = ("manage.py", "crowd", *arguments, "--url", site.url)
    return run_python(*command, environment={"DEBUG": "1", "LANG": "C.UTF-8"})


def test_a_crowd_of_20(site: Deployment) -> None:
    """They talk, buy, like, follow, are cut off and come back; nothing is lost or doubled, and the log agrees."""
    done = run(
        site, "crowd", *SHORT, "--churn", "9", "--buys-per-minute", "120", "--follows-per-minute", "120", "--json"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    seen = json.loads(done.stdout)
    assert "20 viewers are coming to “crowd”" in done.stderr
    assert (seen["viewers"], seen["let_in"], seen["lost"], seen["doubled"], seen["good"]) == (20, 20, 0, 0, True)
    assert (seen["comments"] > 20, seen["likes"] > 0, seen["orders"] > 0, seen["follows"] > 0) == (True,) * 4
    assert seen["reconnects"] == seen["went_away"] > 0
    assert 0 < seen["p50"] <= seen["p95"] <= seen["p99"] <= seen["most"]
    assert seen["latencies"] > 100
    assert seen["errors"] == {}
    assert seen["events"] > 20 * 20
    stored = site.call("read_room", room_id=1)
    assert len(stored["comments"]) == seen["comments"]
    assert len(set(stored["log"])) == stored["seq"]


@pytest.mark.long
def test_the_summary_for_people(site: Deployment) -> None:
    """In Chinese where the crowd speaks it. More than the server allows is said before, and makes no error."""
    done = run(site, "crowd", *SHORT, "--comments-per-second", "60", "--language", "zh")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "20 位观众在这里每秒最多发言 20 条，而不是 60 条" in done.stdout
    assert "位观众正在进入“crowd”" in done.stdout
    assert "发出到看到：p50" in done.stdout
    assert "次没有人能执行下一个动作" in done.stdout
    assert "错误：" not in done.stdout
    assert done.stdout.endswith("没有丢失，也没有重复。\n")
    comments = site.call("read_room", room_id=1)["comments"]
    assert any(not comment.isascii() for comment in comments)


@pytest.mark.long
def test_ctrl_c(site: Deployment) -> None:
    """It ends at once, with what was seen until then; who is away by the crowd's own doing comes back for it."""
    command = [sys.executable, "manage.py", "crowd", "crowd", "--viewers", "20", "--minutes", "60", "--ramp", "0.5"]
    environment = inherited() | {"DEBUG": "1", "LANG": "C.UTF-8"}
    with subprocess.Popen(
        [*command, "--churn", "10", "--json", "--url", site.url],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        while " online" not in (line := process.stderr.readline()):
            assert line
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30 * PATIENCE)
    # Of so many, somebody was to be away for longer.
    assert time.monotonic() - began < 5 * PATIENCE
    seen = json.loads(out)
    assert seen["went_away"] > 5
    assert (seen["let_in"], seen["lost"], seen["not_back"], seen["doubled"]) == (20, 0, 0, 0)
    assert (seen["good"], seen["interrupted"], process.returncode) == (True, True, 0)
    assert seen["reconnects"] == seen["went_away"]


@pytest.mark.long
def test_a_server_that_goes_away(deployments: Deployments) -> None:
    """Who is not back at the end has lost nothing that is known: he is counted as not back."""
    with deployments.sqlite("away") as gone:
        gone.call("make_room", slug="crowd")
        command = [sys.executable, "manage.py", "crowd", "crowd", *SHORT, "--minutes", "60", "--json"]
        environment = inherited() | {"DEBUG": "1", "LANG": "C.UTF-8"}
        with subprocess.Popen(
            [*command, "--url", gone.url],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stderr is not None
            while "20 online" not in process.stderr.readline():
                pass
            gone.servers[0].kill()
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=30 * PATIENCE)
    seen = json.loads(out)
    assert (seen["let_in"], seen["not_back"], seen["lost"], seen["doubled"], seen["good"]) == (20, 20, 0, 0, False)
    assert process.returncode == 1


def test_no_such_room(site: Deployment) -> None:
    done = run(site, "elsewhere", *SHORT)
    assert (done.returncode, done.stdout) == (2, "")
    assert "There is no room “elsewhere” at" in done.stderr


def test_no_server() -> None:
    done = run_python("manage.py", "crowd", "demo", "--url", "http://127.0.0.1:9", environment={"DEBUG": "1"})
    assert (done.returncode, done.stdout) == (2, "")
    assert "No server answers at http://127.0.0.1:9" in done.stderr
    assert "Traceback" not in done.stderr


def test_another_server(site: Deployment) -> None:
    """One that has no rooms."""
    done = run_python(
        "manage.py", "crowd", "demo", "--url", f"{site.url}/static", environment={"DEBUG": "1", "LANG": "C.UTF-8"}
    )
    assert done.returncode == 2
    assert "There is no room “demo”" in done.stderr


@pytest.mark.long
def test_guests_who_only_watch(deployments: Deployments) -> None:
    """How to let them talk."""
    with deployments.sqlite("watchers", LIVEROOM_GUESTS="watch") as site:
        site.call("make_room", slug="crowd")
        done = run(site, "crowd", *SHORT)
        assert done.returncode == 2
        assert "Start it with LIVEROOM_GUESTS=talk" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "the following arguments are required: slug"),
        (("demo", "--viewers", "0"), "argument --viewers: 0 is not from 1 up to 20000"),
        (("demo", "--viewers", "2.5"), "'2.5' is no whole number"),
        (("demo", "--minutes", "0"), "argument --minutes: 0 is not above 0 up to 1440"),
        (("demo", "--minutes", "nan"), "argument --minutes: nan is not above 0"),
        (("demo", "--comments-per-second", "-1"), "-1 is not from 0 up to 10000"),
        (("demo", "--churn", "lots"), "argument --churn: 'lots' is no number"),
        (("demo", "--language", "fr"), "invalid choice: 'fr'"),
        (("demo", "--url", "https://room.test"), "room.test is not this machine"),
        (("demo", "--url", "nonsense"), "nonsense is no address of a server: it begins with http://"),
        (("demo", "--url", "127.0.0.1:8000"), "127.0.0.1:8000 is no address of a server"),
        (("demo", "--url", "http://[::1"), "http://[::1 is no address of a server"),
        (("demo", "--url", "http://127.0.0.1:99999"), "http://127.0.0.1:99999 is no address of a server"),
        (("demo", "--url", "ftp://127.0.0.1"), "ftp://127.0.0.1 is no address of a server"),
    ],
)
def test_wrong_arguments(arguments: tuple[str, ...], why: str) -> None:
    """Named, before anything is opened."""
    with pytest.raises(CommandError) as refused:
        call_command("crowd", *arguments)
    assert why in str(refused.value)


def test_wrong_arguments_end_with_2() -> None:
    done = run_python("manage.py", "crowd", "demo", "--viewers", "-5", environment={"DEBUG": "1"})
    assert (done.returncode, done.stdout) == (2, "")


def test_the_help_is_complete() -> None:
    """Every option with its default, the exit codes, and what limits a crowd."""
    done = run_python("manage.py", "crowd", "--help", environment={"DEBUG": "1"})
    assert done.returncode == 0
    for word in ("--viewers", "--yes-i-own-this-server", "default: 50", "Exit code", "LIVEROOM_GUESTS=talk"):
        assert word in done.stdout


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, None),
        ({"lost": 1}, 1),
        ({"not_back": 1}, 1),
        ({"doubled": 2}, 1),
        ({"skipped": 9}, None),
        ({"let_in": 0}, 1),
        ({"let_in": 1, "failed_tries": 3, "silences": 2}, None),
    ],
)
def test_the_exit_code(monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], code: int | None) -> None:
    """1 when something was lost or doubled, or somebody was not there to tell, or nobody came in."""
    monkeypatch.setattr(crowd, "check_server", lambda plan: None)
    monkeypatch.setattr(crowd.Command, "_run", lambda self, plan, out: dataclasses.replace(SUMMARY, **changes))
    said, ended = StringIO(), None
    try:
        call_command("crowd", "demo", "--json", stdout=said)
    except SystemExit as exit_:
        ended = exit_.code
    assert ended == code
    assert json.loads(said.getvalue())["good"] is (code is None)


def test_what_the_numbers_mean() -> None:
    """Errors by code, who was not let in, and a crowd that was busy itself."""
    changed = dataclasses.replace(
        SUMMARY,
        lost=3,
        errors={"slow_mode": 2, "rate_limited": 1},
        not_let_in={"There is no room.": 1},
        closes={"1006": 4},
        nobody_could=7,
        failed_tries=5,
        silences=6,
        cpu=0.97,
    )
    text = "\n".join(rows(changed))
    for part in (
        "Errors: rate_limited 1, slow_mode 2",
        "Not let in: There is no room. 1",
        "Closes: 1006 4",
        "Connections:  5 tries failed; 6 given up for silence",
        "7 times nobody could do what was next",
        "The crowd was busy itself",
        "Something was lost or doubled",
        "97 % of a core",
        "in 1:05",
    ):
        assert part in text
    assert "Not done" not in text


def test_who_was_not_back() -> None:
    """Said apart from what was lost."""
    assert rows(dataclasses.replace(SUMMARY, not_back=2))[-2:] == [
        "2 viewers were not back at the end: whether they missed anything is not known.",
        "Nobody else lost anything, and nothing was doubled.",
    ]
    assert rows(dataclasses.replace(SUMMARY, not_back=2, lost=1))[-1] == "Something was lost or doubled: see above."


def test_nobody_came_in() -> None:
    """That nothing was lost means nothing then."""
    assert rows(dataclasses.replace(SUMMARY, let_in=0))[-1] == "Nobody came in: nothing was tested."


def test_a_line_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """It replaces the one before, and never wraps: a Chinese character takes two places."""
    monkeypatch.setenv("COLUMNS", "9")
    assert on_terminal("in 12 s") == "\rin 12 s\x1b[K"
    assert on_terminal("in 12 seconds") == "\rin 12 se\x1b[K"
    assert on_terminal("剩余很久很久") == "\r剩余很久\x1b[K"


def test_a_clock() -> None:
    assert [clock(seconds) for seconds in (0, 5.4, 65, 3600)] == ["0:00", "0:05", "1:05", "60:00"]
