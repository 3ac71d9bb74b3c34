"""Run an experiment and keep what it did: its configs, its indicators, its end.

::

    from lab import experiment

    conf = Configs()
    experiment.create(name="mnist", writers={"sqlite", "tensorboard"})
    experiment.calculate_configs(conf, {"optimizer": "Adam"}, ["set_seed", "main"])
    experiment.add_pytorch_models({"model": conf.model})
    with experiment.start():
        conf.main()

`start` may also be a plain call: the run is then closed when the next one is created, or the
process ends. A block knows how it was left: the run is `completed`, `failed` with its exception, or
`interrupted`. After plain calls an exception that nobody caught is known too; the code of
`sys.exit` is not.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lab.configs import BaseConfigs
from lab.experiment import _slot
from lab.experiment._experiment import Experiment
from lab.tracker import Writer

__all__ = [
    "Experiment",
    "add_pytorch_models",
    "calc_configs",
    "calculate_configs",
    "create",
    "current",
    "save_checkpoint",
    "start",
]


def create(
    name: str | None = None,
    python_file: str | os.PathLike[str] | None = None,
    comment: str = "",
    writers: str | Writer | Iterable[str | Writer] | None = None,
    tags: Iterable[str] = (),
    check_repo_dirty: bool | None = None,
    system_indicators: bool | float | None = None,
) -> Experiment:
    """Create the experiment that the other functions here work for; nothing is written before `start`.

    An experiment that is still open is closed. Global step, indicators and sections start anew.

    Args:
        name: the experiment; the script's name where it is not given.
        python_file: the script, where it is not the one that was started.
        comment: what the run is for.
        writers: where indicators go: `sqlite`, `tensorboard`, `csv`, `memory`, `screen` (which is
            always among them, unless there are none), one that another package brings, or objects
            of `tracker.Writer`; where not given, `writers` of `lab.yaml`.
        tags: words to find the run by.
        check_repo_dirty: whether to refuse to start with changes that are not committed; where not
            given, `check_repo_dirty` of `lab.yaml`.
        system_indicators: whether to measure the machine (see `lab.tracker.system`), or the seconds
            between two samples; where not given, `system_indicators` of `lab.yaml`; where that is
            not either, every 10 seconds if the extra `system` is installed.

    Raises:
        ExperimentError: the name cannot be a folder's, or another argument is of a wrong kind.
        ProjectError: `lab.yaml` cannot be used.
        TrackerError: there is no writer of that name.
        MissingExtra: there is nothing to measure the machine with, or a writer's package is missing.
    """
    _slot.empty()
    experiment = Experiment(
        name, python_file, comment, writers, tags, check_repo_dirty, system_indicators
    )
    _slot.fill(experiment)
    return experiment


def current() -> Experiment:
    """The experiment in progress.

    Raises:
        ExperimentError: there is none.
    """
    return _slot.current()


def calculate_configs(
    conf: BaseConfigs,
    overrides: Mapping[str, Any] | None = None,
    run_order: Sequence[str] | None = None,
) -> None:
    """Set overrides, check the whole run, and compute the configs that it names.

    Args:
        conf: the configs, which are recorded with the run.
        overrides: values by dotted name; they outrank all other sources, and are recorded as
            hyperparameters.
        run_order: items and methods, computed in this order; None computes everything.

    Raises:
        PlanError: all that is wrong, found before anything is computed.
        CalculationFailed: a calculator raised.
        ExperimentError: there is no experiment.
    """
    current().calculate_configs(conf, overrides, run_order)


calc_configs = calculate_configs


def add_pytorch_models(models: Mapping[str, Any]) -> None:
    """Name the models that checkpoints hold.

    Raises:
        ExperimentError: there is no experiment, a name cannot be a file's, or a model has no
            `state_dict()`.
    """
    current().add_pytorch_models(models)


def save_checkpoint(step: int | None = None) -> Path:
    """Save the models as they are now, at the global step or at the given one.

    Returns:
        The folder of the checkpoint.

    Raises:
        ExperimentError: there is no run in progress, or it has no models.
    """
    return current().save_checkpoint(step)


def start() -> Experiment:
    """Begin the run: make its folder, record where it comes from, and start to write.

    Returns:
        The experiment, which in a `with` block ends the run; its `path` is the run's folder.

    Raises:
        ExperimentError: there is no experiment, it was started already, or there are uncommitted
            changes and they are not wanted; or the folder of the run cannot be written.
    """
    return current().start()
