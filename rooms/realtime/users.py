"""The stored users whose sockets this process holds, and what changes of them meanwhile."""

import asyncio
from collections.abc import Iterable
from typing import Any

from django.conf import settings

from rooms.messages import Close, Code, Refused
from rooms.models import now_ms
from rooms.realtime.connection import Connection
from rooms.selectors import Refusal, ViewerNews
from rooms.transaction import REFUSED_NOTED_FOR

REMEMBERED = 60.0
"""Seconds; longer than a change is looked for in the database, or a user is read."""
REFUSED_KEPT = 10_000
"""So many people's refused comments are remembered, for as long as there is a note of them."""
REFUSED_EACH = 100
"""So many of one of them, the last ones."""


class ConnectedUsers:
    """Sockets by user. Times are the loop's."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._sockets: dict[int, list[Connection]] = {}
        self._changed_at: dict[int, float] = {}
        self._noted: dict[int, float] = {}
        self._refused: dict[tuple[int, int], dict[int, int]] = {}
        """By room and user: his comments that were refused, and when, in ms."""
        self.unread: set[Connection] = set()
        """Sockets whose viewer could not be read again: the database was away."""

    def sockets_of(self, user_id: int) -> list[Connection]:
        """A user's sockets in this process, oldest first."""
        return list(self._sockets.get(user_id, ()))

    def add(self, user_id: int, connection: Connection) -> None:
        """A socket is this user's now; above LIVEROOM_SOCKETS_PER_USER his oldest goes."""
        mine = self._sockets.setdefault(user_id, [])
        mine.append(connection)
        limit = settings.LIVEROOM_SOCKETS_PER_USER
        if limit and len(mine) > limit:
            mine.pop(0).end(
                Refused(
                    Code.TOO_MANY_SOCKETS,
                    f"One user has at most {limit} sockets; this was the oldest.",
                    limit=limit,
                    close=Close.TOO_MANY_SOCKETS,
                )
            )

    def remove(self, user_id: int, connection: Connection) -> None:
        """A socket is this user's no more."""
        mine = self._sockets.get(user_id, [])
        if connection in mine:
            mine.remove(connection)
        if not mine:
            self._sockets.pop(user_id, None)

    def changed(self, user_id: int, values: dict[str, Any], *, room_id: int | None) -> None:
        """Tell a user's sockets in a room (None: in all) what changed of him; without values they read it."""
        self._changed_at[user_id] = self._loop.time()
        for connection in self.sockets_of(user_id):
            if room_id is None or (connection.hub is not None and connection.hub.room_id == room_id):
                connection.viewer_changed(values)

    def comment_refused(self, user_id: int, comment_id: int, *, room_id: int) -> None:
        """Tell a user's sockets in a room, once, that a comment of his that waited is not shown."""
        known = self._refused.setdefault((room_id, user_id), {})
        if comment_id in known:
            return
        known[comment_id] = now_ms()
        if len(known) > REFUSED_EACH:
            del known[next(iter(known))]
        for connection in self.sockets_of(user_id):
            if connection.hub is not None and connection.hub.room_id == room_id:
                connection.comment_refused(comment_id)

    def refused_before(self, room_id: int, refusals: Iterable[Refusal]) -> None:
        """What was refused in a room before this process looked at it: nobody here is to be told of it now."""
        for user_id, comment_id, at in refusals:
            self._refused.setdefault((room_id, user_id), {}).setdefault(comment_id, at)

    def refused_since(self, user_id: int, moment: int, *, room_id: int) -> list[int]:
        """A user's comments in a room that were refused since then, in ms: who was away has not heard of them."""
        known = self._refused.get((room_id, user_id), {})
        return [comment_id for comment_id, at in known.items() if at >= moment]

    def changed_since(self, user_id: int, moment: float) -> bool:
        """Whether a change was heard of since then: what was read of the user before may be of yesterday."""
        return self._changed_at.get(user_id, float("-inf")) >= moment

    def noted(self, changes: Iterable[ViewerNews]) -> None:
        """Take what the database has of late, each change once: it may not have come by the layer."""
        unread, self.unread = self.unread, set()
        for connection in unread:
            connection.reread_soon()
        for change in changes:
            if change.pk not in self._noted:
                self._noted[change.pk] = self._loop.time()
                if change.comment_id is None or change.room_id is None:
                    self.changed(change.user_id, {}, room_id=change.room_id)
                else:
                    self.comment_refused(change.user_id, change.comment_id, room_id=change.room_id)

    def forget_old(self) -> None:
        """Forget the changes that nobody will ask for any more."""
        limit = self._loop.time() - REMEMBERED
        for known in (self._changed_at, self._noted):
            for key in [key for key, at in known.items() if at < limit]:
                del known[key]
        noted = now_ms() - int(REFUSED_NOTED_FOR.total_seconds() * 1000)
        for pair in [pair for pair, refused in self._refused.items() if max(refused.values()) < noted]:
            del self._refused[pair]
        for pair in list(self._refused)[:-REFUSED_KEPT]:
            del self._refused[pair]
