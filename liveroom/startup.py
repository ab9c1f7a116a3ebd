"""How a process begins: it reads the settings, or ends with the one line that says what is wrong with them."""

import importlib
import os
import sys

from django.core.exceptions import ImproperlyConfigured

SETTINGS = "liveroom.settings"


def load_settings() -> None:
    """Read the settings that DJANGO_SETTINGS_MODULE names (ours by default).

    Where a setting is missing or wrong, print that one line to stderr and exit with 1: an operator needs no traceback.
    """
    try:
        importlib.import_module(os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS))
    except ImproperlyConfigured as error:
        sys.exit(str(error))
