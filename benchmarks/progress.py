"""What runs, how many of how many, and the seconds that are left; and the time that each step may take."""

import contextlib
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType

GRACE = 60.0
"""Seconds that a step may take beyond three times what it was thought to."""


class TookTooLong(Exception):
    """A step did not end in its time."""


@dataclass(frozen=True)
class Step:
    """A piece of a scenario. ``seconds``: about how long it takes."""

    name: str
    seconds: float
    run: Callable[[], None]


class Progress:
    """Runs steps one after another, each bounded in time, and says so. ``failures`` names those that failed."""

    def __init__(self, seconds: float, steps: int) -> None:
        self._left = seconds
        self._steps = steps
        self._number = 0
        self.failures: list[str] = []

    def run(self, step: Step) -> None:
        """Run a step; what fails is said and noted."""
        self._number += 1
        self.say(f"[{self._number}/{self._steps}, {self._left:.0f} s left] {step.name} …")
        started = time.monotonic()
        try:
            with bounded(3 * step.seconds + GRACE):
                step.run()
        except Exception as error:
            self.failures.append(f"{step.name}: {type(error).__name__}: {error}")
            self.say(f"    FAILED after {time.monotonic() - started:.0f} s: {type(error).__name__}: {error}")
        finally:
            self._left = max(0.0, self._left - step.seconds)

    @staticmethod
    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Raise TookTooLong in what runs longer than that. For the main thread."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise TookTooLong(f"not done after {seconds:.0f} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
