"""Styles by purpose (`Text`), colour (`Color`) and weight (`Style`), as a terminal's codes."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

__all__ = ["Color", "Style", "Text", "codes"]


class Style(Enum):
    """The weight of text."""

    none = ()
    normal = ("0",)
    bold = ("1",)
    light = ("2",)
    underline = ("4",)


class Color(Enum):
    """The colour of text."""

    none = ()
    black = ("30",)
    red = ("31",)
    green = ("32",)
    orange = ("33",)
    blue = ("34",)
    purple = ("35",)
    cyan = ("36",)
    white = ("37",)


class Text(Enum):
    """What a piece of text is; how it looks follows."""

    none = ()
    danger = ("1", "31")
    success = ("32",)
    warning = ("33",)
    meta = ("34",)
    meta2 = ("35",)
    key = ("36",)
    title = ("1",)
    heading = ("4",)
    value = ("1", "39")
    highlight = ("1", "33")
    subtle = ("2",)


def codes(style: object) -> str:
    """The codes for a style, or for several of them in a list; empty where it is none.

    Raises:
        TypeError: it is no style.
    """
    if style is None:
        return ""
    if isinstance(style, (Text, Color, Style)):
        found: tuple[str, ...] = style._value_  # `Text.value` is a style, and hides what enums have
        return ";".join(found)
    if isinstance(style, Iterable) and not isinstance(style, str):
        return ";".join(filter(None, (codes(one) for one in style)))
    raise TypeError(f"a style is a Text, Color or Style, or a list of them, not {style!r}")
