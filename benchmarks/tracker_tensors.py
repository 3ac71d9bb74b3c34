"""Ten CPU tensors of one number a step: what they cost the training loop.

The tensors are made before. What was logged is read back afterwards, in a process of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import _measure
import _trackers
from _measure import Table
from _trackers import Recorder, Recording, Row
from _worker import Contender, serve
from tracker_scalars import logging_block, tables

STEPS = 100_000
BAR = 1.5  # times reading each of them


def tensors() -> list[Row]:
    import torch

    return [{name: torch.tensor(value) for name, value in row.items()} for row in _trackers.rows()]


def items(_: Path) -> Recording:
    """Read, and not logged."""

    def log(step: int, row: Row) -> list[float]:
        return [value.item() for value in row.values()]

    return Recording(log, lambda: None)


def read_first(recorder: Recorder) -> Recorder:
    """For a tracker that takes no tensors: numbers, read on the training thread."""

    def begin(folder: Path) -> Recording:
        log, close = recorder(folder)

        def log_items(step: int, row: Row) -> Any:
            return log(step, {name: value.item() for name, value in row.items()})

        return Recording(log_items, close)

    return begin


def _contender(
    name: str, recorder: Recorder, kinds: list[str], needed: str, fewer: int
) -> Contender:
    return Contender(name, logging_block(recorder, kinds, fewer, tensors), needed)


CONTENDERS = (
    _contender("lab", _trackers.lab, ["lab"], "torch", 1),
    _contender("item() on each, kept nowhere", items, [], "torch", 1),
    _contender("trackio, of item()", read_first(_trackers.trackio), ["trackio"], "trackio", 2),
    _contender("labml, to its file", _trackers.labml, ["labml"], "labml", 5),
)


def measure(quick: bool = False) -> list[Table]:
    """The table of this benchmark."""
    steps, count = (2000, 1) if quick else (STEPS, 5)
    title = "Ten CPU tensors a step, a step, in the training loop"
    (table,) = tables(__file__, CONTENDERS, [("loop", title, None)], steps, count)
    read = table.rows[1]
    if read.samples:
        bar = round(BAR * read.median, 1)
        table.rows[0].bar = bar, bar
    return [table]


if __name__ == "__main__":
    serve({contender.name: contender for contender in CONTENDERS})
    _measure.main("tracker_tensors", measure)
