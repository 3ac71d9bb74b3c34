"""What is written into the folder of a checkpoint, and read from it, beside the manifest."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.errors import CheckpointError
from lab.experiment.checkpoints import _found, _random
from lab.experiment.checkpoints._base import Saver
from lab.experiment.checkpoints._differences import ConfigRecord
from lab.tracker import Tracker

__all__ = [
    "numbers",
    "read_states",
    "records_of",
    "sizes",
    "versions",
    "write_objects",
    "write_states",
]

_RANDOM = "random.json"  # the random states
_ADDED = "indicators.json"  # what indicators hold that is not saved yet
_CONFIGS = "configs.json"  # what the configs were
_FRAMEWORKS = ("torch", "numpy", "sklearn")


def write_objects(folder: Path, objects: Mapping[str, tuple[Saver, Any]]) -> None:
    """Write a file for each object."""
    for name, (saver, value) in objects.items():
        saver.write(folder / _file(name, saver), value, name)


def write_states(
    folder: Path, values: Mapping[str, Any], tracker: Tracker, configs: ConfigRecord
) -> None:
    """Write the random states, what the tracker has not saved yet, and what the configs are."""
    states = _random.read_states(_found.generators(values))
    (folder / _RANDOM).write_text(json.dumps(states), encoding="utf-8")
    (folder / _ADDED).write_text(json.dumps(tracker.state()), encoding="utf-8")
    (folder / _CONFIGS).write_text(json.dumps(configs), encoding="utf-8")


def read_states(folder: Path) -> tuple[dict[str, Any], dict[str, Any], ConfigRecord]:
    """The random states, what the tracker had not saved yet, and what the configs were.

    Raises:
        CheckpointError: they cannot be read.
    """
    found = []
    for name in (_RANDOM, _ADDED, _CONFIGS):
        try:
            found.append(json.loads((folder / name).read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise CheckpointError(f"{folder / name} cannot be read: {error}") from error
    states, added, configs = found
    if not isinstance(states, dict) or not isinstance(states.get("generators"), dict):
        raise CheckpointError(f"{folder / _RANDOM} holds no random states")
    return states, added, configs


def records_of(objects: Mapping[str, tuple[Saver, Any]]) -> dict[str, dict[str, str]]:
    """What the manifest says of the objects."""
    return {
        name: {
            "file": _file(name, saver),
            "saver": saver.name,
            "class": type(value).__qualname__,
        }
        for name, (saver, value) in objects.items()
    }


def versions() -> dict[str, str]:
    """The versions of Python and of the frameworks in use."""
    found = {"python": platform.python_version()}
    for name in _FRAMEWORKS:
        if name in sys.modules:
            found[name] = str(getattr(sys.modules[name], "__version__", ""))
    return found


def sizes(folder: Path) -> dict[str, int]:
    """The files of comma-separated values and their bytes."""
    return {path.name: path.stat().st_size for path in sorted(folder.glob("*.csv"))}


def numbers(values: Mapping[str, Any]) -> dict[str, float]:
    """Those of the values that are numbers already, and need no device."""
    return {name: v for name, v in values.items() if type(v) in (int, float)}


def _file(name: str, saver: Saver) -> str:
    return f"{name}{saver.suffix}"
