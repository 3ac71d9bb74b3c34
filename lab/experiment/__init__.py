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
`sys.exit` is not. `run` does all of the above in one call, `load` goes on from a checkpoint, and
`attach` adds to a run that has ended.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lab import runs
from lab.configs import BaseConfigs
from lab.experiment import _attach, _follower, _ranks, _run, _slot
from lab.experiment._experiment import Experiment
from lab.experiment.checkpoints import Keep
from lab.runs import Run
from lab.tracker import Writer

__all__ = [
    "Experiment",
    "Keep",
    "add_artifact",
    "add_note",
    "add_pytorch_models",
    "add_sklearn_models",
    "add_tags",
    "attach",
    "calc_configs",
    "calculate_configs",
    "create",
    "current",
    "load",
    "run",
    "save_checkpoint",
    "save_numpy",
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
    keep_checkpoints: int | Keep | None = None,
    output_log: bool | None = None,
) -> Experiment:
    """Create the experiment that the other functions here work for; nothing is written before `start`.

    An experiment that is still open is closed. Global step, indicators and sections start anew. Of the
    processes of a distributed run, as `torchrun` starts them, rank 0 alone writes.

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
        keep_checkpoints: how many of the last checkpoints are kept, or by `Keep` also the best;
            where not given, all.
        output_log: whether all that is printed and logged is kept in the run's `output.log`; where
            not given, `output_log` of `lab.yaml`; where that is not either, it is.

    Raises:
        ExperimentError: the name cannot be a folder's, or another argument is of a wrong kind.
        ProjectError: `lab.yaml` cannot be used.
        TrackerError: there is no writer of that name.
        MissingExtra: there is nothing to measure the machine with, or a writer's package is missing.
    """
    _slot.empty()
    experiment = _made(
        name,
        python_file,
        comment,
        writers,
        tags,
        check_repo_dirty,
        system_indicators,
        keep_checkpoints,
        output_log,
    )
    _slot.fill(experiment)
    return experiment


def run(
    conf: BaseConfigs | type[BaseConfigs],
    overrides: Mapping[str, Any] | None = None,
    name: str | None = None,
    run_order: Sequence[str] | None = None,
    writers: str | Writer | Iterable[str | Writer] | None = None,
    tags: Iterable[str] = (),
    comment: str = "",
    *,
    python_file: str | os.PathLike[str] | None = None,
    check_repo_dirty: bool | None = None,
    system_indicators: bool | float | None = None,
) -> Run:
    """Run configs in an experiment of their own, from its creation to its end.

    The overrides are set and the whole run is checked; then it is started, and what the order names
    is computed, and called where it is a method.

    Args:
        conf: the configs, or their class.
        overrides: values by dotted name; they outrank all other sources, and are recorded as
            hyperparameters.
        name: the experiment; the script's name where it is not given.
        run_order: items and methods; where not given, `set_seed` if there is one, and `run`, or
            `main` if there is none.
        writers: as in `create`, and so are the arguments that follow.
        tags: words to find the run by.
        comment: what the run is for.
        python_file: the script.
        check_repo_dirty: whether to refuse to start with changes that are not committed.
        system_indicators: whether to measure the machine.

    Returns:
        The run, which has ended.

    Raises:
        PlanError: all that is wrong, found before anything is computed; there is no run then.
        ExperimentError: these are no configs, or have nothing to run; and as in `create` and
            `start`.
        Exception: whatever the run was left with; it is recorded as its end.
    """
    return _run.run(
        conf,
        overrides,
        run_order,
        lambda: _made(
            name, python_file, comment, writers, tags, check_repo_dirty, system_indicators
        ),
    )


def attach(
    run_uuid: str | Run, writers: str | Writer | Iterable[str | Writer] | None = None
) -> Experiment:
    """Add to a run that has ended: indicators, tags, notes, artifacts.

    ::

        with experiment.attach("3f2a") as run:
            tracker.save(test_accuracy=0.97)
            run.add_note("tested on the new scans")

    How it ended, its configs and where it comes from stay what they are. The global step is the last
    one of the run. An experiment that is still open is closed.

    Args:
        run_uuid: the run, or its uuid, or the start of it.
        writers: where indicators go, as in `create`.

    Returns:
        The experiment, already started; close it by a `with` block, or leave that to the next
        experiment or the end of the process.

    Raises:
        RunError: there is no such run, or it cannot be read.
        ExperimentError: it has not ended, or cannot be written.
    """
    found = run_uuid if isinstance(run_uuid, Run) else runs.get(run_uuid)
    _attach.check_ended(found)
    _slot.empty()
    ranks = _ranks.here()
    experiment: Experiment
    if ranks.is_first:
        experiment = _attach.Attached(found, writers)
    else:
        experiment = _follower.Follower(ranks, found.path.parent.name, layout=found.layout).start()
    _slot.fill(experiment)
    return experiment


def _made(
    name: str | None, python_file: str | os.PathLike[str] | None, *settings: Any
) -> Experiment:
    """An experiment that writes or, in the other processes of a distributed run, one that does not."""
    ranks = _ranks.here()
    if ranks.is_first:
        return Experiment(name, python_file, *settings)
    return _follower.Follower(ranks, name, python_file)


def add_tags(*tags: str) -> None:
    """Add words to find the run by.

    Raises:
        ExperimentError: they are no text, or there is no experiment.
    """
    current().add_tags(*tags)


def add_note(text: str) -> None:
    """Add to what was found out of the run, as a line of its own.

    Raises:
        ExperimentError: it is no text, or there is no experiment.
    """
    current().add_note(text)


def add_artifact(source: str | os.PathLike[str], name: str | None = None) -> Path:
    """Copy a file or folder into the run's folder `artifacts`.

    Args:
        source: what is copied.
        name: what it is called there, `/` for folders within; its own name where not given.

    Returns:
        The copy.

    Raises:
        ExperimentError: there is no run in progress or no such file, or the name leads elsewhere.
        OSError: it cannot be copied.
    """
    return current().add_artifact(source, name)


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
    """Name models for the checkpoints, which keep the model `m` in the file `m.pth`.

    Whatever the configs compute and has a state is kept without being named, by the name of its
    config.

    Args:
        models: models by name, and whatever else has `state_dict()` and `load_state_dict()`.

    Raises:
        ExperimentError: there is no experiment, a name cannot be a file's, or an object lacks these
            methods.
    """
    current().add_pytorch_models(models)


def add_sklearn_models(models: Mapping[str, Any], trusted: Iterable[str] = ()) -> None:
    """Name estimators of scikit-learn for the checkpoints, which keep the model `m` in `m.skops`.

    Args:
        models: estimators by name.
        trusted: types, as `module.Class`, that may be loaded beside those that are known as
            harmless; a checkpoint with others is not loaded, and the error names them.

    Raises:
        ExperimentError: there is no experiment, a name cannot be a file's, or an object is no
            estimator.
    """
    current().add_sklearn_models(models, trusted)


def save_checkpoint(step: int | None = None) -> Path:
    """Save all that is needed to go on from here, at the end of an iteration of the training loop.

    Args:
        step: what the checkpoint is called; the global step where it is not given.

    Returns:
        The folder of the checkpoint.

    Raises:
        ExperimentError: there is no run in progress.
        CheckpointError: there is nothing to save, or some of it could not be read back.
    """
    return current().save_checkpoint(step)


def save_numpy(name: str, array: Any) -> Path:
    """Keep an array with the run, as `numpy/<name>.npy`; one of that name is replaced.

    Args:
        name: the name of the file.
        array: an array, a tensor, or a list of numbers.

    Returns:
        The file.

    Raises:
        ExperimentError: there is no run in progress, or the name cannot be a file's.
        CheckpointError: it is no array of numbers, text or times.
    """
    return current().save_numpy(name, array)


def load(
    run_uuid: str,
    checkpoint: int | None = None,
    in_place: bool = False,
    *,
    is_strict: bool = True,
    skip_damaged: bool = False,
) -> Path:
    """Go on from a checkpoint; to be called before `start`, when configs and models are known.

    Args:
        run_uuid: the run that saved it: its uuid or the start of it; `<uuid>@<step>` names the
            checkpoint too.
        checkpoint: the step of the checkpoint; the newest where it is not given.
        in_place: whether the same run goes on, of which all that is newer than the checkpoint is
            deleted. Else the run is a new one, and names the other as its parent.
        is_strict: whether to refuse a checkpoint where a config that the saved objects depend on
            differs, or where there is something on one side that is not on the other.
        skip_damaged: whether to take the newest checkpoint that is whole.

    Returns:
        The folder of the checkpoint.

    Raises:
        ExperimentError: there is no experiment, or its run was started already.
        RunError: there is no such run.
        CheckpointError: there is no such checkpoint, it is damaged, or it does not fit; nothing is
            loaded then.
    """
    return current().load(
        run_uuid, checkpoint, in_place, is_strict=is_strict, skip_damaged=skip_damaged
    )


def start() -> Experiment:
    """Begin the run: make its folder, record where it comes from, and start to write.

    Returns:
        The experiment, which in a `with` block ends the run; its `path` is the run's folder.

    Raises:
        ExperimentError: there is no experiment, it was started already, or there are uncommitted
            changes and they are not wanted; or the folder of the run cannot be written.
    """
    return current().start()
