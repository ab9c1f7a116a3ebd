"""The checks of LIVEROOM_CHECKS, run one after the other."""

import asyncio
import inspect
import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from rooms.checks import Check, CheckElsewhere, Hold, Kind, Refuse, Subject, Unchecked, Verdict
from rooms.checks.outlook import outlook_of
from rooms.messages import Code, Refused

logger = logging.getLogger(__name__)

FIELDS: Final = {Kind.COMMENT: "content", Kind.NICKNAME: "nickname", Kind.NOTICE: "text"}
"""The names of these texts where they come from, for errors."""
ASK_WITHIN: Final = 8.0
"""Seconds that a check which asks elsewhere may take, whatever its own time-outs are."""


class Named(NamedTuple):
    """A check with its dotted path, which is its own, and the name that the staff reads."""

    path: str
    check: Any

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]


class Pipeline(NamedTuple):
    """The checks that judge from memory, and those that ask elsewhere."""

    local: Sequence[Named]
    elsewhere: Sequence[Named]


class Held(NamedTuple):
    """Which check wants a human to decide, and what it found."""

    check_name: str
    detail: str


class Judged(NamedTuple):
    """A text as it is taken; ``held``: it waits for a human."""

    text: str
    held: Held | None = None


class Answer(NamedTuple):
    """What the checks elsewhere say; ``unchecked``: why one of them has said nothing, where no other objects."""

    check_name: str = ""
    verdict: Refuse | Hold | None = None
    unchecked: Unchecked | None = None


def load(paths: Sequence[str]) -> Pipeline:
    """The checks with these dotted paths; raises ImproperlyConfigured for one that is none."""
    local: list[Named] = []
    elsewhere: list[Named] = []
    for path in paths:
        try:
            check = import_string(path)
        except ImportError as error:
            raise ImproperlyConfigured(f"LIVEROOM_CHECKS holds {path!r}, which cannot be imported: {error}") from error
        if not callable(check) or inspect.isclass(check):
            raise ImproperlyConfigured(f"LIVEROOM_CHECKS holds {path!r}; it takes functions, as rooms/checks says.")
        asks = inspect.iscoroutinefunction(check) or inspect.iscoroutinefunction(getattr(check, "__call__", None))  # noqa: B004 - not called here
        (elsewhere if asks else local).append(Named(path, check))
    return Pipeline(local, elsewhere)


_load = lru_cache(8)(load)


def pipeline() -> Pipeline:
    """The checks of the settings; raises ImproperlyConfigured."""
    return _load(tuple(settings.LIVEROOM_CHECKS))


def asks_elsewhere() -> bool:
    """Whether texts are shown to checks that ask elsewhere."""
    return settings.LIVEROOM_MSG_CHECK != "off" and bool(pipeline().elsewhere)


def fails_open() -> bool:
    """Whether a text passes that could not be checked."""
    return bool(settings.LIVEROOM_MSG_CHECK_FAIL == "open")


def judge(subject: Subject) -> Judged:
    """Judge a text from memory. Raises Refused ``content_rejected``."""
    held = None
    for named in pipeline().local:
        own: Check = named.check
        verdict = own(subject)
        if verdict is None:
            continue
        if isinstance(verdict, Refuse) or not _may_be(verdict, subject.kind):
            raise rejected(subject.kind, verdict)
        if isinstance(verdict, Hold):
            held = held or Held(named.name, verdict.detail)
        if verdict.text is not None:
            subject = replace(subject, text=_cut(subject.kind, verdict.text))
    return Judged(subject.text, held)


async def ask(subject: Subject) -> Answer:
    """Have the checks elsewhere judge a text; one that objects is enough."""
    unchecked: Answer | None = None
    for named in pipeline().elsewhere:
        try:
            verdict = await _ask(named.path, named.check, subject)
        except Unchecked as error:
            unchecked = unchecked or Answer(named.name, unchecked=error)
            continue
        if isinstance(verdict, Refuse | Hold):
            return Answer(named.name, verdict)
    return unchecked or Answer()


async def _ask(path: str, check: CheckElsewhere, subject: Subject) -> Verdict:
    """Ask one of them; raises Unchecked, at once while it has no answers for anybody."""
    outlook = outlook_of(path)
    if not outlook.may_ask():
        raise Unchecked("no answer")
    try:
        async with asyncio.timeout(ASK_WITHIN):
            verdict = await check(subject)
    except Unchecked as error:
        outlook.failed(error)
        raise
    except Exception as error:
        if not isinstance(error, TimeoutError):
            logger.exception("The check %s failed", path)
        unchecked = Unchecked("no answer in time" if isinstance(error, TimeoutError) else type(error).__name__)
        outlook.failed(unchecked)
        raise unchecked from error
    outlook.answered()
    return verdict


def settle_name(subject: Subject, answer: Answer) -> None:
    """Raise Refused for a nickname or notice that may not be: nobody waits for a human with it. Who puts up a notice
    has the say himself: one about which nobody can be asked is taken.

    ``content_rejected``; ``unavailable`` where whoever was to be asked is away and LIVEROOM_MSG_CHECK_FAIL is closed.
    """
    if answer.verdict is not None:
        raise rejected(subject.kind, answer.verdict)
    if answer.unchecked is None or fails_open():
        return
    if not answer.unchecked.never:
        field = FIELDS[subject.kind]
        raise Refused(Code.UNAVAILABLE, f"{field} cannot be checked now; try again.", field=field, retry_after=5)
    if subject.kind is not Kind.NOTICE:
        raise rejected(subject.kind, Refuse())


def rejected(kind: Kind, verdict: Verdict) -> Refused:
    """The refusal of a text. What was found in it is not told: it would teach what to write instead."""
    told = verdict.told if isinstance(verdict, Refuse) else Refuse().told
    field = FIELDS[kind]
    return Refused(Code.CONTENT_REJECTED, f"{field} {told}.", field=field)


def _may_be(verdict: Verdict, kind: Kind) -> bool:
    """Whether this can be done about such a text, without refusing it."""
    return kind is Kind.COMMENT or (kind is Kind.NOTICE and not isinstance(verdict, Hold))


def _cut(kind: Kind, text: str) -> str:
    """What a check puts in a comment's place, within the limit that clients were told."""
    limit = settings.LIVEROOM_COMMENT_MAX
    return text[:limit] if kind is Kind.COMMENT and limit else text
