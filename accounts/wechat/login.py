"""Logging in by WeChat: who has this code, and which user of ours that is."""

import logging
import secrets
from typing import Final

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.errors import ApiError
from accounts.models import User
from accounts.wechat.client import Session, WeChatError, WeChatUnavailable, wechat

logger = logging.getLogger(__name__)

# The error codes of "小程序登录凭证校验" and of "通用错误码" that a login meets.
BAD_CODE: Final = frozenset({40029, 40163, 41008})
TOO_OFTEN: Final = 45011
BLOCKED: Final = 40226
OUT_OF_QUOTA: Final = 45009
WRONG_SETTING: Final = {40013: "WECHAT_APPID", 41002: "WECHAT_APPID", 40125: "WECHAT_SECRET", 41004: "WECHAT_SECRET"}


async def session_of(code: str) -> Session:
    """Have WeChat say who got this code from wx.login. Raises ApiError for whatever else it says."""
    client = wechat()
    if client is None:
        raise not_set()
    try:
        return await client.code_to_session(code)
    except WeChatUnavailable:
        raise ApiError("unavailable", 503, "WeChat does not answer; try again.", retry=True, retry_after=2) from None
    except WeChatError as error:
        raise _refused(error) from None


def not_set() -> ApiError:
    """What a server without a mini-program says."""
    detail = "This server has no mini-program: WECHAT_APPID and WECHAT_SECRET are not set."
    return ApiError("forbidden", 403, detail)


def user_of(session: Session, *, language: str) -> User:
    """Return the user of this session, stored now if he is new; two logins at once give one user.

    He is who has this openid. Else he is who has this unionid, whom another app of the same account made, or this
    server before its app was changed: he gets the openid, as WeChat takes messages and checks for this app's alone.
    A unionid that another user holds already stays his.
    """
    for last in (False, True):
        try:
            return _found(session) or _created(session, language=language)
        except IntegrityError:
            # Another login of the same person was first: now he is found.
            if last:
                raise
    raise AssertionError("unreachable")


def _found(session: Session) -> User | None:
    user = User.objects.filter(openid=session.openid).first()
    if user is not None:
        if session.unionid and user.unionid != session.unionid:
            _learn(user, unionid=session.unionid)
        return user
    user = User.objects.filter(unionid=session.unionid).first() if session.unionid else None
    if user is not None:
        _learn(user, openid=session.openid)
    return user


def _learn(user: User, **known: str) -> None:
    """Store what WeChat says of him, unless it is another user's."""
    try:
        with transaction.atomic():
            User.objects.filter(pk=user.pk).update(**known)
    except IntegrityError:
        logger.warning("User %s is not given a %s that another user has", user.pk, ", ".join(known))
        return
    for name, value in known.items():
        setattr(user, name, value)


def _created(session: Session, *, language: str) -> User:
    with transaction.atomic():
        return User.objects.create(
            openid=session.openid,
            unionid=session.unionid,
            nickname=made_up_nickname(language=language),
            password=make_password(None),
        )


def made_up_nickname(*, language: str) -> str:
    """Return a name such as "User 4821", until he gives himself one: WeChat tells none."""
    with translation.override(language):
        return _("User %(number)04d") % {"number": secrets.randbelow(10_000)}


def _refused(error: WeChatError) -> ApiError:
    if error.errcode in BAD_CODE:
        return ApiError("bad_message", 400, "The code is wrong, too old, or was used.", field="code")
    if error.errcode == TOO_OFTEN:
        detail = "WeChat takes no more logins of this user for now."
        return ApiError("rate_limited", 429, detail, retry=True, retry_after=60)
    if error.errcode == BLOCKED:
        return ApiError("forbidden", 403, "WeChat does not let this user log in.")
    if error.errcode == OUT_OF_QUOTA:
        logger.error("Nobody can log in: what WeChat allows this app is used up (%s)", error.errmsg)
        return ApiError("unavailable", 503, "WeChat takes no more logins for now.", retry=True, retry_after=60)
    if (name := WRONG_SETTING.get(error.errcode)) is not None:
        logger.error("Nobody can log in: WeChat does not take %s (%d %s)", name, error.errcode, error.errmsg)
    else:
        logger.error("WeChat refused a login: %d %s", error.errcode, error.errmsg)
    return ApiError("internal", 500, "The server and WeChat do not understand each other.")
