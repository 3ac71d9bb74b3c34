"""Taking a run back to where it was at a cursor, to go on from there."""

from __future__ import annotations

import sqlite3

from lab.errors import RunError
from lab.runs._changes import is_behind_rows, rows_behind
from lab.runs._database import Database
from lab.runs._layout import Layout

__all__ = ["cut"]


def cut(layout: Layout, cursor: str) -> None:
    """Delete from the database of a run all that came after a cursor, all of it or nothing.

    Args:
        layout: the files of the run, which no process writes to.
        cursor: from `Run.cursor()`, or of `Run.changes()`.

    Raises:
        RunError: it is no cursor, or one of another database; or the database cannot be written.
    """
    if not layout.database.is_file():
        if is_behind_rows(cursor):
            raise RunError(f"there is no {layout.database}, which the cursor is of")
        return
    try:
        database = Database(layout.database)
        try:
            database.delete(lambda connection: rows_behind(connection, cursor, layout.database))
        finally:
            database.close()
    except sqlite3.Error as error:
        raise RunError(f"cannot cut {layout.database}: {error}") from error
