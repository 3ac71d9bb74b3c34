"""Going on in the folder of a run: what came after the checkpoint is cut away."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from lab import runs
from lab.errors import CheckpointError
from lab.experiment.checkpoints._resume import Source
from lab.experiment.checkpoints._store import Store
from lab.runs import RunInfo

__all__ = ["check_at_rest", "cut_back", "reopened"]


def check_at_rest(source: Source) -> None:
    """See that nobody writes to the run.

    Raises:
        CheckpointError: it is still going on.
    """
    info = source.run.info
    if info.status == "running":
        raise CheckpointError(
            f"the run {info.uuid} is going on (process {info.process} on {info.host}): stop it "
            "first, or go on in a new run (in_place=False)"
        )


def reopened(info: RunInfo, here: RunInfo) -> RunInfo:
    """What is known of a run that goes on, in the process and by the command of this one.

    When it was created and first started stays; it has no end any more.
    """
    return replace(
        info,
        status="running",
        ended=None,
        exception=None,
        exit_code=None,
        host=here.host,
        process=here.process,
        process_start=here.process_start,
        python_file=here.python_file,
        command=here.command,
        working_directory=here.working_directory,
        tags=sorted({*info.tags, *here.tags}),
        comment=here.comment or info.comment,
    )


def cut_back(source: Source) -> None:
    """Remove the rows, the lines and the checkpoints that are newer than the checkpoint.

    Files of TensorBoard stay as they are, for they cannot be cut.

    Raises:
        RunError: the database is another than at the checkpoint.
        OSError: a file cannot be changed.
    """
    layout, manifest = source.run.layout, source.manifest
    store = Store(layout.checkpoints)
    for entry in store.entries():
        if entry.manifest is None or entry.manifest.number > manifest.number:
            store.delete(entry)
    layout.traceback.unlink(missing_ok=True)
    runs.cut(layout, manifest.cursor)
    for path in sorted(layout.csv.glob("*.csv")):
        _cut_file(path, manifest.csv.get(path.name, 0))


def _cut_file(path: Path, size: int) -> None:
    if size == 0:
        path.unlink()
    elif path.stat().st_size > size:
        os.truncate(path, size)
