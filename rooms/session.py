"""Who a socket's viewer is, and what he is shown when he comes in."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, ClassVar

import msgspec
from django.conf import settings

from accounts import tokens
from accounts.models import User, new_public_id
from accounts.services import profile_update, user_create_guest
from rooms import messages, selectors
from rooms.answering import Answering
from rooms.checks.names import nickname_ask
from rooms.handshake import Handshake
from rooms.messages import Close, Code, LimitsPart, Refused, Role, UserPart
from rooms.models import Room, now_ms
from rooms.publish import LogEntry
from rooms.realtime.drain import restarting
from rooms.realtime.hub import RoomHub
from rooms.realtime.outbox import Outbox
from rooms.realtime.transport import Parcel
from rooms.selectors import GUEST, Picture, Viewer, user_part
from rooms.who import Who, check_nickname, find_viewer, made_up_guest, who_by_handshake, who_by_token

GUEST_ANNOUNCED_AFTER = 2.0
"""Seconds in which a login can still come before a guest is announced."""

SENT_AWAY = {Code.BAD_TOKEN: Close.BAD_TOKEN, Code.BANNED: Close.BANNED}
"""What ends the socket of one who is read again, and how."""

logger = logging.getLogger(__name__)

NO_COMMENTS = msgspec.Raw(b"[]")


class ViewerSession(Answering):
    """The viewer behind one socket: a stored user, a guest with a name in memory, or one who only watches."""

    init_frame: ClassVar[type[messages.Init]] = messages.Init

    handshake: Handshake
    outbox: Outbox
    ended: bool
    end: Callable[[Refused], None]
    close: Callable[[Close], None]

    hub: RoomHub | None = None
    entered: bool = False
    viewer: Viewer = GUEST
    guest: UserPart | None = None
    person_id: str = ""
    _token_version: int | None = None
    stale: bool = False
    _rereading: asyncio.Task[None] | None = None
    _logging_in: bool = False

    @property
    def room(self) -> RoomHub:
        """The hub of the room that the viewer is in; raises Refused before he is."""
        if self.hub is None:
            raise Refused(Code.UNAVAILABLE, "This socket is in no room yet.", retry_after=1)
        return self.hub

    @property
    def role(self) -> Role:
        return Role.VIEWER if self.guest else self.viewer.role

    @property
    def is_staff(self) -> bool:
        return self.viewer.role in (Role.HOST, Role.ASSISTANT)

    @property
    def muted_until(self) -> int | None:
        """Until when the viewer may not speak; None as soon as that time has come."""
        until = self.viewer.muted_until
        return until if until is not None and until > now_ms() else None

    @property
    def part(self) -> UserPart | None:
        """The viewer as others see him; None for one who only watches."""
        if self.viewer.user is not None:
            return user_part(self.viewer.user, self.viewer.role)
        return self.guest

    # --- Coming in.

    async def open(self) -> None:
        """Find the room, find out who it is, show the room. A refusal closes the socket."""
        try:
            if self.runtime.draining:
                raise restarting()
            room_id = await self._find_room()
            who = await who_by_handshake(self.runtime.database, self.handshake)
            self.hub = await self.runtime.hub(room_id)
            await self._become(who)
            await self.show(self.handshake.since, self.handshake.epoch)
        except Refused as refused:
            raise refused.closing(Close.TRY_AGAIN) from refused
        except Room.DoesNotExist:
            raise Refused(Code.ROOM_NOT_FOUND, "This room was deleted.", close=Close.NO_ROOM) from None
        except Exception as error:
            logger.exception("A handshake failed: %s", self.handshake.slug)
            raise Refused(
                Code.INTERNAL, "The server failed on this handshake.", retry_after=5, close=Close.TRY_AGAIN
            ) from error

    async def _find_room(self) -> int:
        slug = self.handshake.slug
        if slug is not None:
            for hub in self.runtime.hubs.values():
                if hub.seq >= 0 and hub.room.slug == slug:
                    return hub.room_id
            room_id = await self.runtime.database.read(selectors.room_id_by_slug, slug)
            if room_id is not None:
                return room_id
        raise Refused(Code.ROOM_NOT_FOUND, "There is no room at this address.", close=Close.NO_ROOM)

    async def _become(self, who: Who | None) -> None:
        """Be this user; or, with None, a guest."""
        hub = self.room
        if who is None:
            viewer, guest = (
                GUEST,
                made_up_guest(self.handshake.language) if settings.LIVEROOM_GUESTS == "talk" else None,
            )
        else:
            try:
                viewer, guest = await self._find(who), None
            except Refused as refused:
                raise (refused.closing(Close.BAD_TOKEN) if refused.code is Code.BAD_TOKEN else refused) from None
        self._take_on(viewer, guest, who.token_version if who else None)
        delay = GUEST_ANNOUNCED_AFTER if guest else 0.0
        hub.presence.enter(self.person_id, self.part, announce_after=delay)

    async def _find(self, who: Who) -> Viewer:
        """The user, with every change of him that was heard of until now: what comes later finds his socket."""
        loop = asyncio.get_running_loop()
        while True:
            asked = loop.time()
            viewer = await find_viewer(self.runtime.database, self.room.room_id, who)
            if viewer.user is None or not self.runtime.users.changed_since(viewer.user.pk, asked):
                return viewer

    def _take_on(self, viewer: Viewer, guest: UserPart | None, token_version: int | None) -> None:
        self.viewer, self.guest, self._token_version = viewer, guest, token_version
        part = self.part
        self.person_id = part.id if part else new_public_id()
        self.outbox.person_id = self.person_id
        if viewer.user is not None:
            self.runtime.users.add(viewer.user.pk, self)

    async def show(self, since: int | None, epoch: str | None) -> None:
        """Send ``init``, and the events after it; from then on the hub delivers to this socket.

        With ``since`` and this log's ``epoch`` only what was missed, if it is not too much.
        """
        hub = self.room
        if since is not None and since > hub.seq:
            await hub.catch_up()
        recovered = self.can_replay(since, epoch) if since is not None else None
        left_at = now_ms()
        if recovered and since is not None:
            left_at = await self._left_at(since)
            picture, _ = await hub.picture(at_least=since)
            events = await hub.missed(since)
        else:
            # Not older than what this socket has: a client would see its own events again.
            picture, events = await hub.picture(at_least=self.outbox.seq)
        # One step on the loop from here: nothing can come between the picture, its events and the membership.
        if self.ended:
            return
        seq = since if recovered and since is not None else picture.seq
        self.give([messages.encode(self._init(picture, seq, recovered)), *(event.payload for event in events)])
        if not self.entered:
            self.entered = True
            hub.add(self)
        if recovered and self.viewer.user is not None:
            refused = self.runtime.users.refused_since(self.viewer.user.pk, left_at, room_id=hub.room_id)
            for comment_id in refused:
                self.comment_refused(comment_id)
        if self.stale:
            self.reread_soon()

    async def _left_at(self, since: int) -> int:
        """When one who comes back may have gone, in ms: after the last event that he has. Raises Refused.

        Read for those alone to whom it matters; of the others what comes from now on counts.
        """
        user, room_id = self.viewer.user, self.room.room_id
        if user is None or not self.runtime.users.refused_since(user.pk, 0, room_id=room_id):
            return now_ms()
        return await self.runtime.database.read(selectors.event_ts, room_id, since)

    def can_replay(self, since: int, epoch: str | None) -> bool:
        """Whether the events after ``since`` can be sent instead of the whole picture."""
        hub, limit = self.room, settings.LIVEROOM_REPLAY
        return epoch == hub.epoch and since <= hub.seq and (not limit or hub.seq - since <= limit)

    def give(self, payloads: list[bytes]) -> None:
        """Put frames on the socket after which it has everything that the hub accepted."""
        parcel = Parcel(payloads)
        self.outbox.put(parcel, kept=parcel)
        self.outbox.seq = self.room.seq

    def replay(self, events: list[LogEntry]) -> None:
        """Send events again, up to the newest."""
        self.give([event.payload for event in events])

    def _init(self, picture: Picture, seq: int, recovered: bool | None) -> messages.Init:
        parts = dict(picture.parts)
        if recovered:
            parts["comments"] = NO_COMMENTS
        return self.init_frame(
            **parts,
            ts=now_ms(),
            user=self.part,
            role=self.role,
            following=self.viewer.following,
            muted_until=self.muted_until,
            epoch=picture.epoch,
            seq=seq,
            recovered=recovered,
            online=self.room.presence.online,
            likes=self.room.tallies.total,
            heartbeat=settings.LIVEROOM_HEARTBEAT,
            limits=LimitsPart(
                content=settings.LIVEROOM_COMMENT_MAX,
                rate=settings.LIVEROOM_RATE,
                frame=settings.LIVEROOM_FRAME_MAX,
            ),
            base_url=self.handshake.base_url,
        )

    # --- Becoming somebody, and going.

    async def login(self, token: str, nickname: str | None, since: int | None, epoch: str | None) -> None:
        """Be the token's user: leave as who one was, join as him. Raises Refused, and then nothing has changed."""
        who = who_by_token(token)
        self._logging_in = True
        try:
            await self._become_user(who, nickname, since, epoch)
        finally:
            self._logging_in = False
        if self.stale:
            self.reread_soon()

    async def _become_user(self, who: Who, nickname: str | None, since: int | None, epoch: str | None) -> None:
        viewer = await self._find(who)
        if nickname is not None and viewer.user is not None and viewer.user.is_guest:
            nickname = await self.checked_nickname(nickname, viewer.user)
            await self.runtime.database.write(profile_update, user=viewer.user, nickname=nickname)
            viewer = await self._find(who)
        before = self.viewer.user
        if before is None or viewer.user is None or before.pk != viewer.user.pk:
            self._depart(grace=0)
            self._take_on(viewer, None, who.token_version)
            self.room.presence.enter(self.person_id, self.part)
        else:
            self.viewer, self._token_version = viewer, who.token_version
            self.room.presence.renamed(self.person_id, user_part(viewer.user, viewer.role))
        self.stale = False
        try:
            await self.show(since, epoch)
        except Refused as refused:
            # He is somebody else already, and cannot be shown it: let him come back.
            raise refused.closing(Close.TRY_AGAIN) from refused

    async def checked_nickname(self, nickname: str, user: User | None) -> str:
        """A nickname as it is stored; raises Refused for one that may not be. In no handshake: it may ask elsewhere."""
        nickname = await self.runtime.database.read(check_nickname, nickname, user)
        await nickname_ask(nickname, user)
        return nickname

    async def require_user(self) -> User:
        """The stored user behind this socket; a guest who may talk becomes one. Raises Refused ``login_required``."""
        if self.viewer.user is not None:
            return self.viewer.user
        if self.guest is None:
            raise Refused(Code.LOGIN_REQUIRED, "Log in first: a guest of this server only watches.")
        user = await self.runtime.database.write(
            user_create_guest, nickname=self.guest.nickname, public_id=self.guest.id
        )
        self.viewer = Viewer(user, Role.VIEWER, following=False, muted_until=None)
        self.guest, self._token_version = None, user.token_version
        self.runtime.users.add(user.pk, self)
        self.send_me(token=tokens.issue(user))
        return user

    def rename_guest(self, nickname: str) -> None:
        """Give a guest in memory another name, a checked one."""
        if self.guest is not None and nickname != self.guest.nickname:
            self.guest.nickname = nickname
            self.room.presence.renamed(self.person_id, self.guest)
            self.send_me()

    def left(self, *, grace: float) -> None:
        """The socket is gone, or about to be."""
        if self._rereading is not None:
            self._rereading.cancel()
        self._depart(grace=grace)
        if self.hub is not None:
            self.hub.discard(self)
            self.runtime.release(self.hub)
            self.hub = None

    def _depart(self, *, grace: float) -> None:
        if self.viewer.user is not None:
            self.runtime.users.remove(self.viewer.user.pk, self)
        if self.hub is not None and self.person_id:
            self.hub.presence.exit(self.person_id, grace=grace)
        self.person_id = ""

    # --- What changes of him meanwhile.

    def viewer_changed(self, values: dict[str, Any]) -> None:
        """Take over what changed of this viewer, and tell him; without values it is read."""
        if self.entered and values:
            self._update(self.viewer._replace(**values))
        else:
            self.stale = True
            self.reread_soon()

    def comment_refused(self, comment_id: int) -> None:
        """Tell the viewer that a comment of his that waited is not shown."""
        if self.entered and not self.ended:
            self.send_frame(messages.Reject(comment_id=comment_id))

    def reread_soon(self) -> None:
        """Read again who this is, once for all that changed meanwhile, and beside what the client has waiting.

        Until it was read he stays ``stale``: what fails now is tried again by the runtime.
        """
        idle = self._rereading is None and not self._logging_in
        if idle and self.entered and not self.ended and self.hub is not None:
            self._rereading = asyncio.create_task(self._reread())

    async def _reread(self) -> None:
        try:
            while self.stale and not self.ended and (user := self.viewer.user) is not None:
                self.stale = False
                who = Who({"pk": user.pk}, self._token_version)
                try:
                    viewer = await self._find(who)
                except Refused as refused:
                    # One who logged in as somebody else meanwhile was read then.
                    close = SENT_AWAY.get(refused.code)
                    if close is not None and self._is_still(who):
                        self.refuse(refused.closing(close))
                    else:
                        self._read_later()
                    return
                if self._is_still(who):
                    self._update(viewer)
        except Exception:
            self._read_later()
            logger.exception("A viewer could not be read again")
        finally:
            self._rereading = None

    def _read_later(self) -> None:
        self.stale = True
        self.runtime.users.unread.add(self)

    def _is_still(self, who: Who) -> bool:
        user = self.viewer.user
        return user is not None and (user.pk, self._token_version) == (who.lookup["pk"], who.token_version)

    def _update(self, viewer: Viewer) -> None:
        before, self.viewer = (self.part, self.viewer[1:]), viewer
        if (self.part, viewer[1:]) != before:
            if self.part is not None and self.hub is not None:
                self.hub.presence.renamed(self.person_id, self.part)
            self.send_me()

    def send_me(self, token: str | None = None) -> None:
        """Tell the viewer who he is."""
        frame = messages.Me(
            user=self.part, role=self.role, following=self.viewer.following, muted_until=self.muted_until
        )
        if token is not None:
            frame.token = token
        self.send_frame(frame)
