"""The folder of a run's checkpoints: each of them whole, or not there."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lab.errors import CheckpointError
from lab.experiment.checkpoints._manifest import NAME, Manifest, read_manifest

__all__ = ["Entry", "Store"]

# What is not a checkpoint yet, is about to be replaced, or is being deleted.
_NEW, _OLD, _GONE = ".{}.new", ".{}.old", ".{}.gone"


@dataclass(frozen=True)
class Entry:
    """A checkpoint in its place.

    Attributes:
        path: its folder.
        step: its step.
        manifest: what it holds; None where that cannot be read.
        problem: why it cannot be read.
    """

    path: Path
    step: int
    manifest: Manifest | None
    problem: str = ""

    @property
    def damage(self) -> str:
        """Why it cannot be loaded, in words; "" where it can."""
        return self.problem if self.manifest is None else self.manifest.damage(self.path)


class Store:
    """Checkpoints in a folder, `<folder>/<step>/`; one process writes them.

    A manifest that has not changed since is not read again.

    Args:
        folder: where they are; made with the first of them.

    Attributes:
        folder: where they are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[Path, tuple[tuple[int, int], Entry]] = {}

    def write(self, step: int, fill: Callable[[Path], None]) -> Path:
        """Add a checkpoint, or replace the one of the same step.

        Args:
            step: its step.
            fill: writes the files into an empty folder; where it raises, all stays as it was.

        Returns:
            The folder.
        """
        self.clean()
        target, aside, old = (self.folder / name for name in _names(step))
        try:
            aside.mkdir(parents=True)
            fill(aside)
            _to_disk(aside)
            if target.exists():
                target.rename(old)
            aside.rename(target)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            self.clean()
            raise
        _sync(self.folder)
        shutil.rmtree(old, ignore_errors=True)
        return target

    def entries(self) -> list[Entry]:
        """All checkpoints, the newest first; those that cannot be read before them."""
        return sorted((self._entry(path, step) for path, step in self._paths()), key=_age)

    def delete(self, entry: Entry) -> None:
        """Delete a checkpoint; it is gone at once, even where its files take longer."""
        gone = self.folder / _GONE.format(entry.step)
        shutil.rmtree(gone, ignore_errors=True)
        with contextlib.suppress(FileNotFoundError):
            entry.path.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)

    def clean(self) -> None:
        """Remove what a process that was killed left half done; what it was replacing is put back."""
        for path in self._hidden(_NEW, _GONE):
            shutil.rmtree(path, ignore_errors=True)
        for path in self._hidden(_OLD):
            target = self.folder / _step_of(path)
            if target.exists():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.rename(target)

    def _entry(self, path: Path, step: int) -> Entry:
        try:
            stat = (path / NAME).stat()
            signature = stat.st_mtime_ns, stat.st_ino
            known = self._known.get(path)
            if known is None or known[0] != signature:
                known = self._known[path] = signature, Entry(path, step, read_manifest(path))
            return known[1]
        except OSError:
            return Entry(path, step, None, f"it has no {NAME} that can be read")
        except CheckpointError as error:
            return Entry(path, step, None, str(error))

    def _paths(self) -> Iterator[tuple[Path, int]]:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            for path in self.folder.iterdir():
                if re.fullmatch(r"-?\d+", path.name) and path.is_dir():
                    yield path, int(path.name)
        for path in self._hidden(_OLD):  # a process was killed between two names
            if not (self.folder / _step_of(path)).exists():
                yield path, int(_step_of(path))

    def _hidden(self, *kinds: str) -> Iterator[Path]:
        suffixes = tuple(kind.rpartition(".")[2] for kind in kinds)
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            for path in list(self.folder.iterdir()):
                if re.fullmatch(rf"\.-?\d+\.({'|'.join(suffixes)})", path.name):
                    yield path


def _names(step: int) -> tuple[str, str, str]:
    return str(step), _NEW.format(step), _OLD.format(step)


def _step_of(path: Path) -> str:
    return path.name.split(".")[1]


def _age(entry: Entry) -> tuple[bool, int]:
    manifest = entry.manifest
    return (False, -entry.step) if manifest is None else (True, -manifest.number)


def _to_disk(folder: Path) -> None:
    """Have the files on the disk before the folder gets its name: power may fail."""
    for path in folder.iterdir():
        _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():  # folders cannot be opened there
        return
    file = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
