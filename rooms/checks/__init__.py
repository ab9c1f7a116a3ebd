"""What a check of LIVEROOM_CHECKS is given, and what it answers.

Every comment, nickname and notice passes the checks of that setting, in its order. A check is a function that takes a
Subject and returns Refuse, Replace, Hold, or None when it has nothing against the text:

- A plain function judges from memory, at once: it runs under the room's lock, so it reads no file, database or network.
- An ``async`` one asks elsewhere. It is asked only while LIVEROOM_MSG_CHECK is on, never under a lock; it raises
  Unchecked when it has no answer, and then LIVEROOM_MSG_CHECK_FAIL says what becomes of the text.

The texts are cleaned already (control characters, length). ``subject.folded`` is the text without case, width, and what
cannot be seen. A check that fails by any other exception lets nothing pass.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from rooms.folding import fold

if TYPE_CHECKING:
    from accounts.models import User


class Kind(StrEnum):
    """What a text is to be."""

    COMMENT = "comment"
    NICKNAME = "nickname"
    NOTICE = "notice"


@dataclass(frozen=True)
class Subject:
    """A text, and who says it: None for a guest who is not stored yet."""

    kind: Kind
    text: str
    user: "User | None" = None

    @cached_property
    def folded(self) -> str:
        return fold(self.text).text


class Refuse(NamedTuple):
    """It is not taken. ``detail`` is for the staff (a word, a label); ``told`` goes to the sender's developer, after
    the name of the field."""

    detail: str = ""
    told: str = "cannot be shown here"


class Replace(NamedTuple):
    """This is taken in its place; of a nickname, which nobody else gives one, it is a refusal."""

    text: str


class Hold(NamedTuple):
    """A human is to decide: a comment waits, a nickname or notice is refused.

    ``detail`` is for the staff; ``text`` is taken in the text's place, if it is given.
    """

    detail: str = ""
    text: str | None = None


class Unchecked(Exception):
    """Raised by a check that has no answer: ``detail`` is for the staff.

    ``never``: about this text there is none to be had, such as of a user whom nobody there knows. ``busy``: nobody was
    asked, for there is too much to ask. Else whoever was asked is taken to be away: that is logged, and he is asked
    less.
    """

    def __init__(self, detail: str, *, never: bool = False, busy: bool = False) -> None:
        super().__init__(detail)
        self.detail = detail
        self.never = never
        self.busy = busy

    @property
    def away(self) -> bool:
        return not (self.never or self.busy)


Verdict = Refuse | Replace | Hold | None
Check = Callable[[Subject], Verdict]
CheckElsewhere = Callable[[Subject], Awaitable[Verdict]]
