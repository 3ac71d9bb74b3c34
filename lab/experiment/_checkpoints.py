"""Checkpoints of PyTorch models: a folder for each step, complete or not there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab import optional
from lab.errors import ExperimentError

__all__ = ["check_models", "save_models"]


def check_models(models: Mapping[str, Any]) -> None:
    """See that all of them can be saved.

    Raises:
        ExperimentError: something is no name, or has no state to save.
    """
    if not isinstance(models, Mapping):
        raise ExperimentError(f"models are given by name, as {{'model': model}}, not {models!r}")
    for name, model in models.items():
        if not isinstance(name, str) or not name or Path(name).name != name:
            raise ExperimentError(f"the name of a model becomes a file's, {name!r} cannot be one")
        if not callable(getattr(model, "state_dict", None)):
            raise ExperimentError(f"the model {name!r} has no state_dict(): {type(model).__name__}")


def save_models(folder: Path, step: int, models: Mapping[str, Any]) -> Path:
    """Save the states of models as `<folder>/<step>/<name>.pth`.

    They are written aside and renamed, all of them together.
    """
    torch = optional.module("torch", "pytorch", "saving PyTorch models")
    target = folder / str(step)
    aside = folder / f".{step}.{os.getpid()}"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        for name, model in models.items():
            torch.save(model.state_dict(), aside / f"{name}.pth")
        _replace(aside, target)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return target


def _replace(aside: Path, target: Path) -> None:
    """Put a folder in the place of another, which is there until the new one is."""
    old = target.with_name(f".{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    aside.rename(target)
    shutil.rmtree(old, ignore_errors=True)
