"""Finding runs in the folder of a project's experiments."""

from __future__ import annotations

import contextlib
import glob
from collections.abc import Iterable
from pathlib import Path

from lab import project
from lab.errors import RunError
from lab.runs._layout import Layout
from lab.runs._run import Run

__all__ = ["find", "get"]


def find(experiment: str | None = None, tags: Iterable[str] = ()) -> list[Run]:
    """The runs of the project, the newest first; folders that are no runs are passed over.

    Args:
        experiment: only those of this experiment.
        tags: only those that have all of these tags.
    """
    wanted = set(tags)
    found: list[tuple[str, Run]] = []
    for folder in _folders(experiment):
        with contextlib.suppress(RunError):
            run = Run(folder)
            info = run.info
            if wanted.issubset(info.tags):
                found.append((info.started or info.created or "", run))
    return [run for _, run in sorted(found, key=lambda pair: pair[0], reverse=True)]


def get(uuid: str) -> Run:
    """The run with this uuid, or with one that starts so.

    Raises:
        RunError: there is none, or several.
    """
    folders = [folder for folder in _folders(None) if folder.name.startswith(uuid)]
    if not folders:
        place = project.current().experiments_path
        raise RunError(f"no run {uuid!r} in {place}")
    if len(folders) > 1 and uuid not in {folder.name for folder in folders}:
        some = ", ".join(folder.name for folder in folders[:5])
        raise RunError(f"{len(folders)} runs start with {uuid!r}: {some}; give more of the name")
    return Run(next((f for f in folders if f.name == uuid), folders[0]))


def _folders(experiment: str | None) -> list[Path]:
    root = project.current().experiments_path
    pattern = "*" if experiment is None else glob.escape(experiment)
    return sorted(path.parent for path in root.glob(f"{pattern}/*/{Layout(root).info.name}"))
