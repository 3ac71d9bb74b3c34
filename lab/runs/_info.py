"""`run.yaml`: who ran what, when, and how it ended."""

from __future__ import annotations

import os
import socket
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from lab import files
from lab.errors import RunError
from lab.runs._layout import FORMAT, Layout

__all__ = ["RunInfo", "now", "read_info", "write_info"]


@dataclass
class RunInfo:
    """What is known of a run; times are text in ISO 8601 (UTC).

    Attributes:
        uuid: the name of the run's folder.
        experiment: the name of the folder above.
        status: running, completed, failed, interrupted or crashed.
        created: when the experiment was created.
        started: when it was started.
        ended: when it ended.
        exception: what ended it, where something did.
        host: the machine.
        process: the process id on that machine.
        python_file: the script.
        command: the command line.
        git_commit: the commit that was checked out.
        git_dirty: whether there were changes that are not in it.
        tags: words to find the run by.
        comment: what the run is for.
        notes: what was found out since.
        parent: the run that this one goes on from.
        sweep: the sweep that it is a trial of.
        format: the version of the format of the run's files.
    """

    uuid: str
    experiment: str
    status: str = "running"
    created: str | None = None
    started: str | None = None
    ended: str | None = None
    exception: str | None = None
    host: str = field(default_factory=socket.gethostname)
    process: int = field(default_factory=os.getpid)
    python_file: str | None = None
    command: list[str] = field(default_factory=list)
    git_commit: str | None = None
    git_dirty: bool | None = None
    tags: list[str] = field(default_factory=list)
    comment: str = ""
    notes: str = ""
    parent: str | None = None
    sweep: str | None = None
    format: int = FORMAT


def now() -> str:
    """The time, as `run.yaml` has it."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


def write_info(layout: Layout, info: RunInfo) -> None:
    """Write `run.yaml`, whole or not at all."""
    files.write_text(layout.info, files.to_yaml(asdict(info)))


def read_info(layout: Layout) -> RunInfo:
    """Read `run.yaml`; a run whose process is gone from this machine reads as crashed.

    Raises:
        RunError: there is none, it cannot be read, or a newer version of `lab` wrote it.
    """
    info = _parse(layout.info)
    if info.status == "running" and info.host == socket.gethostname() and _is_dead(info.process):
        info.status = "crashed"
    return info


def _parse(path: Path) -> RunInfo:
    try:
        data: Any = files.read_yaml(path)
    except FileNotFoundError as error:
        raise RunError(f"{path.parent} is no run: it has no {path.name}") from error
    except (OSError, ValueError) as error:
        raise RunError(f"cannot read the run: {error}") from error
    if not isinstance(data, dict) or "uuid" not in data or "experiment" not in data:
        raise RunError(f"{path} does not describe a run")
    version = data.get("format")
    if not isinstance(version, int) or version > FORMAT:
        raise RunError(
            f"{path} has format {version}, this version of lab reads up to {FORMAT}; upgrade it"
        )
    known = {f.name for f in fields(RunInfo)}
    return RunInfo(**{key: value for key, value in data.items() if key in known})


def _is_dead(process: int) -> bool:
    if process == os.getpid() or os.name == "nt":  # there a signal 0 would end it
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # alive, and someone else's
        return False
    return False
