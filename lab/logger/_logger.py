"""The logger: everything that is shown goes through it, so that a test can record it."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from typing import TextIO

from lab import steps
from lab.logger._choose import choose
from lab.logger._output import Output
from lab.logger._width import cells
from lab.steps import Part

__all__ = ["Logger"]

_PATIENCE = 100  # hundredths of a second


class Logger:
    """Writes text, and keeps the line about the run in view.

    A thread of its own draws the line, so that those whose work it shows never wait for a screen.

    Args:
        output: where everything goes, or a stream such as `sys.stderr`; without one, to what
            `sys.stdout` is at the time.
    """

    def __init__(self, output: Output | TextIO | None = None) -> None:
        self._is_given = output is not None
        self._stream: object = self  # what `sys.stdout` never is, not even where it is None
        if output is None:
            output = Output()
        self._output = output if isinstance(output, Output) else choose(output)
        self._lock = threading.RLock()
        self._shown = 0
        self._is_shown = threading.Event()
        self._painter: threading.Thread | None = None
        self._posted: deque[Sequence[Part]] = deque()
        self._wake: SimpleQueue[bool] = SimpleQueue()  # False: there is nothing more to do

    def log(self, parts: Sequence[Part], end: str = "\n") -> None:
        """Write text that stays, above the line."""
        with self._lock:
            self._target().write(parts, end)

    def post(self, parts: Sequence[Part]) -> None:
        """Have text written that stays, at once but by another thread where there is one.

        For the handlers of signals: they may come while this thread is just writing.
        """
        if self._painter is None:
            self.log(parts)
        else:
            self._posted.append(parts)
            self._wake.put(True)

    def show_line(self) -> None:
        """Keep the line in view until `hide_line` was called as often."""
        with self._lock:
            target = self._target()
            if not self._shown:
                target.show()
            self._shown += 1
            self._is_shown.set()
            if self._painter is None and target.period is not None:
                self._start_painter()

    def hide_line(self) -> None:
        """The opposite of `show_line`."""
        with self._lock:
            if self._shown == 1:
                self._is_shown.clear()
                self._write_posted()
                self._output.hide()
            self._shown = max(0, self._shown - 1)

    def settle_line(self) -> None:
        """Write the line as it is now, so that it stays."""
        with self._lock:
            target = self._target()
            line = steps.current().line
            parts = line.parts(target.width, cells)
            if parts:
                line.settled = time.time()
                target.settle(parts)

    def draw_line(self) -> None:
        """Draw the line as it is now."""
        with self._lock:
            target = self._target()
            parts = steps.current().line.parts(target.width, cells) if self._shown else ()
            if parts:
                target.draw(parts)

    def clear_line(self) -> None:
        """Take the line off the screen until it is drawn again."""
        with self._lock:
            self._output.clear()

    def _target(self) -> Output:
        if not self._is_given and sys.stdout is not self._stream:
            self._output.hide()
            self._stream = sys.stdout
            self._output = choose(sys.stdout)
            if self._shown:
                self._output.show()
        return self._output

    def _start_painter(self) -> None:
        self._painter = threading.Thread(target=self._paint, name="lab-painter", daemon=True)
        self._painter.start()
        atexit.register(self._stop_painter)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget_painter)

    def _paint(self) -> None:
        drawn = time.time()
        while True:
            self._is_shown.wait()
            period = self._output.period or 1.0
            with contextlib.suppress(Empty):
                if not self._wake.get(timeout=period):
                    return
            if self._posted:
                self._write_between()
            now = time.time()
            if now - max(drawn, steps.current().line.settled) >= period * 0.9:
                drawn = now
                self._draw_unasked()

    def _draw_unasked(self) -> None:
        """Draw the line, unless what is written just now goes elsewhere: a block may catch it."""
        if self._is_given or sys.stdout is self._stream:
            self.draw_line()

    def _write_between(self) -> None:
        """Write what was posted, when the line that others are just writing has ended."""
        for _ in range(_PATIENCE):
            with self._lock:
                while self._posted and self._target().write_between(self._posted[0]):
                    self._posted.popleft()
            if not self._posted:
                return
            time.sleep(0.01)
        self._write_posted()

    def _write_posted(self) -> None:
        with self._lock:
            while self._posted:
                self._output.settle(self._posted.popleft())

    def _stop_painter(self) -> None:
        painter = self._painter
        self._wake.put(False)
        self._is_shown.set()
        if painter is not None:
            painter.join(1.0)
        self._output.hide()

    def _forget_painter(self) -> None:
        """In a forked child there is no thread, and a lock that it held would stay held."""
        self._lock, self._painter, self._shown = threading.RLock(), None, 0
        self._is_shown, self._wake, self._posted = threading.Event(), SimpleQueue(), deque()
        self._output.forked()
