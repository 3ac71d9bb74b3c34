"""The one experiment of the process that is in progress."""

from __future__ import annotations

from lab.errors import ExperimentError
from lab.experiment._experiment import Experiment

__all__ = ["current", "empty", "fill"]

_current: Experiment | None = None


def current() -> Experiment:
    """The experiment in progress.

    Raises:
        ExperimentError: there is none.
    """
    if _current is None or _current.is_closed:
        raise ExperimentError("there is no experiment in progress: call experiment.create() first")
    return _current


def empty() -> None:
    """Close the experiment in progress, if there is one."""
    global _current
    if _current is not None:
        _current.close_unwatched()
        _current = None


def fill(experiment: Experiment) -> None:
    """Make an experiment the one in progress."""
    global _current
    _current = experiment
