"""Finding runs in the folder of a project's experiments."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab import project
from lab.errors import RunError, nearest
from lab.runs._info import RunInfo
from lab.runs._run import Run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lab.runs._lookup import Lookup
    from lab.runs._where import Filter, Name

__all__ = ["Damaged", "DamagedRunWarning", "Found", "find", "get"]

_YOUNG = 10.0  # seconds in which a new folder gets its run.yaml, at the latest


class DamagedRunWarning(UserWarning):
    """Something lies among the runs that is none, or cannot be read; it was skipped."""


@dataclass(frozen=True)
class Damaged:
    """Something among the runs that is none, or cannot be read.

    Attributes:
        path: where it is.
        reason: what is wrong with it.
    """

    path: Path
    reason: str

    def __str__(self) -> str:
        return self.reason if str(self.path) in self.reason else f"{self.path}: {self.reason}"


class Found(list[Run]):
    """Runs, the newest first.

    Attributes:
        damaged: what was skipped, and why.
    """

    def __init__(self, runs: Iterable[Run] = (), damaged: Iterable[Damaged] = ()) -> None:
        super().__init__(runs)
        self.damaged = list(damaged)


def find(
    experiment: str | None = None, tags: Iterable[str] = (), where: str | None = None
) -> Found:
    """The runs of the project, the newest first.

    What lies among the runs and cannot be read is skipped: one `DamagedRunWarning` names all of it,
    and so does `damaged` of the result.

    Args:
        experiment: only those of this experiment.
        tags: only those that have all of these tags.
        where: only those for which this is true, such as
            `valid.accuracy > 0.9 and optimizer == "Adam"`. Names are fields of `run.info`, else last
            values of indicators, else configs (those with options by the option's name);
            `info.x`, `last.x` and `config.x` say which, and `last["a/b"]` is for other characters.
            There are `== != < <= > >= in`, also in a row as in `0 < lr < 1`, and `and`, `or`, `not`.
            A run that lacks a name matches neither a comparison with it nor the opposite.

    Raises:
        FilterError: the filter cannot be read, or has a name that no run knows.
        RunError: the folder of the experiments cannot be read, or tags are no words.
    """
    wanted = _wanted(tags)
    if experiment is not None and not isinstance(experiment, str):
        raise RunError(f"experiment takes the name of one, got {experiment!r}")
    condition = None if where is None else _filter(where)
    damaged: list[Damaged] = []
    candidates: list[tuple[RunInfo, Run]] = []
    for path in _entries(experiment, damaged):
        run = _readable(path, damaged)
        if run is not None and wanted.issubset(run[0].tags):
            candidates.append(run)
    candidates.sort(key=_age, reverse=True)
    runs = [run for _, run in candidates]
    if condition is not None:
        runs = _matching(condition, candidates, damaged)
    if damaged:
        listed = "".join(f"\n  {one}" for one in damaged)
        what = (
            "1 thing is no run that can be read"
            if len(damaged) == 1
            else (f"{len(damaged)} things are no runs that can be read")
        )
        warnings.warn(f"{what}, skipped:{listed}", DamagedRunWarning, stacklevel=2)
    return Found(runs, damaged)


def get(uuid: str) -> Run:
    """The run with this uuid, or with one that starts so.

    Raises:
        RunError: there is none, or several, or it cannot be read.
    """
    if not isinstance(uuid, str):
        raise RunError(f"a run is named by its uuid or the start of it, got {uuid!r}")
    paths = list(_entries(None, []))
    found = [path for path in paths if path.name == uuid]
    found = found or [path for path in paths if path.name.startswith(uuid) and path.is_dir()]
    if not found and uuid != uuid.lower():
        return get(uuid.lower())
    if not found:
        raise RunError(_none_of_that_name(uuid, paths))
    if len(found) > 1:
        some = ", ".join(f"{path.name} of {path.parent.name}" for path in found[:5])
        more = f" and {len(found) - 5} more" if len(found) > 5 else ""
        raise RunError(
            f"{len(found)} runs start with {uuid!r}: {some}{more}; give more of the name"
        )
    run = Run(found[0])
    run.info  # noqa: B018 # raises where the run cannot be read
    return run


def _none_of_that_name(uuid: str, paths: list[Path]) -> str:
    text = f"no run {uuid!r} in {project.current().experiments_path}"
    last = os.path.basename(os.path.normpath(uuid)) if uuid else ""
    if last != uuid and any(path.name == last for path in paths):
        return f"{text}; a run is named by its folder alone: {last!r}"
    of_experiment = [path for path in paths if path.parent.name == uuid]
    if of_experiment:
        return f"{text}; {uuid!r} is an experiment: runs.find({uuid!r}) finds its runs"
    close = nearest(uuid, [path.name for path in paths], 1)
    return f"{text}; did you mean {close[0]!r}?" if close else text


def _wanted(tags: Any) -> set[str]:
    given = [tags] if isinstance(tags, str) else tags
    if not isinstance(given, Iterable):
        given = [tags]
    wanted = list(given)
    if not all(isinstance(tag, str) for tag in wanted):
        raise RunError(f"tags takes words, such as ['paper'], got {tags!r}")
    return set(wanted)


def _entries(experiment: str | None, damaged: list[Damaged]) -> Iterator[Path]:
    """What lies where runs are: `<experiments>/<experiment>/<run>`; hidden things are left out."""
    root = project.current().experiments_path
    try:
        folders = sorted(root.iterdir())
    except FileNotFoundError:
        return
    except OSError as error:
        raise RunError(f"cannot look for runs in {root}: {error.strerror or error}") from error
    for folder in folders:
        if folder.name.startswith(".") or experiment not in (None, folder.name):
            continue
        try:
            inner = sorted(folder.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            continue  # gone since, or a file, which no experiment is
        except OSError as error:
            damaged.append(Damaged(folder, f"cannot be looked into: {error.strerror or error}"))
            continue
        yield from (path for path in inner if not path.name.startswith("."))


def _filter(where: str) -> Filter:
    from lab.runs._where import Filter  # whoever only writes runs need not load a parser

    return Filter(where)


def _readable(path: Path, damaged: list[Damaged]) -> tuple[RunInfo, Run] | None:
    run = Run(path)
    try:
        return run.info, run
    except RunError as error:
        if not _is_passing(path):
            damaged.append(Damaged(path, str(error)))
    return None


def _is_passing(path: Path) -> bool:
    """Whether the folder is gone since, or so new that its run may be about to be written."""
    try:
        is_young = time.time() - path.stat().st_mtime < _YOUNG
        return is_young and all(one.name.startswith(".") for one in path.iterdir())
    except FileNotFoundError:
        return True
    except OSError:
        return False


def _age(candidate: tuple[RunInfo, Run]) -> str:
    info, _ = candidate
    return info.started or info.created or ""


def _matching(
    condition: Filter, candidates: list[tuple[RunInfo, Run]], damaged: list[Damaged]
) -> list[Run]:
    from lab.runs._lookup import Lookup

    lookups: list[Lookup] = []
    runs: list[Run] = []
    for info, run in candidates:
        lookup = Lookup(info, run)
        try:
            if condition.matches(lookup):
                runs.append(run)
        except RunError as error:
            if run.path.exists():
                damaged.append(Damaged(run.path, str(error)))
            continue
        lookups.append(lookup)
    _check_names(condition, lookups)
    return runs


def _check_names(condition: Filter, lookups: list[Lookup]) -> None:
    """Refuse a filter with a name that no run knows, or that can be compared in none."""
    if not lookups:
        return
    for name in condition.names:
        if not any(lookup.knows(name) for lookup in lookups):
            known = {key for lookup in lookups for key in lookup.names(name)}
            what = {"last": "indicator", "config": "config", "info": "field of info"}
            kind = what[name.source] if name.source else "name"
            raise condition.error(
                f"no run has the {kind} {name.key!r}{_hint(name, known)}", name.position
            )
        if name in condition.unlike and name not in condition.compared:
            raise condition.error(
                f"{name.key!r} cannot be compared so: {condition.unlike[name]}", name.position
            )


def _hint(name: Name, known: set[str]) -> str:
    from lab.runs._lookup import FIELDS

    names = sorted(known, key=lambda key: (key in FIELDS, key))  # those of the user first
    close = nearest(name.key, names)
    hint = f"; there are {', '.join(map(repr, names[:8]))}, ..." if names else ""
    if close:
        hint = f"; did you mean {' or '.join(map(repr, close))}?"
    if name.is_value and name.source is None and "." not in name.key:
        hint += f' (text stands in quotes: "{name.key}")'
    return hint
