"""The mini-programs that people write from the common tutorials are served unchanged: played by Node, tests/clients."""

import json
import subprocess
from typing import Any

import pytest

from benchmarks.programs import inherited
from tests.deployment import Deployments
from tests.servers import PATIENCE, ROOT, program

CLIENTS = ROOT / "tests" / "clients"
SECONDS = 70
"""How long they live before they talk: servers and proxies that cut quiet sockets do so after 60."""
PINGS = SECONDS // 3


@pytest.mark.long
@pytest.mark.timeout(SECONDS + 120 * PATIENCE)
def test_clients_of_the_tutorials_are_served_for_70_seconds(deployments: Deployments) -> None:
    """Ten of them, with their manners, get init, pongs, their own comment and everybody's after 70 s."""
    with deployments.sqlite(
        "field",
        # The defaults: what an operator's clients meet.
        LIVEROOM_RATE="1",
        LIVEROOM_REPEAT="5",
        LIVEROOM_FRAME_RATE="30",
        LIVEROOM_ROOM_BUDGET="40",
    ) as site:
        site.call("make_room", slug="demo")
        seen = play(site.ws)

    comments = sorted(f"I am {name}" for name in seen if name != "silent")
    for name, client in seen.items():
        assert sorted(client["comments"]) == comments, name
        assert client["failures"] == [], name
        assert {init["room"] for init in client["inits"]} == {"demo"}, name
        assert all(init["user"]["nickname"].startswith("Guest ") for init in client["inits"]), name
    assert {name: client["protocols"] for name, client in seen.items()} == {
        "key and value first": [""],
        "type for msg_type": [""],
        "bare ping": [""],
        "a ping every 3 s": [""],
        "chat, superchat": ["chat"],
        "protocol1": ["protocol1"],
        "a task": [""],
        "silent": [""],
        "closes with 1000": ["", ""],
        "is cut off": ["", ""],
    }
    assert {name: client["errors"] for name, client in seen.items() if client["errors"]} == {
        "key and value first": ["bad_message"],
        "type for msg_type": ["bad_token"],
        "a task": ["bad_token"],
    }
    assert {name: client["closes"] for name, client in seen.items() if client["closes"]} == {
        "closes with 1000": [1000],
        "is cut off": [1006],
    }
    # One init for each socket; a login that was refused shows nothing anew.
    assert {name: len(client["inits"]) for name, client in seen.items()} == {
        name: len(client["protocols"]) for name, client in seen.items()
    }
    pinging = {name: client["pongs"] for name, client in seen.items() if client["pongs"]}
    assert pinging.keys() == {"bare ping", "a ping every 3 s", "a task"}
    assert all(PINGS - 1 <= count <= PINGS + 4 for count in pinging.values()), pinging


def play(address: str) -> dict[str, Any]:
    """Let all clients live against a server; what each saw."""
    if not (CLIENTS / "node_modules" / "ws").exists():
        pytest.fail("The Node clients' packages are missing: npm ci --prefix tests/clients")
    done = subprocess.run(
        [program("node", "nodejs"), "field.mjs", address, str(SECONDS)],
        cwd=CLIENTS,
        env=inherited(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS + 60 * PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen
