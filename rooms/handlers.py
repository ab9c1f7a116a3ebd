"""One handler method for each msg_type of a room. Services decide; nothing here writes to the database."""

import asyncio
from copy import copy

from django.conf import settings

from accounts.services import profile_update
from rooms import messages, selectors
from rooms.checks.pipeline import asks_elsewhere
from rooms.messages import Close, Code, CommentAck, FollowAction, Refused, SubscribeAck
from rooms.models import Comment
from rooms.realtime.limits import Speaker, TokenBucket
from rooms.services.comments import Post, Posted, content_clean
from rooms.services.follows import Followed, SetFollow
from rooms.session import ViewerSession

LOGINS_AT_ONCE = 5


class RoomHandlers(ViewerSession):
    """What a viewer may send to a room. A handler raises Refused to answer with an ``error``."""

    _synced_at: float = float("-inf")
    _logins: TokenBucket | None = None

    async def handle_login(self, frame: messages.Login) -> None:
        self._login_in_time()
        await self.login(frame.token, frame.nickname, frame.since, frame.epoch)
        self.answer("login", frame)

    async def handle_join(self, frame: messages.Join) -> None:
        # Everybody is in the room from `init` on: there is only a guest's name to take.
        if frame.nickname is not None:
            await self._rename_guest(frame.nickname)
        self.answer("join", frame)

    async def _rename_guest(self, nickname: str) -> None:
        elsewhere = asks_elsewhere()
        if elsewhere:
            self._login_in_time()
        nickname = await self.checked_nickname(nickname, self.viewer.user)
        user = self.viewer.user
        if user is None:
            self.rename_guest(nickname)
        elif user.is_guest and user.nickname != nickname:
            if not elsewhere:
                self._login_in_time()
            # A copy: what he is to this socket changes when the change is heard of, and is told then.
            await self.runtime.database.write(profile_update, user=copy(user), nickname=nickname)

    async def handle_message(self, frame: messages.PostComment) -> None:
        content, refusal = self._judge(frame.content)
        # A known key gives the first answer, whatever speaks against this comment: the room's lock decides.
        if refusal is not None and (frame.client_msg_id is None or self.viewer.user is None):
            raise refusal
        speaker = self.room.speaker(self.person_id, self.role)

        def done(posted: Posted) -> None:
            if posted.again and refusal is None:
                speaker.forgive(content)
            self.runtime.checks.take(posted.comment, posted.review)
            self._answer_comment(frame, posted)

        def undo() -> None:
            if refusal is None:
                speaker.forget(content)

        try:
            user = await self.require_user()
            command = Post(self.room.room_id, user, self.role, content, frame.client_msg_id, refusal)
            self.submit(command, "message", frame, done, undo)
        except Refused:
            undo()
            raise

    def _judge(self, text: str) -> tuple[str, Refused | None]:
        """The cleaned text, and what speaks against it."""
        if self.part is None:
            raise Refused(Code.LOGIN_REQUIRED, "Log in first: a guest of this server only watches.")
        speaker: Speaker = self.room.speaker(self.person_id, self.role)
        try:
            content = content_clean(text)
        except Refused as refused:
            return text, refused
        return content, speaker.judge(content)

    def _answer_comment(self, frame: messages.PostComment, posted: Posted) -> None:
        comment, held = posted.comment, posted.held
        if held is not None and not posted.again:
            self.send_frame(posted.frame)
        ack = CommentAck(to="message", id=comment.pk, shown=held is None)
        if frame.client_msg_id is not None:
            ack.client_msg_id = frame.client_msg_id
        if held is not None:
            ack.held = held
        elif comment.seq is not None:
            ack.seq = comment.seq
        self.answer("message", frame, ack)
        if comment.state == Comment.State.REFUSED:
            # He may not have heard of it.
            self.comment_refused(comment.pk)

    async def handle_like(self, frame: messages.SendLike) -> None:
        room = self.room.room
        if room.status == "ended":
            raise Refused(Code.ROOM_CLOSED, "This show has ended.")
        if not room.allow.likes:
            raise Refused(Code.SWITCHED_OFF, "Likes are switched off in this room.")
        count = self.room.speaker(self.person_id, self.role).likes.take_some(frame.count)
        if count:
            self.room.like(count, self.part)
        self.answer("like", frame)

    async def handle_subscribe(self, frame: messages.Subscribe) -> None:
        speaker = self.room.speaker(self.person_id, self.role)
        wait = speaker.follows.take()
        if wait:
            rate = settings.LIVEROOM_FOLLOW_RATE
            raise Refused(
                Code.RATE_LIMITED, f"At most {rate:g} follows per second.", retry_after=round(wait, 3), limit=rate
            )
        user = await self.require_user()
        command = SetFollow(self.room.room_id, user, self.role, frame.action is FollowAction.FOLLOW)

        def done(followed: Followed) -> None:
            ack = SubscribeAck(to="subscribe", following=followed.following, followers=followed.followers)
            self.answer("subscribe", frame, ack)

        self.submit(command, "subscribe", frame, done)

    async def handle_leave(self, frame: messages.Leave) -> None:
        # What was bought a moment before is bought: its buyer is to know.
        await self.answered()
        self.answer("leave", frame)
        self.left(grace=0)
        self.close(Close.ASKED)

    async def handle_ping(self, frame: messages.Ping) -> None:
        self.pong(frame)

    def pong(self, frame: messages.Ping) -> None:
        """Say what was the last event put on this socket; a client behind it has lost something."""
        self.send_frame(messages.Pong(seq=self.outbox.seq), keep=False)
        self.answer("ping", frame)

    async def handle_history(self, frame: messages.AskHistory) -> None:
        comments, more = await self.runtime.database.read(
            selectors.history, self.room.room_id, before=frame.before, limit=frame.limit
        )
        self.send_frame(messages.History(comments=comments, more=more))
        self.answer("history", frame)

    async def handle_sync(self, frame: messages.Sync) -> None:
        self._sync_in_time()
        hub, since = self.room, frame.since
        if since is not None and since > hub.seq:
            await hub.catch_up()
        epoch = hub.epoch if frame.epoch is None else frame.epoch
        if since is None or not self.can_replay(since, epoch):
            await self.show(since, epoch)
            self.answer("sync", frame)
            return
        self.replay(await hub.missed(since))
        self.answer("sync", frame, messages.SyncAck(to="sync", seq=self.outbox.seq))

    async def handle_init(self, frame: messages.AskInit) -> None:
        self._sync_in_time()
        await self.show(None, None)
        self.answer("init", frame)

    def _login_in_time(self) -> None:
        # Each is a whole picture, and may be a new name: as dear as a sync.
        every = settings.LIVEROOM_SYNC_EVERY
        if self._logins is None:
            self._logins = TokenBucket(1 / every if every else 0, LOGINS_AT_ONCE)
        wait = self._logins.take()
        if wait:
            raise Refused(
                Code.RATE_LIMITED, f"One login or new name every {every:g} s.", retry_after=round(wait, 3), limit=every
            )

    def _sync_in_time(self) -> None:
        every, now = settings.LIVEROOM_SYNC_EVERY, asyncio.get_running_loop().time()
        wait = self._synced_at + every - now
        if every and wait > 0:
            raise Refused(Code.RATE_LIMITED, f"One sync every {every:g} s.", retry_after=round(wait, 3), limit=every)
        self._synced_at = now
