"""Where a project is and what its `lab.yaml` says: the folders of data, runs and caches.

The root of a project is the nearest folder with `lab.yaml` (or `.lab.yaml`) above the script that
runs, else above the working directory, else the working directory itself.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from lab import files
from lab.errors import ProjectError, nearest

__all__ = ["FILE_NAMES", "Project", "current", "find", "load", "script"]

FILE_NAMES = ("lab.yaml", ".lab.yaml")
_PATHS = {"data_path": "data", "experiments_path": "logs", "cache_path": ".lab/cache"}
_FLAGS = {"check_repo_dirty": False, "output_log": True}


@dataclass(frozen=True)
class Project:
    """The settings of a project.

    Attributes:
        path: the root; the key `path` of the file moves it, relative to the file.
        data_path: the folder for datasets.
        experiments_path: the folder of runs.
        cache_path: the folder of cached results.
        check_repo_dirty: whether an experiment refuses to start with changes that are not
            committed.
        writers: the writers of an experiment that names none.
        indicators: the kinds of indicators by patterns of their names.
        system_indicators: whether the machine is measured (`system.*`), or the seconds between two
            samples; None: where it can be.
        output_log: whether a run keeps what is printed.
        file: the settings file, where there is one.
    """

    path: Path
    data_path: Path
    experiments_path: Path
    cache_path: Path
    check_repo_dirty: bool = False
    writers: tuple[str, ...] = ("sqlite", "screen")
    indicators: dict[str, Any] = field(default_factory=dict)
    system_indicators: bool | float | None = None
    output_log: bool = True
    file: Path | None = None


def current() -> Project:
    """The project of the script that runs, or of the working directory."""
    return find(script())


def script() -> Path | None:
    """The script that runs, unless it is a tool that is installed (pytest, jupyter, ...)."""
    name = getattr(sys.modules.get("__main__"), "__file__", None)
    if not name or name.startswith("<"):  # as <stdin>
        return None
    file = Path(name).resolve()
    return None if _tools().intersection(file.parents) else file


def find(script: str | os.PathLike[str] | None = None) -> Project:
    """The project that a script belongs to.

    Args:
        script: a file of the project; without one only the working directory is looked at.

    Raises:
        ProjectError: its `lab.yaml` cannot be used.
    """
    here = Path.cwd()
    starts = [here] if script is None else [Path(script).resolve().parent, here]
    for start in starts:
        for folder in (start, *start.parents):
            for name in FILE_NAMES:
                file = folder / name
                if file.is_file():
                    return load(file)
    return _project(here, {}, None)


def load(file: Path) -> Project:
    """Read the settings of a project.

    Raises:
        ProjectError: the file cannot be read, has an unknown key or a value of a wrong kind.
    """
    try:
        settings = files.read_yaml(file)
    except (OSError, ValueError) as error:
        raise ProjectError(f"cannot read the settings of the project: {error}") from error
    if settings is None:
        settings = {}
    if not isinstance(settings, dict):
        raise ProjectError(f"{file} must hold keys and values, not {type(settings).__name__}")
    return _project(file.parent, settings, file)


def _project(folder: Path, settings: dict[Any, Any], file: Path | None) -> Project:
    known = ["path", *_PATHS, *_FLAGS, "writers", "indicators", "system_indicators"]
    for key in settings:
        if key not in known:
            close = nearest(str(key), known)
            hint = f"did you mean {close[0]!r}?" if close else f"the keys are {', '.join(known)}"
            raise ProjectError(f"unknown key {key!r} in {file}; {hint}")
    root = folder / _text(settings, "path", ".", file)
    paths = {key: root / _text(settings, key, name, file) for key, name in _PATHS.items()}
    flags = {key: settings.get(key, default) for key, default in _FLAGS.items()}
    writers = settings.get("writers", list(Project.writers))
    indicators = settings.get("indicators") or {}
    for key, value in flags.items():
        if not isinstance(value, bool):
            raise _wrong(key, "true or false", value, file)
    if not isinstance(writers, list) or not all(isinstance(name, str) for name in writers):
        raise _wrong("writers", "a list of names, such as [sqlite, screen]", writers, file)
    if not isinstance(indicators, dict):
        raise _wrong("indicators", "kinds by patterns of names", indicators, file)
    system = settings.get("system_indicators")
    if not (system is None or isinstance(system, bool) or _is_period(system)):
        raise _wrong("system_indicators", "true, false or a number of seconds", system, file)
    places = {key: Path(os.path.normpath(place)) for key, place in {"path": root, **paths}.items()}
    return Project(
        **places,
        check_repo_dirty=flags["check_repo_dirty"],
        output_log=flags["output_log"],
        writers=tuple(writers),
        indicators=indicators,
        system_indicators=system,
        file=file,
    )


@cache
def _tools() -> frozenset[Path]:
    """The folders of what is installed."""
    found = (sysconfig.get_path(kind) for kind in ("scripts", "purelib", "platlib", "stdlib"))
    return frozenset(Path(folder).resolve() for folder in found if folder)


def _is_period(value: Any) -> bool:
    return isinstance(value, (int, float)) and 0 < value < float("inf")


def _text(settings: dict[Any, Any], key: str, default: str, file: Path | None) -> str:
    value = settings.get(key, default)
    if not isinstance(value, str):
        raise _wrong(key, "a path", value, file)
    return os.path.expanduser(value)


def _wrong(key: str, expected: str, value: Any, file: Path | None) -> ProjectError:
    return ProjectError(f"{key!r} in {file} takes {expected}, got {value!r}")
