"""Files that grow by whole pieces."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

__all__ = ["Appended"]


class Appended:
    """A file to which a piece is added whole or not at all.

    It is open only while a piece is written, and what was written is the operating system's to keep
    when the process is killed. A file that was deleted begins again with its head.

    Args:
        path: the file; its folder is made where there is none, but not the folder above.
        head: what the file begins with.
        size: how much of what is there already is good, in bytes; None for all of it.
    """

    def __init__(self, path: Path, head: bytes = b"", size: int | None = None) -> None:
        self.path = path
        self._head = head
        self._size = self._before = size

    def append(self, data: bytes) -> None:
        """Add a piece.

        Raises:
            OSError: it cannot be written; nothing of it stays.
        """
        self.path.parent.mkdir(exist_ok=True)
        with open(self.path, "ab", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            if self._size is not None and size > self._size:
                size = file.truncate(self._size)  # what a failure has left
            self._size = self._before = size
            rest = memoryview(data if size else self._head + data)
            try:
                while rest:
                    written = file.write(rest)
                    size += written
                    rest = rest[written:]
            except BaseException:
                self.undo()
                raise
            self._size = size

    def undo(self) -> None:
        """Take the last piece back."""
        self._size = self._before
        with contextlib.suppress(OSError):  # then the next piece takes its place
            os.truncate(self.path, self._size or 0)
