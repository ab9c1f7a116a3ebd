"""The checks that ask elsewhere, asked in the background about the comments that were stored.

What is to be asked stands in the database, claimed by this process for some seconds. So nothing is lost with it: what
it has not decided by then any process claims, and asks again.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rooms.checks import Kind, Refuse, Subject, Unchecked
from rooms.checks.pipeline import Answer, Held, ask, asks_elsewhere, fails_open
from rooms.messages import Refused
from rooms.models import Comment, Review
from rooms.realtime.database import Database
from rooms.services import reviews
from rooms.services.comments import STAFF
from rooms.services.reviews import Decide, Outcome

logger = logging.getLogger(__name__)

CALLS = 32
"""Comments that this process asks about at the same time."""
QUEUE = 1000
"""Comments that wait for that; beyond it they get no answer."""
WAIT = 10.0
"""Seconds that one waits at most."""
BUSY_PAUSE = 0.2
"""Seconds until a check is asked again that had no place: it may say so without giving way to anybody."""
TRIES = 2
"""How often it is asked, and how often it is claimed anew, before there is no answer. A claim lasts for all this."""
CLAIMED_AT_ONCE = 200
UNASK_EVERY = 30.0
"""Seconds to the next look for comments that somebody had begun to ask about, where nobody does any more."""
SAID_EVERY = 60.0
"""Seconds between two lines in the log about more than can be checked."""

Submit = Callable[[int, Decide, Callable[[Any], None]], None]


@dataclass(slots=True)
class Job:
    """A comment to ask about; ``at``: since when it waits, by the loop's time. ``tries``: how often it was claimed."""

    comment: Comment
    at: float
    tries: int = 0


class CommentChecks:
    """One event loop's share of the asking. ``submit`` has a decision committed in its room."""

    def __init__(self, database: Database, submit: Submit) -> None:
        self._loop = asyncio.get_running_loop()
        self._database = database
        self._submit = submit
        self._queue: deque[Job] = deque()
        self._mine: set[int] = set()
        """Comments that this process has claimed and not decided yet."""
        self._clean: list[int] = []
        """Comments that passed and were shown already."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._said_at = self._unask_at = float("-inf")
        self._stopped = False

    def take(self, comment: Comment, review: Review | None) -> None:
        """Ask about a comment that was just stored, if that is to be done."""
        if review is not None and review.state == Review.State.CHECKING:
            self._begin(Job(comment, self._loop.time()))

    def _begin(self, job: Job) -> None:
        self._mine.add(job.comment.pk)
        if self._stopped:
            return
        if len(self._queue) >= QUEUE:
            self._say_too_many()
            self._decide(job, _no_answer("too many wait"))
        elif job.tries > TRIES:
            self._decide(job, _no_answer("no answer"))
        else:
            self._queue.append(job)
            if len(self._tasks) < CALLS:
                task = asyncio.create_task(self._work())
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    def _say_too_many(self) -> None:
        now = self._loop.time()
        if now - self._said_at >= SAID_EVERY:
            self._said_at = now
            logger.warning("More comments than can be checked: those beyond %s that wait get no answer", QUEUE)

    async def _work(self) -> None:
        while self._queue:
            job = self._queue.popleft()
            try:
                self._decide(job, await self._ask(job))
            except Exception:
                logger.exception("Comment %s could not be checked; it is tried again", job.comment.pk)
                self._mine.discard(job.comment.pk)

    async def _ask(self, job: Job) -> Answer:
        subject = Subject(Kind.COMMENT, job.comment.content, job.comment.user)
        answer, tries = _no_answer("waited too long"), 0
        while tries < TRIES and self._loop.time() - job.at <= WAIT:
            answer = await ask(subject)
            if answer.unchecked is None or answer.unchecked.never:
                break
            tries += answer.unchecked.away
            if answer.unchecked.busy:
                await asyncio.sleep(BUSY_PAUSE)
        return answer

    def _decide(self, job: Job, answer: Answer) -> None:
        comment = job.comment
        outcome, detail = _outcome(comment, answer)
        if outcome is Outcome.PASS and comment.state == Comment.State.SHOWN:
            # Nothing to tell anybody: no reason to lock its room.
            self._clean.append(comment.pk)
            return
        command = Decide(comment.room_id, comment.pk, outcome, Held(answer.check_name, detail))
        try:
            self._submit(comment.room_id, command, lambda _outcome: self._mine.discard(comment.pk))
        except Refused:
            # The room's queue is full. It is claimed anew, some seconds later.
            self._mine.discard(comment.pk)

    async def sweep(self) -> None:
        """Claim what nobody asks about any more; raises Refused when the database is away."""
        if self._stopped:
            return
        await self._drop_clean()
        if not asks_elsewhere():
            await self._unask()
            return
        self._unask_at = float("-inf")
        if len(self._queue) < QUEUE // 2 and await self._database.read(reviews.reviews_unasked):
            for comment in await self._database.write(reviews.reviews_claim, limit=CLAIMED_AT_ONCE):
                if comment.pk not in self._mine:
                    self._begin(Job(comment, self._loop.time(), comment.review.tries))

    async def _unask(self) -> None:
        """Nobody asks any more. Looked for again and again: another process may have claimed some before it ended."""
        now = self._loop.time()
        if now < self._unask_at:
            return
        if await self._database.read(reviews.reviews_unasked):
            await self._database.write(reviews.reviews_unask)
        else:
            self._unask_at = now + UNASK_EVERY

    async def _drop_clean(self) -> None:
        if self._clean:
            clean, self._clean = self._clean, []
            self._mine.difference_update(clean)
            await self._database.write(reviews.reviews_drop, clean)

    async def stop(self) -> None:
        """Ask nothing more. What is not decided stays in the database; see ``release``."""
        self._stopped = True
        self._queue.clear()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def release(self) -> None:
        """After ``stop``: let other processes ask about what this one has not decided. Raises Refused."""
        await self._drop_clean()
        mine, self._mine = self._mine, set()
        if mine:
            await self._database.write(reviews.reviews_release, mine)


def _no_answer(detail: str) -> Answer:
    return Answer(unchecked=Unchecked(detail))


def _outcome(comment: Comment, answer: Answer) -> tuple[Outcome, str]:
    """What becomes of a comment, and what the staff is told of why."""
    verdict, unchecked = answer.verdict, answer.unchecked
    if verdict is not None:
        return Outcome.REFUSE if isinstance(verdict, Refuse) else Outcome.OPEN, verdict.detail
    if unchecked is None or fails_open():
        return Outcome.PASS, ""
    if comment.role in STAFF and unchecked.never:
        # One who has the say here, and of whom nothing can be asked.
        return Outcome.PASS, ""
    return Outcome.OPEN, unchecked.detail
