"""Every WebSocket path leads to the room's consumer: a client on a wrong one is told so, instead of a bare failure."""

from django.urls import re_path

from liveroom.consumers import LiveRoomConsumer

websocket_urlpatterns = [re_path(r"", LiveRoomConsumer.as_asgi())]
