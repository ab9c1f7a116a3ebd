"""What the settings read from outside: the environment, and the key that a development machine keeps."""

import contextlib
import difflib
import math
import os
import re
import secrets
import tempfile
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

PREFIX = "LIVEROOM_"
# How alike two names are, from 0 to 1, of which one is a slip of the other.
NEAR = 0.75
WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
SWITCH = {
    **dict.fromkeys(("1", "true", "yes", "on", "y", "ok"), True),
    **dict.fromkeys(("0", "false", "no", "off", "n"), False),
}


class Environment:
    """The environment. What stands in it and cannot be taken is refused, with the setting's name and what it takes.

    What is empty is as if it was not set. ``asked``: the names that were asked for until now.
    """

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def text(self, var: str, *, default: str) -> str:
        """Whatever stands there, a leading $ too."""
        text = self._text(var)
        return default if text is None else text

    def bool(self, var: str, *, default: bool) -> bool:
        """A switch."""
        text = self._text(var)
        if text is None:
            return default
        if text.lower() not in SWITCH:
            raise refused(var, text, "1 or 0 (or true or false, yes or no, on or off)")
        return SWITCH[text.lower()]

    def int(self, var: str, *, default: int, least: int = 0, most: int | None = None) -> int:
        """A whole number in these bounds; the default is taken as it is."""
        text = self._text(var)
        if text is None:
            return default
        value = int(text) if WHOLE.fullmatch(text) else least - 1
        if value < least or (most is not None and value > most):
            raise refused(var, text, f"a whole number {_bounds(least, most)}")
        return value

    def number(self, var: str, *, default: float) -> float:
        """A number that may have a fraction; a whole one is an integer, and so it goes over the wire: 1, never 1.0."""
        text = self._text(var)
        if text is None:
            return default
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and value >= 0):
            raise refused(var, text, "a number from 0 on")
        return int(value) if value.is_integer() else value

    def choice(self, var: str, *allowed: str, default: str) -> str:
        """One of these words, in whatever case it is written."""
        text = self._text(var)
        if text is None:
            return default
        for word in allowed:
            if text.lower() == word.lower():
                return word
        raise refused(var, text, f"{', '.join(allowed[:-1])} or {allowed[-1]}")

    def matching(self, var: str, pattern: str, takes: str, *, default: str = "") -> str:
        """A text of this form."""
        text = self._text(var)
        if text is None:
            return default
        if not re.fullmatch(pattern, text):
            raise refused(var, text, takes)
        return text

    def all_matching(self, var: str, pattern: str, takes: str, *, default: Sequence[str] = ()) -> list[str]:
        """Texts of this form, parted by commas."""
        text = self._text(var)
        if text is None:
            return list(default)
        entries = [entry for entry in map(str.strip, text.split(",")) if entry]
        for entry in entries:
            if not re.fullmatch(pattern, entry):
                raise ImproperlyConfigured(f"{var} holds {entry!r}; it takes {takes}.")
        return entries

    def refuse_misspelled(self) -> None:
        """Refuse a LIVEROOM_ name that nobody asked for and that is nearly the name of a setting."""
        for name in self.unknown():
            near = nearest(name, self.asked)
            if near is not None:
                raise ImproperlyConfigured(f"{name} is no setting; did you mean {near}?")

    def unknown(self) -> list[str]:
        """The LIVEROOM_ names that nobody asked for until now."""
        return sorted(name for name in os.environ if name.startswith(PREFIX) and name not in self.asked)

    def _text(self, var: str) -> str | None:
        self.asked.add(var)
        # Compose files hand on what nobody set as an empty text.
        return os.environ.get(var, "").strip() or None


def refused(var: str, text: str, takes: str) -> ImproperlyConfigured:
    """What is raised for a value that a setting does not take."""
    return ImproperlyConfigured(f"{var} is {text!r}; it takes {takes}.")


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known LIVEROOM_ name that this one is a slip of; None where it is a name of its own."""
    # Compared without what all have in common: it would make any two alike.
    rests = [each.removeprefix(PREFIX) for each in known if each.startswith(PREFIX)]
    found = difflib.get_close_matches(name.removeprefix(PREFIX), rests, n=1, cutoff=NEAR)
    return PREFIX + found[0] if found else None


def _bounds(least: int, most: int | None) -> str:
    return f"from {least} on" if most is None else f"from {least} to {most}"


def database_of(url: str) -> dict[str, Any]:
    """Return the database that a DATABASE_URL names; raises ImproperlyConfigured where it names none that we know."""
    with warnings.catch_warnings(), contextlib.suppress(ValueError):
        # The library warns where it knows no such engine, and goes on.
        warnings.simplefilter("ignore")
        database: dict[str, Any] = dict(environ.Env.db_url_config(url))
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
