"""The chat consumer of the Channels tutorial ("Rewrite Chat Server as Asynchronous"), with the in-memory layer."""

import json
from typing import Any

from django.conf import settings

if not settings.configured:
    settings.configure(
        CHANNEL_LAYERS={"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}},
        DATABASES={},
        INSTALLED_APPS=["channels"],
        SECRET_KEY="benchmark",
    )

import django

django.setup()

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402 - settings first
from channels.routing import ProtocolTypeRouter  # noqa: E402


class ChatConsumer(AsyncWebsocketConsumer):
    """One group, a layer channel per viewer, an encoding per viewer."""

    group = "chat_room"

    async def connect(self) -> None:
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        message = json.loads(text_data or "{}")["content"]
        await self.channel_layer.group_send(self.group, {"type": "chat.message", "message": message})

    async def chat_message(self, event: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps({"message": event["message"]}))


application = ProtocolTypeRouter({"websocket": ChatConsumer.as_asgi()})
