"""Where a run comes from: the command, and the state of the git repository."""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Commit", "GitReader", "command"]

_TIMEOUT = 30.0


@dataclass(frozen=True)
class Commit:
    """What is checked out.

    Attributes:
        name: the hash of the commit; None where there is none.
        is_dirty: whether there are changes that are not committed.
    """

    name: str | None
    is_dirty: bool | None


class GitReader:
    """Reads the state of a repository in the background, so that nobody waits for git.

    Args:
        folder: a folder of the repository.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._commit: Commit | None = None
        self._thread = threading.Thread(target=self._read, name="lab-git", daemon=True)
        self._thread.start()

    def result(self, timeout: float = _TIMEOUT) -> Commit:
        """What is checked out; nothing is known where it is no repository, or git is too slow."""
        self._thread.join(timeout)
        return self._commit or Commit(None, None)

    def peek(self) -> Commit | None:
        """What is checked out, if it is known already."""
        return self._commit

    def _read(self) -> None:
        import subprocess

        status = ["git", "status", "--porcelain=v2", "--branch", "--untracked-files=no"]
        try:
            done = subprocess.run(
                status,
                cwd=self._folder,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_TIMEOUT,
                env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
            )
        except (OSError, subprocess.TimeoutExpired):  # there is no git, or not in time
            self._commit = Commit(None, None)
            return
        name = None
        is_dirty = False
        for line in done.stdout.splitlines():
            if line.startswith("# branch.oid "):
                name = line.split()[2]
            is_dirty = is_dirty or not line.startswith("#")
        if name is None or name == "(initial)":
            self._commit = Commit(None, is_dirty if name else None)
        else:
            self._commit = Commit(name, is_dirty)


def command() -> list[str]:
    """The command line of this process."""
    return list(getattr(sys, "orig_argv", sys.argv))
