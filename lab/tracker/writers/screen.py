"""Indicators on screen: a part of the line about the run, or lines of their own where there is none."""

from __future__ import annotations

import time

from lab import logger
from lab.logger import Text
from lab.runs import Saved
from lab.steps import Field
from lab.tracker.writers._base import Target, Writer

__all__ = ["Screen"]

_PERIOD = 1.0  # seconds between two lines of its own


class Screen(Writer):
    """Shows the last values of the indicators that are to be printed."""

    name = "screen"

    def __init__(self) -> None:
        self._target = Target()
        self._unseen: int | None = None
        self._written = 0.0

    def prepare(self, target: Target) -> None:
        """Take a place on the line."""
        self._target = target
        target.line.put("indicators", self._fields)

    def write(self, saved: Saved) -> None:
        """Write a line, unless a loop or section does, or there was one just now."""
        line = self._target.line
        records = self._target.records
        newest = [
            batch.values[-len(batch.names) - 2 :]
            for batch in saved.batches
            if any(records[name]["is_print"] for name in batch.names if name in records)
        ]
        if not newest:
            return
        step, at = max(newest, key=lambda row: float(row[1]))[:2]
        self._unseen = step if at > line.settled and not line.is_running else None
        if self._unseen is not None and time.monotonic() - self._written >= _PERIOD:
            self._show()

    def close(self) -> None:
        """Write what was saved last, and leave the line."""
        self._show()
        self._target.line.remove("indicators")

    def _show(self) -> None:
        step, self._unseen = self._unseen, None
        fields = self._fields()
        if step is not None and fields:
            values = [part for field in fields for part in ("  ", *field.pieces)]
            logger.log([(f"{step:,}:", Text.highlight), *values])
            self._written = time.monotonic()

    def _fields(self) -> list[Field]:
        values = self._target.latest()
        fields: list[Field] = []
        for name, record in list(self._target.records.items()):
            if record["is_print"] and name in values:
                value = (logger.compact(values[name]), Text.value)
                fields.append(Field([f"{name}: ", value], 3, [f"{name} ", value]))
        return fields
