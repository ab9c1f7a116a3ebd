"""How often one address, or one user, may do what costs something."""

import time
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

MINUTE: Final = 60


class AddressThrottle(BaseThrottle):
    """So many requests of one address a minute, which begins with the first; 0 is no limit.

    Counted in the cache: for all processes together where there is Redis and it answers, else by each for itself.
    """

    scope: str
    rate: Callable[[], int]

    def __init__(self) -> None:
        self._wait: float | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        rate = type(self).rate()
        if not rate:
            return True
        now = time.time()
        minute = f"throttle:{self.scope}:{self.get_ident(request)}"
        began = cache.get_or_set(minute, int(now), MINUTE) or int(now)
        # Reads nothing that it writes back: of those that come at the same moment each is counted.
        count = f"{minute}:{began}"
        cache.add(count, 0, MINUTE)
        try:
            so_far = cache.incr(count)
        except ValueError:
            # It was forgotten in between.
            so_far = 1
        self._wait = max(1.0, began + MINUTE - now)
        return so_far <= rate

    def wait(self) -> float | None:
        return self._wait


class GuestThrottle(AddressThrottle):
    """Bounds how many guests one address makes."""

    scope = "guest"

    @staticmethod
    def rate() -> int:
        return int(settings.LIVEROOM_GUEST_RATE)


class WeChatThrottle(AddressThrottle):
    """Bounds how often one address has WeChat asked: each call counts against what WeChat allows the app."""

    scope = "wechat"

    @staticmethod
    def rate() -> int:
        return int(settings.LIVEROOM_WECHAT_RATE)


class NicknameThrottle(AddressThrottle):
    """Bounds how many new names one user tries: each may be asked about elsewhere, and is told in rooms."""

    scope = "nickname"

    def get_ident(self, request: Request) -> str:
        return str(request.user.pk)

    @staticmethod
    def rate() -> int:
        return int(settings.LIVEROOM_NICKNAME_RATE)


class PictureThrottle(AddressThrottle):
    """Bounds how many pictures one address has drawn anew: each takes some of a core."""

    scope = "picture"

    @staticmethod
    def rate() -> int:
        return int(settings.LIVEROOM_AVATAR_RATE)
