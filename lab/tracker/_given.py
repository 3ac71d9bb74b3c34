"""What is given to the tracker: its numbers within bounds, and how it looks in an error."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["as_float", "described", "fits"]

_MOST = 2**63  # what files can hold


def as_float(number: float) -> float:
    """A number as a float; infinite where it is an integer beyond all floats."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def fits(number: int) -> bool:
    """Whether an integer has at most the 64 bits that files can hold."""
    return -_MOST <= number < _MOST


def described(value: Any) -> str:
    """What was given, for an error: its type, and its shape and dtype, or how it looks."""
    name = type(value).__name__
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    if shape is not None and dtype is not None:
        return f"{name} of shape {tuple(shape)}, {dtype}"
    text = repr(value)
    return f"{text if len(text) <= 60 else text[:57] + '...'} ({name})"
