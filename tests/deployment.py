"""Deployments for the tests: some Liveroom processes over one database, with or without Redis.

A pytest plugin (`-p tests.deployment`), beside `tests.servers`:

    with deployments.sqlite("orders", LIVEROOM_GRACE="1") as site:      # one process, SQLite, no Redis
        site.url, site.ws                                               # http://127.0.0.1:PORT, ws://127.0.0.1:PORT
        room = site.call("make_room", slug="demo")                      # any function of tests/data.py
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from benchmarks.programs import inherited
from tests.certificate import Certificate
from tests.servers import ROOT, Postgres, Redis, Server, run_python

# What the tests of the whole need: guests that talk, and no limit that a fast test would meet.
ENVIRONMENT = {
    "DEBUG": "1",
    "LIVEROOM_GUESTS": "talk",
    "LIVEROOM_RATE": "0",
    "LIVEROOM_FOLLOW_RATE": "0",
    "LIVEROOM_REPEAT": "0",
    "LIVEROOM_FRAME_RATE": "0",
    "LIVEROOM_ROOM_BUDGET": "0",
}


class Deployment:
    """Liveroom processes that share a database; ``servers`` may be stopped, killed and started again one by one."""

    def __init__(
        self, name: str, environment: dict[str, str], directory: Path, *, processes: int, **options: Any
    ) -> None:
        self.name = name
        self.environment = environment
        names = [f"{name}-{number}" for number in range(1, processes + 1)]
        self.servers = [Server(each, environment, directory, **options) for each in names]
        self._clerk: subprocess.Popen[str] | None = None

    @property
    def urls(self) -> list[str]:
        """The HTTP addresses of the processes."""
        return [server.url for server in self.servers]

    @property
    def url(self) -> str:
        return self.servers[0].url

    @property
    def ws(self) -> str:
        return self.servers[0].ws

    def start(self) -> None:
        # All at once: each waits until it answers.
        with ThreadPoolExecutor(len(self.servers)) as pool:
            list(pool.map(Server.start, self.servers))

    def stop(self) -> None:
        for server in self.servers:
            server.stop()
        self.renew()

    def renew(self) -> None:
        """Have what is called from now on run in a new process: one that knows nothing of an outage before it."""
        if self._clerk is not None:
            with self._clerk:
                self._clerk.terminate()
            self._clerk = None

    def call(self, name: str, **arguments: Any) -> Any:
        """Call a function of tests/data.py in a process that stays, and return its result."""
        if self._clerk is None:
            self._clerk = subprocess.Popen(
                [sys.executable, "-m", "tests.data"],
                cwd=ROOT,
                env=inherited() | self.environment | {"DJANGO_SETTINGS_MODULE": "liveroom.settings"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self._clerk.stdin is not None
        assert self._clerk.stdout is not None
        self._clerk.stdin.write(json.dumps({"name": name, "arguments": arguments}) + "\n")
        self._clerk.stdin.flush()
        return result(self._clerk.stdout.readline())

    def command(self, name: str, **arguments: Any) -> Any:
        """The same in a new process that ends with it, as a management command does."""
        environment = self.environment | {"DJANGO_SETTINGS_MODULE": "liveroom.settings"}
        done = run_python("-m", "tests.data", name, json.dumps(arguments), environment=environment)
        assert done.returncode == 0, done.stderr
        return result(done.stdout)


def result(line: str) -> Any:
    """What a function of tests/data.py returned; raises RuntimeError with its traceback."""
    answer = json.loads(line)
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return answer["result"]


class Deployments:
    """Makes deployments, each over a new database that is a copy of a migrated one."""

    def __init__(self, directory: Path, request: pytest.FixtureRequest) -> None:
        self._directory = directory
        self._request = request
        self._templates: dict[str, str] = {}
        self._count = 0

    @contextmanager
    def sqlite(
        self,
        name: str,
        *,
        processes: int = 1,
        server: str = "daphne",
        plain: bool = False,
        certificate: Certificate | None = None,
        **environment: str,
    ) -> Iterator[Deployment]:
        """One process, or more, on SQLite, without Redis; ``environment`` comes on top of ENVIRONMENT.

        ``plain``: started by the server's own command. ``certificate``: so too, over TLS.
        """
        if "sqlite" not in self._templates:
            template = self._directory / "template.sqlite3"
            self._templates["sqlite"] = str(template)
            migrate(f"sqlite:///{template}")
        self._count += 1
        database = self._directory / f"{name}-{self._count}.sqlite3"
        shutil.copyfile(self._templates["sqlite"], database)
        where = {"DATABASE_URL": f"sqlite:///{database}"}
        options: dict[str, Any] = {"server": server, "plain": plain, "certificate": certificate}
        with self._started(name, where | environment, processes=processes, **options) as deployment:
            yield deployment

    @contextmanager
    def postgres(
        self,
        name: str,
        *,
        processes: int = 2,
        redis: Redis | None = None,
        port: int | None = None,
        server: str = "daphne",
        **environment: str,
    ) -> Iterator[Deployment]:
        """Some processes on PostgreSQL and Redis: the run's own one, or the one given.

        ``port``: of what stands in front of PostgreSQL for them.
        """
        postgres: Postgres = self._request.getfixturevalue("postgres_server")
        redis = redis or self._request.getfixturevalue("redis_server")
        if "postgres" not in self._templates:
            self._templates["postgres"] = "template"
            postgres.execute("CREATE DATABASE template")
            migrate(postgres.url("template"))
        self._count += 1
        database = f"{name.replace('-', '_')}_{self._count}"
        postgres.execute(f"CREATE DATABASE {database} TEMPLATE template")
        where = {"DATABASE_URL": postgres.url(database, port=port), "REDIS_URL": redis.url, "REDIS_PREFIX": database}
        with self._started(name, where | environment, processes=processes, server=server) as deployment:
            yield deployment

    @contextmanager
    def _started(self, name: str, environment: dict[str, str], **options: Any) -> Iterator[Deployment]:
        deployment = Deployment(name, ENVIRONMENT | environment, self._directory, **options)
        with ExitStack() as stack:
            stack.callback(deployment.stop)
            deployment.start()
            yield deployment


def migrate(database_url: str) -> None:
    """Bring a database to the newest migration."""
    environment = {"DEBUG": "1", "DATABASE_URL": database_url}
    done = run_python("manage.py", "migrate", "--verbosity", "0", environment=environment)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def deployments(directory: Path, request: pytest.FixtureRequest) -> Deployments:
    """Makes deployments: see the top of tests/deployment.py."""
    return Deployments(directory, request)
