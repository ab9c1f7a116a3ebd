"""Follows. One follows a room's host; his followers are one number, shown in all his rooms."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from accounts.models import User
from accounts.wechat import reminders
from rooms.messages import FollowersEvent, Role, SubscribeEvent
from rooms.models import Follow, HostHead, Room, from_ms
from rooms.selectors import user_part
from rooms.services.commands import RoomsChanged
from rooms.services.sanctions import check_may_act, look_up_askers
from rooms.transaction import RoomTransaction, rooms_of_host


class FollowBuffer:
    """The follows of one transaction. The host's row is locked, so that his number is true over all processes."""

    def __init__(self, tx: RoomTransaction) -> None:
        self._tx = tx
        self._hosts: dict[int, HostHead] = {}
        self._before: dict[tuple[int, int], bool] = {}
        self._now: dict[tuple[int, int], bool] = {}
        self._room: dict[tuple[int, int], int] = {}

    def host(self, host_id: int) -> HostHead:
        """The host's locked row, made when it is missing."""
        if host_id not in self._hosts:
            HostHead.objects.bulk_create([HostHead(host_id=host_id)], ignore_conflicts=True)
            self._hosts[host_id] = HostHead.objects.select_for_update(no_key=True).get(host_id=host_id)
        return self._hosts[host_id]

    def look_up(self, host_id: int, user_ids: Iterable[int]) -> None:
        """Read whether these users follow the host."""
        self.host(host_id)
        asked = {user_id for user_id in user_ids if (host_id, user_id) not in self._now}
        if not asked:
            return
        rows = Follow.objects.filter(host_id=host_id, user_id__in=asked).values_list("user_id", flat=True)
        following = set(rows)
        for user_id in asked:
            self._before[host_id, user_id] = self._now[host_id, user_id] = user_id in following

    def follows(self, host_id: int, user_id: int) -> bool:
        self.look_up(host_id, [user_id])
        return self._now[host_id, user_id]

    def change(self, host_id: int, user_id: int, *, room_id: int, following: bool) -> None:
        self._now[host_id, user_id] = following
        self._room[host_id, user_id] = room_id
        self._hosts[host_id].followers += 1 if following else -1

    def flush(self) -> None:
        changed = [pair for pair, now in self._now.items() if now != self._before[pair]]
        Follow.objects.bulk_create(
            Follow(host_id=pair[0], user_id=pair[1], room_id=self._room[pair], created_at=from_ms(self._tx.now))
            for pair in changed
            if self._now[pair]
        )
        for host_id, host in self._hosts.items():
            gone = [user_id for owner, user_id in changed if owner == host_id and not self._now[owner, user_id]]
            if gone:
                Follow.objects.filter(host_id=host_id, user_id__in=gone).delete()
                if reminders.reminders_are_on():
                    reminders.reminders_forget(user_ids=gone, host_id=host_id)
            host.save(update_fields=["followers"])
            for room in self._tx.rooms.values():
                if room.host_id == host_id:
                    self._tx.heads[room.pk].followers = host.followers


@dataclass(slots=True)
class Followed:
    """How a viewer stands to a host; ``followers`` is complete after the commit."""

    following: bool
    host: HostHead

    @property
    def followers(self) -> int:
        return self.host.followers


def follow_set(tx: RoomTransaction, *, room_id: int, user: User, role: Role, following: bool) -> Followed:
    """Follow or unfollow the host of a room; what is so already changes nothing.

    The transaction must hold ``rooms_of_host`` of that host: his other rooms get the new number too.
    """
    host_id = tx.rooms[room_id].host_id
    buffer = tx.buffer(FollowBuffer)
    host = buffer.host(host_id)
    if buffer.follows(host_id, user.pk) == following:
        return Followed(following, host)
    buffer.change(host_id, user.pk, room_id=room_id, following=following)
    for room in tx.rooms.values():
        if room.host_id != host_id:
            continue
        tx.viewer_changed(room.pk, user.pk, following=following)
        if room.pk == room_id and following:
            _tell_follow(tx, room_id, host, user, role)
        elif room.pk == room_id or room.status != Room.Status.ENDED:
            _tell_followers(tx, room.pk, host)
    return Followed(following, host)


def _tell_follow(tx: RoomTransaction, room_id: int, host: HostHead, user: User, role: Role) -> None:
    frame = tx.found(room_id, "subscribe", SubscribeEvent)
    if frame is None:
        new = SubscribeEvent(user=user_part(user, role), count=0, followers=0)
        frame = tx.emit(room_id, new, key="subscribe", finish=lambda: setattr(new, "followers", host.followers))
    frame.user = user_part(user, role)
    frame.count += 1


def _tell_followers(tx: RoomTransaction, room_id: int, host: HostHead) -> None:
    if tx.found(room_id, "followers", FollowersEvent) is None:
        new = FollowersEvent(followers=0)
        tx.emit(room_id, new, key="followers", finish=lambda: setattr(new, "followers", host.followers))


@dataclass(slots=True, frozen=True)
class SetFollow:
    """The command behind a ``subscribe`` frame; see ``follow_set``. Refused ``banned`` to one who is."""

    room_id: int
    user: User
    role: Role
    following: bool

    @classmethod
    def rooms(cls, commands: Sequence[Self]) -> set[int]:
        hosts = Room.objects.filter(pk__in={command.room_id for command in commands}).values_list("host_id", flat=True)
        return {room_id for host_id in set(hosts) for room_id in rooms_of_host(host_id)}

    @classmethod
    def prepare(cls, tx: RoomTransaction, commands: Sequence[Self]) -> None:
        buffer = tx.buffer(FollowBuffer)
        for host_id in sorted({tx.rooms[command.room_id].host_id for command in commands}):
            buffer.host(host_id)
            if not tx.rooms.keys() >= set(rooms_of_host(host_id)):
                raise RoomsChanged(f"User {host_id} has another room since his rooms were locked.")
            buffer.look_up(
                host_id,
                [command.user.pk for command in commands if tx.rooms[command.room_id].host_id == host_id],
            )
        look_up_askers(tx, commands)

    def apply(self, tx: RoomTransaction) -> Followed:
        check_may_act(tx, room_id=self.room_id, user=self.user, role=self.role)
        return follow_set(tx, room_id=self.room_id, user=self.user, role=self.role, following=self.following)
