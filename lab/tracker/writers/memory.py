"""Indicators into memory, for tests and notebooks."""

from __future__ import annotations

from collections.abc import Sequence

from lab.runs import Row
from lab.tracker.writers._base import Writer

__all__ = ["Memory"]


class Memory(Writer):
    """Keeps all rows.

    Attributes:
        rows: what was saved: names, step, time, and the values of the names.
    """

    name = "memory"

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def write(self, rows: Sequence[Row]) -> None:
        """Keep rows."""
        self.rows.extend(rows)

    def series(self, indicator: str) -> list[tuple[int, float]]:
        """The steps and values of an indicator."""
        return [
            (step, value)
            for names, step, _, values in self.rows
            for name, value in zip(names, values, strict=True)
            if name == indicator
        ]
