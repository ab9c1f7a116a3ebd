"""The check that asks WeChat: "文本内容安全识别", msgSecCheck v2, in WeChat's documentation."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from django.conf import settings

from accounts.wechat.client import WeChat, WeChatError, WeChatUnavailable, wechat
from rooms.checks import Hold, Kind, Refuse, Subject, Unchecked, Verdict

SCENES: Final = {Kind.NICKNAME: 1, Kind.COMMENT: 2, Kind.NOTICE: 2}
"""Its scenes: 1 a profile, 2 a comment."""
NOT_CHECKABLE: Final = frozenset({40003, 43104, 44002, 44004, 61010})
"""No openid of this app, or of one who was not in the mini-program within two hours; nothing in the text that WeChat
reads. Of others nothing is said: who writes such texts does not have WeChat taken to be away."""
TEXT_MAX: Final = 2500
"""Characters that WeChat takes."""
OVERLAP: Final = 100
"""Characters that two parts of a longer text have in common: what is bad is whole in one of them."""
WAIT: Final = 3.0
"""Seconds that a text waits at most for its turn within the rate."""


async def msg_sec_check(subject: Subject) -> Verdict:
    """Refuse what WeChat calls risky, hold what it wants reviewed; the detail is its label, such as 20001.

    Without an openid (guests, users of another system) nothing can be asked.
    """
    openid = subject.user.openid if subject.user is not None else None
    if subject.user is None or not openid:
        raise Unchecked("no openid", never=True)
    client = wechat()
    if client is None:
        raise Unchecked("WECHAT_APPID is not set")
    nickname = "" if subject.kind is Kind.NICKNAME else subject.user.nickname
    found: Verdict = None
    for start in range(0, max(1, len(subject.text) - OVERLAP), TEXT_MAX - OVERLAP):
        part = subject.text[start : start + TEXT_MAX]
        verdict = await _said(client, openid=openid, content=part, scene=SCENES[subject.kind], nickname=nickname)
        if isinstance(verdict, Refuse):
            return verdict
        found = found or verdict
    return found


async def _said(client: WeChat, **asked: Any) -> Verdict:
    """What WeChat says of one part; raises Unchecked."""
    await _turn()
    try:
        verdict = await client.msg_sec_check(**asked)
    except WeChatError as error:
        raise Unchecked(f"error {error.errcode}", never=error.errcode in NOT_CHECKABLE) from None
    except WeChatUnavailable as error:
        raise Unchecked(str(error)) from None
    match verdict.suggest:
        case "pass":
            return None
        case "risky":
            return Refuse(str(verdict.label))
        case _:
            return Hold(str(verdict.label))


# --- WeChat's limit, of all processes together.


def alone() -> int:
    """How many processes ask, while nobody says otherwise."""
    return 1


class Share:
    """This process's part of LIVEROOM_MSG_CHECK_RATE: calls begin evenly, so in no minute there are more.

    ``processes`` is asked how many there are: each has an equal part.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = float("-inf")
        self.processes: Callable[[], int] = alone

    def take(self) -> float | None:
        """The seconds until a call may begin; None, with nothing taken, for more than WAIT."""
        rate = settings.LIVEROOM_MSG_CHECK_RATE
        if not rate:
            return 0.0
        with self._lock:
            now = time.monotonic()
            at = max(now, self._next)
            if at - now > WAIT:
                return None
            self._next = at + 60.0 / rate * max(1, self.processes())
            return at - now


share = Share()


async def _turn() -> None:
    wait = share.take()
    if wait is None:
        raise Unchecked("too many texts", busy=True)
    if wait:
        await asyncio.sleep(wait)
