"""Record how training goes: add values to indicators, save them at steps.

::

    from lab import tracker

    tracker.set_queue("train.loss", 20, True)  # the mean of the last 20, shown on screen

    tracker.add("train.loss", loss)            # or add({...}), or add(loss=...)
    tracker.save()                             # at the global step; or save(step), or with values

    with tracker.namespace("valid"):
        tracker.add(".accuracy", 0.98)         # valid.accuracy

Values are numbers, arrays, tensors and lists of them. A scalar covers everything added since the
last save. A name that was not declared is a scalar that is shown on screen. Saving costs
microseconds: a thread in the background writes, every quarter of a second. Without an experiment
values are shown and not recorded.
"""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from typing import Any

from lab import steps
from lab.errors import TrackerError
from lab.tracker import indicators, writers
from lab.tracker._tracker import Tracker
from lab.tracker.writers import Writer

__all__ = [
    "Tracker",
    "Writer",
    "add",
    "flush",
    "namespace",
    "save",
    "set_current",
    "set_histogram",
    "set_queue",
    "set_scalar",
    "writers",
]

_current: Tracker | None = None


def add(*args: Any, **values: Any) -> None:
    """Add values to indicators: `add(name, value)`, `add({name: value})` or `add(name=value)`.

    Raises:
        TrackerError: called in another way, or a value that is no number.
    """
    (_current or _without_experiment()).add(*args, **values)


def save(*args: Any, **values: Any) -> None:
    """Save what was added since the last time, at the global step or at the given one.

    `save()`, `save(step)`; and `save(name, value)`, `save({name: value})`, `save(name=value)`, each
    also after a step, which add values first. A given step becomes the global step.

    Raises:
        TrackerError: called in another way, or a value that is no number.
    """
    (_current or _without_experiment()).save(*args, **values)


def set_scalar(name: str, is_print: bool = False) -> None:
    """Declare a number: it is the mean of everything added since it was last saved.

    Args:
        name: the indicator.
        is_print: whether it is shown on screen.

    Raises:
        TrackerError: it is declared already, as something else.
    """
    (_current or _without_experiment()).declare(indicators.Scalar(name, is_print))


def set_queue(name: str, queue_size: int = 10, is_print: bool = False) -> None:
    """Declare a number that is the mean of the last few values, also of those saved before.

    Args:
        name: the indicator.
        queue_size: how many values.
        is_print: whether it is shown on screen.

    Raises:
        TrackerError: it is declared already, as something else.
    """
    (_current or _without_experiment()).declare(indicators.Queue(name, queue_size, is_print))


def set_histogram(name: str, buckets: int | bool = False, is_print: bool = False) -> None:
    """Declare a distribution: `set_histogram(name, is_print)` or `set_histogram(name, 20, is_print)`.

    Args:
        name: the indicator.
        buckets: accepted and not used: what is kept does not depend on it; or `is_print`.
        is_print: whether its mean is shown on screen.

    Raises:
        TrackerError: it is declared already, as something else, or `buckets` is no number.
    """
    if not isinstance(buckets, int):
        raise TrackerError(f"the histogram {name!r} takes a number of buckets, got {buckets!r}")
    is_shown = buckets is True or is_print
    (_current or _without_experiment()).declare(indicators.Histogram(name, is_shown))


def namespace(name: str) -> AbstractContextManager[None]:
    """Within the block, names that start with a dot belong to this namespace.

    Example:
        >>> with namespace("train"):
        ...     add(".loss", 0.5)  # train.loss

    Raises:
        TrackerError: the name is no text, or empty.
    """
    return (_current or _without_experiment()).namespace(name)


def flush(timeout: float | None = None) -> bool:
    """Wait until everything saved so far is written.

    Args:
        timeout: the most seconds to wait.

    Returns:
        False where the time was not enough.
    """
    return (_current or _without_experiment()).flush(timeout)


def set_current(tracker: Tracker | None) -> Tracker | None:
    """Make another tracker the current one; gives back the one it replaces."""
    global _current
    before, _current = _current, tracker
    return before


def _without_experiment() -> Tracker:
    """A tracker that only shows; in a worker process it is silent."""
    global _current
    processes = sys.modules.get("multiprocessing.process")
    is_worker = processes is not None and processes.parent_process() is not None
    _current = Tracker(steps.current(), [writers.create("screen")], is_silent=is_worker)
    return _current
