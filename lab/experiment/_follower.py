"""A run in the processes beside the first: it computes as there, and writes nothing of its own."""

from __future__ import annotations

import atexit
import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from lab import logger, project, runs
from lab.configs import BaseConfigs
from lab.errors import ExperimentError
from lab.experiment import _arguments, _ending, _ranks, _rooms
from lab.experiment._experiment import Experiment
from lab.experiment._meeting import Meeting
from lab.experiment._pulse import Pulse
from lab.experiment._ranks import Ranks
from lab.experiment._signals import Termination
from lab.experiment.checkpoints import Checkpoints, Source, check_name
from lab.logger import Logger, Output, Text
from lab.runs import Layout, RankInfo, RunInfo
from lab.steps import Part, Steps
from lab.tracker import Patterns, Tracker

__all__ = ["Follower"]

_PATIENCE = 60.0  # seconds for which rank 0 is waited for, by who asks for the run
_LOOK = 0.05  # seconds between two looks whether there is a run, at first
_NOWHERE = Layout(Path())
_SHOWN = (Text.warning, Text.danger)


class Follower(Experiment):
    """The run of rank 0, in another process.

    Loops, sections and indicators work; of indicators only those that are means over all processes go
    anywhere, and of what is shown only warnings and errors. Where the run is it asks rank 0, when it is
    asked itself.

    Args:
        ranks: which process this is.
        name: the experiment.
        python_file: the script.
        layout: where the run is, if it has ended before, and is added to.
    """

    def __init__(
        self,
        ranks: Ranks,
        name: str | None = None,
        python_file: str | os.PathLike[str] | None = None,
        layout: Layout | None = None,
    ) -> None:
        script = project.script() if python_file is None else _arguments.checked_script(python_file)
        self.project = project.find(script)
        self.name = _arguments.checked_name(name, script)
        self._layout, self._is_adding = layout, layout is not None
        self._rank_0 = self._meeting = Meeting(ranks, _ranks.next_number())
        self._rank = RankInfo(ranks.rank)
        self._steps = Steps()
        patterns = Patterns.from_settings(self.project.indicators, self.project.file)
        self._tracker = Tracker(self._steps, is_held=True, patterns=patterns, mail=self._meeting)
        self._termination = Termination(self._steps)
        self._closers = []
        self._conf = None
        self._checkpoints = Checkpoints(_NOWHERE, self._steps, self._tracker, None)
        self._pid = os.getpid()
        self._before = _ending.uncaught()
        waits = itertools.chain((0.0,), itertools.repeat(_LOOK, 200), itertools.repeat(1.0))
        self._signing_in = Pulse("lab-ranks", self._sign_in, waits)
        self.is_started = self.is_closed = False
        quiet = _Quiet(ranks.rank)
        self._logger = Logger(quiet)
        self._logger_before = quiet.shown = logger.set_current(self._logger)
        _rooms.give(self._steps, self._tracker)
        atexit.register(self.close_unwatched)

    @property
    def layout(self) -> Layout:
        """The files of the run, which rank 0 writes.

        Raises:
            ExperimentError: rank 0 cannot be asked, or does not answer.
        """
        if self._layout is None:
            self._layout = Layout(Path(self._rank_0.wait_for("path", _PATIENCE)))
        return self._layout

    @layout.setter
    def layout(self, layout: Layout) -> None:
        self._layout = layout

    @property
    def uuid(self) -> str:
        """The name of the run."""
        return self.layout.path.name

    @property
    def run(self) -> runs.Run:
        """The run, as rank 0 has written it by now."""
        return runs.Run(self.layout.path)

    def take_configs(self, conf: BaseConfigs) -> None:
        """Nothing is recorded here; what has a state is loaded from checkpoints."""
        self._conf = self._checkpoints.conf = conf

    def start(self) -> Experiment:
        """Begin; nothing is written, and rank 0 is not waited for.

        Raises:
            ExperimentError: it was started or closed already.
        """
        self._check_open("start")
        if self.is_started:
            raise ExperimentError(
                f"the experiment {self.name!r} was started already; create another"
            )
        self.is_started = True
        self._tracker.start()
        self._checkpoints.begin()
        self._steps.at_stop.clear()  # rank 0 saves
        self._termination.install()
        self._signing_in.start()
        return self

    def save_checkpoint(self, step: int | None = None) -> Path:
        """Nothing: rank 0 saves, and is not waited for; gives where it does, as far as that is known."""
        self._check_running("a checkpoint")
        name = str(self._steps.step if step is None else step)
        return (self._known() or _NOWHERE).checkpoints / name

    def save_numpy(self, name: str, array: Any) -> Path:
        """Nothing: rank 0 saves; gives where it does, as far as that is known."""
        self._check_running("an array")
        check_name(name, "an array")
        return (self._known() or _NOWHERE).numpy / f"{name}.npy"

    def add_artifact(self, source: str | os.PathLike[str], name: str | None = None) -> Path:
        """Nothing: rank 0 copies; gives where to, as far as that is known."""
        return (self._known() or _NOWHERE).artifacts / (name or Path(source).name)

    def _change(self, change: Callable[[RunInfo], None]) -> None:
        """Rank 0 does it."""

    def _check_at_rest(self, source: Source) -> None:
        """Rank 0 does it, and may be in the run already."""

    def _go_on_in(self, source: Source) -> None:
        self._layout, self.name = source.run.layout, source.run.layout.path.parent.name

    def _go_on_after(self, source: Source) -> None:
        """Rank 0 records it."""

    def _known(self) -> Layout | None:
        """Where the run is; None where that is not known by now. Waits for nobody."""
        if self._layout is None:
            try:
                path = self._rank_0.heard("path") if self._rank_0.is_there() else None
            except RuntimeError:  # rank 0 is gone, and the store with it
                return None
            self._layout = None if path is None else Layout(Path(path))
        return self._layout

    def _sign_in(self) -> bool:
        """Say in the folder of the run which process this is; False once that is done."""
        return not self._write_rank()

    def _write_rank(self, traceback: str | None = None) -> bool:
        """Write what is known of this process, if the run is there by now."""
        if self._is_adding:
            return True
        layout = self._known()
        if layout is None or not layout.info.is_file():
            return False
        runs.write_rank(layout, self._rank, traceback)
        return True

    def _ends(self, error: BaseException | None) -> Iterator[tuple[str, Callable[[], object]]]:
        stop_reason = self._steps.stop_reason
        ending = _ranks.of_one(_ending.of_exception(error, stop_reason), stop_reason)
        calls: Sequence[tuple[str, Callable[[], object]]] = (
            ("recording how it ended", lambda: self._record_end(ending)),
            ("handing on what was saved", self._tracker.close),
            *self._closers,
            ("restoring what SIGTERM does", self._termination.remove),
        )
        for what, call in calls:
            yield what, lambda what=what, call=call: _guarded(what, call)  # type: ignore[misc]
        yield "showing what is logged", self._show_again

    def _record_end(self, ending: _ending.Ending) -> None:
        self._signing_in.stop()
        self._rank = RankInfo(self._rank.rank, ending.status, ending.exception)
        self._write_rank(ending.traceback)

    def _show_again(self) -> None:
        now = logger.set_current(self._logger_before)
        if now is not self._logger:  # another took its place since
            logger.set_current(now)


class _Quiet(Output):
    """Shows warnings and errors, with the rank.

    Args:
        rank: which process this is.

    Attributes:
        shown: where they are shown.
    """

    shown: Logger

    def __init__(self, rank: int) -> None:
        self._rank = rank

    def write(self, parts: Sequence[Part], end: str = "\n") -> None:
        """Write what is a warning or an error."""
        if any(isinstance(part, tuple) and _is_shown(part[1]) for part in parts):
            self.shown.log([f"rank {self._rank}: ", *parts], "\n")

    def draw(self, parts: Sequence[Part]) -> None:
        """Nothing: rank 0 shows how it goes."""

    def settle(self, parts: Sequence[Part]) -> None:
        """Nothing: rank 0 shows how it goes."""


def _is_shown(style: object) -> bool:
    styles = style if isinstance(style, (list, tuple)) else (style,)
    return any(one in _SHOWN for one in styles)


def _guarded(what: str, call: Callable[[], object]) -> None:
    """Make a call; what fails of it is said without naming the run, which may not be known here."""
    try:
        call()
    except Exception as problem:
        logger.warn(f"at the end of the run, {what} failed: {type(problem).__name__}: {problem}")
