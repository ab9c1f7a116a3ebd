"""The room itself: its show, its notice, its settings."""

from collections.abc import Iterable, Mapping
from typing import Any

from accounts.models import User
from accounts.wechat import reminders
from rooms.checks import Kind, Subject
from rooms.checks.pipeline import judge
from rooms.messages import Code, NoticeEvent, Refused, RoomEvent
from rooms.models import Room
from rooms.selectors import room_part
from rooms.services.follows import FollowBuffer
from rooms.services.reviews import reviews_end
from rooms.transaction import RoomTransaction

SETTINGS = frozenset({"slug", "title", "cover", "stream", "allow_comments", "allow_likes", "allow_shop", "slow_mode"})
"""Fields of Room whose change is told by one ``room`` event."""


def room_changed(tx: RoomTransaction, *, room_id: int) -> None:
    """Tell the whole room object; once per transaction and show, as it is at the end of either.

    The end of a show is told even where the next one begins in the same transaction: by the number of the show a client
    that comes back knows which comments among those that it missed are of the last one.
    """
    room, head = tx.rooms[room_id], tx.heads[room_id]
    key = ("room", room.show)
    if tx.found(room_id, key, RoomEvent) is not None:
        return
    frame = RoomEvent(room=room_part(room, head))

    def finish() -> None:
        if room.show == frame.room.show:
            frame.room = room_part(room, head)

    tx.emit(room_id, frame, key=key, finish=finish)


def room_update(tx: RoomTransaction, *, room_id: int, changes: Mapping[str, Any], by: User | None = None) -> None:
    """Change fields of a room, and those alone; what is so already is left out.

    ``notice`` and ``status`` go their own ways. Raises Refused for a step between states that there is none of,
    ValueError for a field that is not to be set.
    """
    room = tx.rooms[room_id]
    fields = [name for name, value in changes.items() if name in SETTINGS and getattr(room, name) != value]
    unknown = changes.keys() - SETTINGS - {"notice", "status"}
    if unknown:
        raise ValueError(f"{sorted(unknown)[0]} is no setting of a room.")
    if "status" in changes:
        room_set_status(tx, room_id=room_id, status=changes["status"])
    if "notice" in changes:
        notice_set(tx, room_id=room_id, text=changes["notice"], by=by)
    if not fields:
        return
    for name in fields:
        setattr(room, name, changes[name])
    room.save(update_fields=fields)
    room_changed(tx, room_id=room_id)


def room_set_status(tx: RoomTransaction, *, room_id: int, status: str) -> None:
    """Take a show to another state: scheduled → live ⇄ paused → ended → live; the last step begins the next show."""
    step = {
        Room.Status.LIVE: room_start,
        Room.Status.PAUSED: room_pause,
        Room.Status.ENDED: room_end,
    }.get(Room.Status(status))
    if step is not None:
        step(tx, room_id=room_id)
    elif tx.rooms[room_id].status != status:
        raise Refused(
            Code.ROOM_CLOSED, "A room that was live cannot be scheduled again; end it and start it.", field="status"
        )


def room_start(tx: RoomTransaction, *, room_id: int) -> None:
    """Go live. After ``ended`` this is the next show: without the pin, the likes and the comments of the last one."""
    room, head = tx.rooms[room_id], tx.heads[room_id]
    if room.status == Room.Status.LIVE:
        return
    if room.status != Room.Status.PAUSED and reminders.reminders_are_on():
        reminders.announcement_add(host_id=room.host_id, title=room.title, slug=room.slug)
    if room.status == Room.Status.ENDED:
        _tell_end(tx, room)
        reviews_end(tx, room_id=room_id)
        room.show += 1
        room.pinned = None
        head.likes = head.held = 0
        _refresh_followers(tx, room)
    _set_status(tx, room, Room.Status.LIVE)


def _tell_end(tx: RoomTransaction, room: Room) -> None:
    """The last word on a show, where this transaction has told another state of it."""
    told = tx.found(room.pk, ("room", room.show), RoomEvent)
    if told is not None and told.room.status != Room.Status.ENDED:
        tx.emit(room.pk, RoomEvent(room=room_part(room, tx.heads[room.pk])))


def room_pause(tx: RoomTransaction, *, room_id: int) -> None:
    """Pause a live show; raises Refused ``room_closed`` when it is not live."""
    room = tx.rooms[room_id]
    if room.status == Room.Status.PAUSED:
        return
    if room.status != Room.Status.LIVE:
        raise Refused(Code.ROOM_CLOSED, f"Only a live show can be paused; this room is {room.status}.", field="status")
    _set_status(tx, room, Room.Status.PAUSED)


def room_end(tx: RoomTransaction, *, room_id: int) -> None:
    """End a live or paused show; raises Refused ``room_closed`` when it was never started."""
    room = tx.rooms[room_id]
    if room.status == Room.Status.ENDED:
        return
    if room.status == Room.Status.SCHEDULED:
        raise Refused(Code.ROOM_CLOSED, "A show that was not started cannot be ended.", field="status")
    if reminders.reminders_are_on():
        reminders.announcements_over(host_id=room.host_id, slug=room.slug)
    _set_status(tx, room, Room.Status.ENDED)


def _set_status(tx: RoomTransaction, room: Room, status: Room.Status) -> None:
    room.status = status
    room.save(update_fields=["status", "show", "pinned"])
    room_changed(tx, room_id=room.pk)


def notice_judge(text: str, by: User | None) -> str:
    """The notice as the checks from memory take it; raises Refused ``content_rejected``."""
    return judge(Subject(Kind.NOTICE, text, by)).text if text else ""


def notice_set(tx: RoomTransaction, *, room_id: int, text: str, by: User | None = None) -> None:
    """Put up a notice; "" takes it down.

    The checks from memory may refuse or change it; those that ask elsewhere were to be asked before (``notice_check``).
    """
    room = tx.rooms[room_id]
    text = text.strip()
    limit = Room._meta.get_field("notice").max_length or 0
    if len(text) > limit:
        raise Refused(
            Code.BAD_MESSAGE, f"The notice has {len(text)} characters, at most {limit}.", field="text", limit=limit
        )
    if text == room.notice or (text := notice_judge(text, by)) == room.notice:
        return
    room.notice = text
    room.save(update_fields=["notice"])
    frame = tx.found(room_id, "notice", NoticeEvent) or tx.emit(room_id, NoticeEvent(text=text), key="notice")
    frame.text = text


def assistants_set(tx: RoomTransaction, *, room_id: int, users: Iterable[User]) -> None:
    """Make these users, and no others, the room's assistants."""
    room = tx.rooms[room_id]
    before = set(room.assistants.values_list("pk", flat=True))
    after = {user.pk for user in users}
    room.assistants.set(after)
    for user_id in before ^ after:
        tx.viewer_changed(room_id, user_id)


def _refresh_followers(tx: RoomTransaction, room: Room) -> None:
    # Under the lock of the host's number: a follow either counts here already, or finds this room when it comes.
    tx.heads[room.pk].followers = tx.buffer(FollowBuffer).host(room.host_id).followers
