"""The room's frames as typed structs, and every error and close code. Pure: imports no Django.

Client frames are decoded and checked in one step; server frames carry their ``msg_type`` as the struct's tag. All times
are integer milliseconds since 1970 UTC. A field that is UNSET does not appear in the JSON.
"""

from enum import IntEnum, StrEnum
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

REF_MAX = KEY_MAX = 64
Ref = Annotated[str, Meta(max_length=REF_MAX)] | int
Key = Annotated[str, Meta(min_length=1, max_length=KEY_MAX, pattern=r"^[^\x00-\x1f\x7f]+$")]
Count = Annotated[int, Meta(ge=0, le=2**53)]


class Code(StrEnum):
    """What went wrong, in an ``error`` frame and in an HTTP error."""

    BAD_JSON = "bad_json"
    BAD_MESSAGE = "bad_message"
    UNKNOWN_TYPE = "unknown_type"
    TOO_LARGE = "too_large"
    LOGIN_REQUIRED = "login_required"
    BAD_TOKEN = "bad_token"  # noqa: S105 (a code)
    FORBIDDEN = "forbidden"
    MUTED = "muted"
    BANNED = "banned"
    RATE_LIMITED = "rate_limited"
    SLOW_MODE = "slow_mode"
    DUPLICATE_CONTENT = "duplicate_content"
    CONTENT_REJECTED = "content_rejected"
    ROOM_NOT_FOUND = "room_not_found"
    ROOM_CLOSED = "room_closed"
    SWITCHED_OFF = "switched_off"
    NOT_ON_SHELF = "not_on_shelf"
    OUT_OF_STOCK = "out_of_stock"
    LIMIT_REACHED = "limit_reached"
    PRICE_CHANGED = "price_changed"
    UNAVAILABLE = "unavailable"
    RESTARTING = "restarting"
    TOO_MANY_SOCKETS = "too_many_sockets"
    FLOODING = "flooding"
    INTERNAL = "internal"


RETRY = frozenset(
    {
        Code.RATE_LIMITED,
        Code.SLOW_MODE,
        Code.DUPLICATE_CONTENT,
        Code.PRICE_CHANGED,
        Code.UNAVAILABLE,
        Code.RESTARTING,
        Code.INTERNAL,
    }
)
"""Codes where the same request can succeed later; of ``price_changed``: with the new price."""


class Close(IntEnum):
    """The close codes that this server sends. 4000-4499: reconnect; 4500-4999: do not."""

    ASKED = 1000
    TRY_AGAIN = 4000
    NO_ROOM = 4500
    BAD_TOKEN = 4501
    BANNED = 4503
    MISUSE = 4504
    TOO_MANY_SOCKETS = 4505


class Refused(Exception):
    """A request that was understood and not done; becomes one ``error`` frame, or an HTTP error.

    ``detail`` is English, for developers, and names what was wrong. ``retry_after`` and ``limit`` are in the unit of
    what they limit (seconds, characters, pieces); ``until`` is in ms. ``close`` ends the socket. ``extra`` holds
    further fields.
    """

    def __init__(
        self,
        code: Code,
        detail: str,
        *,
        retry_after: float | None = None,
        field: str | None = None,
        limit: float | None = None,
        until: int | None = None,
        close: Close | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.retry = code in RETRY
        self.retry_after = retry_after
        self.field = field
        self.limit = limit
        self.until = until
        self.close = close
        self.extra = extra

    def closing(self, code: Close) -> "Refused":
        """The same refusal, one that ends the socket: it may be somebody else's too, so it is not changed itself."""
        return Refused(
            self.code,
            self.detail,
            retry_after=self.retry_after,
            field=self.field,
            limit=self.limit,
            until=self.until,
            close=self.close or code,
            **self.extra,
        )


# --- What a client sends.


class ClientFrame(msgspec.Struct, kw_only=True):
    """The part common to all client frames; unknown fields are ignored."""

    ref: Ref | None = None


class Login(ClientFrame, kw_only=True):
    token: str
    nickname: str | None = None
    since: Count | None = None
    epoch: str | None = None


class Join(ClientFrame, kw_only=True):
    nickname: str | None = None


class PostComment(ClientFrame, kw_only=True):
    content: str
    client_msg_id: Key | None = None


class SendLike(ClientFrame, kw_only=True):
    count: Annotated[int, Meta(ge=1, le=50)] = 1


class FollowAction(StrEnum):
    FOLLOW = "follow"
    UNFOLLOW = "unfollow"


class Subscribe(ClientFrame, kw_only=True):
    action: FollowAction = FollowAction.FOLLOW


class Leave(ClientFrame, kw_only=True):
    reason: str | None = None


class Ping(ClientFrame, kw_only=True):
    seq: Count | None = None


class AskHistory(ClientFrame, kw_only=True):
    before: Count | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 50


class Sync(ClientFrame, kw_only=True):
    since: Count | None = None
    epoch: str | None = None


class AskInit(ClientFrame, kw_only=True):
    pass


# --- Parts of server frames.


class Role(StrEnum):
    GUEST = "guest"
    VIEWER = "viewer"
    ASSISTANT = "assistant"
    HOST = "host"


class UserPart(msgspec.Struct, kw_only=True):
    id: str
    nickname: str
    avatar: str
    role: Role


class CommentPart(msgspec.Struct, kw_only=True):
    id: int
    seq: int
    ts: int
    user: UserPart
    content: str


class HostPart(msgspec.Struct, kw_only=True):
    user: UserPart


class AllowPart(msgspec.Struct, kw_only=True):
    comments: bool
    likes: bool
    shop: bool


class RoomPart(msgspec.Struct, kw_only=True):
    slug: str
    title: str
    cover: str
    host: HostPart
    followers: int
    notice: str
    pinned: CommentPart | None
    status: str
    show: int
    allow: AllowPart
    slow_mode: int
    stream: str


class LimitsPart(msgspec.Struct, kw_only=True):
    content: int
    rate: float
    frame: int


# --- What the server sends. Durable events carry `seq`.


class ServerFrame(msgspec.Struct, kw_only=True, tag_field="msg_type"):
    ts: int = 0
    durable: ClassVar[bool] = False


class DurableFrame(ServerFrame, kw_only=True):
    """An event with a number; ``seq`` and ``ts`` are filled in when its transaction commits."""

    seq: int | UnsetType = UNSET
    durable: ClassVar[bool] = True


class MessageEvent(DurableFrame, kw_only=True, tag="message"):
    id: int = 0
    user: UserPart
    content: str
    removed: bool | UnsetType = UNSET


class SubscribeEvent(DurableFrame, kw_only=True, tag="subscribe"):
    user: UserPart
    count: int
    followers: int


class FollowersEvent(DurableFrame, kw_only=True, tag="followers"):
    followers: int


class NoticeEvent(DurableFrame, kw_only=True, tag="notice"):
    text: str


class RemoveEvent(DurableFrame, kw_only=True, tag="remove"):
    comment_ids: list[int]


class PinEvent(DurableFrame, kw_only=True, tag="pin"):
    comment: CommentPart | None


class RoomEvent(DurableFrame, kw_only=True, tag="room"):
    room: RoomPart


class Joined(ServerFrame, kw_only=True, tag="join"):
    user: UserPart
    online: int


class Left(ServerFrame, kw_only=True, tag="leave"):
    user: UserPart
    online: int


class Online(ServerFrame, kw_only=True, tag="online"):
    online: int


class Likes(ServerFrame, kw_only=True, tag="like"):
    count: int
    total: int
    user: UserPart | UnsetType = UNSET


class Init(ServerFrame, kw_only=True, tag="init"):
    """The picture of a room; ``room`` and ``comments`` arrive encoded, once for all viewers of the same seq."""

    room: msgspec.Raw
    user: UserPart | None
    role: Role
    following: bool
    muted_until: int | None
    epoch: str
    seq: int
    recovered: bool | None
    comments: msgspec.Raw
    online: int
    likes: int
    heartbeat: int
    limits: LimitsPart
    base_url: str


class Ack(ServerFrame, kw_only=True, tag="ack"):
    to: str
    ref: str | int | UnsetType = UNSET


class CommentAck(Ack, kw_only=True, tag="ack"):
    client_msg_id: str | UnsetType = UNSET
    id: int
    seq: int | UnsetType = UNSET
    shown: bool
    held: str | UnsetType = UNSET


class SubscribeAck(Ack, kw_only=True, tag="ack"):
    following: bool
    followers: int


class SyncAck(Ack, kw_only=True, tag="ack"):
    seq: int


class Pong(ServerFrame, kw_only=True, tag="pong"):
    seq: int


class History(ServerFrame, kw_only=True, tag="history"):
    comments: list[CommentPart]
    more: bool


class Me(ServerFrame, kw_only=True, tag="me"):
    user: UserPart | None
    role: Role
    following: bool
    muted_until: int | None
    token: str | UnsetType = UNSET


class Reject(ServerFrame, kw_only=True, tag="reject"):
    comment_id: int


class Stats(ServerFrame, kw_only=True, tag="stats"):
    """For the host and his assistants; ``held``: comments of this show held back because the room was busy."""

    online: int
    likes: int
    held: int


class Error(ServerFrame, kw_only=True, tag="error"):
    to: str | UnsetType = UNSET
    ref: str | int | UnsetType = UNSET
    client_msg_id: str | UnsetType = UNSET
    client_order_id: str | UnsetType = UNSET
    code: Code
    detail: str
    retry: bool
    retry_after: float | UnsetType = UNSET
    field: str | UnsetType = UNSET
    limit: float | UnsetType = UNSET
    until: int | UnsetType = UNSET
    close: int | UnsetType = UNSET
    item: Any = UNSET


encode = msgspec.json.Encoder().encode
