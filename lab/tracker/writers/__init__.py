"""Writers of indicators, one kind a file.

A writer is named in `experiment.create(writers={...})`, or given there as an object of a class made
from `Writer`.
"""

from __future__ import annotations

import importlib

from lab.errors import TrackerError, nearest
from lab.tracker.writers._base import Target, Writer

__all__ = ["KINDS", "Target", "Writer", "create"]

KINDS = {
    "memory": "lab.tracker.writers.memory:Memory",
    "screen": "lab.tracker.writers.screen:Screen",
    "sqlite": "lab.tracker.writers.sqlite:Sqlite",
    "tensorboard": "lab.tracker.writers.tensorboard:Tensorboard",
}


def create(kind: str | Writer) -> Writer:
    """The writer of that name, or the writer itself.

    Raises:
        TrackerError: there is none of that name.
        MissingExtra: what it writes with is not installed.
    """
    if isinstance(kind, Writer):
        return kind
    if kind not in KINDS:
        close = nearest(str(kind), KINDS)
        hint = f"did you mean {close[0]!r}?" if close else f"the writers are {', '.join(KINDS)}"
        raise TrackerError(f"unknown writer {kind!r}; {hint}")
    module, _, name = KINDS[kind].partition(":")
    writer: Writer = getattr(importlib.import_module(module), name)()
    return writer
