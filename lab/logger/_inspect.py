"""What an object is, in a few lines of text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lab.logger._styles import Text
from lab.steps import Part

__all__ = ["described"]

_MOST = 20


def described(values: Mapping[str, Any]) -> list[list[Part]]:
    """One line for each name and value; a mapping or a long sequence takes one for each entry."""
    lines: list[list[Part]] = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            lines.append([(f"{name}", Text.heading), (f"  {len(value)} entries", Text.subtle)])
            lines.extend(_entry(str(key), one) for key, one in list(value.items())[:_MOST])
        elif isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
            lines.append([(f"{name}", Text.heading), (f"  {len(value)} entries", Text.subtle)])
            lines.extend(_entry(str(key), one) for key, one in enumerate(value[:_MOST]))
        else:
            lines.append(_entry(name, value))
            continue
        if len(value) > _MOST:
            lines.append([(f"  ... {len(value) - _MOST} more", Text.subtle)])
    return lines


def _entry(name: str, value: Any) -> list[Part]:
    shape = getattr(value, "shape", None)
    if shape is not None:
        kind = f"{type(value).__name__} {getattr(value, 'dtype', '')} {list(shape)}"
        return [f"  {name}: ", (kind, Text.value)]
    text = str(value).replace("\n", " ")
    cut = text if len(text) <= 120 else f"{text[:117]}..."
    return [f"  {name}: ", (cut, Text.value)]
