"""The part of an experiment that takes what people add to a run: tags, notes, files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from lab import files, logger
from lab.errors import ExperimentError
from lab.experiment import _arguments
from lab.experiment._recorder import Recorder
from lab.runs import Layout, RunInfo

__all__ = ["Additions"]


class Additions:
    """Tags, notes and files of a run; `lab.experiment.Experiment` is one."""

    name: str
    layout: Layout
    is_started: bool
    is_closed: bool
    _recorder: Recorder

    def add_tags(self, *tags: str) -> None:
        """Add words to find the run by.

        Raises:
            ExperimentError: they are no text, or the run is closed.
        """
        self._check_open("add tags")
        found = _arguments.checked_tags(tags)
        self._change(lambda info: setattr(info, "tags", sorted({*info.tags, *found})))

    def add_note(self, text: str) -> None:
        """Add to what was found out of the run, as a line of its own.

        Raises:
            ExperimentError: it is no text, or the run is closed.
        """
        self._check_open("add a note")
        if not isinstance(text, str):
            raise ExperimentError(f"a note is text, not {text!r}")
        self._change(lambda info: setattr(info, "notes", f"{info.notes}\n{text}".lstrip("\n")))

    def add_artifact(self, source: str | os.PathLike[str], name: str | None = None) -> Path:
        """Copy a file or folder into the run's folder `artifacts`, in the place of one of that name.

        Args:
            source: what is copied.
            name: what it is called there, `/` for folders within; its own name where not given.

        Returns:
            The copy.

        Raises:
            ExperimentError: there is no run in progress or no such file, or the name leads elsewhere.
            OSError: it cannot be copied.
        """
        if not self.is_started or self.is_closed:
            raise ExperimentError("an artifact belongs to a run in progress: call start() first")
        path = Path(source)
        if not path.exists():
            raise ExperimentError(f"there is no file {path} to add to the run")
        name = path.resolve().name if name is None else name
        parts = Path(name).parts
        if not parts or Path(name).is_absolute() or ".." in parts:
            raise ExperimentError(
                f"the name of an artifact is a path within the run's folder, {name!r} cannot be one"
            )
        target = self.layout.artifacts.joinpath(*parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        with files.written_aside(target) as aside:
            if path.is_dir():
                shutil.copytree(path, aside)
                shutil.rmtree(target, ignore_errors=True)
            else:
                shutil.copyfile(path, aside)
        return target

    def _change(self, change: Callable[[RunInfo], None]) -> None:
        """Change what is known of the run; a full disk is said, and ends no training."""
        try:
            self._recorder.change(change)
        except OSError as problem:
            logger.warn(f"what was added to the run {self.layout.path.name} is lost: {problem}")

    def _check_open(self, what: str) -> None:
        if self.is_closed:
            raise ExperimentError(
                f"cannot {what}: the experiment {self.name!r} is closed; create another"
            )
