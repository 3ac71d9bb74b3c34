"""Output to a terminal: styled text, above one line that is drawn again and again.

The line is drawn by code of our own and not by `rich.live`. That takes a tenth of a second of
imports before the first text, on the thread that trains; makes each drawing anew from renderables,
where here a line that has not changed costs nothing; and replaces `sys.stdout` by a proxy that those
who hold the stream already go past. `rich` is asked where it knows more: how wide letters are, what
notebooks and pictures look like.

What others print while the line is in view goes above it: the line is taken away first, and comes
back once theirs is ended. A line of theirs that is not ended, the bar of another library or the
question of a debugger, has the terminal for itself. Text that reaches the terminal past Python's
streams, from C code or a child process, stands behind the line, which is drawn anew below it.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Sequence
from typing import TextIO

from lab.logger._stream import Stream
from lab.logger._width import columns, cut
from lab.steps import Part

__all__ = ["Terminal"]

_CLEAR = "\r\x1b[2K"
_input = builtins.input


class Terminal(Stream):
    """Styled text and a live line.

    Args:
        stream: the terminal.
        is_styled: whether it is to show colours.
    """

    period = 0.1

    def __init__(self, stream: TextIO, is_styled: bool = True) -> None:
        super().__init__(stream, is_styled)
        self._drawn = ""
        self._input: Callable[..., str] | None = None

    @property
    def width(self) -> int | None:
        return columns(self._stream) - 1

    def write(self, parts: Sequence[Part], end: str = "\n") -> None:
        with self._lock:
            drawn, self._drawn = self._drawn, ""
            text = self._text(parts) + end
            self._emit((_CLEAR if drawn else "") + text)
            self._note_end(text)
            if drawn and not self._is_open:
                self._draw(drawn)

    def draw(self, parts: Sequence[Part]) -> None:
        text = self._text(cut(parts, columns(self._stream) - 1))
        with self._lock:
            if text != self._drawn and not self._is_open:
                self._draw(text)

    def clear(self) -> None:
        with self._lock:
            if self._drawn:
                self._drawn = ""
                self._emit(_CLEAR)

    def show(self) -> None:
        error = sys.stderr
        is_same = error is not None and error is not self._stream and error.isatty()
        self._aside.begin(self._stream, error if is_same else None)

        if self._input is None:
            self._input, builtins.input = builtins.input, self._ask

    def hide(self) -> None:
        super().hide()
        if self._input is not None and builtins.input == self._ask:
            builtins.input = self._input
            self._input = None

    def forked(self) -> None:
        super().forked()
        self._drawn = ""

    def _ask(self, prompt: object = "", /) -> str:
        """`input`, which goes past Python's streams: nothing is drawn before there is an answer."""
        ask = self._input or _input
        with self._lock:
            self.clear()
            self._is_open = True
        try:
            return ask(prompt)
        finally:
            self._is_open = False

    def _draw(self, text: str) -> None:
        self._drawn = text
        self._emit(_CLEAR + text)
