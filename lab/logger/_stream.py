"""Output to a stream that is no terminal: whole lines, at a rate that a log file can take."""

from __future__ import annotations

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

    def write(self, parts: Sequence[Part], end: str = "\n") -> None:
        text = plain(parts) + end
        try:
            self._stream.write(text)
        except (
            UnicodeEncodeError
        ):  # the stream's encoding lacks a letter: show the rest of the text
            encoding = self._stream.encoding or "ascii"
            self._stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        self._stream.flush()

    def draw(self, parts: Sequence[Part]) -> None:
        if parts:
            self.write(parts)
