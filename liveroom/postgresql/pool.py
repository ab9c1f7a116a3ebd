"""What psycopg's pool is told; read by the settings, so without Django."""

from typing import Any

from psycopg_pool import ConnectionPool


def connect_again(pool: ConnectionPool[Any]) -> None:
    """What a pool does that has given up connecting: left to itself it would not try again for who waits already.

    psycopg counts those too who gave up waiting, until there is a connection: so it may try on for nobody until then.
    """
    if pool.get_stats().get("requests_waiting"):
        pool.check()
