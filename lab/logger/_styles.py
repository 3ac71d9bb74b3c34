"""Styles by purpose (`Text`), colour (`Color`) and weight (`Style`).

Their values are the one table of how things look, in the words that `rich` has for styles: notebooks
and pictures take them through `rich`, and terminals as the codes for these few words, for which no
training waits until `rich` is imported.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from lab.errors import LoggerError

__all__ = ["Color", "Style", "Text", "codes", "words"]


class Style(Enum):
    """The weight of text."""

    none = ""
    normal = "default"
    bold = "bold"
    light = "dim"
    underline = "underline"


class Color(Enum):
    """The colour of text."""

    none = ""
    black = "black"
    red = "red"
    green = "green"
    orange = "yellow"
    blue = "blue"
    purple = "magenta"
    cyan = "cyan"
    white = "white"


class Text(Enum):
    """What a piece of text is; how it looks follows."""

    none = ""
    danger = "bold red"
    success = "green"
    warning = "yellow"
    meta = "blue"
    meta2 = "magenta"
    key = "cyan"
    title = "bold"
    heading = "underline"
    value = "bold default"
    highlight = "bold yellow"
    subtle = "dim"


_CODES = {
    "bold": "1",
    "dim": "2",
    "underline": "4",
    "black": "30",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
    "white": "37",
    "default": "39",
}


def words(style: object) -> str:
    """The words for a style, or for several of them in a list; empty where it is none.

    Raises:
        LoggerError: it is no style.
    """
    if style is None:
        return ""
    if isinstance(style, (Text, Color, Style)):
        found: str = style._value_  # `Text.value` is a style, and hides what enums have
        return found
    if isinstance(style, Iterable) and not isinstance(style, str):
        return " ".join(filter(None, map(words, style)))
    raise LoggerError(f"a style is a Text, Color or Style, or a list of them, not {style!r}")


def codes(style: object) -> str:
    """The same as a terminal's codes.

    Raises:
        LoggerError: it is no style.
    """
    return ";".join(map(_CODES.__getitem__, words(style).split()))
