"""The crowd: its viewers come, do things at the planned rates, and go."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from random import Random
from typing import Any, Final

from liveroom.client import RoomClient, RoomError
from liveroom.crowd.plan import Impossible, Plan, check_room
from liveroom.crowd.texts import Talk
from liveroom.crowd.viewer import CrowdViewer
from liveroom.crowd.watch import Decoder, Watch

LOOK_AT: Final = 30
"""Viewers that are asked, at random, for one who can do what is next."""
SETTLE: Final = 10.0
"""Seconds at the end in which everybody is to have everything."""
SETTLE_INTERRUPTED: Final = 2.0
"""The same for a crowd that was interrupted, unless somebody has to come back first."""
UNDER_WAY_MAX: Final = 2_000
GOING_AT_ONCE: Final = 100
LAG_EVERY: Final = 0.1

Turn = Callable[[CrowdViewer], Awaitable[object]]


class Crowd:
    """``stop`` ends it before its time. Of the end: ``lost``, events that somebody who was there had not seen;
    ``not_back``, viewers who were not connected again.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.watch = Watch()
        self.viewers: list[CrowdViewer] = []
        self.interrupted = False
        self.lag = 0.0
        self.began = time.monotonic()
        self.elapsed = 0.0
        self.cpu = 0.0
        self.lost = 0
        self.not_back = 0
        self._rng = Random(plan.seed)
        self._stopped = asyncio.Event()
        self._under_way: set[asyncio.Task[Any]] = set()

    async def look(self) -> RoomClient:
        """Look into the room, as a guest who leaves at once; raises Impossible."""
        room = RoomClient(self.plan.url, slug=self.plan.slug)
        try:
            await room.open()
            await room.leave()
        except RoomError as error:
            raise Impossible(error.detail) from None
        check_room(self.plan, room.state)
        return room

    def stop(self) -> None:
        """End at once."""
        self.interrupted = True
        self._stopped.set()

    @property
    def left(self) -> float:
        """Seconds until the planned end."""
        return max(0.0, self.began + self.plan.seconds - time.monotonic())

    @property
    def online(self) -> int:
        return sum(viewer.client.online for viewer in self.viewers)

    async def run(self) -> None:
        """Let the crowd live for the planned time, or until ``stop``."""
        plan, cpu = self.plan, time.process_time()
        self.began = time.monotonic()
        turns: list[tuple[float, Callable[[CrowdViewer], bool], Turn]] = [
            (plan.comments_per_second, lambda viewer: viewer.may_talk, lambda viewer: viewer.say_something()),
            (plan.buys_per_minute / 60, lambda viewer: viewer.free, lambda viewer: viewer.buy_something()),
            (plan.follows_per_minute / 60, lambda viewer: viewer.free, lambda viewer: viewer.follow_or_not()),
            (plan.churn * plan.viewers / 60, lambda viewer: viewer.free, self._away),
        ]
        running = [asyncio.create_task(self._take_turns(*turn)) for turn in turns if turn[0]]
        running += [asyncio.create_task(each) for each in (self._come(), self._like(), self._feel_lag())]
        try:
            async with asyncio.timeout(plan.seconds):
                await self._stopped.wait()
        except TimeoutError:
            pass
        finally:
            self.elapsed = time.monotonic() - self.began
            self.cpu = time.process_time() - cpu
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            await self._settle()
            await self._go()

    # --- Coming, living, going.

    async def _come(self) -> None:
        plan = self.plan
        decode, talk = Decoder(), Talk(plan.language, self._rng)
        begin = asyncio.get_running_loop().time()
        for number in range(plan.viewers):
            await asyncio.sleep(begin + plan.ramp * number / plan.viewers - asyncio.get_running_loop().time())
            viewer = CrowdViewer(
                plan.url,
                plan.slug,
                plan.language,
                talk=talk,
                watch=self.watch,
                decode=decode,
                rng=Random(self._rng.random()),
            )
            self.viewers.append(viewer)
            self._start(viewer.come())

    async def _take_turns(self, rate: float, able: Callable[[CrowdViewer], bool], turn: Turn) -> None:
        """Somebody does it ``rate`` times a second: evenly, so that the rate holds in every second."""
        loop = asyncio.get_running_loop()
        at = loop.time() - self._rng.random() / rate
        while True:
            # What could not be done in time is not made up for: a crowd that is late does not rush.
            at = max(at + 1 / rate, loop.time() - 1)
            await asyncio.sleep(at - loop.time())
            viewer = self._somebody(able)
            if viewer is None:
                self.watch.done["nobody could"] += 1
            else:
                self._start(turn(viewer))

    async def _like(self) -> None:
        loop, rate = asyncio.get_running_loop(), self.plan.likes_per_second
        at = loop.time()
        while rate:
            viewer = self._somebody(lambda viewer: viewer.client.online)
            liked = await viewer.like_something() if viewer is not None else 1
            at = max(at + max(1, liked) / rate, loop.time() - 1)
            await asyncio.sleep(at - loop.time())

    async def _away(self, viewer: CrowdViewer) -> None:
        viewer.go_away(self.left)
        self.watch.done["went away"] += 1

    def _somebody(self, able: Callable[[CrowdViewer], bool]) -> CrowdViewer | None:
        for _ in range(LOOK_AT if self.viewers else 0):
            viewer = self._rng.choice(self.viewers)
            if able(viewer):
                return viewer
        return None

    def _start(self, action: Awaitable[object]) -> None:
        if len(self._under_way) >= UNDER_WAY_MAX:
            self.watch.refused["too many under way"] += 1
            return
        task = asyncio.ensure_future(action)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _feel_lag(self) -> None:
        """How late this process itself is, at worst: what it adds to what it measures."""
        loop = asyncio.get_running_loop()
        while True:
            at = loop.time() + LAG_EVERY
            await asyncio.sleep(LAG_EVERY)
            self.lag = max(self.lag, loop.time() - at)

    async def _settle(self) -> None:
        """Have everything answered, everybody back, and everybody see the newest; count what is not so in the end."""
        # Whom the crowd itself sent away is not to miss the end.
        returning = [viewer for viewer in self.viewers if viewer.come_back()]
        end = time.monotonic() + (SETTLE_INTERRUPTED if self.interrupted and not returning else SETTLE)
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=end - time.monotonic())
        # Looked at once at least, however long that took. An event that every frame sets would cost more than a look.
        while not self._settled() and time.monotonic() < end:  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    def _settled(self) -> bool:
        newest = self.newest
        self.lost = sum(viewer.behind(newest) for viewer in self.viewers)
        self.not_back = sum(viewer.missing for viewer in self.viewers)
        return not (self.lost or self.not_back)

    @property
    def newest(self) -> int:
        """The newest number that anybody was told."""
        return max([self.watch.newest, *(viewer.client.state.seq for viewer in self.viewers)])

    async def _go(self) -> None:
        for start in range(0, len(self.viewers), GOING_AT_ONCE):
            await asyncio.gather(*(viewer.go() for viewer in self.viewers[start : start + GOING_AT_ONCE]))
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)


def run(action: Coroutine[Any, Any, None]) -> None:
    """Run on the fastest event loop that is there."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(action)
    else:
        uvloop.run(action)
