"""The ASGI application: Django for HTTP, the room's consumer for WebSockets."""

from typing import Any

from django.core.asgi import get_asgi_application

from liveroom.startup import load_settings, one_line

load_settings()
with one_line():
    django_application = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402 - Django's apps must be there first

from liveroom.routing import websocket_urlpatterns  # noqa: E402 - as above
from rooms.realtime import runtime  # noqa: E402 - as above


async def http_application(scope: Any, receive: Any, send: Any) -> None:
    """Django. The live side runs from the first request on, whatever it is: it knows who is online elsewhere."""
    runtime.current()
    await django_application(scope, receive, send)


application = ProtocolTypeRouter({"http": http_application, "websocket": URLRouter(websocket_urlpatterns)})
