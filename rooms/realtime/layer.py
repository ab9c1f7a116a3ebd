"""This process on the channel layer: one channel, in the groups of its rooms and in the group of all processes."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

from channels.layers import InMemoryChannelLayer, get_channel_layer
from channels_redis.pubsub import RedisPubSubChannelLayer

from rooms import publish
from rooms.realtime.presence import REMOTE_TIMEOUT

logger = logging.getLogger(__name__)

Receiver = Callable[[dict[str, Any]], None]

GROUP_TIMEOUT = 5.0
RETRY = 1.0
QUEUED_SENDS = 1000


class LayerLink:
    """Receives from the layer and sends to it, and outlives its outages: the log heals what was lost.

    ``heard`` is to be called with every message that this process sent to itself; its silence shows a dead
    subscription.
    """

    def __init__(self, receive: Receiver) -> None:
        self._receive = receive
        self._layer = get_channel_layer()
        self.shared = self._layer is not None and not isinstance(self._layer, InMemoryChannelLayer)
        """Whether there are other processes to talk to."""
        self._wanted = {publish.PROCESSES}
        self._joined: set[str] = set()
        self._changed = asyncio.Event()
        self._channel = ""
        self._pump: asyncio.Task[None] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._sends: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._heard_at = float("-inf")
        self._begun_at = self._loop.time()
        self._away = False

    def start(self) -> None:
        if self.shared:
            self._pump = asyncio.create_task(self._receiving())
            self._keeper = asyncio.create_task(self._keeping_groups())

    @property
    def healthy(self) -> bool:
        """Whether this process can send, and hears itself: not before it has for the first time."""
        return not self.shared or not (self._away or self._deaf)

    @property
    def _deaf(self) -> bool:
        return self._loop.time() - self._heard_at >= REMOTE_TIMEOUT

    def heard(self) -> None:
        """A message of this process came back to it."""
        self._heard_at = self._loop.time()
        if self._away:
            self._away = False
            logger.warning("The channel layer is back")

    def join(self, group: str) -> None:
        """Be in a group, now or as soon as the layer answers."""
        self._wanted.add(group)
        self._changed.set()

    def leave(self, group: str) -> None:
        """Be in a group no more."""
        self._wanted.discard(group)
        self._changed.set()

    def send(self, group: str, message: dict[str, Any]) -> None:
        """Send in a task of its own, so that a hanging layer holds up nobody; what is late is dropped."""
        if not self.shared or len(self._sends) >= QUEUED_SENDS:
            return
        task = asyncio.create_task(self._send(group, message))
        self._sends.add(task)
        task.add_done_callback(self._sends.discard)

    async def _send(self, group: str, message: dict[str, Any]) -> None:
        begun = self._loop.time()
        try:
            await publish.send(group, message)
        except Exception as error:
            # A time-out that comes after a sign of life is of the outage before it.
            if begun > self._heard_at:
                self._failed(error)

    def _failed(self, error: BaseException) -> None:
        """Log the first failure of an outage."""
        if not self._away:
            self._away = True
            logger.warning("The channel layer is away: %s", str(error) or type(error).__name__)

    async def _receiving(self) -> None:
        while True:
            try:
                async with asyncio.timeout(GROUP_TIMEOUT):
                    self._channel = await self._layer.new_channel()
                self._joined.clear()
                self._changed.set()
                while True:
                    # Without a time-out: a cancelled receive gives the channel up.
                    with contextlib.suppress(TimeoutError):
                        self._dispatch(await self._layer.receive(self._channel))
            except Exception as error:
                self._failed(error)
                self._channel = ""
                await asyncio.sleep(RETRY)

    def _dispatch(self, message: dict[str, Any]) -> None:
        try:
            self._receive(message)
        except Exception:
            logger.exception("A message of the channel layer could not be read: %s", message.get("type"))

    async def _keeping_groups(self) -> None:
        while True:
            self._changed.clear()
            try:
                async with asyncio.timeout(GROUP_TIMEOUT):
                    await self._adjust_groups()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(RETRY):
                        await self._changed.wait()
            except Exception as error:
                self._failed(error)
                await asyncio.sleep(RETRY)

    async def _adjust_groups(self) -> None:
        if not self._channel:
            return
        for group in self._wanted - self._joined:
            await self._layer.group_add(group, self._channel)
            self._joined.add(group)
            if group == publish.PROCESSES:
                # The others tell what they hold, and this process hears itself for the first time.
                self.send(group, {"type": "process.ask", "process": publish.PROCESS})
        for group in self._joined - self._wanted:
            await self._layer.group_discard(group, self._channel)
            self._joined.discard(group)

    async def revive(self) -> None:
        """Begin anew on a layer that this process does not hear itself on any more, once in REMOTE_TIMEOUT."""
        if not self.shared or not self._deaf or self._loop.time() - self._begun_at < REMOTE_TIMEOUT:
            return
        self._failed(TimeoutError("this process does not hear itself"))
        await self._end(self._pump)
        # The PubSub layer's flush closes this process's connections; the core layer's deletes everybody's keys.
        if isinstance(self._layer, RedisPubSubChannelLayer):
            with contextlib.suppress(Exception):
                async with asyncio.timeout(GROUP_TIMEOUT):
                    await self._layer.flush()
        self._joined.clear()
        self._begun_at = self._loop.time()
        self._pump = asyncio.create_task(self._receiving())

    async def _end(self, task: asyncio.Task[None] | None) -> None:
        if task is None:
            return
        end = self._loop.time() + GROUP_TIMEOUT
        while not task.done() and self._loop.time() < end:
            # Again and again: redis-py swallows a cancellation that comes while it connects.
            task.cancel()
            await asyncio.wait({task}, timeout=0.1)

    async def stop(self) -> None:
        """Send what waits, then give the channel up."""
        if self._sends:
            await asyncio.wait(set(self._sends), timeout=publish.SEND_TIMEOUT)
        await self._end(self._keeper)
        await self._end(self._pump)
        if isinstance(self._layer, RedisPubSubChannelLayer):
            with contextlib.suppress(Exception):
                async with asyncio.timeout(GROUP_TIMEOUT):
                    await self._layer.flush()
