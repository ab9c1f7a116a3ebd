"""The two setups that every test here passes."""

from collections.abc import Iterator

import pytest

from tests.deployment import Deployment, Deployments

GRACE = 1.0


@pytest.fixture(scope="session", params=["one process", "two processes"])
def setup(request: pytest.FixtureRequest, deployments: Deployments) -> Iterator[Deployment]:
    """One process on SQLite without Redis; two on Redis and PostgreSQL. Tests must not ask which."""
    kind = deployments.sqlite if request.param == "one process" else deployments.postgres
    with kind("setup", LIVEROOM_GRACE=str(GRACE)) as deployment:
        yield deployment
