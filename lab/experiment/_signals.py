"""SIGTERM while a run is open, outside of its loops: the run ends as interrupted.

Within a training loop the loop's own handler stands in the place of this one, and finishes the
iteration.
"""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType

from lab.steps import Steps

__all__ = ["Termination"]

_NUMBER = signal.SIGTERM


class Termination:
    """The handler of SIGTERM, for a run; a program that has one of its own keeps it.

    Args:
        steps: the steps of the run.

    Attributes:
        is_of_lab: tells the loop that the program has no handler of its own.
    """

    is_of_lab = True

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._is_installed = False
        self._pid = os.getpid()

    def install(self) -> None:
        """Take the place of the default action; not in another thread than the main one."""
        if threading.current_thread() is not threading.main_thread():
            return
        if signal.getsignal(_NUMBER) is signal.SIG_DFL:
            signal.signal(_NUMBER, self)
            self._is_installed = True

    def remove(self) -> None:
        """Give the default action back its place."""
        if self._is_installed and threading.current_thread() is threading.main_thread():
            self._is_installed = False
            if signal.getsignal(_NUMBER) is self:
                signal.signal(_NUMBER, signal.SIG_DFL)

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """End the program in the way of an exit, so that what is open is closed."""
        if os.getpid() != self._pid:  # a worker, which is to end as ever
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        self._steps.request_stop("SIGTERM")
        raise SystemExit(128 + number)
