"""Writers of indicators, one kind a file.

A writer is named in `experiment.create(writers={...})`, or given there as an object of a class made
from `Writer`. An installed distribution adds a kind by an entry point of the group `lab.writers`,
which names such a class (it is made without arguments)::

    [project.entry-points."lab.writers"]
    influx = "my_package.influx:Influx"
"""

from __future__ import annotations

import importlib

from lab.errors import LabError, TrackerError, nearest
from lab.tracker.writers._base import Busy, Target, Writer

__all__ = ["KINDS", "Busy", "Target", "Writer", "create"]

_GROUP = "lab.writers"
KINDS = {
    "csv": "lab.tracker.writers.csv:Csv",
    "memory": "lab.tracker.writers.memory:Memory",
    "screen": "lab.tracker.writers.screen:Screen",
    "sqlite": "lab.tracker.writers.sqlite:Sqlite",
    "tensorboard": "lab.tracker.writers.tensorboard:Tensorboard",
}


def create(kind: str | Writer) -> Writer:
    """The writer of that name, or the writer itself.

    Raises:
        TrackerError: there is none of that name, or an installed one cannot be used.
        MissingExtra: what it writes with is not installed.
    """
    if isinstance(kind, Writer):
        return kind
    if not isinstance(kind, str):
        is_class = isinstance(kind, type) and issubclass(kind, Writer)
        made = f"; write {kind.__name__}() for an object of it" if is_class else ""
        raise TrackerError(f"a writer is a name or an object of tracker.Writer, got {kind!r}{made}")
    if kind not in KINDS:
        return _create_installed(kind)
    module, _, name = KINDS[kind].partition(":")
    writer: Writer = getattr(importlib.import_module(module), name)()
    return writer


def _create_installed(kind: str) -> Writer:
    from importlib.metadata import entry_points

    installed = entry_points(group=_GROUP)
    if kind not in installed.names:
        names = sorted({*KINDS, *installed.names})
        close = nearest(kind.lower(), names)
        hint = f"did you mean {close[0]!r}?" if close else f"the writers are {', '.join(names)}"
        raise TrackerError(f"unknown writer {kind!r}; {hint}")
    [point, *_] = installed.select(name=kind)
    by = f" of {point.dist.name}" if point.dist else ""
    try:
        writer = point.load()()
    except LabError:
        raise
    except Exception as error:
        raise TrackerError(
            f"the writer {kind!r}{by} cannot be made from {point.value!r}: "
            f"{type(error).__name__}: {error}"
        ) from error
    if not isinstance(writer, Writer):
        raise TrackerError(
            f"the writer {kind!r}{by} is {point.value!r}, which makes no lab.tracker.Writer but "
            f"{type(writer).__name__}"
        )
    return writer
