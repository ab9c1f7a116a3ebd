"""The room's consumer, composed of the apps' handlers, and what each app adds to the picture of a room."""

from products import selectors as products
from products.handlers import ShopHandlers
from products.messages import Init
from rooms.consumers import RoomConsumer
from rooms.handlers import RoomHandlers
from rooms.selectors import picture_parts

picture_parts["shelf"] = products.shelf


class LiveRoomConsumer(ShopHandlers, RoomHandlers, RoomConsumer):
    """One viewer's socket in a room with a shop."""

    init_frame = Init
