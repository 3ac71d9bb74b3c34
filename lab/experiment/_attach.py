"""Adding to a run that has ended; how it ended stays."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Mapping
from typing import Any

from lab import logger, project, runs
from lab.configs import BaseConfigs
from lab.errors import ExperimentError
from lab.experiment._ending import Ending
from lab.experiment._experiment import Experiment
from lab.logger import Text
from lab.runs import Run, RunInfo

__all__ = ["Attached", "check_ended"]


def check_ended(run: Run) -> None:
    """See that nobody writes to a run.

    Raises:
        ExperimentError: it has not ended.
    """
    info = run.info
    if info.status == "running":
        raise ExperimentError(
            f"the run {info.uuid} has not ended: the process {info.process} on {info.host} "
            "writes to it; attach to it once it has, or stop it"
        )


class Attached(Experiment):
    """A run that has ended, and is added to: indicators, tags, notes, artifacts.

    Its status, where it comes from, and the process that it ran in stay what they are.

    Args:
        run: the run.
        writers: where indicators go; None: the project says.

    Raises:
        ExperimentError: it has not ended.
        RunError: it cannot be read.
        TrackerError: there is no writer of that name.
    """

    def __init__(self, run: Run, writers: Any = None) -> None:
        check_ended(run)
        info = run.info
        self.project = project.current()
        self.layout, self.name = run.layout, info.experiment
        self._check_repo_dirty = False
        self._compose(info, self.project.writers if writers is None else writers, None, None)
        self._output_log = None  # what is printed now is no part of it
        self._tracker.go_on(self.layout, run.indicators)
        self._steps.step = run.last_step or 0
        self.is_started = True
        try:
            self._recorder.go_on()
            self._begin(run.hyperparams)
        except BaseException as error:
            self.close(error)
            raise

    def calculate_configs(
        self, conf: BaseConfigs, overrides: Any = None, run_order: Any = None
    ) -> None:
        """Nothing: the configs of a run that has ended stay what they were.

        Raises:
            ExperimentError: always.
        """
        raise ExperimentError(
            f"the run {self.uuid} has ended, and its configs stay what they were; compute others "
            "with lab.configs.calculate(), which records nothing"
        )

    def _begin(self, hyperparams: Mapping[str, Any]) -> None:
        self._tracker.hyperparams.update(hyperparams)
        self._tracker.start()
        self._termination.install()
        atexit.register(self.close_unwatched)
        logger.log([(self.name, Text.title), "  ", (self.uuid, Text.meta), "  attached"])

    def _change(self, change: Callable[[RunInfo], None]) -> None:
        self._recorder.info = runs.Run(self.layout.path).info  # others may have changed it too
        super()._change(change)

    def _record_end(self, ending: Ending) -> None:
        def count(info: RunInfo) -> None:
            info.waited += self._tracker.waited
            info.dropped += self._tracker.dropped

        if self._tracker.waited or self._tracker.dropped:
            self._change(count)
