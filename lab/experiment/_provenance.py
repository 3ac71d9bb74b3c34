"""Where a run comes from: the command, the repository, the machine; read while training begins."""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.errors import ExperimentError
from lab.experiment import _machine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lab.experiment._git import Git, Repository

__all__ = ["Origin", "Provenance", "command", "working_directory"]

_PATIENCE = 5.0  # seconds for which the end of a short run waits for git
_PATIENCE_AFTER = 5.0  # and for the rest, once git was ended
_NAMED = 5  # changed files that an error names


@dataclass(frozen=True)
class Origin:
    """Where a run comes from.

    Attributes:
        repository: what is checked out; None where git did not answer.
        hardware: the machine.
        user: who started it.
        packages: the installed packages.
    """

    repository: Repository | None = None
    hardware: dict[str, Any] = field(default_factory=dict)
    user: str | None = None
    packages: str = ""


class Provenance:
    """Reads where a run comes from in the background, once in a process.

    In a notebook, where code changes between runs, it is read for each run.

    Args:
        folder: a folder of the repository.
        left_out: the folder of runs, whose files are not named where git does not know them.
    """

    def __init__(self, folder: Path, left_out: Path | None = None) -> None:
        self._folder, self._left_out = folder, left_out
        self._reading: _Reading | None = None

    def begin(self) -> None:
        """Begin to read, unless that was done."""
        key = os.getpid(), self._folder
        self._reading = _readings.get(key)
        if self._reading is None or _is_interactive():
            self._reading = _readings[key] = _Reading(self._folder, self._left_out)

    def peek(self) -> Origin | None:
        """What is known already."""
        return None if self._reading is None else self._reading.origin

    def wait(self) -> Origin:
        """What is known, once it is."""
        if self._reading is not None:
            self._reading.thread.join()
        return self.peek() or Origin()

    def finish(self) -> None:
        """See that it is known before long; a git that hangs is ended."""
        if self._reading is None:
            return
        thread = self._reading.thread
        thread.join(_PATIENCE)
        if thread.is_alive():
            self._reading.stop()
            thread.join(_PATIENCE_AFTER)

    def check_clean(self) -> None:
        """See that all is committed, as it is now.

        Raises:
            ExperimentError: there are changes, or it cannot be told.
        """
        from lab.experiment._git import Git

        now = Git(self._folder).status()
        changed = now.changed
        if changed is None:
            raise ExperimentError(
                f"whether {self._folder} has changes that are not committed cannot be told, for git "
                "knows no repository there: make one, or leave check_repo_dirty out"
            )
        if changed:
            more = f" and {len(changed) - _NAMED} more" if len(changed) > _NAMED else ""
            raise ExperimentError(
                f"{self._folder} has changes that are not committed: "
                f"{', '.join(changed[:_NAMED])}{more}; commit them, or leave check_repo_dirty out"
            )
        if self._reading is not None:
            self._reading.thread.join(_PATIENCE)
        known = self.peek()
        before = None if known is None else known.repository
        if before is None or (before.commit, before.is_dirty) != (now.commit, False):
            self._reading = _readings[os.getpid(), self._folder] = _Reading(
                self._folder, self._left_out
            )


class _Reading:
    """A thread that reads all of it.

    Attributes:
        thread: the thread.
        origin: what it found, once it is through.
    """

    def __init__(self, folder: Path, left_out: Path | None) -> None:
        self.origin: Origin | None = None
        self._folder, self._left_out = folder, left_out
        self._git: Git | None = None
        self._is_stopped = False
        self.thread = threading.Thread(target=self._read, name="lab-provenance", daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """Have it end without git."""
        self._is_stopped = True
        if self._git is not None:
            self._git.stop()

    def _read(self) -> None:
        from lab.experiment._git import (
            Git,
        )  # with subprocess, which the first step need not wait for

        self._git = Git(self._folder, self._left_out)
        if self._is_stopped:
            self._git.stop()
        repository = self._git.read()
        self.origin = Origin(repository, _machine.hardware(), _machine.user(), _machine.packages())


_readings: dict[tuple[int, Path], _Reading] = {}


def command() -> list[str]:
    """The command line of this process."""
    return list(getattr(sys, "orig_argv", sys.argv))


def working_directory() -> str | None:
    """The folder in which the process works; None where it was deleted."""
    try:
        return os.getcwd()
    except OSError:
        return None


def _is_interactive() -> bool:
    kernel = sys.modules.get("ipykernel.kernelapp")
    is_notebook = kernel is not None and kernel.IPKernelApp.initialized()
    return is_notebook or hasattr(sys, "ps1")
