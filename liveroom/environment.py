"""What the settings read from outside: the environment, and the key that a development machine keeps."""

import contextlib
import math
import os
import secrets
import tempfile
import warnings
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
        # Env.float() drops what is no digit first: "1e3" would be 13, and "2/s" 2.
        text = self.str(var, default=str(default))
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise ImproperlyConfigured(f"{var} is {text!r}, which is no number.")
        return int(value) if value.is_integer() else value


def database_of(url: str) -> dict[str, Any]:
    """Return the database that a DATABASE_URL names; raises ImproperlyConfigured where it names none that we know."""
    with warnings.catch_warnings(), contextlib.suppress(ValueError):
        # The library warns where it knows no such engine, and goes on.
        warnings.simplefilter("ignore")
        database: dict[str, Any] = dict(Environment.db_url_config(url))
        if database.get("ENGINE") in ("django.db.backends.sqlite3", "django.db.backends.postgresql"):
            return database
    # Without the URL itself: it may hold a password.
    raise ImproperlyConfigured(
        "DATABASE_URL cannot be read; it takes postgres://user:password@host/name, with the password percent-encoded, "
        "or sqlite:///path."
    )


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
