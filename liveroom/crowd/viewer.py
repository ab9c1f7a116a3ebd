"""One of a crowd's viewers: a client, and what it does when its turn comes."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Awaitable
from random import Random
from typing import Final, TypeVar

from liveroom.client import Frame, ItemPart, RoomClient, RoomClosed, RoomError, Step, price_at
from liveroom.crowd.texts import Talk
from liveroom.crowd.watch import Decoder, Watch

ANSWER_WITHIN: Final = 20.0
"""Seconds that a command may take, with everything that has to be repeated."""
AWAY: Final = (1.0, 8.0)
"""Seconds that somebody who goes away stays away: the server replays what he misses meanwhile."""
REMEMBERED: Final = 8
"""Comments of his own that he does not say again: the server takes it for a repetition within 5 s."""
MARGIN: Final = 1.05
"""He waits a little longer between two comments than the server asks."""
LIKES: Final = (1, 1, 2, 3, 5)

T = TypeVar("T")


class CrowdViewer:
    """A guest with a name. ``refused``: why he could not come in."""

    def __init__(
        self, url: str, slug: str, language: str, *, talk: Talk, watch: Watch, decode: Decoder, rng: Random
    ) -> None:
        self.refused: RoomError | None = None
        self.came = False
        self._talk = talk
        self._watch = watch
        self._rng = rng
        self._here_since = 0.0
        self._sent_away = False
        self._may_talk_at = 0.0
        self._said: deque[str] = deque(maxlen=REMEMBERED)
        self._bought: Counter[int] = Counter()
        self._busy = 0
        self.client = RoomClient(
            url,
            slug=slug,
            nickname=talk.nickname(),
            language={"en": "en", "zh": "zh-hans"}[language],
            timeout=ANSWER_WITHIN,
            connect_timeout=ANSWER_WITHIN,
            on_frame=self._frame,
            decode=decode,
            rng=rng,
        )

    async def come(self) -> None:
        """Come in; when it does not work, ``refused`` says why."""
        try:
            await self.client.open()
            self.came = True
        except RoomError as error:
            self.refused = error

    def _frame(self, frame: Frame, step: Step) -> None:
        if step is Step.EVENT and frame["msg_type"] == "message":
            user = self.client.state.user
            if user is None or frame["user"]["id"] != user["id"]:
                self._watch.seen(frame, here_since=self._here_since, now=_now())
        elif step is Step.INIT:
            self._here_since, self._sent_away = _now(), False

    @property
    def free(self) -> bool:
        """Whether he is in the room and nothing of his is under way."""
        return self.client.online and not self._busy

    @property
    def may_talk(self) -> bool:
        """Whether the server would let him say something now."""
        return self.client.online and _now() >= self._may_talk_at

    async def say_something(self) -> None:
        """Comment."""
        state = self.client.state
        titles = [item["title"] for item in state.shelf]
        while (text := self._talk.comment(titles)) in self._said:
            pass
        self._said.append(text)
        rate, now = state.limits.get("rate") or 0, _now()
        self._may_talk_at = now + MARGIN * max(1 / rate if rate else 0, state.room["slow_mode"])
        ack = await self._have_done("comments", self.client.comment(text))
        if ack is not None and not ack["shown"]:
            self._watch.done["held"] += 1
        elif ack is not None and self._here_since <= now:
            # One that had to wait for its sender's return tells nothing of the server.
            self._watch.acknowledged(ack["seq"], now)

    async def like_something(self) -> int:
        """Like some times; returns how often."""
        count = self._rng.choice(LIKES)
        if not await self.client.like(count):
            return 0
        self._watch.done["likes"] += count
        return count

    async def follow_or_not(self) -> None:
        """Follow the host, or follow him no longer."""
        client = self.client
        await self._have_done("follows", client.unfollow() if client.state.following else client.follow())

    async def buy_something(self) -> None:
        """Order something that is there, at the price that is shown."""
        wanted = [item for item in self.client.state.shelf if self._could_buy(item)]
        if not wanted:
            self._watch.done["nothing to buy"] += 1
            return
        # What is being explained sells best.
        item = self._rng.choices(wanted, [5 if item["explaining"] else 1 for item in wanted])[0]
        price = price_at(item, time.time_ns() // 1_000_000)
        order = await self._have_done("orders", self.client.buy(item["id"], price=price))
        if order is not None:
            self._bought[item["id"]] += 1
            self._watch.ordered(order["number"])

    def _could_buy(self, item: ItemPart) -> bool:
        limit = item["limit_per_user"]
        return item["stock"] > 0 and not item["link"] and (not limit or self._bought[item["id"]] < limit)

    async def _have_done(self, kind: str, command: Awaitable[T]) -> T | None:
        """Count a command, and what became of it; its answer, or None."""
        self._watch.sent[kind] += 1
        self._busy += 1
        try:
            answer = await command
        except RoomClosed:
            # The end of the crowd, or of this viewer.
            self._watch.refused["closed"] += 1
        except RoomError as error:
            self._watch.refused[error.code] += 1
            # What the server asks for, and not sooner.
            self._may_talk_at = max(self._may_talk_at, _now() + (error.retry_after or 0))
        else:
            self._watch.done[kind] += 1
            return answer
        finally:
            self._busy -= 1
        return None

    def behind(self, newest: int) -> int:
        """How many events up to that number he has not seen, though he is in the room."""
        return max(0, newest - self.client.state.seq) if self.client.online else 0

    @property
    def missing(self) -> bool:
        """Whether he was let in, was never sent away, and is not connected: what he has not seen is still to come."""
        return self.came and not self.thrown_out and not self.client.online

    @property
    def thrown_out(self) -> bool:
        """Whether the server closed for good."""
        return self.client.ended is not None and self.client.ended.close_code is not None

    async def go(self) -> None:
        """Leave the room."""
        await self.client.leave()

    def go_away(self, most: float) -> None:
        """Lose the connection, and be back some seconds later, at most so many."""
        self._sent_away = True
        least, longest = AWAY
        self.client.cut(back_in=self._rng.uniform(least, max(least, min(longest, most))))

    def come_back(self) -> bool:
        """End a stay away that ``go_away`` began; whether there was one."""
        self.client.come_back()
        return self._sent_away


def _now() -> float:
    return asyncio.get_running_loop().time()
