"""Parts of frames as they go over the wire, for the users and rooms of the fixtures."""

from typing import Any
from unittest.mock import ANY

from rooms.models import Room
from tests.clients import Frame

HOST = {"id": "000000000000h057", "nickname": "主播", "avatar": "/host.png", "role": "host"}
LI = {"id": "00000000000000aa", "nickname": "李雷", "avatar": "/li.png", "role": "viewer"}
HAN = {"id": "00000000000000bb", "nickname": "韩梅梅", "avatar": "", "role": "viewer"}


def room_part(**changes: Any) -> Frame:
    """The ``room`` object of the fixture ``room``."""
    room: Frame = {
        "slug": "demo",
        "title": "Demo",
        "cover": "",
        "host": {"user": HOST},
        "followers": 0,
        "notice": "",
        "pinned": None,
        "status": "live",
        "show": 1,
        "allow": {"comments": True, "likes": True, "shop": True},
        "slow_mode": 0,
        "stream": "",
    }
    return {**room, **changes}


def item_part(**changes: Any) -> Frame:
    """An item as ``factories.make_item`` makes it; ``id`` and ``product_id`` are to be given."""
    item: Frame = {
        "title": "Tea",
        "cover": "",
        "price": "20.00",
        "list_price": "30.00",
        "sale": None,
        "stock": 50,
        "sold": 0,
        "limit_per_user": 0,
        "position": 0,
        "explaining": False,
        "link": "",
    }
    return {**item, **changes}


def error(code: str, detail: str, *, retry: bool = False, **fields: Any) -> Frame:
    """An ``error`` frame without its ``ts``."""
    return {"msg_type": "error", "code": code, "detail": detail, "retry": retry, **fields}


def without_ts(frame: Frame) -> Frame:
    """A frame without its ``ts``."""
    return {name: value for name, value in frame.items() if name != "ts"}


def init_of(where: Room, **changes: Any) -> Frame:
    """The ``init`` of a guest in the fixture ``room``, alone and with nothing there; ``where``: the stored room."""
    frame: Frame = {
        "msg_type": "init",
        "ts": ANY,
        "room": room_part(),
        "user": None,
        "role": "guest",
        "following": False,
        "muted_until": None,
        "epoch": where.epoch,
        "seq": 0,
        "recovered": None,
        "comments": [],
        "shelf": [],
        "online": 1,
        "likes": 0,
        "heartbeat": 25000,
        "limits": {"content": 200, "rate": 1, "frame": 16384},
        "base_url": "http://room.test",
    }
    return {**frame, **changes}
