"""How much one viewer may do. Decided in memory, on the event loop, before anything is queued."""

import time

from django.conf import settings

from rooms.messages import Code, Refused, Role

FOLLOWS_AT_ONCE = 10
FLOOD_SECONDS = 5
BAD_FRAMES = 10
BAD_FRAMES_WITHIN = 10.0


class TokenBucket:
    """``rate`` per second, ``burst`` at once. With 0 for either there is no limit."""

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at = time.monotonic()

    def take(self, count: float = 1) -> float:
        """Take tokens: 0.0, or, with nothing taken, the seconds until there are enough."""
        if not (self._rate and self._burst):
            return 0.0
        self._refill()
        if self._tokens >= count:
            self._tokens -= count
            return 0.0
        return (count - self._tokens) / self._rate

    def take_some(self, count: int) -> int:
        """Take as many of ``count`` as there are."""
        if not (self._rate and self._burst):
            return count
        self._refill()
        taken = min(count, int(self._tokens))
        self._tokens -= taken
        return taken

    def give_back(self) -> None:
        """Undo one ``take``."""
        self._tokens = min(self._burst, self._tokens + 1)

    @property
    def idle(self) -> bool:
        """Whether it is full again, and so as good as a new one."""
        self._refill()
        return self._tokens >= self._burst

    def _refill(self) -> None:
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now


class Speaker:
    """One user's comments, likes and follows in one room, over all his sockets in this process.

    ``_said`` is what he said within LIVEROOM_REPEAT, and when.
    """

    __slots__ = ("_said", "comments", "follows", "likes", "rate", "role")

    def __init__(self, role: Role) -> None:
        self.role = role
        if role in (Role.HOST, Role.ASSISTANT):
            self.rate = settings.LIVEROOM_STAFF_RATE
            burst = settings.LIVEROOM_BURST and max(self.rate, settings.LIVEROOM_BURST)
            self.comments = TokenBucket(self.rate, burst)
        else:
            self.rate = settings.LIVEROOM_RATE
            self.comments = TokenBucket(self.rate, settings.LIVEROOM_BURST)
        self.likes = TokenBucket(settings.LIVEROOM_LIKE_RATE, settings.LIVEROOM_LIKE_RATE)
        self.follows = TokenBucket(settings.LIVEROOM_FOLLOW_RATE, FOLLOWS_AT_ONCE)
        self._said: dict[str, float] = {}

    def judge(self, content: str) -> Refused | None:
        """What speaks against this comment now; without anything it is counted."""
        now = time.monotonic()
        self._forget_old(now)
        if content in self._said:
            return Refused(
                Code.DUPLICATE_CONTENT,
                f"The same text again within {settings.LIVEROOM_REPEAT:g} s.",
                field="content",
                retry_after=round(self._said[content] + settings.LIVEROOM_REPEAT - now, 3),
            )
        wait = self.comments.take()
        if wait:
            return Refused(
                Code.RATE_LIMITED,
                f"At most {self.rate:g} comments per second.",
                retry_after=round(wait, 3),
                limit=self.rate,
            )
        self._said[content] = now
        return None

    def forgive(self, content: str) -> None:
        """Undo a ``judge`` whose comment was there already."""
        self.comments.give_back()
        self.forget(content)

    def forget(self, content: str) -> None:
        """This comment was not posted: the same text is no repeat. That it was tried still counts."""
        self._said.pop(content, None)

    @property
    def idle(self) -> bool:
        """Whether nothing is remembered that matters still."""
        self._forget_old(time.monotonic())
        return self.comments.idle and self.likes.idle and self.follows.idle and not self._said

    def _forget_old(self, now: float) -> None:
        self._said = {text: at for text, at in self._said.items() if now - at < settings.LIVEROOM_REPEAT}


class FrameGate:
    """The frames of one socket: how many in a second, for how long too many, and how many bad ones."""

    __slots__ = ("_bad", "_count", "_over", "_second")

    def __init__(self) -> None:
        self._second = 0.0
        self._count = 0
        self._over = 0
        self._bad: list[float] = []

    def count(self) -> None:
        """Count a frame; raises Refused ``rate_limited``, and after FLOOD_SECONDS of it ``flooding``."""
        rate = settings.LIVEROOM_FRAME_RATE
        if not rate:
            return
        now = time.monotonic()
        if now - self._second >= 1:
            flooded = self._count > rate and now - self._second < 2
            self._over = self._over + 1 if flooded else 0
            self._second, self._count = now, 0
        self._count += 1
        if self._count <= rate:
            return
        if self._over >= FLOOD_SECONDS:
            raise Refused(Code.FLOODING, f"Over {rate} frames a second for {FLOOD_SECONDS} s.", limit=rate)
        raise Refused(
            Code.RATE_LIMITED,
            f"At most {rate} frames a second.",
            retry_after=round(1 - (now - self._second), 3),
            limit=rate,
        )

    def bad(self) -> bool:
        """Count a frame that could not be read; True when it is one too many."""
        now = time.monotonic()
        self._bad = [at for at in self._bad if now - at < BAD_FRAMES_WITHIN]
        self._bad.append(now)
        return len(self._bad) >= BAD_FRAMES
