"""What Django's system check says of the settings, beside what they refuse themselves."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks


def unknown_settings(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Warn of names that look like settings of ours and are none."""
    text = unknown_text()
    return [checks.Warning(text, id="liveroom.W001")] if text else []


def unknown_text() -> str:
    """One line about those names; empty where there are none."""
    names = settings.UNKNOWN_SETTINGS
    return f"Not read, because there is no such setting: {', '.join(names)}." if names else ""
