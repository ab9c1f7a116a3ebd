"""What the settings read from outside: the environment, and the key that a development machine keeps."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured


class Environment(environ.Env):
    """The environment; a value of the wrong form is named, with the setting that it stands in."""

    def get_value(self, var: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().get_value(var, *args, **kwargs)
        except ValueError as error:
            raise ImproperlyConfigured(f"{var} is {os.environ.get(var)!r}, which cannot be read: {error}.") from None

    def number(self, var: str, *, default: float) -> float:
        """A number that may have a fraction; a whole one is an integer, and so it goes over the wire: 1, never 1.0."""
        value = float(self.float(var, default=default))
        return int(value) if value.is_integer() else value


def kept_key(file: Path) -> str:
    """A secret key made at random once and kept in ``file``, readable to its owner alone; two at once make one."""
    with contextlib.suppress(FileNotFoundError):
        return file.read_text().strip()
    file.parent.mkdir(mode=0o700, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(secrets.token_urlsafe(50))
    try:
        # A link fails where another process was first, and nobody ever sees half a key.
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)
    finally:
        os.unlink(draft)
    return file.read_text().strip()
