"""Connections from psycopg's pool."""

from collections.abc import Iterator

import psycopg
import pytest
from django.db.utils import ConnectionHandler
from psycopg_pool import ConnectionPool

from liveroom.environment import database_of
from liveroom.postgresql.base import DatabaseWrapper
from tests.servers import PATIENCE, Postgres


@pytest.fixture
def pooled(postgres_server: Postgres) -> Iterator[DatabaseWrapper]:
    """A database with a pool of its own."""
    database = database_of(postgres_server.url("postgres"))
    options = {"pool": {"min_size": 1, "max_size": 1, "timeout": 10 * PATIENCE}}
    database |= {"ENGINE": "liveroom.postgresql", "OPTIONS": options}
    wrapper = ConnectionHandler({"default": {}, "pooled": database})["pooled"]
    assert isinstance(wrapper, DatabaseWrapper)
    yield wrapper
    wrapper.close_pool()


@pytest.mark.parametrize("error", [psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError])
def test_a_dead_connection_is_replaced(
    pooled: DatabaseWrapper, monkeypatch: pytest.MonkeyPatch, error: type[psycopg.Error]
) -> None:
    """Whatever psycopg makes of its end; the one that is given is good, and stays."""
    parameters = pooled.get_connection_params()
    dead = pooled.get_new_connection(parameters)
    pooled.pool.putconn(dead)
    failures = [error("gone")]

    def check(connection: object) -> None:
        if failures:
            raise failures.pop()

    monkeypatch.setattr(ConnectionPool, "check_connection", check)
    good = pooled.get_new_connection(parameters)
    assert good is not dead
    assert good.execute("SELECT 1").fetchone() == (1,)
    pooled.pool.putconn(good)
    again = pooled.get_new_connection(parameters)
    assert again is good
    pooled.pool.putconn(again)
