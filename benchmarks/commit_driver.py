"""``python -m benchmarks.commit_driver SENDERS SECONDS``: how many comments/s one room takes, as JSON.

The server's own code without a socket: senders hand their comments to the room's writer, which commits them in the
batches that it forms; then the same senders call the same ``commit`` in the same database threads, with one comment
each. A sender has one comment under way, and posts the next when the last is acknowledged.
"""

import asyncio
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

WARM = 1.0
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


async def rate(room: Room, users: list[User], send: Send, seconds: float) -> float:
    """Comments/s that were acknowledged; raises what a sender was refused."""
    acknowledged, number = 0, 0
    begun = time.monotonic()
    end = begun + WARM + seconds

    async def speak(user: User) -> None:
        nonlocal acknowledged, number
        while time.monotonic() < end:
            number += 1
            text = f"comment {number} as long as people write them in a busy room: about a hundred characters of it"
            outcome = await send(Post(room.pk, user, Role.VIEWER, text, f"key-{user.pk}-{number}"))
            if isinstance(outcome, Refused):
                raise outcome
            acknowledged += begun + WARM <= time.monotonic() < end

    await asyncio.gather(*(speak(user) for user in users))
    return acknowledged / seconds


async def main(senders: int, seconds: float) -> None:
    """Measure both ways, and check that the log holds what was acknowledged."""
    room, users = await sync_to_async(make)(senders)
    found = {}
    async with asyncio.timeout(TIMEOUT + 4 * seconds):
        for name, send in (("batched", batched), ("alone", alone)):
            found[name] = await rate(room, users, send, seconds)
        found["events"] = await sync_to_async(Event.objects.filter(room_id=room.pk).count)()
        await runtime.current().stop()
    print(json.dumps(found))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))
