"""Viewers who comment, buy and like through all processes, whatever happens, and what must be true afterwards."""

import asyncio
import functools
import itertools
import json
import os
import random
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, Self

from liveroom.client import Frame, RoomClient, RoomError, RoomState, Step
from tests import law
from tests.deployment import Deployment
from tests.e2e.client import DEADLINE
from tests.servers import PATIENCE

LONG = DEADLINE + 50 * PATIENCE
"""Seconds for what has to outlast an outage."""

# Everybody gets the same text of an event: it is decoded once.
decode = functools.lru_cache(maxsize=2048)(json.loads)


class Hurried(random.Random):
    """Draws pauses of at most half a second: a server that is started again is not waited for with patience."""

    def uniform(self, a: float, b: float) -> float:
        return super().uniform(a, min(b, 0.5))


def drawn_seed() -> int:
    """A seed that is new each time, and printed; LIVEROOM_SEED repeats a run."""
    seed = int(os.environ.get("LIVEROOM_SEED") or secrets.randbelow(10**9))
    print(f"LIVEROOM_SEED={seed}")
    return seed


class Shopper:
    """One viewer: ``events`` is all that he read, ``said`` and ``orders`` what was acknowledged.

    ``acts``: how many answers he has. ``answered`` is called with each, and with each refusal. ``likes``: what he gave.
    """

    def __init__(
        self,
        url: str,
        slug: str,
        items: list[int],
        *,
        user: dict[str, str],
        rng: random.Random,
        answered: Callable[[], None],
    ) -> None:
        self.client = RoomClient(
            url,
            slug=slug,
            token=user["token"],
            rng=rng,
            timeout=LONG,
            connect_timeout=LONG,
            decode=decode,
            on_frame=self._read,
        )
        self.acts = self.likes = 0
        self.events: list[Frame] = []
        self.said: dict[int, str] = {}
        self.orders: list[str] = []
        self.sold_out: set[int] = set()
        self.farewells: list[Frame] = []
        self._name = user["nickname"]
        self._answered = answered
        self._items = items
        self._rng = rng

    def _read(self, frame: Frame, step: Step) -> None:
        if step is Step.EVENT:
            self.events.append(frame)
        elif frame["msg_type"] == "error":
            if "close" in frame:
                self.farewells.append(frame)
            self._answered()

    async def act(self) -> None:
        """Like, then comment or buy; over when that is acknowledged, or refused because nothing is left to buy."""
        likes = self._rng.randint(1, 5)
        await self.client.like(likes)
        self.likes += likes
        if self._rng.random() < 0.4:
            await self._buy(self._rng.choice(self._items))
        else:
            text = f"{self._name} says {len(self.said)}"
            ack = await self.client.comment(text)
            self.said[ack["id"]] = text
        self.acts += 1
        self._answered()

    async def _buy(self, item: int) -> None:
        try:
            self.orders.append((await self.client.buy(item))["number"])
        except RoomError as error:
            if error.code != "out_of_stock":
                raise
            self.sold_out.add(item)

    async def act_twice(self) -> None:
        """Do so two times, without a pause."""
        await self.act()
        await self.act()

    async def act_until(self, over: asyncio.Event) -> None:
        """Do so again and again, with a moment between."""
        while not over.is_set():
            await self.act()
            await within(self._rng.uniform(0.2, 0.5), over.wait())

    async def reach(self, seq: int) -> None:
        """Wait for that event."""
        events = self.client.events()
        while self.client.state.seq < seq:
            await anext(events)

    async def come_back(self, *, times: int) -> None:
        """Wait until he is in the room for the so-manieth time after the first."""
        frames = self.client.frames()
        while not self.client.online or self.client.stats.reconnects < times:
            await anext(frames)


class Crowd:
    """Shoppers in one room, the first on the first process, the second on the second, and so on."""

    def __init__(self, site: Deployment, room: dict[str, Any], count: int, *, stock: int, seed: int) -> None:
        self._site = site
        self._room = room
        self._stock = stock
        self._news = asyncio.Event()
        users = site.call("make_users", count=count)
        pairs = zip(users, itertools.cycle(site.urls), strict=False)
        self.shoppers = [
            Shopper(url, room["slug"], room["items"], user=user, rng=Hurried(seed + number), answered=self._news.set)
            for number, (user, url) in enumerate(pairs)
        ]

    @classmethod
    @asynccontextmanager
    async def gathered(cls, site: Deployment, count: int, *, seed: int, stock: int = 100) -> AsyncIterator[Self]:
        """Make the room "crowd" with three items, and so many who are in it."""
        room = site.call("make_room", slug="crowd", items=3, stock=stock)
        crowd = cls(site, room, count, stock=stock, seed=seed)
        try:
            await crowd.all(shopper.client.open() for shopper in crowd.shoppers)
            yield crowd
        finally:
            await asyncio.gather(*(shopper.client.close() for shopper in crowd.shoppers))

    def of(self, url: str) -> list[Shopper]:
        """Those whose process that is."""
        return self.shoppers[self._site.urls.index(url) :: len(self._site.urls)]

    @staticmethod
    async def all(steps: Iterable[Awaitable[None]]) -> None:
        """Have so many things happen at once, however long an outage they meet."""
        async with asyncio.timeout(LONG):
            await asyncio.gather(*steps)

    @property
    def _acts(self) -> int:
        return sum(shopper.acts for shopper in self.shoppers)

    async def _until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(LONG):
            while not condition():
                self._news.clear()
                await self._news.wait()

    async def acts(self, answers: int) -> None:
        """Wait for so many answers more."""
        wanted = self._acts + answers
        await self._until(lambda: self._acts >= wanted)

    def refusals(self, code: str) -> int:
        """How often anybody was refused with that code."""
        return sum(shopper.client.stats.errors[code] for shopper in self.shoppers)

    async def refused(self, code: str, count: int) -> None:
        """Wait until so many were refused with that code."""
        await self._until(lambda: self.refusals(code) >= count)

    @asynccontextmanager
    async def rush(self, *, answers: int) -> AsyncIterator[None]:
        """Have everybody do two things, all at once: enter after so many answers, leave when all have theirs."""
        tasks = [asyncio.create_task(shopper.act_twice()) for shopper in self.shoppers]
        try:
            await self.acts(answers)
            assert not all(task.done() for task in tasks), "all was over before it began"
            yield
        finally:
            await self.all(tasks)

    @asynccontextmanager
    async def busy(self) -> AsyncIterator[None]:
        """Have everybody do one thing after another meanwhile; at the end all is acknowledged."""
        over = asyncio.Event()
        tasks = [asyncio.create_task(shopper.act_until(over)) for shopper in self.shoppers]
        try:
            yield
        finally:
            over.set()
            await self.all(tasks)

    async def keep_up(self) -> None:
        """Wait until everybody has all that is in the log by now; needs the database."""
        newest = self._site.call("read_room", room_id=self._room["id"])["seq"]
        await self.all(shopper.reach(newest) for shopper in self.shoppers)

    async def come_back(self, shoppers: list[Shopper], *, times: int, within: float) -> None:
        """Wait until these are in the room for the so-manieth time after the first."""
        async with asyncio.timeout(within):
            await asyncio.gather(*(shopper.come_back(times=times) for shopper in shoppers))

    async def prove_nothing_is_lost(self, urls: list[str] | None = None) -> None:
        """Every acknowledged command is in the log once, and nothing else is; everybody has read 1…n, once, in order.

        To be called when nobody does anything any more. ``urls``: the processes that run, if not all.
        """
        await self.keep_up()
        stored = self._site.call("read_room", room_id=self._room["id"])
        assert stored["log"] == list(range(1, stored["seq"] + 1))
        said = Counter(text for shopper in self.shoppers for text in shopper.said.values())
        assert Counter(stored["comments"]) == said
        self._prove_the_orders()

        first = self._room["seq"]
        log = [json.loads(payload) for payload in self._site.call("read_log", room_id=self._room["id"])][first:]
        for shopper in self.shoppers:
            assert shopper.events == log
            # The client heals what the server forgets, and drops what it says twice: neither was needed.
            stats = shopper.client.stats
            assert (stats.gaps, stats.repeated, stats.breaks) == (0, 0, 0)
        for url in urls or self._site.urls:
            async with RoomClient(url, slug=self._room["slug"]) as newcomer:
                for shopper in self.shoppers:
                    law.assert_same(picture(shopper.client.state), picture(newcomer.state))

    def prove_the_likes(self) -> None:
        """All likes are stored, each once. Ends the processes, when all have gone: they save what is not saved yet."""
        self._site.stop()
        stored = self._site.call("read_room", room_id=self._room["id"])["likes"]
        assert stored == sum(shopper.likes for shopper in self.shoppers)

    def _prove_the_orders(self) -> None:
        acked = sorted(number for shopper in self.shoppers for number in shopper.orders)
        refused: set[int] = set().union(*(shopper.sold_out for shopper in self.shoppers))
        stored = []
        for item in self._room["items"]:
            shelf = self._site.call("read_item", item_id=item)
            assert shelf["sold"] == sum(order["quantity"] for order in shelf["orders"]) == self._stock - shelf["stock"]
            assert shelf["stock"] == 0 or item not in refused, "refused while there were pieces left"
            stored += [order["number"] for order in shelf["orders"]]
        assert sorted(stored) == acked


def picture(state: RoomState) -> Frame:
    """What the snapshot law compares."""
    return {
        "epoch": state.epoch,
        "seq": state.seq,
        "room": state.room,
        "shelf": state.shelf,
        "comments": list(state.comments),
    }


async def within(seconds: float, step: Awaitable[Any]) -> bool:
    """Whether it was done within that time."""
    try:
        async with asyncio.timeout(seconds):
            await step
            return True
    except TimeoutError:
        return False
