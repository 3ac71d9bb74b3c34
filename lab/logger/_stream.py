"""Output to a stream that is no terminal: whole lines, at a rate that a log file can take."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from typing import TextIO

from lab.logger._output import Output, plain
from lab.steps import Part

__all__ = ["Stream"]


class Stream(Output):
    """Plain text without styles; the line is written every half minute."""

    period = 30.0

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_gone = False

    def write(self, parts: Sequence[Part], end: str = "\n") -> None:
        if self._is_gone:
            return
        text = plain(parts) + end
        try:
            try:
                self._stream.write(text)
            except UnicodeEncodeError:  # the encoding lacks a letter: show the rest of the text
                encoding = self._stream.encoding or "ascii"
                self._stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
            self._stream.flush()
        except (OSError, ValueError) as problem:  # ValueError: it was closed
            self._give_up(problem)

    def draw(self, parts: Sequence[Part]) -> None:
        self.write(parts)

    def _give_up(self, problem: Exception) -> None:
        """A console that is gone must not end a training run; whoever reads the errors is told."""
        self._is_gone = True
        if sys.stderr is not None:
            with contextlib.suppress(OSError, ValueError):  # it may be gone as well
                sys.stderr.write(f"lab: nothing more can be shown: {problem}\n")
