"""Opening a run's `sqlite.db` to read it, without changing anything."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from lab.errors import RunError
from lab.runs._layout import FORMAT

__all__ = ["reading"]

_TIMEOUT = 10.0  # seconds to wait for a writer that holds the file locked
# sqlite's words where it cannot write what reading needs beside the file
_NOT_WRITABLE = ("unable to open database file", "readonly database", "disk I/O error")


@contextlib.contextmanager
def reading(path: Path) -> Iterator[tuple[sqlite3.Connection, int]]:
    """A connection to the database of a run, and the version of its format.

    All that is read by it is of one moment. The version is 0 where the file was made, and nothing
    has been written to it yet.

    Raises:
        RunError: there is none, it cannot be read, or a newer version of `lab` wrote it.
    """
    if not os.path.isfile(path):  # a microsecond counts here
        raise RunError(f"{path.parent} has no {path.name}: nothing was saved, or by other writers")
    try:
        with contextlib.ExitStack() as stack:
            connection, version = _open(path, stack)
            if version > FORMAT:
                raise RunError(
                    f"{path} has format {version}, this version of lab reads 1 to {FORMAT}; "
                    "a newer version of lab wrote it: upgrade"
                )
            yield connection, version
    except RunError:
        raise
    except sqlite3.Error as error:
        raise RunError(f"cannot read {path}: {error}") from error
    except (ValueError, TypeError, LookupError) as error:
        raise RunError(
            f"cannot read {path}: it holds what lab did not write ({type(error).__name__}: {error})"
        ) from error
    except OSError as error:
        raise RunError(f"cannot read {path}: {error.strerror or error}") from error


def _open(path: Path, stack: contextlib.ExitStack) -> tuple[sqlite3.Connection, int]:
    try:
        return _connect(path, "mode=ro", stack)
    except sqlite3.OperationalError as error:
        if not any(words in str(error) for words in _NOT_WRITABLE):
            raise
    # To read, sqlite would have to make a file here, or to put right what a process left that was
    # killed. A process that writes would have made that file: there is none, and nothing changes.
    ends = [end for end in ("-wal", "-journal") if _has_content(path.with_name(path.name + end))]
    if not ends:
        return _connect(path, "mode=ro&immutable=1", stack)
    import shutil
    import tempfile

    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lab-")))
    for name in (path.name, *(path.name + end for end in ends)):
        shutil.copyfile(path.with_name(name), folder / name)
    return _connect(folder / path.name, "mode=rw", stack)


def _has_content(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def _connect(path: Path, how: str, stack: contextlib.ExitStack) -> tuple[sqlite3.Connection, int]:
    drive = "///" if path.drive else ""
    name = f"file:{drive}{quote(os.fsencode(path.as_posix()), safe='/:')}?{how}"
    connection = sqlite3.connect(name, uri=True, timeout=_TIMEOUT, isolation_level=None)
    try:
        connection.execute("BEGIN")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
    except BaseException:
        connection.close()
        raise
    stack.callback(connection.close)
    return connection, version
