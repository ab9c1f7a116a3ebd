"""Connections that are gone, and comments that were posted, leave nothing that only Python's search for cycles would
free: it is seldom made."""

import json
import re
import signal
import socket
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from websockets.sync.client import connect

from tests.deployment import Deployments
from tests.servers import PATIENCE, Server

VIEWERS, COMMENTS, ROUNDS = 60, 60, 3
SERVER = """
import gc, signal
from liveroom.serve import main

signal.signal(signal.SIGUSR1, lambda *_: print("found", gc.collect(), "kept", len(gc.get_objects()), flush=True))
gc.disable()
main()
"""


def come_and_go(url: str) -> None:
    """Post so many comments; then be in the room as so many viewers, and leave it: half of them with a close frame."""
    with connect(url) as client:
        for number in range(COMMENTS):
            client.send(json.dumps({"msg_type": "message", "content": f"comment {number}"}))
            while json.loads(client.recv(timeout=10 * PATIENCE))["msg_type"] != "ack":
                pass
    with ExitStack() as stack:
        for number in range(VIEWERS):
            client = stack.enter_context(connect(url))
            assert json.loads(client.recv(timeout=10 * PATIENCE))["msg_type"] == "init"
            client.send('{"msg_type": "ping"}')
            client.recv(timeout=10 * PATIENCE)
            if number % 2:
                client.socket.shutdown(socket.SHUT_RDWR)


def search(server: Server) -> tuple[int, int]:
    """Have it search; returns how many objects it found and kept."""
    before = len(server.text())
    server.signal(signal.SIGUSR1)
    end = time.monotonic() + 10 * PATIENCE
    while (said := re.search(r"found (\d+) kept (\d+)\n", server.text()[before:])) is None:
        assert time.monotonic() < end, server.text()
        time.sleep(0.05)
    return int(said[1]), int(said[2])


@pytest.mark.parametrize("kind", ["daphne", pytest.param("uvicorn", marks=pytest.mark.long)])
def test_what_is_over_leaves_no_cycles(deployments: Deployments, tmp_path: Path, kind: str) -> None:
    """Some rounds of viewers leave less than an object each: found by the search, or kept for ever."""
    with deployments.sqlite("garbage") as site:
        site.call("make_room", slug="garbage")
        server = Server("collected", site.environment, tmp_path, server=kind)
        server.command[1:3] = ["-c", SERVER]
        server.start()
        url = f"{server.ws}/ws/rooms/garbage/"
        try:
            # What loading and the first viewers leave once; then connections go until no search keeps less.
            come_and_go(url)
            begin = search(server)[1]
            while (kept := search(server)[1]) < begin:
                begin = kept
            found = 0
            for _ in range(ROUNDS):
                come_and_go(url)
                found += search(server)[0]
            end = time.monotonic() + 10 * PATIENCE
            while (last := search(server))[1] > begin + ROUNDS * VIEWERS:
                assert time.monotonic() < end, f"{last[1] - begin} objects more are kept"
                found += last[0]
            assert found + last[0] < ROUNDS * VIEWERS
        finally:
            server.stop()
