"""Indicators into memory, for tests and notebooks."""

from __future__ import annotations

from typing import Any

from lab.runs import Entry, Saved
from lab.tracker.writers._base import Writer

__all__ = ["Memory"]


class Memory(Writer):
    """Keeps everything.

    Attributes:
        rows: the numbers that were saved together: step, time, and the numbers by name.
        entries: what is no plain number.
    """

    name = "memory"

    def __init__(self) -> None:
        self.rows: list[tuple[int, float, dict[str, Any]]] = []
        self.entries: list[Entry] = []

    def write(self, saved: Saved) -> None:
        """Keep what was saved."""
        for batch in saved.batches:
            for step, time, *values in batch.rows():
                self.rows.append((step, time, dict(zip(batch.names, values, strict=True))))
        self.entries.extend(saved.entries)

    def series(self, indicator: str) -> list[tuple[int, float]]:
        """The steps and numbers of an indicator, in the order of saving."""
        found = [(time, step, row[indicator]) for step, time, row in self.rows if indicator in row]
        return [(step, value) for _, step, value in sorted(found, key=lambda one: one[0])]
