"""The contract of a writer: where indicators go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.runs import Layout, Saved
from lab.steps import Line

__all__ = ["Busy", "Target", "Writer"]


class Busy(Exception):
    """A writer cannot write just now, as others use what it writes to; it is asked again soon."""


@dataclass(frozen=True)
class Target:
    """What a writer writes for.

    Attributes:
        layout: the files of the run; None where there is no experiment.
        line: the line about the run on screen.
        latest: gives the newest number of each indicator, also of those not handed to writers yet.
        records: what is known of each indicator: kind, is_print, and who first added to it.
        hyperparams: the hyperparameters of the run by name, as plain values; empty before `start`.
    """

    layout: Layout | None = None
    line: Line = field(default_factory=Line)
    latest: Callable[[], Mapping[str, float]] = dict
    records: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    hyperparams: Mapping[str, Any] = field(default_factory=dict)


class Writer:
    """Writes the indicators of one run. There is one kind per file.

    All methods but `prepare` are called on one thread, which belongs to this writer alone. What they
    raise is reported once (`Busy` only if it lasts), and the same values are given again until they are
    taken.
    """

    name = "writer"

    def prepare(self, target: Target) -> None:
        """Take a place before training goes on, which waits for this: no files, no devices here."""

    def open(self, target: Target) -> None:
        """Begin; called once, before the first values (again where it raised)."""

    def declare(self, records: Mapping[str, Mapping[str, Any]]) -> None:
        """Take note of all indicators there are; called whenever there is a new one."""

    def write(self, saved: Saved) -> None:
        """Write what was saved, all of it or nothing: where it raises, the same comes again.

        Kinds of values that the format cannot hold are passed over.
        """
        raise NotImplementedError

    def close(self) -> None:
        """End; everything written stays."""
