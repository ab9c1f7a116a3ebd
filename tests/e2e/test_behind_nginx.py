"""The README's nginx in front: TLS, both processes, and who is whom behind it."""

import json
import os
import re
import socket
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from websockets.sync.client import ClientConnection, connect

from benchmarks.programs import free_port
from tests.deployment import Deployment, Deployments
from tests.servers import PATIENCE, ROOT, Program, program, run_python

TIMEOUT = 10 * PATIENCE
READMES = ("README.md", "README.zh-CN.md")

# What stands around the block in nginx.conf, and keeps everything in one folder.
AROUND = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
worker_processes 1;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/liveroom.conf;
}}
"""


@dataclass
class Front:
    """nginx before a deployment."""

    site: Deployment
    port: int
    plain_port: int
    context: ssl.SSLContext
    cache: Path

    def get(self, path: str, **headers: str) -> httpx.Response:
        address = f"https://127.0.0.1:{self.port}{path}"
        with httpx.Client(verify=self.context, trust_env=False, timeout=TIMEOUT) as client:
            return client.get(address, headers={"Host": "your.host", **headers})

    def enter(self) -> ClientConnection:
        return connect(
            f"wss://your.host:{self.port}/ws/rooms/demo/",
            sock=socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT),
            ssl=self.context,
            server_hostname="your.host",
            proxy=None,
        )


def block(readme: str) -> str:
    """The nginx block of a README."""
    found = re.findall(r"```nginx\n(.*?)```", (ROOT / readme).read_text(), re.DOTALL)
    assert len(found) == 1
    return str(found[0])


def replaced(text: str, changes: dict[str, str]) -> str:
    """The text with each of these, which all stand in it, changed."""
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.fixture(scope="module")
def front(deployments: Deployments, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    folder = tmp_path_factory.mktemp("nginx")
    certificate, key = folder / "fullchain.pem", folder / "privkey.pem"
    command = [program("openssl", "openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=your.host", "-addext", "subjectAltName=DNS:your.host,IP:127.0.0.1"]
    command += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    port, plain_port = free_port(), free_port()
    environment: dict[str, Any] = {
        "DEBUG": "0",
        "SECRET_KEY": "of-a-test-" * 6,
        "ALLOWED_HOSTS": "your.host",
        "HTTPS": "1",
        "TRUST_PROXY": "1",
        "LIVEROOM_GUEST_RATE": "1",
        "MEDIA_ROOT": str(folder / "media"),
    }
    done = run_python("manage.py", "collectstatic", "--noinput", environment=environment)
    assert done.returncode == 0, done.stderr
    with deployments.sqlite("proxied", processes=2, **environment) as site:
        site.call("make_room", slug="demo")
        changes = {
            "/etc/letsencrypt/live/your.host": str(folder),
            "/var/cache/nginx-liveroom": str(folder / "cache"),
            "listen 80;": f"listen 127.0.0.1:{plain_port};",
            "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
            "127.0.0.1:8001": f"127.0.0.1:{site.servers[0].port}",
            "127.0.0.1:8002": f"127.0.0.1:{site.servers[1].port}",
        }
        # The folder is its owner's alone, and nginx's workers would be somebody else.
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "liveroom.conf").write_text(replaced(block("README.md"), changes))
        (folder / "nginx.conf").write_text(AROUND.format(folder=folder, user=user))
        command = [program("nginx", "nginx-light"), "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")]
        nginx = Program("nginx", command, directory=folder)
        there = Front(site, port, plain_port, ssl.create_default_context(cafile=str(certificate)), folder / "cache")
        try:
            nginx.start(lambda: answers(there))
            yield there
        finally:
            nginx.stop()


def answers(front: Front) -> bool:
    try:
        return front.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False


def test_both_readmes_have_the_same_block() -> None:
    """But for what they say in it."""
    english, chinese = (re.sub(r"#.*", "", block(readme)).split() for readme in READMES)
    assert english == chinese


@pytest.mark.long
def test_pages_come_without_a_redirect(front: Front) -> None:
    """TLS ends at nginx, and the processes know it; who comes without TLS is sent to it."""
    page = front.get("/rooms/demo/")
    assert (page.status_code, page.headers["strict-transport-security"]) == (200, "max-age=31536000")
    plain = httpx.get(
        f"http://127.0.0.1:{front.plain_port}/rooms/demo/", headers={"Host": "your.host"}, trust_env=False
    )
    assert (plain.status_code, plain.headers["location"]) == (301, "https://your.host/rooms/demo/")


@pytest.mark.long
def test_static_files_are_kept_for_as_long_as_they_say(front: Front) -> None:
    """They bear their content's name."""
    found = re.search(r"/static/rooms/base\.[0-9a-f]+\.css", front.get("/rooms/demo/").text)
    assert found is not None
    for _ in range(2):
        file = front.get(found[0])
        assert file.status_code == 200
        assert "immutable" in file.headers["cache-control"]
    kept = [path.read_bytes() for path in front.cache.rglob("*") if path.is_file()]
    assert len(kept) == 1
    assert f"KEY: http://liveroom{found[0]}".encode() in kept[0]


@pytest.mark.long
def test_a_viewer_comes_through(front: Front) -> None:
    """A socket is upgraded, its frames say https, and a comment reaches one of the other process."""
    with front.enter() as one, front.enter() as other:
        for client in (one, other):
            assert json.loads(client.recv(timeout=TIMEOUT))["base_url"] == f"https://your.host:{front.port}"
        one.send(json.dumps({"msg_type": "message", "content": "through nginx"}))
        heard: dict[str, object] = {}
        while heard.get("msg_type") != "message":
            heard = json.loads(other.recv(timeout=TIMEOUT))
        assert heard["content"] == "through nginx"


@pytest.mark.long
def test_nobody_says_himself_where_he_comes_from(front: Front) -> None:
    """Guests are counted by the address that nginx saw: another one in each request helps nobody."""
    with httpx.Client(verify=front.context, trust_env=False, timeout=TIMEOUT) as client:
        codes = [
            client.post(
                f"https://127.0.0.1:{front.port}/api/auth/guest",
                json={},
                headers={"Host": "your.host", "X-Forwarded-For": f"192.0.2.{number}"},
            ).status_code
            for number in range(5)
        ]
    # One a minute in each of the two processes.
    assert codes.count(200) + codes.count(201) <= 2
    assert codes.count(429) >= 3


@pytest.mark.long
def test_a_picture_comes_through(front: Front) -> None:
    """One of nearly the size that the server takes; what became of it is kept by nginx, and by whoever sees it."""
    noise = Image.frombytes("RGB", (820, 820), os.urandom(820 * 820 * 3))
    written = BytesIO()
    noise.save(written, "PNG")
    assert 1_900_000 < len(written.getvalue()) < 2_097_152
    token = front.site.call("make_users", count=1)[0]["token"]
    with httpx.Client(verify=front.context, trust_env=False, timeout=TIMEOUT) as client:
        sent = client.post(
            f"https://127.0.0.1:{front.port}/api/auth/me",
            files={"avatar": ("tmp.png", written.getvalue())},
            headers={"Host": "your.host", "Authorization": f"Bearer {token}"},
        )
    assert sent.status_code == 200, sent.text
    avatar = sent.json()["avatar"]
    for _ in range(2):
        assert "immutable" in front.get(avatar).headers["cache-control"]
    kept = [path.read_bytes() for path in front.cache.rglob("*") if path.is_file()]
    assert len([file for file in kept if f"KEY: http://liveroom{avatar}".encode() in file]) == 1
