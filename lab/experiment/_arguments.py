"""What an experiment is created with: checked before anything is made of it."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from pathlib import Path
from typing import Any

from lab.errors import ExperimentError
from lab.tracker import Writer, system, writers

__all__ = [
    "checked_comment",
    "checked_name",
    "checked_period",
    "checked_script",
    "checked_tags",
    "create_writers",
]

_PERIOD = 10.0  # seconds between two samples of the machine


def checked_name(name: Any, script: Path | None) -> str:
    """The name of the experiment; that of the script where none is given.

    Raises:
        ExperimentError: it cannot be a folder's.
    """
    if name is None:
        return "experiment" if script is None else script.stem
    if (
        not isinstance(name, str)
        or not name.strip()
        or name in (".", "..")
        or set(name) & set("/\\\0")
    ):
        raise ExperimentError(
            f"the name of an experiment becomes a folder's, {name!r} cannot be one; "
            "it is text without slashes"
        )
    return name


def checked_script(python_file: Any) -> Path:
    """The path of the script.

    Raises:
        ExperimentError: it is no path.
    """
    try:
        return Path(python_file).resolve()
    except TypeError:
        raise ExperimentError(f"python_file is a path, not {python_file!r}") from None


def checked_tags(tags: Any) -> list[str]:
    """The tags, each once, in order; text is one tag.

    Raises:
        ExperimentError: they are no text.
    """
    found = _listed(tags, str)
    if found is None:
        raise ExperimentError(f"tags are words, such as ['baseline'], not {tags!r}")
    return sorted(set(found))


def checked_comment(comment: Any) -> str:
    """The comment.

    Raises:
        ExperimentError: it is no text.
    """
    if not isinstance(comment, str):
        raise ExperimentError(f"a comment is text, not {comment!r}")
    return comment


def checked_period(wanted: Any) -> float | None:
    """The seconds between two samples of the machine; None where none are wanted.

    Raises:
        ExperimentError: it is neither yes nor no nor a number of seconds.
        MissingExtra: they are asked for, and there is nothing to measure with.
    """
    if wanted is None:  # where it can be
        return _PERIOD
    if not isinstance(wanted, (bool, int, float)) or not (wanted is False or 0 < wanted < inf):
        raise ExperimentError(
            f"system_indicators is True, False or a number of seconds, not {wanted!r}"
        )
    if wanted is False:
        return None
    system.check_installed()
    return _PERIOD if wanted is True else float(wanted)


def create_writers(kinds: Any) -> list[Writer]:
    """The writers, the screen among them unless there are none.

    Raises:
        ExperimentError: they are neither names nor writers.
        TrackerError: there is no writer of that name.
    """
    given = _listed(kinds, (str, Writer))
    if given is None:
        raise ExperimentError(
            f"writers are names, such as {{'sqlite'}}, or objects of tracker.Writer, not {kinds!r}"
        )
    made = [writers.create(kind) for kind in dict.fromkeys(given)]
    if made and all(writer.name != "screen" for writer in made):
        made.append(writers.create("screen"))
    return sorted(made, key=lambda writer: writer.name)


def _listed(values: Any, kinds: type | tuple[type, ...]) -> list[Any] | None:
    """A value or several of them as a list; None where they are not of these kinds."""
    if isinstance(values, kinds):
        return [values]
    found = list(values) if isinstance(values, Iterable) else [values]
    return found if all(isinstance(value, kinds) for value in found) else None
