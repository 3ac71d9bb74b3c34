"""Styled output to the console; everything that `lab` shows goes through here.

::

    from lab import logger
    from lab.logger import Text

    logger.log("Preparing", Text.title)
    logger.log([("loss: ", Text.key), ("0.12", Text.value)])
    logger.inspect(images=batch, settings={"lr": 0.1})

On a terminal the line about the run (steps, sections, indicators, times) is kept below what is
logged and printed, and in a notebook below what a cell shows; where there is neither it is written as
plain lines, at a rate that a log file can take. `NO_COLOR`, `FORCE_COLOR`, `TERM=dumb`, `CI` and
`COLUMNS` are heeded.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lab import project, steps
from lab.errors import LoggerError
from lab.logger import _styles
from lab.logger._logger import Logger
from lab.logger._output import Output, plain
from lab.logger._styles import Color, Style, Text
from lab.logger._words import clock, compact, duration, rate
from lab.steps import Part

__all__ = [
    "Color",
    "Logger",
    "Output",
    "Style",
    "Text",
    "add_global_step",
    "clear_line",
    "clock",
    "compact",
    "draw_line",
    "duration",
    "get_data_path",
    "hide_line",
    "inspect",
    "log",
    "plain",
    "post",
    "rate",
    "set_current",
    "settle_line",
    "show_line",
    "warn",
]

_current = Logger()


def log(
    message: str | Sequence[Part] | object = "",
    style: Text | Color | Style | Sequence[Text | Color | Style] | None = None,
    *,
    is_new_line: bool = True,
) -> None:
    """Write a message.

    Args:
        message: text, or a list of pieces; a piece is text or a pair of text and style.
        style: the style of a message that is text.
        is_new_line: whether what is written next starts a new line.

    Raises:
        LoggerError: a style is none, or a piece neither text nor text with a style.
    """
    parts: list[Any]
    if isinstance(message, list):
        parts = [_checked(part) for part in message]
    else:
        parts = [_checked(message if isinstance(message, tuple) else (str(message), style))]
    _current.log(parts, "\n" if is_new_line else "")


def _checked(part: Any) -> Part:
    """A piece of text that can be shown; a wrong one is an error also where nothing is coloured."""
    if isinstance(part, str):
        return part
    if not (isinstance(part, tuple) and len(part) == 2 and isinstance(part[0], str)):
        raise LoggerError(f"a piece is text or a pair of text and style, not {part!r}")
    _styles.words(part[1])
    return part


def warn(message: str) -> None:
    """Write a warning."""
    log(f"warning: {message}", Text.warning)


def post(message: str, style: Text | Color | Style | None = None) -> None:
    """Write a message as a line of its own, where `log` may not be called: in the handler of a signal.

    Where the line about the run is in view another thread writes it, at once.
    """
    _current.post([(message, style)])


def inspect(*values: Any, **named: Any) -> None:
    """Show what objects are: the entries of mappings and sequences, tensors by shape and numbers.

    Args:
        *values: objects, shown under the names of their types.
        **named: objects, shown under these names.
    """
    from lab.logger._inspect import described

    for name, value in [*((type(value).__name__, value) for value in values), *named.items()]:
        for line in described(name, value):
            _current.log(line)


def get_data_path() -> Path:
    """The folder for datasets of the project."""
    return project.current().data_path


def add_global_step(increment: int = 1) -> None:
    """Count the global step; where `lab.loop.add_global_step` counts it too, it counts once."""
    steps.current().count(increment, "logger")


def show_line() -> None:
    """Keep the line about the run in view until `hide_line` was called as often."""
    _current.show_line()


def hide_line() -> None:
    """Keep the line about the run in view no more."""
    _current.hide_line()


def settle_line() -> None:
    """Write the line about the run as it is now, so that it stays."""
    _current.settle_line()


def draw_line() -> None:
    """Draw the line about the run as it is now."""
    _current.draw_line()


def clear_line() -> None:
    """Take the line about the run off the screen until it is drawn again."""
    _current.clear_line()


def set_current(logger: Logger) -> Logger:
    """Make another logger the current one; gives back the one it replaces."""
    global _current
    before, _current = _current, logger
    return before
