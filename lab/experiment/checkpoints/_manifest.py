"""`manifest.yaml`: what a checkpoint holds, and what it was when it was saved."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from lab import files
from lab.errors import CheckpointError
from lab.steps import LoopPosition

__all__ = ["FORMAT", "NAME", "Manifest", "described", "read_manifest", "write_manifest"]

FORMAT = 1
NAME = "manifest.yaml"

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Manifest:
    """What is in a checkpoint.

    Attributes:
        step: the global step that it was saved at, or was given.
        number: counts the checkpoints of a run in the order of saving, from 1.
        global_step: the global step with which training goes on.
        time: when it was saved, as text in ISO 8601 (UTC).
        run: the run that saved it.
        position: the place of the training loop; None where there is none.
        cursor: what was recorded until then, for `Run.changes`.
        csv: the files of comma-separated values, with their bytes until then.
        indicators: the newest number of each indicator.
        objects: what was saved, by name: its file, its saver, and its class.
        files: all files with their size and their SHA-256.
        versions: of Python and the frameworks in use.
        format: the version of the format of the checkpoint.
    """

    step: int
    number: int
    global_step: int
    time: str
    run: str
    position: dict[str, Any] | None = None
    cursor: str = ""
    csv: dict[str, int] = field(default_factory=dict)
    indicators: dict[str, float] = field(default_factory=dict)
    objects: dict[str, dict[str, str]] = field(default_factory=dict)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT

    def damage(self, folder: Path) -> str:
        """What is wrong with the files, in words; "" where they are as they were written."""
        unknown = [
            one.get("file") for one in self.objects.values() if one.get("file") not in self.files
        ]
        if unknown:
            return f"{NAME} names the file {unknown[0]!r}, and does not describe it"
        for name, expected in self.files.items():
            path = folder / name
            try:
                size = path.stat().st_size
                if size != expected["size"]:
                    return f"{name} has {size:,} bytes, it was written with {expected['size']:,}"
                if _digest(path) != expected["sha256"]:
                    return f"{name} is not as it was written (its SHA-256 is another)"
            except FileNotFoundError:
                return f"{name} is missing"
            except OSError as error:
                return f"{name} cannot be read: {error.strerror or error}"
            except (KeyError, TypeError):
                return f"{NAME} does not say the size and SHA-256 of {name}"
        return ""


def described(folder: Path) -> dict[str, dict[str, Any]]:
    """Size and SHA-256 of all files in a folder."""
    paths = sorted(folder.iterdir())
    return {p.name: {"size": p.stat().st_size, "sha256": _digest(p)} for p in paths}


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write `manifest.yaml`."""
    files.write_text(folder / NAME, files.to_yaml(asdict(manifest)))


def read_manifest(folder: Path) -> Manifest:
    """Read `manifest.yaml`.

    Raises:
        CheckpointError: there is none, it cannot be read, or a newer version of `lab` wrote it.
    """
    path = folder / NAME
    try:
        data: Any = files.read_yaml(path)
    except FileNotFoundError as error:
        raise CheckpointError(f"{folder} is no checkpoint: it has no {NAME}") from error
    except (OSError, ValueError) as error:
        raise CheckpointError(f"the checkpoint {folder} is damaged: {error}") from error
    version = data.get("format") if isinstance(data, Mapping) else None
    if isinstance(version, int) and version > FORMAT:
        raise CheckpointError(
            f"{path} has format {version}, this version of lab reads 1 to {FORMAT}; "
            "a newer version of lab wrote it: upgrade"
        )
    if not isinstance(data, dict):
        raise CheckpointError(f"the checkpoint {folder} is damaged: {NAME} takes a mapping")
    known = {known.name: data[known.name] for known in fields(Manifest) if known.name in data}
    try:
        manifest = Manifest(**known)
    except TypeError as error:
        raise CheckpointError(f"the checkpoint {folder} is damaged: {NAME}: {error}") from error
    wrong = [known.name for known in fields(Manifest) if not _fits(manifest, known.name)]
    if wrong:
        raise CheckpointError(
            f"the checkpoint {folder} is damaged: {', '.join(wrong)} of {NAME} cannot be so"
        )
    return manifest


def _fits(manifest: Manifest, name: str) -> bool:
    value = getattr(manifest, name)
    if name in ("step", "number", "global_step", "format"):
        return isinstance(value, int)
    if name in ("time", "run", "cursor"):
        return isinstance(value, str)
    if name == "position" and value is None:
        return True
    if name == "position":
        return isinstance(value, dict) and set(value) == set(LoopPosition._fields)
    if not isinstance(value, dict):
        return False
    if name in ("objects", "files"):
        return all(isinstance(key, str) and isinstance(v, dict) for key, v in value.items())
    if name in ("csv", "indicators"):
        return all(isinstance(v, (int, float)) for v in value.values())
    return True


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
