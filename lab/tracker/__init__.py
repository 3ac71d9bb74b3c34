"""Record how training goes: add values to indicators, save them at steps.

::

    from lab import tracker

    tracker.set_queue("train.loss", 20, True)  # the mean of the last 20, shown on screen

    tracker.add("train.loss", loss)            # or add({...}), or add(loss=...)
    tracker.save()                             # at the global step; or save(step), or with values

    with tracker.namespace("valid"):
        tracker.add(".accuracy", 0.98)         # valid.accuracy

Values are numbers, arrays, tensors and lists of them. A scalar covers everything added since the
last save. A name that was not declared is a scalar that is shown on screen; the `set_` functions
declare other kinds, by name or by a pattern such as `train.*`. Saving costs
microseconds: a thread in the background writes, every quarter of a second. Without an experiment
values are shown and not recorded.
"""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from typing import Any

from lab import steps
from lab.tracker import indicators, writers
from lab.tracker._patterns import Patterns
from lab.tracker._tracker import Tracker
from lab.tracker.writers import Writer

__all__ = [
    "Patterns",
    "Tracker",
    "Writer",
    "add",
    "flush",
    "namespace",
    "save",
    "set_audio",
    "set_current",
    "set_figure",
    "set_histogram",
    "set_image",
    "set_indexed_scalar",
    "set_indexed_text",
    "set_queue",
    "set_scalar",
    "set_table",
    "set_text",
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

    `save()`, `save(step)` or `save(step=step)`; and `save(name, value)`, `save({name: value})`,
    `save(name=value)`, each also with a step, which add values first. A given step becomes the
    global step.

    Raises:
        TrackerError: called in another way, or a value that is no number.
    """
    (_current or _without_experiment()).save(*args, **values)


def set_scalar(
    name: str, is_print: bool = False, *, axis: str | None = None, is_over_ranks: bool = False
) -> None:
    """Declare a number: it is the mean of everything added since it was last saved.

    Args:
        name: the indicator.
        is_print: whether it is shown on screen.
        axis: the indicator that it is shown over, in place of the step.
        is_over_ranks: whether it is the mean over all processes of a distributed run, in each of which
            it is to be saved at the same steps; without it, what rank 0 adds is recorded.

    Raises:
        TrackerError: it is declared already, as something else.
    """
    _declare(indicators.Scalar(name, is_print, axis=axis, is_over_ranks=is_over_ranks))


def set_queue(
    name: str,
    queue_size: int = 10,
    is_print: bool = False,
    *,
    axis: str | None = None,
    is_over_ranks: bool = False,
) -> None:
    """Declare a number that is the mean of the last few values, also of those saved before.

    Args:
        name: the indicator.
        queue_size: how many values.
        is_print: whether it is shown on screen.
        axis: the indicator that it is shown over, in place of the step.
        is_over_ranks: whether it is the mean over the last few values of all processes, as of a
            scalar.

    Raises:
        TrackerError: it is declared already, as something else.
    """
    _declare(indicators.Queue(name, queue_size, is_print, axis=axis, is_over_ranks=is_over_ranks))


def set_histogram(
    name: str, bins: int | bool = 64, is_print: bool = False, *, axis: str | None = None
) -> None:
    """Declare a distribution: `set_histogram(name, is_print)` or `set_histogram(name, 20, is_print)`.

    It covers everything added since it was last saved: its counts are stored, and its mean as a
    number under the same name.

    Args:
        name: the indicator.
        bins: how many bins, of one width from the lowest to the highest value; or `is_print`.
        is_print: whether its mean is shown on screen.
        axis: the indicator that it is shown over, in place of the step.

    Raises:
        TrackerError: it is declared already, as something else, or the bins are no number of them.
    """
    number = 64 if isinstance(bins, bool) else bins
    _declare(indicators.Histogram(name, is_print or bins is True, number, axis=axis))


def set_indexed_scalar(name: str, is_print: bool = False, *, axis: str | None = None) -> None:
    """Declare numbers of many samples, added as `(indices, values)` or `{index: value}`.

    All pairs added since the last save are stored, and the mean of the values as a number under the
    same name.

    Args:
        name: the indicator.
        is_print: whether the mean is shown on screen.
        axis: the indicator that the mean is shown over, in place of the step.

    Raises:
        TrackerError: it is declared already, as something else.
    """
    _declare(indicators.IndexedScalar(name, is_print, axis=axis))


def set_image(name: str) -> None:
    """Declare a picture: an array, a tensor, a picture of Pillow, or several for a grid.

    A save holds the last that was added. Floats are from 0 to 1, integers from 0 to 255.

    Raises:
        TrackerError: it is declared already, as something else.
    """
    _declare(indicators.Image(name))


def set_text(name: str) -> None:
    """Declare text; all that was added since the last save is stored, each on lines of its own.

    Raises:
        TrackerError: it is declared already, as something else.
    """
    _declare(indicators.Text(name))


def set_indexed_text(name: str) -> None:
    """Declare texts of many samples, added as `(indices, texts)` or `{index: text}`.

    Raises:
        TrackerError: it is declared already, as something else.
    """
    _declare(indicators.IndexedText(name))


def set_figure(name: str) -> None:
    """Declare a figure of matplotlib, which is drawn when it is added, or of plotly.

    A save holds the last that was added.

    Raises:
        TrackerError: it is declared already, as something else.
    """
    _declare(indicators.Figure(name))


def set_table(name: str) -> None:
    """Declare a table: the rows of everything added since the last save.

    Rows are a list of dictionaries, a dictionary of columns, `(columns, rows)`, an array of two
    dimensions, or a data frame.

    Raises:
        TrackerError: it is declared already, as something else.
    """
    _declare(indicators.Table(name))


def set_audio(name: str, rate: int | None = None) -> None:
    """Declare sound, added as `(samples, rate)`; a save holds the last that was added.

    Args:
        name: the indicator.
        rate: samples a second, where samples are added without.

    Raises:
        TrackerError: it is declared already, as something else.
    """
    _declare(indicators.Audio(name, rate))


def _declare(indicator: indicators.Indicator) -> None:
    (_current or _without_experiment()).declare(indicator)


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
