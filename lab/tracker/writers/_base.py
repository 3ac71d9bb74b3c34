"""The contract of a writer: where indicators go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lab.runs import Layout, Row
from lab.steps import Line

__all__ = ["Target", "Writer"]


@dataclass(frozen=True)
class Target:
    """What a writer writes for.

    Attributes:
        layout: the files of the run; None where there is no experiment.
        line: the line about the run on screen.
        latest: the last row saved of each set of names, kept up by the training thread.
        records: what is known of each indicator: kind, is_print, and who first added to it.
    """

    layout: Layout | None = None
    line: Line = field(default_factory=Line)
    latest: Mapping[tuple[str, ...], Row] = field(default_factory=dict)
    records: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


class Writer:
    """Writes the indicators of one run. There is one kind per file.

    All methods are called on one thread, which is not the training thread. What they raise is
    reported once, and the same rows are given again until they are taken.
    """

    name = "writer"

    def open(self, target: Target) -> None:
        """Begin; called once, before the first rows."""

    def declare(self, records: Mapping[str, Mapping[str, Any]]) -> None:
        """Take note of all indicators there are; called whenever there is a new one."""

    def write(self, rows: Sequence[Row]) -> None:
        """Write rows of values that were saved together, all of them or none."""
        raise NotImplementedError

    def close(self) -> None:
        """End; everything written stays."""
