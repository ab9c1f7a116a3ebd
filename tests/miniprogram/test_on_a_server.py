"""The client file against a real server, on a real network: played by Node, play.mjs."""

import json
import os
import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from tests.deployment import Deployment, Deployments
from tests.miniprogram import scenes
from tests.servers import PATIENCE

CUTS = 20


@pytest.fixture(scope="module")
def site(deployments: Deployments) -> Iterator[Deployment]:
    """One process on SQLite, whose guests talk."""
    with deployments.sqlite("miniprogram", LIVEROOM_GRACE="1") as deployment:
        yield deployment


def play(site: Deployment, scene: str, **settings: Any) -> Any:
    """Play a scene of play.mjs; what was seen."""
    return scenes.play(site, "play.mjs", scene, json.dumps({"ws": site.ws, **settings}))


def people(site: Deployment, count: int) -> list[str]:
    return [user["token"] for user in site.call("make_users", count=count)]


def test_every_command(site: Deployment) -> None:
    """Comment, order, follow, like and history, answered and seen by another, with one socket each."""
    room = site.call("make_room", slug="commands", stock=5)
    (item,) = room["items"]
    seen = play(site, "commands", slug="commands", tokens=people(site, 2), item=item)
    assert seen == {
        "names": ["Viewer 0", "Viewer 1"],
        "comment": [True, 2],
        "order": [item, "20.00"],
        "refusal": ["out_of_stock", ["failed"]],
        "following": [True, True, False, 1],
        "history": ["你好 <b>"],
        "comments": [["你好 <b>", "Viewer 0"]],
        "shelf": [[4, 1]],
        "opened": [1, 1],
    }


def test_a_guest_comes_back_as_the_same(site: Deployment) -> None:
    """The token that his first comment brought is enough, without any store."""
    site.call("make_room", slug="guest")
    assert play(site, "guest", slug="guest") == {"same": True, "opened": 2}


def test_a_bad_token_makes_a_guest(site: Deployment) -> None:
    """In the handshake it costs a second socket, in a frame none."""
    site.call("make_room", slug="bad-token")
    assert play(site, "bad_token", slug="bad-token") == {"header": ["Guest", 2], "frame": ["Guest", 1]}


def test_no_room_is_the_end(site: Deployment) -> None:
    """It says why, and does not try again."""
    assert play(site, "nowhere", slug="nowhere") == {
        "status": {"kind": "stopped", "reason": "room_not_found", "code": 4500, "nextTryAt": None},
        "opened": 1,
    }


@pytest.mark.timeout(180 * PATIENCE)
def test_a_server_that_goes_and_comes(site: Deployment) -> None:
    """Killed or stopped: what was written meanwhile is done once, and everybody has every event once."""
    room = site.call("make_room", slug="outages")
    (item,) = room["items"]
    seen = play(site, "outages", slug="outages", tokens=people(site, 2), item=item)
    stored = site.call("read_room", room_id=room["id"])
    comments = ["before kill", "while down by kill", "before stop", "while down by stop", "last"]
    assert seen["comments"] == stored["comments"] == comments
    # The killed one said nothing, the other why; in between nobody was there.
    assert set(seen["losses"]) <= {"closed", "network", "restarting"}
    assert seen["losses"][0] != "restarting"
    assert "restarting" in seen["losses"]
    assert seen["pending"] == []
    assert seen["events"] == [list(range(2, stored["seq"] + 1))] * 2
    assert all(recovered and set(recovered) == {True} for recovered in seen["recovered"])
    assert len(site.call("read_item", item_id=item)["orders"]) == 2


@pytest.mark.long
def test_a_silent_connection(deployments: Deployments) -> None:
    """Open, but nothing arrives: after two beats, or 3 s after the app came to the front, there is another socket."""
    with deployments.sqlite("silence", LIVEROOM_HEARTBEAT="1500") as site:
        room = site.call("make_room", slug="silence", items=0)
        seen = play(site, "silence", slug="silence", tokens=people(site, 2))
        stored = site.call("read_room", room_id=room["id"])
    assert seen["losses"] == ["silence", "silence"]
    assert seen["opened"] == 3
    assert seen["events"] == [1, 2, 3, 4]
    assert seen["comments"] == sorted(stored["comments"])
    assert len(stored["comments"]) == 4


@pytest.mark.timeout(180 * PATIENCE)
def test_cut_off_twenty_times(site: Deployment) -> None:
    """Events exactly 1 … n, and every own comment exactly once, whenever the connection breaks.

    LIVEROOM_SEED repeats a run.
    """
    seed = int(os.environ.get("LIVEROOM_SEED") or secrets.randbelow(10**9))
    print(f"LIVEROOM_SEED={seed}")
    slug = f"cuts-{seed}"
    room = site.call("make_room", slug=slug, items=0)
    seen = play(site, "cuts", slug=slug, tokens=people(site, 3), seed=seed, cuts=CUTS)
    stored = site.call("read_room", room_id=room["id"])
    expected = [f"writer {writer} {number}" for writer, count in enumerate(seen["counts"]) for number in range(count)]
    assert sorted(stored["comments"]) == sorted(expected)
    assert [event["seq"] for event in seen["events"]] == list(range(1, stored["seq"] + 1))
    assert [event["content"] for event in seen["events"] if event["msg_type"] == "message"] == stored["comments"]
    assert seen["shown"] == stored["comments"][-200:]
    assert seen["pending"] == []
    assert seen["most"] == 1
    assert seen["opened"] > CUTS // 2
