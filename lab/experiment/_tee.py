"""The streams of Python: those that are no file of the process are copied as they are written to.

A stream keeps its identity, for others hold it too (handlers of `logging`, progress bars); only its
`write` is replaced.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import threading
from collections.abc import Callable, Collection
from typing import Any

__all__ = ["Tee", "flush"]

_Write = Callable[[str], Any]


class Tee:
    """Copies what is written to the streams of Python.

    Args:
        entry: the file that gets the copies.
    """

    def __init__(self, entry: int) -> None:
        self._entry = entry
        self._is_open = True
        self._here = threading.local()
        self._replaced: list[tuple[Any, Any, _Write]] = []
        self._buffered: list[io.TextIOWrapper] = []

    def open(self, captured: Collection[int]) -> None:
        """Begin.

        Args:
            captured: the files of the process that are copied already.
        """
        real: list[Any] = []
        others: list[Any] = []
        for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
            if stream is not None and all(stream is not one for one in (*real, *others)):
                if _number(stream) in captured:
                    real.append(stream)
                elif stream in (sys.stdout, sys.stderr):
                    others.append(stream)
        for stream in others:
            self._replace(stream, self._copied(stream, stream.write))
        for stream in real:
            self._write_by_lines(stream)
            if others:  # one of them may write to this one
                self._replace(stream, self._noticed(stream.write))

    def close(self) -> None:
        """Copy no more, and leave the streams as they were."""
        self._is_open = False
        for stream, own, write in reversed(self._replaced):
            if vars(stream).get("write") is not write:
                continue  # somebody has put a function over this one, which now only writes
            if own is None:
                del stream.write  # what is found is the class's again
            else:
                stream.write = own
        for stream in self._buffered:
            with contextlib.suppress(OSError, ValueError):  # ValueError: it was closed
                stream.reconfigure(line_buffering=False)

    def copy(self, text: str) -> None:
        """Copy text that is shown without any stream."""
        try:
            data = text.encode("utf-8", "replace")
            while data and self._is_open:
                data = data[os.write(self._entry, data) :]
        except (OSError, AttributeError):  # nobody copies; the stream takes what is no text too
            pass

    def _copied(self, stream: Any, write: _Write) -> _Write:
        def write_and_copy(text: str) -> Any:
            # a notebook's kernel reads files 1 and 2 in a thread, and shows here what came there
            watcher = getattr(stream, "watch_fd_thread", None)
            self._here.is_copied = watcher is threading.current_thread()
            result = write(text)
            if not getattr(self._here, "is_copied", True):
                self.copy(text)
            self._here.is_copied = True  # also for a stream that writes to this one
            return result

        return write_and_copy

    def _noticed(self, write: _Write) -> _Write:
        def write_and_notice(text: str) -> Any:
            self._here.is_copied = True
            return write(text)

        return write_and_notice

    def _replace(self, stream: Any, write: _Write) -> None:
        with contextlib.suppress(AttributeError, TypeError):  # it cannot be replaced
            own = vars(stream).get("write")
            stream.write = write
            self._replaced.append((stream, own, write))

    def _write_by_lines(self, stream: Any) -> None:
        """As on a terminal; what is killed has then left all that it printed."""
        if type(stream) is io.TextIOWrapper and not stream.line_buffering:
            with contextlib.suppress(OSError, ValueError):
                stream.reconfigure(line_buffering=True)
                self._buffered.append(stream)


def flush() -> None:
    """Write what Python and C hold back."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with contextlib.suppress(OSError, ValueError, AttributeError):  # it may be anything
                stream.flush()
    if "ctypes" in sys.modules:  # nobody loads it for this: where C prints, it is mostly there
        import ctypes

        for name in ("stdout", "__stdoutp"):
            with contextlib.suppress(OSError, ValueError, AttributeError, TypeError):
                library = ctypes.CDLL(None)
                library.fflush(ctypes.c_void_p.in_dll(library, name))


def _number(stream: Any) -> int | None:
    """The file of the process that a stream writes to, where it is one."""
    try:
        number = stream.fileno()
    except (OSError, ValueError, AttributeError):
        return None
    return number if isinstance(number, int) else None
