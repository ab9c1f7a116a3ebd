"""Connections from psycopg's pool, none of them dead.

psycopg's own check sleeps for a second after each dead connection that it meets, and after a restart all of them are: a
command would wait for seconds with the server long back.
"""

import threading
import time
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool


class DatabaseWrapper(base.DatabaseWrapper):
    """A dead connection that is found in the pool has all that are as old as it replaced, at once."""

    _replacing = threading.Lock()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        if self.pool is None:
            return connection
        try:
            ConnectionPool.check_connection(connection)
        except psycopg.Error:
            self._replace(connection)
            connection = super().get_new_connection(conn_params)
        return connection

    def _replace(self, dead: Any) -> None:
        pool = dead._pool
        pool.putconn(dead)
        with self._replacing:
            # Many find out at the same moment: those that came after the first one's are good.
            if dead.opened_at > getattr(pool, "replaced_at", 0.0):
                pool.replaced_at = time.monotonic()
                pool.drain()

    def _configure_connection(self, connection: Any) -> bool:
        connection.opened_at = time.monotonic()
        changed: bool = super()._configure_connection(connection)  # type: ignore[misc]
        return changed
