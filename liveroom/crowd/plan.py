"""What a crowd is asked to do, and whether that can be done."""

import resource
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from liveroom.client import RoomState, socket_address

LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
SPARE_FILES: Final = 64
"""Files that a process has open beside its viewers' sockets."""


class Impossible(Exception):
    """The crowd cannot begin; the text says why, and what to do."""


@dataclass(frozen=True)
class Plan:
    """``churn``: share of the viewers that goes away and comes back, per minute. Rates are the whole crowd's."""

    url: str
    slug: str
    viewers: int
    seconds: float
    ramp: float
    comments_per_second: float
    likes_per_second: float
    buys_per_minute: float
    follows_per_minute: float
    churn: float
    language: str
    seed: int

    @property
    def writes(self) -> bool:
        """Whether anything is to be done that a guest who only watches may not."""
        return bool(self.comments_per_second or self.buys_per_minute or self.follows_per_minute)

    @property
    def here(self) -> bool:
        """Whether the server is on this machine."""
        return urlsplit(self.url).hostname in LOOPBACK


def check_host(plan: Plan, *, owned: bool) -> None:
    """A crowd goes to this machine, or to a server whose owner says so; raises Impossible, for no address too."""
    try:
        socket_address(plan.url, plan.slug)
    except ValueError:
        raise Impossible(
            _("%(url)s is no address of a server: it begins with http://, https://, ws:// or wss://.")
            % {"url": plan.url}
        ) from None
    if not owned and not plan.here:
        raise Impossible(
            _("%(host)s is not this machine. A crowd is a load, for servers of your own: say so with %(flag)s.")
            % {"host": urlsplit(plan.url).hostname, "flag": "--yes-i-own-this-server"}
        )


def check_files(viewers: int) -> None:
    """Allow this process as many files as the viewers need; raises Impossible."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = viewers + SPARE_FILES
    if hard != resource.RLIM_INFINITY and needed > hard:
        raise Impossible(
            _("This process may open %(limit)d files: that is enough for %(viewers)d viewers. See ulimit -Hn.")
            % {"limit": hard, "viewers": max(0, hard - SPARE_FILES)}
        )
    if soft != resource.RLIM_INFINITY and needed > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def check_room(plan: Plan, state: RoomState) -> None:
    """Whether the room lets a crowd do what the plan says; raises Impossible."""
    room = state.room
    if plan.writes and state.role == "guest":
        raise Impossible(_("Guests of this server only watch. Start it with LIVEROOM_GUESTS=talk, as make run does."))
    if plan.comments_per_second and room["status"] == "ended":
        raise Impossible(_("The show in this room has ended: nobody can say anything. Start it in the administration."))
    if plan.comments_per_second and not room["allow"]["comments"]:
        raise Impossible(_("Comments are switched off in this room. Switch them on in the administration."))


def warnings(plan: Plan, state: RoomState) -> list[str]:
    """What the server's limits will not let happen as it is asked for."""
    said, room, rate = [], state.room, state.limits["rate"]
    pause = max(1 / rate if rate else 0, room["slow_mode"])
    if pause and plan.comments_per_second > plan.viewers / pause:
        said.append(
            _("%(viewers)d viewers may say %(most)g things a second here, not %(asked)g: the crowd keeps to that.")
            % {"viewers": plan.viewers, "most": round(plan.viewers / pause, 2), "asked": plan.comments_per_second}
        )
    # The server does not tell its own: on this machine it is taken to be started as this command is.
    budget = settings.LIVEROOM_ROOM_BUDGET if plan.here else 0
    if budget and plan.comments_per_second > budget:
        said.append(
            _("A room shows %(budget)d comments a second (LIVEROOM_ROOM_BUDGET): the rest is stored and held back.")
            % {"budget": budget}
        )
    if plan.buys_per_minute and (room["status"] in ("scheduled", "ended") or not room["allow"]["shop"]):
        said.append(_("Nothing is sold in this room now: the crowd buys nothing."))
    if plan.likes_per_second and (room["status"] == "ended" or not room["allow"]["likes"]):
        said.append(_("Likes are not taken in this room now."))
    return said
