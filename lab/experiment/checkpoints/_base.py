"""The contract of a saver: how objects of one framework are kept in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lab.errors import CheckpointError

__all__ = ["Saver"]


class Saver:
    """Keeps the state of an object in one file, and gives it back to an object. There is one per file.

    Reading and giving back are apart, so that all files of a checkpoint are read and seen to fit
    before the first object changes. Nothing that is read runs code.

    Attributes:
        name: what the manifest calls it.
        suffix: how its files end.
    """

    name = "saver"
    suffix = ""

    def accepts(self, value: Any) -> bool:
        """Whether it keeps objects such as this one."""
        raise NotImplementedError

    def is_by_class(self, value: Any) -> bool:
        """Whether a state is for objects of one class only; it is not where `misfit` says enough."""
        return True

    def write(self, path: Path, value: Any, owner: str) -> None:
        """Write the state of an object into a new file.

        Raises:
            CheckpointError: the object holds something that could not be read back.
            OSError: the file cannot be written.
        """
        raise NotImplementedError

    def read(self, path: Path, owner: str) -> Any:
        """The state that a file holds.

        Raises:
            CheckpointError: it holds something that is not safe to load, or cannot be read.
        """
        raise NotImplementedError

    def misfit(self, value: Any, state: Any) -> str:
        """Why a state cannot be given to an object, in words; "" where it can."""
        raise NotImplementedError

    def apply(self, value: Any, state: Any) -> None:
        """Give a state to an object, which is changed in place."""
        raise NotImplementedError

    def backup(self, value: Any) -> Any:
        """The state of an object as it is now, for `apply`, whatever is done to the object later."""
        raise NotImplementedError

    def save(self, path: Path, value: Any) -> None:
        """Write the state of an object; the errors are those of `write`."""
        self.write(path, value, path.stem)

    def load(self, path: Path, value: Any) -> None:
        """Give an object the state that a file holds.

        Raises:
            CheckpointError: the file cannot be read, or does not fit; the object is as it was.
        """
        state = self.read(path, path.stem)
        problem = self.misfit(value, state)
        if problem:
            raise CheckpointError(f"{path} does not fit {type(value).__name__}: {problem}")
        self.apply(value, state)
