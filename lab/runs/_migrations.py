"""Bringing a database of an older format to that of today; reading one needs none of this.

Where the schema changes, the statements of the format that was stay here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from lab.errors import RunError
from lab.runs import _schema
from lab.runs._layout import FORMAT

__all__ = ["migrate"]


def migrate(connection: sqlite3.Connection, from_version: int) -> None:
    """Change the tables; nothing that they hold is lost, and rows keep their numbers.

    It is for the caller to begin and commit the transaction, and to set the version.

    Args:
        connection: to a database that can be written.
        from_version: the version of its format.

    Raises:
        RunError: a newer version of `lab` wrote it.
    """
    if from_version > FORMAT:
        raise RunError(
            f"the database has format {from_version}, this version of lab writes format {FORMAT}; "
            "a newer version of lab wrote it: upgrade"
        )
    for version in range(from_version, FORMAT):
        _STEPS[version](connection)


def _from_1(connection: sqlite3.Connection) -> None:
    """Indexed values get a time, which is not known of those there are; more kinds of values."""
    statements = (
        "DROP VIEW indexed_scalars;"
        "DROP INDEX indexed_points_by_indicator;"
        "ALTER TABLE indexed_points RENAME TO indexed_points_1;"
        f"{_schema.INDEXED}"
        "INSERT INTO indexed_points (rowid, indicator, step, time, idx, value)"
        " SELECT rowid, indicator, step, NULL, idx, value FROM indexed_points_1;"
        "DROP TABLE indexed_points_1;"
        f"{_schema.VALUES}"
    )
    for statement in statements.split(";"):
        if statement.strip():
            connection.execute(statement)


_STEPS: dict[int, Callable[[sqlite3.Connection], None]] = {1: _from_1}
