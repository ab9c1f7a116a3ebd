"""The end of a process that serves: its rooms drained, all of it bounded in time, and what was lost told."""

import asyncio
import logging
import os
import threading

logger = logging.getLogger(__name__)

# Seconds for: the drain; everything, from the signal to the exit; what comes after a drain that left something running.
DRAIN_TIMEOUT = 8.4
EXIT_TIMEOUT = 9.7
HANG_TIMEOUT = 1.2


class Ending:
    """What a server awaits at the signal, ``drain``, and what the process is to exit with after it, ``code``."""

    def __init__(self) -> None:
        self.code = 0

    async def drain(self) -> None:
        """Send every viewer of this process away to come back, within DRAIN_TIMEOUT; what goes wrong is logged."""
        # Imported here: it wants Django set up.
        from rooms.realtime import runtime
        from rooms.realtime.drain import drain

        exit_after(EXIT_TIMEOUT, code=1, last_words=f"A thread still runs {EXIT_TIMEOUT} s after the signal.")
        said = "The database did not answer in time."
        try:
            running = runtime.current()
            commands, likes, hangs = await asyncio.wait_for(drain(running), DRAIN_TIMEOUT)
        except TimeoutError:
            said = f"The rooms were not drained within {DRAIN_TIMEOUT} s; what is left is cut."
            (commands, likes), hangs = running.left, True
        except Exception:
            logger.exception("Draining the rooms failed; what is left is cut.")
            self.code = 1
            return
        self.code = int(bool(commands or likes))
        if self.code or hangs:
            logger.critical("%s Given up: commands %s, none acknowledged; likes %s.", said, commands, likes)
        if hangs:
            exit_after(HANG_TIMEOUT, code=self.code)


def exit_after(seconds: float, *, code: int, last_words: str = "") -> None:
    """Bound the whole end: Python waits for its threads without limit, and one may hang in a database call."""

    def end() -> None:
        if last_words:
            logger.critical(last_words)
        os._exit(code)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
