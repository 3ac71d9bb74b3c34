"""What indexed indicators share: pairs of indices and what belongs to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lab.errors import TrackerError
from lab.tracker._given import described, fits

__all__ = ["as_pair", "check_indices"]


def as_pair(name: str, value: Any, what: str) -> tuple[Any, Any]:
    """The indices, and what belongs to them, of either form that is given.

    Raises:
        TrackerError: it is neither `(indices, values)` nor `{index: value}`.
    """
    if isinstance(value, Mapping):
        return list(value), list(value.values())
    if isinstance(value, (list, tuple)) and len(value) == 2:
        return value[0], value[1]
    raise TrackerError(
        f"{name!r} takes (indices, {what}) or {{index: {what[:-1]}}}, got {described(value)}"
    )


def check_indices(name: str, indices: Iterable[int]) -> None:
    """Raise for an index that no file can hold."""
    for index in indices:
        if not fits(index):
            raise TrackerError(f"{name!r} takes indices of at most 64 bits, got {index}")
