"""How much room text takes on a terminal, and cutting it to what there is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from typing import TextIO

from lab.steps import Part

__all__ = ["cells", "columns", "cut"]


def cells(text: str) -> int:
    """How many columns a text takes; letters of East Asia and pictures take two."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def cut(parts: Sequence[Part], width: int) -> list[Part]:
    """The parts as far as they fit: a line that wraps cannot be drawn over."""
    kept: list[Part] = []
    for part in parts:
        text, style = (part, None) if isinstance(part, str) else part
        if not text.isprintable():  # an end of a line, a code: it would leave the line
            text = "".join(letter if letter.isprintable() else " " for letter in text)
        room = cells(text)
        if room > width:
            kept.append((_shortened(text, width), style))
            break
        kept.append((text, style))
        width -= room
    return kept


def columns(stream: TextIO) -> int:
    """How wide the terminal is that a stream goes to; the environment may say it."""
    given = os.environ.get("COLUMNS", "")
    if given.isdigit() and int(given) > 0:
        return int(given)
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (AttributeError, OSError, ValueError):  # it goes to no terminal
        return shutil.get_terminal_size().columns


def _shortened(text: str, width: int) -> str:
    if width < 1:
        return ""
    if text.isascii():
        return text[: width - 1] + "…"
    from rich.cells import set_cell_size

    return set_cell_size(text, width - 1).rstrip(" ") + "…"
