"""An experiment: one run from its creation to its end."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from lab import configs, logger, loop, monit, project, runs, steps, tracker
from lab.configs import BaseConfigs
from lab.errors import ExperimentError
from lab.experiment import _arguments, _checkpoints, _ending, _pulse
from lab.experiment._provenance import GitReader, command
from lab.logger import Text
from lab.runs import RunInfo
from lab.steps import Steps
from lab.tracker import Patterns, Tracker, Writer

__all__ = ["Experiment"]

_PLAIN = frozenset((bool, int, float, str, type(None)))


class Experiment:
    """A run: created, started, and closed with a status.

    While it is open it is what `tracker`, `loop` and `monit` work for. Use it in a `with` block, or
    let the next experiment or the end of the process close it.

    Args:
        name: the experiment.
        python_file: the script.
        comment: what the run is for.
        writers: where indicators go: names, or objects of `tracker.Writer`; none given, the project
            says.
        tags: words to find the run by.
        check_repo_dirty: whether to refuse to start with changes that are not committed; None: the
            project says.
        system_indicators: whether to measure the machine, or the seconds between two samples; None:
            the project says.

    Raises:
        ExperimentError: the name cannot be a folder's, or another argument is of a wrong kind.
        MissingExtra: there is nothing to measure the machine with, or a writer's package is missing.
        TrackerError: there is no writer of that name.
    """

    def __init__(
        self,
        name: str | None = None,
        python_file: str | os.PathLike[str] | None = None,
        comment: str = "",
        writers: str | Writer | Iterable[str | Writer] | None = None,
        tags: Iterable[str] = (),
        check_repo_dirty: bool | None = None,
        system_indicators: bool | float | None = None,
    ) -> None:
        script = project.script() if python_file is None else _arguments.checked_script(python_file)
        self.project = project.find(script)
        self.name = _arguments.checked_name(name, script)
        self.layout = runs.new_layout(self.project.experiments_path, self.name)
        self._info = RunInfo(
            uuid=self.layout.path.name,
            experiment=self.name,
            created=runs.now(),
            python_file=None if script is None else str(script),
            command=command(),
            tags=_arguments.checked_tags(tags),
            comment=_arguments.checked_comment(comment),
        )
        dirty = self.project.check_repo_dirty if check_repo_dirty is None else check_repo_dirty
        self._check_repo_dirty = dirty
        measured = (
            self.project.system_indicators if system_indicators is None else system_indicators
        )
        period = _arguments.checked_period(measured)
        self._steps = Steps()
        kinds = self.project.writers if writers is None else writers
        self._tracker = Tracker(
            self._steps,
            _arguments.create_writers(kinds),
            self.layout,
            is_held=True,
            patterns=Patterns.from_settings(self.project.indicators, self.project.file),
        )
        self._heartbeat = _pulse.heartbeat(self.layout)
        self._system = _pulse.system_indicators(self._tracker, self.path, period)
        self._conf: BaseConfigs | None = None
        self._models: dict[str, Any] = {}
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._before = _ending.uncaught()
        self.is_started = self.is_closed = False
        self._git = GitReader(self.project.path)
        self._fill_slots()

    @property
    def uuid(self) -> str:
        """The name of the run."""
        return self._info.uuid

    @property
    def path(self) -> Path:
        """The folder of the run."""
        return self.layout.path

    @property
    def run(self) -> runs.Run:
        """The run as it is on disk.

        Raises:
            RunError: it was not started.
        """
        return runs.Run(self.layout.path)

    def calculate_configs(
        self,
        conf: BaseConfigs,
        overrides: Mapping[str, Any] | None = None,
        run_order: Sequence[str] | None = None,
    ) -> None:
        """Set overrides, check the whole run, and compute the configs that it names.

        Args:
            conf: the configs, which are recorded with the run.
            overrides: values by dotted name; they outrank all other sources.
            run_order: items and methods, computed in this order; None computes everything.

        Raises:
            PlanError: all that is wrong, found before anything is computed.
            CalculationFailed: a calculator raised.
        """
        plan = configs.calculate(conf, overrides or {}, run_order)
        self._conf = conf
        for warning in plan.warnings:
            logger.warn(warning)

    def add_pytorch_models(self, models: Mapping[str, Any]) -> None:
        """Name the models that checkpoints hold.

        Raises:
            ExperimentError: a name cannot be a file's, or a model has no `state_dict()`.
        """
        _checkpoints.check_models(models)
        self._models.update(models)

    def save_checkpoint(self, step: int | None = None) -> Path:
        """Save the models as they are now.

        Args:
            step: what the checkpoint is called; the global step where it is not given.

        Returns:
            The folder of the checkpoint.

        Raises:
            ExperimentError: the run was not started, or has no models.
        """
        if not self.is_started or self.is_closed:
            raise ExperimentError("a checkpoint belongs to a run in progress: call start() first")
        if not self._models:
            raise ExperimentError("there is nothing to save: call add_pytorch_models() first")
        step = self._steps.step if step is None else step
        return _checkpoints.save_models(self.layout.checkpoints, step, self._models)

    def start(self) -> Experiment:
        """Begin the run: make its folder, record where it comes from, and start to write.

        Returns:
            The experiment; as a context manager it ends the run with its block.

        Raises:
            ExperimentError: it was started or closed already, or there are uncommitted changes
                and they are not wanted; or the folder of the run cannot be written.
        """
        if self.is_started or self.is_closed:
            raise ExperimentError(
                f"the experiment {self.name!r} was started already; create another"
            )
        if self._check_repo_dirty and self._git.result().is_dirty:
            raise ExperimentError(
                f"{self.project.path} has changes that are not committed: commit them, or leave "
                "check_repo_dirty out"
            )
        self._info.started = runs.now()
        try:
            self.layout.create()
            self._write_info()
            self._write_configs()
        except OSError as error:
            raise ExperimentError(
                f"cannot begin a run in {self.path}: {error.strerror or error}; "
                "experiments_path in lab.yaml says where runs are"
            ) from error
        self.is_started = True
        if self._conf is not None:
            self._tracker.hyperparams.update(_plain(configs.hyperparams(self._conf)))
        self._tracker.start()
        self._heartbeat.start()
        if self._system is not None:
            self._system.start()
        atexit.register(self._close_at_exit)
        self._announce()
        return self

    def close(self, error: BaseException | None = None) -> None:
        """End the run: write all that was saved, and its status.

        Args:
            error: what ended it, where something did.
        """
        if self.is_closed or os.getpid() != self._pid:
            return
        self.is_closed = True
        atexit.unregister(self._close_at_exit)
        self._empty_slots()
        if self._system is not None:
            self._system.stop()
        self._tracker.close()
        if self.is_started:
            self._git.result()
            self._info.status, self._info.exception = _ending.of_exception(error)
            self._info.ended = runs.now()
            self._info.waited, self._info.dropped = self._tracker.waited, self._tracker.dropped
            try:
                self._write_configs()
                self._write_info()
            except OSError as problem:  # a full disk must not end a program that is through
                logger.warn(f"the end of the run {self.uuid} could not be recorded: {problem}")
            self._heartbeat.stop()

    def close_unwatched(self) -> None:
        """End a run that no `with` block watches; an exception that nobody caught since is its end."""
        error = _ending.uncaught()
        self.close(None if error is self._before else error)

    def __enter__(self) -> Experiment:
        if not self.is_started:
            raise ExperimentError(
                f"the experiment {self.name!r} is not started: write `with experiment.start():`"
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close(error)

    def _close_at_exit(self) -> None:
        self.close_unwatched()

    def _announce(self) -> None:
        logger.log([(self.name, Text.title), "  ", (self.uuid, Text.meta)])
        if self._conf is not None:
            for name, value in configs.hyperparams(self._conf).items():
                logger.log([f"  {name}: ", (str(value), Text.value)])

    def _write_info(self) -> None:
        with self._lock:
            commit = self._git.peek()
            if commit is not None:
                self._info.git_commit, self._info.git_dirty = commit.name, commit.is_dirty
            runs.write_info(self.layout, self._info)

    def _write_configs(self) -> None:
        if self._conf is not None:
            runs.write_configs(self.layout, _records(self._conf))

    def _fill_slots(self) -> None:
        steps.set_current(self._steps)
        tracker.set_current(self._tracker)
        monit.set_current(None)
        loop.set_current(None)

    def _empty_slots(self) -> None:
        if steps.current() is self._steps:
            loop.finish_loop()
            steps.set_current(Steps())
            tracker.set_current(None)
            monit.set_current(None)
            loop.set_current(None)


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers and text as they are, other values in words."""
    return {name: v if type(v) in _PLAIN else str(v) for name, v in values.items()}


def _records(conf: BaseConfigs) -> dict[str, dict[str, Any]]:
    """The configs as plain data by name; numbers and text as they are, other values in words."""
    values = configs.asdict(conf)
    records = {}
    for node in configs.graph(conf).nodes:
        record = node.as_record()
        name = record.pop("name")
        value = values.get(name, node)
        if type(value) in _PLAIN:
            record["value"] = value
        records[name] = record
    return records
