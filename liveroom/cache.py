"""Django's cache on Redis, which may be away: this process's memory stands in for it."""

import json
import logging
import time
from typing import Any, Final

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

TIMEOUT: Final = 1.0
"""Seconds for a connection, and for an answer."""
AWAY_FOR: Final = 5.0
"""Seconds for which a Redis that failed is not asked again: nobody waits for its time-out meanwhile."""


class JsonSerializer:
    """What stands in Redis is data: unlike a pickle it runs nothing, whoever wrote it."""

    def dumps(self, obj: Any) -> bytes:
        # A whole number is its digits, for INCR.
        return json.dumps(obj).encode()

    def loads(self, data: Any) -> Any:
        return json.loads(data)


class Server:
    """One Redis as this process knows it, and what stands in for it.

    Django makes a cache for each request: connections and an outage outlive it.
    """

    def __init__(self, url: str, memory: dict[str, Any]) -> None:
        self.client = RedisCacheClient(
            [url],
            serializer=JsonSerializer,
            socket_timeout=TIMEOUT,
            socket_connect_timeout=TIMEOUT,
            health_check_interval=5,
            # Left to itself it waits for seconds between its tries.
            retry=Retry(NoBackoff(), 1),
        )
        self.memory = LocMemCache(f"beside {url}", memory)
        self._away = False
        self._again_at = 0.0

    @property
    def asked(self) -> bool:
        return time.monotonic() >= self._again_at

    def failed(self, error: Exception) -> None:
        self._again_at = time.monotonic() + AWAY_FOR
        if not self._away:
            self._away = True
            logger.warning("The cache is away, each process counts for itself: %s", error)

    def answered(self) -> None:
        if self._away:
            self._away = False
            logger.warning("The cache is back")


_servers: dict[str, Server] = {}


class SharedCache(RedisCache):
    """Redis while it answers, else memory, which knows nothing of what Redis holds."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._server = _servers.get(server) or _servers.setdefault(server, Server(server, params))

    @property
    def _cache(self) -> RedisCacheClient:
        return self._server.client

    def add(self, *args: Any, **options: Any) -> Any:
        return self._do("add", *args, **options)

    def get(self, *args: Any, **options: Any) -> Any:
        return self._do("get", *args, **options)

    def set(self, *args: Any, **options: Any) -> Any:
        return self._do("set", *args, **options)

    def touch(self, *args: Any, **options: Any) -> Any:
        return self._do("touch", *args, **options)

    def delete(self, *args: Any, **options: Any) -> Any:
        return self._do("delete", *args, **options)

    def get_many(self, *args: Any, **options: Any) -> Any:
        return self._do("get_many", *args, **options)

    def has_key(self, *args: Any, **options: Any) -> Any:
        return self._do("has_key", *args, **options)

    def incr(self, *args: Any, **options: Any) -> Any:
        return self._do("incr", *args, **options)

    def set_many(self, *args: Any, **options: Any) -> Any:
        return self._do("set_many", *args, **options)

    def delete_many(self, *args: Any, **options: Any) -> Any:
        return self._do("delete_many", *args, **options)

    def clear(self) -> None:
        """Forget this installation's keys: Redis holds what is not the cache's, and not ours."""
        self._server.memory.clear()
        keys = self.make_key("*")
        redis = self._cache.get_client(write=True)
        for key in redis.scan_iter(match=keys):
            redis.delete(key)

    def _do(self, name: str, *args: Any, **options: Any) -> Any:
        if self._server.asked:
            try:
                found = getattr(super(), name)(*args, **options)
            except (RedisError, OSError) as error:
                self._server.failed(error)
            else:
                self._server.answered()
                return found
        return getattr(self._server.memory, name)(*args, **options)
