"""Nicknames and notices: judged in the request that brings them, before anything is locked. Nobody waits with one."""

from collections.abc import Coroutine
from typing import Any

from asgiref.sync import async_to_sync

from accounts.models import User
from accounts.wechat import client
from rooms.checks import Kind, Subject
from rooms.checks.pipeline import ask, asks_elsewhere, judge, settle_name
from rooms.realtime import runtime


def nickname_judge(nickname: str, user: User | None = None) -> None:
    """Raise Refused ``content_rejected`` for a nickname that the checks from memory refuse. Not on the event loop."""
    judge(Subject(Kind.NICKNAME, nickname, user))


async def nickname_ask(nickname: str, user: User | None) -> None:
    """Raise Refused ``content_rejected`` or ``unavailable`` for one that the checks elsewhere do not take."""
    if asks_elsewhere():
        subject = Subject(Kind.NICKNAME, nickname, user)
        settle_name(subject, await ask(subject))


def nickname_check(nickname: str, user: User | None) -> None:
    """Both, in a request; raises Refused."""
    nickname_judge(nickname, user)
    if asks_elsewhere():
        _wait_for(nickname_ask(nickname, user))


def notice_check(text: str, user: User) -> None:
    """Raise Refused ``content_rejected`` or ``unavailable`` for a notice that the checks elsewhere do not take, in a
    request. Those from memory judge it where it is put up."""
    subject = Subject(Kind.NOTICE, text.strip(), user)
    if subject.text and asks_elsewhere():
        _wait_for(_notice_ask(subject))


async def _notice_ask(subject: Subject) -> None:
    settle_name(subject, await ask(subject))


def _wait_for(asking: Coroutine[Any, Any, None]) -> None:
    """Wait for what asks elsewhere: on the server's event loop, or, where there is none, on one that ends with it."""
    _answer_of(asking)


@async_to_sync
async def _answer_of(asking: Coroutine[Any, Any, None]) -> None:
    try:
        await asking
    finally:
        if not runtime.runs_here():
            await client.close()
