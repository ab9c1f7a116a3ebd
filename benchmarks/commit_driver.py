"""``python -m benchmarks.commit_driver SENDERS SECONDS``: how many comments/s one room takes, as JSON.

The server's own code without a socket: senders hand their comments to the room's writer, which commits them in the
batches that it forms; then the same senders call the same ``commit`` in the same database threads, with one comment
each. A sender has one comment under way, and posts the next when the last is acknowledged.
"""

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import django

if __name__ == "__main__":
    django.setup()

from asgiref.sync import sync_to_async

from accounts.models import User
from rooms.messages import Refused, Role
from rooms.models import Event, Room
from rooms.realtime import runtime
from rooms.realtime.writer import commit
from rooms.services.comments import Post

WARM = 0.5
ROUNDS = 4
TIMEOUT = 30.0

Send = Callable[[Any], Awaitable[Any]]


def make(senders: int) -> tuple[Room, list[User]]:
    """A live room, and who speaks in it."""
    host = User.objects.create_user(nickname="Host")
    room = Room.objects.create(slug="commit", title="commit", host=host, status=Room.Status.LIVE)
    return room, [User.objects.create_user(nickname=f"Sender {number}") for number in range(senders)]


async def batched(post: Any) -> Any:
    """Through the room's writer."""
    done = asyncio.get_running_loop().create_future()
    runtime.current().writer(post.room_id).submit(post, done.set_result)
    return await done


async def alone(post: Any) -> Any:
    """One transaction for the one comment."""
    return (await runtime.current().database.write(commit, post.room_id, [post]))[0]


class Senders:
    """Everybody who speaks. ``acknowledged``: comments, over all rounds; no two have the same key."""

    def __init__(self, room: Room, users: list[User]) -> None:
        self.acknowledged = 0
        self._room = room
        self._users = users
        self._numbers = itertools.count()

    async def rate(self, send: Send, seconds: float) -> float:
        """Comments/s that were acknowledged after a moment that does not count; raises what one was refused."""
        begin = time.monotonic() + WARM
        end, counted = begin + seconds, 0

        async def speak(user: User) -> None:
            nonlocal counted
            while time.monotonic() < end:
                await self._say(user, send)
                counted += begin <= time.monotonic() < end

        await asyncio.gather(*(speak(user) for user in self._users))
        return counted / seconds

    async def _say(self, user: User, send: Send) -> None:
        number = next(self._numbers)
        text = f"comment {number} as long as people write them in a busy room: about a hundred characters of it"
        outcome = await send(Post(self._room.pk, user, Role.VIEWER, text, f"key-{number}"))
        if isinstance(outcome, Refused):
            raise outcome
        self.acknowledged += 1


async def main(count: int, seconds: float) -> None:
    """Measure both ways; raises RuntimeError when the log does not hold what was acknowledged, once."""
    room, users = await sync_to_async(make)(count)
    senders = Senders(room, users)
    found = {"batched": 0.0, "alone": 0.0}
    async with asyncio.timeout(TIMEOUT + 4 * seconds):
        # By turns: what else the machine does meets both.
        for _ in range(ROUNDS):
            found["batched"] += await senders.rate(batched, seconds / ROUNDS) / ROUNDS
            found["alone"] += await senders.rate(alone, seconds / ROUNDS) / ROUNDS
        events = await sync_to_async(Event.objects.filter(room_id=room.pk).count)()
        await runtime.current().stop()
    if events != senders.acknowledged:
        raise RuntimeError(f"{senders.acknowledged} comments were acknowledged, and the log holds {events}.")
    print(json.dumps(found))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))
