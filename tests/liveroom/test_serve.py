"""`python -m liveroom.serve`: the address, the limits, the end. Each with the real servers."""

import json
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import ExitStack, closing
from pathlib import Path

import httpx
import pytest
import websockets
from websockets.sync.client import ClientConnection, connect

from benchmarks.programs import inherited
from liveroom.storage import CHUNK
from tests.deployment import Deployments
from tests.servers import PATIENCE, ROOT, Server, run_python

SERVERS = ["daphne", "uvicorn"]
TIMEOUT = 10 * PATIENCE


def read_until_closed(client: ClientConnection) -> list[dict[str, object]]:
    """Return the frames that come before the server closes."""
    frames = []
    while True:
        try:
            frames.append(json.loads(client.recv(timeout=TIMEOUT)))
        except websockets.ConnectionClosed:
            return frames


@pytest.mark.parametrize("server", SERVERS)
def test_ctrl_c_is_a_clean_end_too(deployments: Deployments, server: str) -> None:
    """Sockets of any age read `restarting` and 4000, nobody new is let in, and a silent connection holds up nothing."""
    with deployments.sqlite("end", server=server) as site, ExitStack() as stack:
        site.call("make_room", slug="demo")
        clients = [stack.enter_context(connect(f"{site.ws}/ws/rooms/demo/")) for _ in range(20)]
        for client in clients:
            assert json.loads(client.recv(timeout=TIMEOUT))["msg_type"] == "init"
        # It never says anything: to the server a connection without an application.
        stack.enter_context(socket.create_connection(("127.0.0.1", site.servers[0].port)))
        begin = time.monotonic()
        site.servers[0].signal(signal.SIGINT)
        for client in clients:
            *_, last = read_until_closed(client)
            assert (last["msg_type"], last["code"], last["close"]) == ("error", "restarting", 4000)
            assert client.close_code == 4000
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", site.servers[0].port))
        assert site.servers[0].wait(TIMEOUT) == 0
        assert time.monotonic() - begin < 10


@pytest.mark.parametrize("server", SERVERS)
def test_an_end_at_which_something_is_lost(deployments: Deployments, server: str) -> None:
    """A database that refuses, and does not hang: one line says what could not be saved, and the code is 1."""
    with deployments.sqlite(f"unsaved-{server}", server=server) as site:
        site.call("make_room", slug="demo")
        with closing(sqlite3.connect(site.environment["DATABASE_URL"].removeprefix("sqlite:///"))) as database:
            database.execute("ALTER TABLE rooms_likessaved RENAME TO gone")
        with connect(f"{site.ws}/ws/rooms/demo/") as client:
            client.send('{"msg_type": "like", "count": 3}')
            while json.loads(client.recv(timeout=TIMEOUT))["msg_type"] != "like":
                pass
            site.servers[0].signal(signal.SIGTERM)
            *_, last = read_until_closed(client)
            assert last["code"] == "restarting"
        assert site.servers[0].wait(TIMEOUT) == 1
        given_up = "The database did not answer in time. Given up: commands 0, none acknowledged; likes 3."
        assert site.servers[0].text().count(given_up) == 1


@pytest.mark.parametrize("server", SERVERS)
def test_ctrl_c_ends_what_a_script_started_too(deployments: Deployments, server: str) -> None:
    """A shell has what it starts in the background ignore SIGINT; the server listens to it all the same."""
    with deployments.sqlite("background") as site:
        ignoring = ["sh", "-c", 'trap "" INT; exec "$0" "$@"']
        with subprocess.Popen(
            [*ignoring, sys.executable, "-m", "liveroom.serve", "--port", "0", "--server", server],
            cwd=ROOT,
            env=inherited() | site.environment,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            url = process.stdout.readline().split()[2]
            assert httpx.get(f"{url}/healthz", timeout=TIMEOUT, trust_env=False).status_code == 200
            process.send_signal(signal.SIGINT)
            assert process.wait(TIMEOUT) == 0


@pytest.mark.parametrize("server", SERVERS)
def test_no_origin_is_refused_where_there_is_no_cookie(deployments: Deployments, server: str) -> None:
    """A page that was opened from a file, one of another site and a mini-program come in like everybody."""
    with deployments.sqlite("origin", server=server) as site:
        site.call("make_room", slug="demo")
        for origin in ("null", "file://", "https://servicewechat.com", "https://other.example"):
            with connect(f"{site.ws}/ws/rooms/demo/", additional_headers={"Origin": origin}) as client:
                assert json.loads(client.recv(timeout=TIMEOUT))["msg_type"] == "init", origin


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("origin", ["", "abc", "*", "https://a.example:99999", "https://[::1"])
def test_an_origin_that_is_no_url(deployments: Deployments, server: str, origin: str) -> None:
    """It is foreign like any other, and counts where there is a cookie; an empty one is none."""
    with deployments.sqlite("nonsense", server=server) as site:
        site.call("make_room", slug="demo")
        port = site.servers[0].port
        assert shake_hands(port, f"Origin: {origin}") == 101
        assert shake_hands(port, f"Origin: {origin}", "Cookie: sessionid=x") == (403 if origin else 101)


def shake_hands(port: int, *headers: str) -> int:
    """Ask for a WebSocket with these header lines more; returns the status."""
    fixed = [
        "GET /ws/rooms/demo/ HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
    ]  # fmt: skip
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT) as client:
        client.sendall("\r\n".join([*fixed, *headers, "", ""]).encode())
        return int(client.makefile("rb").readline().split()[1])


@pytest.mark.parametrize("server", SERVERS)
def test_a_static_file_is_read_in_pieces(deployments: Deployments, server: str) -> None:
    """Whole, a part, its headers only, or not modified: each is right, and Django has nothing to warn of."""
    source = ROOT / "rooms" / "static" / "rooms" / "vendor" / "hls.light.min.js"
    content = source.read_bytes()
    assert len(content) > 2 * CHUNK
    with deployments.sqlite("files", server=server) as site, httpx.Client(base_url=site.url) as client:
        path = f"/static/rooms/vendor/{source.name}"
        whole = client.get(path)
        assert (whole.status_code, whole.content) == (200, content)
        part = client.get(path, headers={"Range": f"bytes=10-{CHUNK + 20}"})
        assert (part.status_code, part.content) == (206, content[10 : CHUNK + 21])
        headers = client.head(path)
        assert (headers.status_code, headers.content) == (200, b"")
        assert headers.headers["Content-Length"] == str(len(content))
        same = client.get(path, headers={"If-Modified-Since": whole.headers["Last-Modified"]})
        assert (same.status_code, same.content) == (304, b"")
        assert "Warning" not in site.servers[0].text()


@pytest.mark.parametrize("server", SERVERS)
def test_a_frame_beyond_64_kib_is_closed_with_1009(deployments: Deployments, server: str) -> None:
    """What the server does not read at all ends with a close frame, not with a reset, and hurts nobody else."""
    with deployments.sqlite("size", server=server) as site:
        site.call("make_room", slug="demo")
        with connect(f"{site.ws}/ws/rooms/demo/") as client, connect(f"{site.ws}/ws/rooms/demo/") as other:
            client.send("x" * (64 * 1024 + 1))
            read_until_closed(client)
            assert client.close_code == 1009
            assert json.loads(other.recv(timeout=TIMEOUT))["msg_type"] == "init"


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_a_socket_that_is_bound_already_is_served(
    deployments: Deployments, server: str, family: socket.AddressFamily
) -> None:
    """--fd takes over a socket of either family: its backlog and send buffer become ours."""
    with deployments.sqlite("bound") as site, socket.socket(family) as listener:
        listener.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
        port = listener.getsockname()[1]
        host = "[::1]" if family == socket.AF_INET6 else "127.0.0.1"
        serve = ["-m", "liveroom.serve", "--fd", str(listener.fileno()), "--server", server]
        with subprocess.Popen(
            [sys.executable, *serve],
            cwd=ROOT,
            env=inherited() | site.environment,
            pass_fds=[listener.fileno()],
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                assert process.stdout is not None
                assert process.stdout.readline() == f"Listening on http://{host}:{port} ({server}).\n"
                assert httpx.get(f"http://{host}:{port}/healthz", timeout=TIMEOUT, trust_env=False).status_code == 200
                # The kernel doubles what is asked for.
                assert listener.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) == 2 * 64 * 1024
            finally:
                process.terminate()
            assert process.wait(TIMEOUT) == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (
            ["--host", "203.0.113.1", "--port", "8000"],
            1,
            "Cannot listen on 203.0.113.1:8000: Cannot assign requested address.",
        ),
        (["--fd", "99"], 1, "Cannot listen on descriptor 99: Bad file descriptor."),
        (["--port", "eight"], 2, "python -m liveroom.serve: error: argument --port: invalid int value: 'eight'"),
        (["--port", "65536"], 2, "python -m liveroom.serve: error: a port is 0 to 65535, not 65536"),
        (["--server", "apache"], 2, "python -m liveroom.serve: error: the server is daphne or uvicorn, not 'apache'"),
    ],
)
def test_an_address_that_cannot_be_is_told_in_one_line(arguments: list[str], code: int, said: str) -> None:
    """What is wrong with the arguments is the last line, without a traceback."""
    ended = run_python("-m", "liveroom.serve", *arguments, environment={"DEBUG": "1"})
    assert (ended.returncode, ended.stderr.splitlines()[-1]) == (code, said)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "C.UTF-8",
            "Another program listens on {0}:{1} already. PORT chooses another port, such as: PORT={2} make run\n",
        ),
        ("zh_CN.UTF-8", "{0}:{1} 已被另一个程序占用。请用 PORT 换一个端口，例如：PORT={2} make run\n"),
    ],
)
def test_a_port_that_is_taken_ends_a_first_start_before_anything_is_made(
    tmp_path: Path, language: str, said: str
) -> None:
    """The one line names the way out; nothing was prepared, and no address is printed that is another program's."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        host, port = other.getsockname()
        database = tmp_path / "new.sqlite3"
        environment = {
            "DEBUG": "1",
            "PORT": str(port),
            "LC_ALL": language,
            "DATABASE_URL": f"sqlite:///{database}",
        }
        ended = run_python("-m", "liveroom.serve", "--prepare", environment=environment)
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", said.format(host, port, port + 1))
    assert not database.exists()


def test_a_second_server_on_one_sqlite_file_is_warned(deployments: Deployments, directory: Path) -> None:
    """It serves, and says what several processes want; the first one says nothing."""
    with deployments.sqlite("twice") as site:
        first = site.servers[0]
        second = Server("twice-second", site.environment, directory)
        second.start()
        try:
            assert "Another server serves" in second.text()
            assert "Another server serves" not in first.text()
        finally:
            second.stop()
