"""Ctrl-C and SIGTERM while a training loop is in progress.

The first signal asks for the end of the run after the iteration in progress; any later one ends it at
once, by `KeyboardInterrupt` or, for SIGTERM, by `SystemExit(143)`, the status of a process that SIGTERM
has ended. A program that has handlers of its own, or ignores a signal, keeps its way: a signal is only
taken from Python's own handler, or from one that says by `is_of_lab` that it gives way to a loop. Nor
is anything done outside the main thread, where handlers cannot be set.
"""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType
from typing import Any

from lab import logger
from lab.logger import Text
from lab.steps import Steps

__all__ = ["Interrupts"]

_TERMINATED = 128 + signal.SIGTERM
_active: Interrupts | None = None


class Interrupts:
    """The handlers of one loop.

    Args:
        steps: is asked to stop.
    """

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._pid = os.getpid()
        self._before: dict[signal.Signals, Any] = {}
        self._is_on = self._is_asked = False

    def begin(self) -> None:
        """Take the signals over, where that is possible."""
        global _active
        if threading.current_thread() is not threading.main_thread():
            return
        _watch_forks()
        self._is_on, _active = True, self
        for number, default in _DEFAULTS.items():
            before = signal.getsignal(number)
            if before == default or getattr(before, "is_of_lab", False):
                self._before[number] = before
                signal.signal(number, self._handle)

    def end(self) -> None:
        """Give them back."""
        global _active
        self._is_on = False
        if _active is self:
            _active = None
        if threading.current_thread() is not threading.main_thread():
            return  # a loop that was left behind, closed by another thread: `_handle` sees to it
        while self._before:
            number, before = self._before.popitem()
            if signal.getsignal(number) == self._handle:  # nobody has put another one there
                signal.signal(number, before)

    def forked(self) -> None:
        """In a forked child, SIGTERM ends it as ever."""
        if self._before.pop(signal.SIGTERM, None) is not None:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        is_term = number == signal.SIGTERM
        if os.getpid() != self._pid and not self._is_asked and not is_term:
            # a terminal sends Ctrl-C to all processes: those that load data for the iteration in
            # progress are needed until its end
            self._is_asked = True
        elif self._is_on and not self._is_asked and os.getpid() == self._pid:
            self._is_asked = True
            name = "SIGTERM" if is_term else "Ctrl-C"
            self._steps.request_stop(name)
            once_more = "a second one" if is_term else "Ctrl-C again"
            logger.post(f"{name}: finishing the iteration; {once_more} stops at once", Text.warning)
        elif is_term:
            raise SystemExit(_TERMINATED)
        else:
            signal.default_int_handler(number, frame)


_DEFAULTS: dict[signal.Signals, Any] = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: signal.SIG_DFL,
}
_is_watching = False


def _watch_forks() -> None:
    global _is_watching
    if not _is_watching and hasattr(os, "register_at_fork"):
        _is_watching = True
        os.register_at_fork(after_in_child=_forked)


def _forked() -> None:
    if _active is not None:
        _active.forked()
