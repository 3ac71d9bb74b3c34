"""The part of an experiment that saves what training made, and goes on from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lab import files, logger, runs
from lab.errors import ExperimentError
from lab.experiment import _pulse, checkpoints
from lab.experiment._output_log import OutputLog
from lab.experiment._provenance import Provenance
from lab.experiment._recorder import Recorder
from lab.experiment.checkpoints import Checkpoints, Numpy, Source, as_array
from lab.logger import Text
from lab.runs import Layout, Run
from lab.tracker import Tracker

__all__ = ["Saving"]


class Saving:
    """Checkpoints and arrays of a run; `lab.experiment.Experiment` is one."""

    name: str
    layout: Layout
    is_started: bool
    is_closed: bool
    _checkpoints: Checkpoints
    _heartbeat: _pulse.Pulse
    _output_log: OutputLog | None
    _provenance: Provenance
    _recorder: Recorder
    _tracker: Tracker

    def add_pytorch_models(self, models: Mapping[str, Any]) -> None:
        """Name models for the checkpoints, which keep the model `m` in the file `m.pth`.

        Whatever the configs compute and has a state is kept without being named, by the name of its
        config.

        Args:
            models: models by name, and whatever else has `state_dict()` and `load_state_dict()`.

        Raises:
            ExperimentError: a name cannot be a file's, or an object lacks these methods.
        """
        self._checkpoints.add_pytorch(models)

    def add_sklearn_models(self, models: Mapping[str, Any], trusted: Iterable[str] = ()) -> None:
        """Name estimators of scikit-learn for the checkpoints.

        Args:
            models: estimators by name.
            trusted: types, as `module.Class`, that may be loaded beside those that are known as
                harmless; a checkpoint with others is not loaded, and the error names them.

        Raises:
            ExperimentError: a name cannot be a file's, or an object is no estimator.
        """
        self._checkpoints.add_sklearn(models, trusted)

    def save_checkpoint(self, step: int | None = None) -> Path:
        """Save all that is needed to go on from here, at the end of an iteration of the training loop.

        Args:
            step: what the checkpoint is called; the global step where it is not given.

        Returns:
            The folder of the checkpoint.

        Raises:
            ExperimentError: there is no run in progress.
            CheckpointError: there is nothing to save, or some of it could not be read back.
        """
        self._check_running("a checkpoint")
        return self._checkpoints.save(step)

    def save_numpy(self, name: str, array: Any) -> Path:
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
        self._check_running("an array")
        checkpoints.check_name(name, "an array")
        array = as_array(array, name)
        self.layout.numpy.mkdir(exist_ok=True)
        path = self.layout.numpy / f"{name}.npy"
        with files.written_aside(path) as aside:
            Numpy().write(aside, array, name)
        return path

    def load(
        self,
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
                deleted. Else this run is a new one, and names the other as its parent.
            is_strict: whether to refuse a checkpoint where a config that the saved objects depend on
                differs, or where there is something on one side that is not on the other.
            skip_damaged: whether to take the newest checkpoint that is whole.

        Returns:
            The folder of the checkpoint.

        Raises:
            ExperimentError: the run was started already.
            RunError: there is no such run.
            CheckpointError: there is no such checkpoint, it is damaged, or it does not fit; nothing
                is loaded then.
        """
        if self.is_started or self.is_closed:
            raise ExperimentError(
                "load() comes before start(): create, calculate_configs, add models, load, start"
            )
        run, step = _named(run_uuid, checkpoint)
        source = checkpoints.find(run, step, skip_damaged)
        if in_place:
            self._check_at_rest(source)
        self._checkpoints.load(source, is_strict)
        if in_place:
            self._go_on_in(source)
        else:
            self._go_on_after(source)
        place = "in place" if in_place else "as a new run"
        logger.log(["goes on from ", (source.name, Text.value), f", {place}"])
        return source.path

    def _check_at_rest(self, source: Source) -> None:
        """See that nobody writes to the run that saved a checkpoint."""
        checkpoints.check_at_rest(source)

    def _go_on_after(self, source: Source) -> None:
        """Name the run that saved a checkpoint as the parent."""
        self._recorder.info.parent = source.name

    def _go_on_in(self, source: Source) -> None:
        """Make the run that saved a checkpoint the one in progress."""
        run = source.run
        info = checkpoints.reopened(run.info, self._recorder.info)
        self.layout, self.name = run.layout, info.experiment
        self._recorder = Recorder(run.layout, info, self._provenance, is_known=True)
        self._heartbeat = _pulse.heartbeat(run.layout)
        self._tracker.go_on(run.layout, run.indicators)
        if self._output_log is not None:
            self._output_log = OutputLog(run.layout.output_log)
        self._checkpoints.go_on_in(source)

    def _check_running(self, what: str) -> None:
        if not self.is_started or self.is_closed:
            raise ExperimentError(f"{what} belongs to a run in progress: call start() first")


def _named(run_uuid: Any, checkpoint: Any) -> tuple[Run, int | None]:
    if checkpoint is not None and (not isinstance(checkpoint, int) or isinstance(checkpoint, bool)):
        raise ExperimentError(f"a checkpoint is named by its step, a number, not {checkpoint!r}")
    if isinstance(run_uuid, str) and "@" in run_uuid:
        run_uuid, _, step = run_uuid.rpartition("@")
        try:
            found = int(step)
        except ValueError:
            raise ExperimentError(
                f"a run is named with its checkpoint as <uuid>@<step>, {step!r} is no step"
            ) from None
        if checkpoint is not None and checkpoint != found:
            raise ExperimentError(
                f"two checkpoints are named: {found} behind the @, and checkpoint={checkpoint}"
            )
        checkpoint = found
    return runs.get(run_uuid), checkpoint
