"""Sends what `reminders` has to send, in the background of a server process: so many a second, some at once."""

import asyncio
import uuid
from collections.abc import Awaitable
from typing import Any, Final, Protocol

from django.conf import settings

from accounts.wechat import reminders
from accounts.wechat.client import WeChat, WeChatError, WeChatUnavailable, wechat
from accounts.wechat.reminders import Claim, Outcome, Target

HIS_OWN: Final = frozenset({43101, 40003})
"""Errors that say something of one user. Every other one would meet the rest too, and waits for the operator."""
LATER: Final = frozenset({45009, 43108})
"""Too many for now."""


class Database(Protocol):
    """Runs a function in a thread that may use the database."""

    def read(self, function: Any, *args: Any, **kwargs: Any) -> Awaitable[Any]: ...

    def write(self, function: Any, *args: Any, **kwargs: Any) -> Awaitable[Any]: ...


class Announcer:
    """Of one event loop; `step` is called every so many seconds."""

    def __init__(self, database: Database, *, every: float) -> None:
        self._database = database
        self._every = every
        self._owner = uuid.uuid4().hex
        self._places = asyncio.Semaphore(reminders.AT_ONCE)

    async def step(self) -> None:
        """Send the next messages, if there are any."""
        client = wechat()
        if client is None or not reminders.reminders_are_on():
            return
        if not await self._database.read(reminders.announcements_wait):
            return
        limit = max(1, int(settings.LIVEROOM_WECHAT_MESSAGE_RATE * self._every))
        claim: Claim | None = await self._database.write(reminders.announcement_claim, owner=self._owner, limit=limit)
        if claim is None:
            return
        outcome = await self._sent(client, claim)
        await self._database.write(reminders.announcement_record, claim, outcome)

    async def _sent(self, client: WeChat, claim: Claim) -> Outcome:
        answered: dict[int, int] = {}
        stop: list[WeChatError] = []

        async def tell(target: Target) -> None:
            async with self._places:
                if stop:
                    return
                try:
                    await client.subscribe_send(
                        openid=target.openid, template_id=claim.template_id, page=claim.page, data=claim.data
                    )
                except WeChatUnavailable:
                    return
                except WeChatError as error:
                    if error.errcode in HIS_OWN:
                        answered[target.reminder_id] = error.errcode
                    elif error.errcode not in LATER:
                        stop.append(error)
                    return
                answered[target.reminder_id] = 0

        await asyncio.gather(*(tell(target) for target in claim.targets))
        return Outcome(answered, stop[0] if stop else None)
