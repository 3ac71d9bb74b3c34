"""An experiment: one run from its creation to its end."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from lab import configs, logger, project, runs
from lab.configs import BaseConfigs
from lab.errors import ExperimentError
from lab.experiment import _arguments, _configs, _ending, _provenance, _pulse, _ranks, _rooms
from lab.experiment._additions import Additions
from lab.experiment._ending import Ending
from lab.experiment._meeting import Meeting
from lab.experiment._output_log import OutputLog
from lab.experiment._provenance import Provenance
from lab.experiment._recorder import Recorder
from lab.experiment._saving import Saving
from lab.experiment._signals import Termination
from lab.experiment.checkpoints import Checkpoints, Keep, checked_keep
from lab.logger import Text
from lab.runs import RunInfo
from lab.steps import Steps
from lab.tracker import Patterns, Tracker, Writer

__all__ = ["Experiment"]


class Experiment(Saving, Additions):
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
        keep_checkpoints: how many of the last checkpoints are kept, or which; None keeps all.
        output_log: whether to keep what is printed; None: the project says.

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
        keep_checkpoints: int | Keep | None = None,
        output_log: bool | None = None,
    ) -> None:
        script = project.script() if python_file is None else _arguments.checked_script(python_file)
        self.project = project.find(script)
        self.name = _arguments.checked_name(name, script)
        self.layout = runs.new_layout(self.project.experiments_path, self.name)
        info = RunInfo(
            uuid=self.layout.path.name,
            experiment=self.name,
            created=runs.now(),
            python_file=None if script is None else str(script),
            command=_provenance.command(),
            working_directory=_provenance.working_directory(),
            tags=_arguments.checked_tags(tags),
            comment=_arguments.checked_comment(comment),
        )
        wanted = self.project.check_repo_dirty if check_repo_dirty is None else check_repo_dirty
        self._check_repo_dirty = wanted
        measured = (
            self.project.system_indicators if system_indicators is None else system_indicators
        )
        period = _arguments.checked_period(measured)
        keep = checked_keep(keep_checkpoints)
        self._compose(info, self.project.writers if writers is None else writers, period, keep)
        wanted = self.project.output_log if output_log is None else output_log
        self._output_log = OutputLog(self.layout.output_log) if wanted else None
        self._provenance.begin()

    def _compose(self, info: RunInfo, kinds: Any, period: float | None, keep: Keep | None) -> None:
        """Make the parts of the run, and let them be what `tracker`, `loop` and `monit` work for."""
        self._steps = Steps()
        ranks = _ranks.here()
        self._meeting = Meeting(ranks, _ranks.next_number()) if ranks.is_distributed else None
        self._tracker = Tracker(
            self._steps,
            _arguments.create_writers(kinds),
            self.layout,
            is_held=True,
            patterns=Patterns.from_settings(self.project.indicators, self.project.file),
            mail=self._meeting,
        )
        self._provenance = Provenance(self.project.path, self.project.experiments_path)
        self._recorder = Recorder(self.layout, info, self._provenance)
        self._heartbeat = _pulse.heartbeat(self.layout)
        self._system = _pulse.system_indicators(self._tracker, self.path, period)
        self._termination = Termination(self._steps)
        self._closers: list[tuple[str, Callable[[], object]]] = []
        self._conf: BaseConfigs | None = None
        self._checkpoints = Checkpoints(self.layout, self._steps, self._tracker, keep)
        self._pid = os.getpid()
        self._before = _ending.uncaught()
        self.is_started = self.is_closed = False
        _rooms.give(self._steps, self._tracker)
        self._telling = None if self._meeting is None else _pulse.telling(self._meeting, self.path)

    @property
    def uuid(self) -> str:
        """The name of the run."""
        return self._info.uuid

    @property
    def _info(self) -> RunInfo:
        """What is known of the run."""
        return self._recorder.info

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
        if not self.is_closed:
            self._recorder.settle()
        return runs.Run(self.layout.path)

    def calculate_configs(
        self,
        conf: BaseConfigs,
        overrides: Mapping[str, Any] | None = None,
        run_order: Sequence[str] | None = None,
    ) -> None:
        """Set overrides, check the whole run, and compute the configs that it names.

        It may be called again, with more to compute, and after the start.

        Args:
            conf: the configs, which are recorded with the run.
            overrides: values by dotted name; they outrank all other sources.
            run_order: items and methods, computed in this order; None computes everything.

        Raises:
            PlanError: all that is wrong, found before anything is computed.
            CalculationFailed: a calculator raised.
            ExperimentError: the run is closed, or has other configs.
        """
        self._check_open("compute configs")
        if self._conf is not None and conf is not self._conf:
            raise ExperimentError(
                f"the experiment {self.name!r} records one object of configs, and has one of "
                f"{type(self._conf).__name__}: make {type(conf).__name__} a part of it, or create "
                "another experiment"
            )
        plan = configs.calculate(conf, overrides or {}, run_order)
        self.take_configs(conf)
        for warning in plan.warnings:
            logger.warn(warning)

    def take_configs(self, conf: BaseConfigs) -> None:
        """Record these configs with the run."""
        self._conf = self._checkpoints.conf = conf
        if self.is_started:
            self._tracker.hyperparams.update(_configs.hyperparams(conf))
            self._recorder.keep_configs(_configs.records(conf))

    def start(self) -> Experiment:
        """Begin the run: make its folder, record where it comes from, and start to write.

        Returns:
            The experiment; as a context manager it ends the run with its block.

        Raises:
            ExperimentError: it was started or closed already, or there are uncommitted changes
                and they are not wanted; or the folder of the run cannot be written.
        """
        self._check_open("start")
        if self.is_started:
            raise ExperimentError(
                f"the experiment {self.name!r} was started already; create another"
            )
        if self._check_repo_dirty:
            self._provenance.check_clean()
        self._info.started = self._info.started or runs.now()
        self._checkpoints.prepare()
        conf = self._conf
        records = None if conf is None else _configs.records(conf)
        self._recorder.begin()
        self.is_started = True
        try:
            self._begin({} if conf is None else _configs.hyperparams(conf))
            self._recorder.write_rest(records, self._start_pulses)
        except BaseException as error:
            self.close(error)
            raise
        return self

    def _begin(self, hyperparams: Mapping[str, Any]) -> None:
        """Start what goes on beside training."""
        if self._output_log is not None:
            self._output_log.start()
        self._tracker.hyperparams.update(hyperparams)
        self._tracker.start()
        self._checkpoints.begin()
        self._termination.install()
        atexit.register(self.close_unwatched)
        logger.log([(self.name, Text.title), "  ", (self.uuid, Text.meta)])
        for name, value in hyperparams.items():
            logger.log([f"  {name}: ", (str(value), Text.value)])

    def _start_pulses(self) -> None:
        self._heartbeat.start()
        if self._system is not None:
            self._system.start()

    def close(self, error: BaseException | None = None) -> None:
        """End the run: write all that was saved, and its status.

        What fails of it is said, and does not keep the rest from being done.

        Args:
            error: what ended it, where something did.
        """
        if self.is_closed or os.getpid() != self._pid:
            return
        self.is_closed = True
        self._before = None
        atexit.unregister(self.close_unwatched)
        _rooms.take_back(self._steps)
        interrupt: BaseException | None = None
        for what, call in self._ends(error):
            try:
                call()
            except Exception as problem:  # a full disk must not end a program that is through
                text = f"{type(problem).__name__}: {problem}"
                logger.warn(f"at the end of the run {self.uuid}, {what} failed: {text}")
            except BaseException as problem:
                interrupt = problem
        if interrupt is not None:
            raise interrupt

    def _ends(self, error: BaseException | None) -> Iterator[tuple[str, Callable[[], object]]]:
        """All that is to be done at the end."""
        ending, output_log = _ending.of_exception(error, self._steps.stop_reason), self._output_log
        yield "starting", self._recorder.settle
        for pulse in (self._system, self._telling):
            if pulse is not None:
                yield f"ending {pulse.name}", pulse.stop
        yield "writing what was saved", self._tracker.close
        yield from self._closers
        if self.is_started:
            yield "recording how it ended", lambda: self._record_end(ending)
            yield "removing its sign of life", self._heartbeat.stop
            yield "restoring what SIGTERM does", self._termination.remove
        if output_log is not None:
            yield "keeping what was printed", lambda: output_log.close(error)

    def _record_end(self, ending: Ending) -> None:
        if self._meeting is not None:
            ending = _ranks.of_all(ending, self.layout, self._steps.stop_reason)
        self._info.waited += self._tracker.waited
        self._info.dropped += self._tracker.dropped
        self._recorder.end(ending, None if self._conf is None else _configs.records(self._conf))

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
