"""How a process begins: it reads the settings, or ends with the one line that says what is wrong with them."""

import contextlib
import importlib
import os
import sys
from collections.abc import Iterator

from django.core.exceptions import ImproperlyConfigured

SETTINGS = "liveroom.settings"


def load_settings() -> None:
    """Read the settings that DJANGO_SETTINGS_MODULE names (ours by default).

    Where a setting is missing or wrong, print that one line to stderr and exit with 1: an operator needs no traceback.
    """
    with one_line():
        importlib.import_module(os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS))


@contextlib.contextmanager
def one_line() -> Iterator[None]:
    """The same for what shows only when the apps are there, such as a check that cannot be imported."""
    try:
        yield
    except ImproperlyConfigured as error:
        sys.exit(str(error))
