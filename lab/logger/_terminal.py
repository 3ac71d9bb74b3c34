"""Output to a terminal: styled text, above one line that is drawn again and again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from typing import TextIO

from lab.logger._output import plain
from lab.logger._stream import Stream
from lab.logger._styles import codes
from lab.steps import Part

__all__ = ["Terminal"]

_CLEAR = "\r\x1b[2K"


class Terminal(Stream):
    """Styled text and a live line."""

    period = 0.1

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._is_plain = "NO_COLOR" in os.environ
        self._drawn: Sequence[Part] = ()

    def write(self, parts: Sequence[Part], end: str = "\n") -> None:
        drawn, styled = self._drawn, self._styled(parts)
        if not drawn:
            super().write([styled], end)
        elif end.endswith("\n"):
            self._drawn = ()
            super().write([_CLEAR, styled], end)
            self.draw(drawn)
        else:  # what follows stands on this line: the live one comes back below it
            self._drawn = ()
            super().write([_CLEAR, styled], end)

    def draw(self, parts: Sequence[Part]) -> None:
        if self._drawn and list(self._drawn) == list(parts):
            return
        width = shutil.get_terminal_size().columns - 1
        self._drawn = tuple(parts)
        super().write([_CLEAR, self._styled(_cut(parts, width))], "")

    def settle(self, parts: Sequence[Part]) -> None:
        self.clear()
        self.write(parts)

    def clear(self) -> None:
        if self._drawn:
            self._drawn = ()
            super().write([_CLEAR], "")

    def _styled(self, parts: Sequence[Part]) -> str:
        if self._is_plain:
            return plain(parts)
        return "".join(map(_coded, parts))


def _coded(part: Part) -> str:
    if isinstance(part, str):
        return part
    code = codes(part[1])
    return f"\x1b[{code}m{part[0]}\x1b[0m" if code else part[0]


def _cut(parts: Sequence[Part], width: int) -> list[Part]:
    """The parts as far as they fit: a line that wraps cannot be drawn over."""
    kept: list[Part] = []
    for part in parts:
        text, style = (part, None) if isinstance(part, str) else part
        if width <= 0:
            break
        kept.append((text[:width], style))
        width -= len(text)
    return kept
