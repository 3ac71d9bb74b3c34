"""`run.yaml`: who ran what, when, and how it ended."""

from __future__ import annotations

import os
import socket
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, timezone
from typing import Any

from lab import files
from lab.errors import RunError
from lab.runs._heartbeat import is_over, process_start
from lab.runs._layout import FORMAT, Layout
from lab.runs._ranks import first_failure

__all__ = ["RunInfo", "now", "parse_info", "unless_over", "write_info"]


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
        exception: what ended it, where something did; those that led to it follow after `<-`.
        exit_code: what the process ended with, where `sys.exit` said so.
        host: the machine.
        process: the process id on that machine.
        process_start: what tells the process from others that were given its id since; None where
            the platform does not tell.
        python_file: the script.
        command: the command line.
        working_directory: the folder in which it was called.
        user: who started it.
        hardware: the machine: cpu, cores, usable_cores, memory (bytes), gpus.
        versions: of python, lab, and what else was loaded of torch, cuda and numpy.
        git_commit: the commit that was checked out.
        git_branch: its branch.
        git_dirty: whether there were changes that are not in it.
        git_remote: where the branch is pushed to, without credentials.
        tags: words to find the run by.
        comment: what the run is for.
        notes: what was found out since.
        parent: the run that this one goes on from.
        sweep: the sweep that it is a trial of.
        waited: how many seconds the training loop waited for the writers.
        dropped: how many saved rows no writer took.
        format: the version of the format of the file.
    """

    uuid: str
    experiment: str
    status: str = "running"
    created: str | None = None
    started: str | None = None
    ended: str | None = None
    exception: str | None = None
    exit_code: int | None = None
    host: str = field(default_factory=socket.gethostname)
    process: int = field(default_factory=os.getpid)
    process_start: str | None = field(default_factory=process_start)
    python_file: str | None = None
    command: list[str] = field(default_factory=list)
    working_directory: str | None = None
    user: str | None = None
    hardware: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, Any] = field(default_factory=dict)
    git_commit: str | None = None
    git_branch: str | None = None
    git_dirty: bool | None = None
    git_remote: str | None = None
    tags: list[str] = field(default_factory=list)
    comment: str = ""
    notes: str = ""
    parent: str | None = None
    sweep: str | None = None
    waited: float = 0.0
    dropped: int = 0
    format: int = FORMAT


# what a file that does not say it means; the defaults of the class are those of a run that begins here
_UNSAID: dict[str, Any] = {"host": "", "process": 0, "process_start": None}
_KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "str": ((str,), "text"),
    "str | None": ((str, type(None)), "text"),
    "int": ((int,), "a whole number"),
    "int | None": ((int, type(None)), "a whole number"),
    "dict[str, Any]": ((dict,), "a mapping"),
    "float": ((int, float), "a number"),
    "bool | None": ((bool, type(None)), "true or false"),
    "list[str]": ((list,), "a list of words"),
}


def now() -> str:
    """The time, as `run.yaml` has it."""
    return datetime.now(timezone.utc).isoformat(timespec="microseconds")


def write_info(layout: Layout, info: RunInfo) -> None:
    """Write `run.yaml`, whole or not at all, in the format of today."""
    files.write_text(layout.info, files.to_yaml(asdict(replace(info, format=FORMAT))))


def parse_info(layout: Layout) -> RunInfo:
    """Read `run.yaml`.

    Raises:
        RunError: there is none, it cannot be read, or a newer version of `lab` wrote it.
    """
    path = layout.info
    try:
        data: Any = files.read_yaml(path)
    except FileNotFoundError as error:
        raise RunError(f"{path.parent} is no run: {_why_not(layout)}") from error
    except NotADirectoryError as error:
        raise RunError(f"{path.parent} is no run: it is a file, not a folder") from error
    except (OSError, ValueError) as error:
        raise RunError(f"cannot read the run: {error}") from error
    if not isinstance(data, dict) or "uuid" not in data or "experiment" not in data:
        raise RunError(f"{path} does not describe a run: it takes at least uuid and experiment")
    version = data.get("format")
    if not isinstance(version, int) or isinstance(version, bool) or not 1 <= version <= FORMAT:
        raise RunError(
            f"{path} has format {version}, this version of lab reads 1 to {FORMAT}; "
            "a newer version of lab wrote it: upgrade"
            if isinstance(version, int) and version > FORMAT
            else f"{path} has format {version!r}, which never was: formats are 1 to {FORMAT}"
        )
    return RunInfo(**{**_UNSAID, **_checked(data, str(path))})


def unless_over(layout: Layout, info: RunInfo) -> RunInfo:
    """The same; one that says it is running, and is not any more, with the status crashed.

    Where another process of the run failed, that is what is said of a run that crashed, or ended well.
    """
    if info.status == "running":
        is_here = info.host == socket.gethostname()
        if not is_over(layout, info.process, info.process_start, is_here, info.format > 1):
            return info
        info = replace(info, status="crashed")
    if info.status in ("crashed", "completed"):
        failure = first_failure(layout)
        is_left = info.status == "completed"  # a process that dies once all is done is no failure
        if failure is not None and not (is_left and failure.status == "crashed"):
            words = f"rank {failure.rank}: {failure.exception}"
            return replace(info, status="failed", exception=words)
    return info


def _why_not(layout: Layout) -> str:
    if layout.path.is_dir():
        return f"it has no {layout.info.name}"
    return "there is no such folder"


def _checked(data: dict[Any, Any], name: str) -> dict[str, Any]:
    """The fields of a run that a file holds, each of its type; hands have been at such files."""
    checked = {}
    for known in fields(RunInfo):
        if known.name not in data:
            continue
        value = data[known.name]
        types, words = _KINDS[str(known.type)]
        if str in types and isinstance(value, (int, float)) and not isinstance(value, bool):
            value = str(value)  # a comment that is a number
        elif list in types and isinstance(value, str):
            value = [value]
        elif list in types and value is None:
            value = []
        elif list in types and isinstance(value, list):
            value = [str(item) for item in value]
        if not isinstance(value, types):
            raise RunError(f"{name}: {known.name!r} takes {words}, got {value!r}")
        checked[known.name] = value
    return checked
