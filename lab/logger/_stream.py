"""Output to a stream that is no terminal: whole lines, at a rate that a log file can take."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Sequence
from typing import TextIO

from lab.logger._aside import Aside
from lab.logger._output import Output, plain
from lab.logger._styles import codes
from lab.steps import Part

__all__ = ["Stream"]


class Stream(Output):
    """Whole lines; the one about the run is written every half minute.

    Args:
        stream: where they go.
        is_styled: whether colours are wanted, as on a page that shows the output of another machine.
    """

    period = 30.0

    def __init__(self, stream: TextIO, is_styled: bool = False) -> None:
        self._stream = stream
        self._is_styled = is_styled
        self._is_gone = False
        self._lock = threading.RLock()
        self._aside = Aside(self._make_way)
        self._is_open = False  # what was written last has not ended its line

    def write(self, parts: Sequence[Part], end: str = "\n") -> None:
        with self._lock:
            text = self._text(parts) + end
            self._emit(text)
            self._note_end(text)

    def write_between(self, parts: Sequence[Part]) -> bool:
        with self._lock:
            if self._is_open:
                return False
            self.write(parts)
            return True

    def draw(self, parts: Sequence[Part]) -> None:
        self.write_between(parts)

    def settle(self, parts: Sequence[Part]) -> None:
        with self._lock:
            self.clear()
            self.write(["\n", *parts] if self._is_open else parts)

    def show(self) -> None:
        self._aside.begin(self._stream)

    def hide(self) -> None:
        self.clear()
        self._aside.end()
        self._is_open = False  # from here on nobody tells

    def forked(self) -> None:
        self._lock = threading.RLock()
        self._aside.end()

    def _make_way(self, text: str) -> None:
        """Somebody else is about to write."""
        with self._lock:
            self.clear()
            self._note_end(text)

    def _note_end(self, text: str) -> None:
        if text:
            self._is_open = not text.endswith("\n")

    def _text(self, parts: Sequence[Part]) -> str:
        return "".join(map(_coded, parts)) if self._is_styled else plain(parts)

    def _emit(self, text: str) -> None:
        if self._is_gone:
            return
        write = self._aside.original(self._stream)
        try:
            try:
                write(text)
            except UnicodeEncodeError:  # the encoding lacks a letter: show the rest of the text
                encoding = self._stream.encoding or "ascii"
                write(text.encode(encoding, "backslashreplace").decode(encoding))
            self._stream.flush()
        except (OSError, ValueError) as problem:  # ValueError: it was closed
            self._give_up(problem)

    def _give_up(self, problem: Exception) -> None:
        """A console that is gone must not end a training run; whoever reads the errors is told."""
        self._is_gone = True
        if sys.stderr is not None:
            with contextlib.suppress(OSError, ValueError):  # it may be gone as well
                sys.stderr.write(f"lab: nothing more can be shown: {problem}\n")


def _coded(part: Part) -> str:
    if isinstance(part, str):
        return part
    code = codes(part[1])
    return f"\x1b[{code}m{part[0]}\x1b[0m" if code else part[0]
