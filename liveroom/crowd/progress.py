"""What is shown of a crowd while it lives: one line."""

import asyncio
import shutil
import unicodedata
from collections.abc import Callable
from typing import Final

from django.utils.translation import gettext as _

from liveroom.crowd.report import clock, ms
from liveroom.crowd.run import Crowd

EVERY: Final = 1.0
"""Seconds between two lines on a terminal."""
EVERY_PLAIN: Final = 5.0
"""The same where lines stay."""


class Progress:
    """Shows a living crowd: one line that changes on a ``terminal``, a line every EVERY_PLAIN s elsewhere."""

    def __init__(self, crowd: Crowd, write: Callable[[str], object], *, terminal: bool) -> None:
        self._crowd = crowd
        self._write = write
        self._terminal = terminal
        self._frames = 0
        self._comments = 0

    async def show(self) -> None:
        """Go on until cancelled; then the line is finished."""
        every = EVERY if self._terminal else EVERY_PLAIN
        try:
            while True:
                await asyncio.sleep(every)
                self._write(on_terminal(self.line(every)) if self._terminal else f"{self.line(every)}\n")
                self._crowd.watch.turn()
        finally:
            if self._terminal:
                self._write("\n")

    def line(self, seconds: float) -> str:
        """How it stands, ``seconds`` after the last line."""
        crowd, watch = self._crowd, self._crowd.watch
        frames = sum(viewer.client.stats.frames_in for viewer in crowd.viewers)
        comments = watch.done["comments"]
        p99 = ms(watch.recent_p99())
        text = _("%(left)s left · %(online)d online · %(said)d said (%(said_rate).1f/s) · %(rate)d frames/s in") % {
            "left": clock(crowd.left),
            "online": crowd.online,
            "said": comments,
            "said_rate": (comments - self._comments) / seconds,
            "rate": (frames - self._frames) / seconds,
        }
        text += " · " + (_("p99 %(p99).0f ms") % {"p99": p99} if p99 is not None else _("p99 –"))
        self._frames, self._comments = frames, comments
        errors = sum(sum(viewer.client.stats.errors.values()) for viewer in crowd.viewers)
        return text + " · " + _("errors %(count)d") % {"count": errors}


def on_terminal(line: str) -> str:
    """The line in place of the one before it, cut where the terminal ends: one that wraps could not be replaced."""
    columns = shutil.get_terminal_size().columns - 1
    kept = ""
    for char in line:
        columns -= 2 if unicodedata.east_asian_width(char) in "WF" else 1
        if columns < 0:
            break
        kept += char
    # Back to the beginning, and nothing of the line before is left.
    return f"\r{kept}\x1b[K"
