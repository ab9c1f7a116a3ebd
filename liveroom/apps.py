from django.apps import AppConfig
from django.core import checks

from liveroom.checks import unknown_settings


class LiveroomConfig(AppConfig):
    name = "liveroom"

    def ready(self) -> None:
        checks.register(unknown_settings)
