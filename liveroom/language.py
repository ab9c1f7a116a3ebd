"""Which language a command speaks."""

import os
from typing import Final

LANGUAGES: Final = {"en": "en", "zh": "zh-hans"}
"""Languages of `--language`, and their names in Django."""


def language_of_environment() -> str:
    """Chinese where the environment is; else English."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"
