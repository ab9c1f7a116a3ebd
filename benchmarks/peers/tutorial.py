"""The chat consumer of the Channels tutorial ("Rewrite Chat Server as Asynchronous"), on the layer of LAYER."""

import json
import os
from typing import Any

from django.conf import settings

REDIS = os.environ.get("REDIS_URL", "")
CAPACITY = 100_000
"""Messages that may wait for one viewer: the default of 100 would drop in silence what is to be measured."""
LAYERS: dict[str, dict[str, Any]] = {
    "memory": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": CAPACITY}},
    "core": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        # Without the longer time-out its receive fails after 5 s of quiet with redis-py 8.
        "CONFIG": {"hosts": [{"address": REDIS, "socket_timeout": 15}], "capacity": CAPACITY},
    },
    "pubsub": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS, "socket_timeout": 15}]},
    },
}

if not settings.configured:
    settings.configure(
        CHANNEL_LAYERS={"default": LAYERS[os.environ.get("LAYER", "memory")]},
        DATABASES={},
        INSTALLED_APPS=["channels"],
        SECRET_KEY="benchmark",
    )

import django  # noqa: E402 - settings first

django.setup()

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402 - settings first
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402 - settings first
from django.urls import re_path  # noqa: E402 - settings first


class ChatConsumer(AsyncWebsocketConsumer):
    """One group, a layer channel per viewer, an encoding per viewer."""

    async def connect(self) -> None:
        self.room_name = self.scope["url_route"]["kwargs"]["room_name"]
        self.room_group_name = f"chat_{self.room_name}"
        await self.channel_layer.group_add(self.room_group_name, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(self.room_group_name, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        message = json.loads(text_data or "{}")["message"]
        await self.channel_layer.group_send(self.room_group_name, {"type": "chat.message", "message": message})

    async def chat_message(self, event: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps({"message": event["message"]}))


routes = [re_path(r"ws/chat/(?P<room_name>\w+)/$", ChatConsumer.as_asgi())]
application = ProtocolTypeRouter({"websocket": URLRouter(routes)})
