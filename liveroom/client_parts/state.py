"""The picture of a room that a client keeps: an ``init``, and the numbered events after it. Standard library only."""

from collections import deque
from enum import Enum, auto
from typing import Any, Final, NotRequired, TypedDict

Frame = dict[str, Any]
"""One decoded frame. What the client hands out is shared by all that read it: never change it."""

COMMENTS_MAX: Final = 200

NOT_EVENTS: Final = frozenset({"init", "ack", "error", "pong", "history", "me", "reject", "stats"})
"""Frames to one client: a ``seq`` in them is not the number of an event."""


class UserPart(TypedDict):
    """Somebody, as others see him."""

    id: str
    nickname: str
    avatar: str
    role: str


class CommentPart(TypedDict):
    """A comment; ``seq`` is None while only its sender sees it."""

    id: int
    seq: int | None
    ts: int
    user: UserPart
    content: str


class SalePart(TypedDict):
    """A price for some time; times in ms since 1970 UTC."""

    price: str
    starts_at: int
    ends_at: int


class ItemPart(TypedDict):
    """An item on the shelf; money is a string in yuan with two decimals."""

    id: int
    product_id: int
    title: str
    cover: str
    price: str
    list_price: str
    sale: SalePart | None
    stock: int
    sold: int
    limit_per_user: int
    position: int
    explaining: bool
    link: str


class OrderPart(TypedDict):
    """An order of one's own."""

    number: str
    status: str
    item_id: int
    title: str
    quantity: int
    price: str
    total: str
    created_at: int
    expires_at: int | None


class CommentAck(TypedDict):
    """What became of a comment: without ``shown`` it is ``held`` back, ``busy`` or for a ``review``, and has no seq."""

    id: int
    shown: bool
    seq: NotRequired[int]
    held: NotRequired[str]


class FollowAck(TypedDict):
    """Whether one follows the room's host now, and how many do."""

    following: bool
    followers: int


class Step(Enum):
    """What a frame was to the picture."""

    EVENT = auto()
    """The next durable event: applied."""
    REPEATED = auto()
    """A durable event that is in the picture already: ignored."""
    GAP = auto()
    """A durable event with one missing before it: ignored, the picture is ``behind``."""
    INIT = auto()
    """A picture, or the beginning of a recovery: applied."""
    OTHER = auto()
    """No durable event."""


def price_at(item: ItemPart, now: int) -> str:
    """What one piece costs at ``now`` (ms): the sale's price while the sale runs."""
    sale = item["sale"]
    return sale["price"] if sale and sale["starts_at"] <= now < sale["ends_at"] else item["price"]


def is_break(init: Frame, epoch: str | None, seq: int) -> bool:
    """Whether this picture stands for a log in which what follows ``seq`` of ``epoch`` will not come.

    It is another log, or more was missed than is replayed, or the log was set back: then ``recovered`` is False and not
    null, as it is in a picture that is only a little older.
    """
    return init["epoch"] != epoch or init["seq"] > seq or (init["seq"] < seq and init["recovered"] is False)


class RoomState:
    """A room as its events tell it. By the snapshot law it equals what a fresh ``init`` would say.

    ``seq``: the last event in it. ``behind``: one is missing, and has to be asked for with ``sync``. ``comments``: the
    newest COMMENTS_MAX at most, oldest first. ``shelf``: in order. ``online`` and ``likes`` are approximate.
    """

    def __init__(self) -> None:
        self.entered = False
        self.behind = False
        self.epoch: str | None = None
        self.seq = 0
        self.room: Frame = {}
        self.user: UserPart | None = None
        self.role = "guest"
        self.following = False
        self.muted_until: int | None = None
        self.comments: deque[CommentPart] = deque(maxlen=COMMENTS_MAX)
        self.shelf: list[ItemPart] = []
        self.online = 0
        self.likes = 0
        self.heartbeat = 25_000
        self.limits: Frame = {}
        self.base_url = ""
        self._newest_show = 0

    def item(self, item_id: int) -> ItemPart | None:
        """The item on the shelf with that id."""
        return next((item for item in self.shelf if item["id"] == item_id), None)

    def apply(self, frame: Frame) -> Step:
        """Take over a server frame, and say what it was. Kinds that are not known here count by their ``seq`` alone."""
        kind = frame["msg_type"]
        if kind == "init":
            self._enter(frame)
            return Step.INIT
        if not self.entered:
            return Step.OTHER
        if kind not in NOT_EVENTS and isinstance(frame.get("seq"), int):
            return self._numbered(kind, frame)
        self._for_the_moment(kind, frame)
        return Step.OTHER

    def _numbered(self, kind: str, frame: Frame) -> Step:
        if frame["seq"] <= self.seq:
            return Step.REPEATED
        if frame["seq"] > self.seq + 1:
            self.behind = True
            return Step.GAP
        self._event(kind, frame)
        self.seq = frame["seq"]
        self.behind = False
        return Step.EVENT

    def _enter(self, frame: Frame) -> None:
        # After a recovery the events repeat what is here already: neither the number nor the comments go back.
        kept = frame["recovered"] is True and self.entered and frame["epoch"] == self.epoch
        if not kept:
            self.seq = frame["seq"]
        if not (kept and self.room["show"] == frame["room"]["show"]):
            self.comments = deque(frame["comments"], maxlen=COMMENTS_MAX)
        self.entered, self.behind = True, False
        self.epoch, self.room = frame["epoch"], frame["room"]
        self._newest_show = self.room["show"]
        self._take_viewer(frame)
        self.shelf = _in_order(frame.get("shelf", []))
        self.online, self.likes = frame["online"], frame["likes"]
        self.heartbeat, self.limits, self.base_url = frame["heartbeat"], frame["limits"], frame["base_url"]

    def _take_viewer(self, frame: Frame) -> None:
        self.user, self.role = frame["user"], frame["role"]
        self.following, self.muted_until = frame["following"], frame["muted_until"]

    # --- Durable events.

    def _event(self, kind: str, frame: Frame) -> None:
        match kind:
            case "message":
                self._comment(frame)
            case "subscribe" | "followers":
                self.room = {**self.room, "followers": frame["followers"]}
            case "buy":
                self._shop(frame)
            case "notice":
                self.room = {**self.room, "notice": frame["text"]}
            case "remove":
                self._without_comments(frame["comment_ids"])
            case "pin":
                self.room = {**self.room, "pinned": frame["comment"]}
            case "room":
                self._room_changed(frame["room"])

    def _comment(self, frame: Frame) -> None:
        if frame.get("removed"):
            return
        # One's own that was held back comes again, with a number, when it passes the check.
        if self.user is not None and frame["user"]["id"] == self.user["id"]:
            self._without_comments([frame["id"]])
        self.comments.append(
            {
                "id": frame["id"],
                "seq": frame.get("seq"),
                "ts": frame["ts"],
                "user": frame["user"],
                "content": frame["content"],
            }
        )

    def _without_comments(self, ids: list[int]) -> None:
        gone = set(ids)
        self.comments = deque((c for c in self.comments if c["id"] not in gone), maxlen=COMMENTS_MAX)

    def _shop(self, frame: Frame) -> None:
        action = frame["action"]
        if action == "purchase":
            self._change_items(frame["item_id"], stock=frame["stock"], sold=frame["sold"])
        elif action == "off_shelf":
            self.shelf = [item for item in self.shelf if item["id"] != frame["item"]["id"]]
        elif action in ("on_shelf", "update", "explain", "restock"):
            self._put(frame["item"], alone=action == "explain")

    def _change_items(self, item_id: int | None = None, **fields: Any) -> None:
        self.shelf = [
            {**item, **fields} if item_id in (None, item["id"]) else item  # type: ignore[typeddict-item]
            for item in self.shelf
        ]

    def _put(self, item: ItemPart, *, alone: bool = False) -> None:
        if alone or item["explaining"]:
            self._change_items(explaining=False)
        self.shelf = _in_order([*(other for other in self.shelf if other["id"] != item["id"]), item])

    def _room_changed(self, room: Frame) -> None:
        if room["show"] != self.room["show"]:
            self.comments = deque(maxlen=COMMENTS_MAX)
        if room["show"] > self._newest_show:
            # Replayed after an `init` that knows of the new show already, it does not take away that show's likes.
            self._newest_show, self.likes = room["show"], 0
        self.room = room

    # --- What passes, and what is one's own.

    def _for_the_moment(self, kind: str, frame: Frame) -> None:
        match kind:
            case "join" | "leave" | "online":
                self.online = frame["online"]
            case "like":
                self.likes = frame["total"]
            case "message":
                self._comment(frame)
            case "reject":
                self._without_comments([frame["comment_id"]])
            case "me":
                self._take_viewer(frame)
            case "ack" if frame.get("to") == "subscribe":
                self.following = frame["following"]
            case "error" if "item" in frame and self.item(frame["item"]["id"]):
                # `price_changed` brings the item with its new price.
                self._put(frame["item"])


def _in_order(items: list[ItemPart]) -> list[ItemPart]:
    return sorted(items, key=lambda item: (item["position"], item["id"]))
