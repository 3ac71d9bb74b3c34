"""The logger: everything that is shown goes through it, so that a test can record it."""

from __future__ import annotations

import atexit
import os
import sys
import threading
import time
from collections.abc import Sequence
from typing import TextIO

from lab import steps
from lab.logger._output import Output
from lab.logger._stream import Stream
from lab.logger._terminal import Terminal
from lab.steps import Part

__all__ = ["Logger"]


class Logger:
    """Writes text, and keeps the line about the run in view.

    A thread of its own draws the line, so that those whose work it shows never wait for a screen.

    Args:
        output: where everything goes; without one, to what `sys.stdout` is at the time.
    """

    def __init__(self, output: Output | None = None) -> None:
        self._given = output
        self._stream: TextIO | None = None
        self._output: Output = output or Output()
        self._lock = threading.RLock()
        self._shown = 0
        self._is_shown = threading.Event()
        self._painter: threading.Thread | None = None
        self._tick = threading.Event()

    def log(self, parts: Sequence[Part], end: str = "\n") -> None:
        """Write text that stays, above the line."""
        with self._lock:
            self._target().write(parts, end)

    def show_line(self) -> None:
        """Keep the line in view until `hide_line` was called as often."""
        with self._lock:
            self._shown += 1
            self._is_shown.set()
            if self._painter is None and self._target().period is not None:
                self._start_painter()

    def hide_line(self) -> None:
        """The opposite of `show_line`."""
        with self._lock:
            self._shown = max(0, self._shown - 1)
            if not self._shown:
                self._is_shown.clear()
                self._target().clear()

    def settle_line(self) -> None:
        """Write the line as it is now, so that it stays."""
        with self._lock:
            line = steps.current().line
            parts = line.parts()
            if parts:
                line.settled = time.time()
                self._target().settle(parts)

    def draw_line(self) -> None:
        """Draw the line as it is now."""
        with self._lock:
            parts = steps.current().line.parts()
            if self._shown and parts:
                self._target().draw(parts)

    def clear_line(self) -> None:
        """Take the line off the screen until it is drawn again."""
        with self._lock:
            self._target().clear()

    def _target(self) -> Output:
        if self._given is None and sys.stdout is not self._stream:
            self._stream = sys.stdout
            self._output = _choose(sys.stdout)
        return self._output

    def _start_painter(self) -> None:
        self._painter = threading.Thread(target=self._paint, name="lab-painter", daemon=True)
        self._painter.start()
        atexit.register(self._stop_painter)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget_painter)

    def _paint(self) -> None:
        while True:
            self._is_shown.wait()
            period = self._target().period or 1.0
            if self._tick.wait(period):
                return
            if time.time() - steps.current().line.settled >= period:
                self.draw_line()

    def _stop_painter(self) -> None:
        painter = self._painter
        self._tick.set()
        self._is_shown.set()
        if painter is not None:
            painter.join(1.0)

    def _forget_painter(self) -> None:
        """In a forked child there is no thread, and a lock that it held would stay held."""
        self._lock, self._painter, self._shown = threading.RLock(), None, 0
        self._is_shown, self._tick = threading.Event(), threading.Event()


def _choose(stream: TextIO | None) -> Output:
    if stream is None:  # no console at all, as under pythonw
        return Stream(open(os.devnull, "w", encoding="utf-8"))
    is_live = stream.isatty() and os.environ.get("TERM") != "dumb" and "CI" not in os.environ
    return Terminal(stream) if is_live else Stream(stream)
