"""The schema of `sqlite.db`.

Numbers that were saved together are one row: there is a table `rows_<n>` for each set of names saved
together, with the columns `step, time, v0, v1, ...`, and `columns` says which indicator a column
holds. A set that would be one too many goes to `points`, a value a row. The view `scalars` shows it
all as `(indicator, step, time, value)`.

A value that is NULL is NaN: a row has a value for every name of its set. Columns have no type, so
that a value comes back as it was given (an integer, or -0.0). What is no plain number has tables of
its own: `indexed_points`, `histograms`, `texts` and `media`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

__all__ = [
    "CREATE",
    "INDEXED",
    "MOST_COLUMNS",
    "MOST_TABLES",
    "VALUES",
    "names_by_table",
    "rows_name",
    "rows_table",
    "scalars_view",
]

MOST_TABLES = 100  # far below the 500 parts that a view may have
MOST_COLUMNS = 200  # far below the 2000 columns of a table, and the 999 variables of an old sqlite

_POINTS = """
CREATE TABLE columns (
    rows_table INTEGER NOT NULL, position INTEGER NOT NULL, indicator TEXT NOT NULL,
    PRIMARY KEY (rows_table, position)
) WITHOUT ROWID;
CREATE INDEX columns_by_indicator ON columns (indicator);
CREATE TABLE points (indicator TEXT NOT NULL, step INTEGER NOT NULL, time REAL NOT NULL, value);
CREATE INDEX points_by_indicator ON points (indicator);
"""

INDEXED = """
CREATE TABLE indexed_points (
    indicator TEXT NOT NULL, step INTEGER NOT NULL, time REAL, idx INTEGER NOT NULL, value
);
CREATE INDEX indexed_points_by_indicator ON indexed_points (indicator);
CREATE VIEW indexed_scalars AS SELECT indicator, step, idx, value FROM indexed_points;
"""

VALUES = """
CREATE TABLE histograms (
    indicator TEXT NOT NULL, step INTEGER NOT NULL, time REAL NOT NULL,
    edges TEXT NOT NULL, counts TEXT NOT NULL, total, not_finite INTEGER NOT NULL
);
CREATE INDEX histograms_by_indicator ON histograms (indicator);
CREATE TABLE texts (
    indicator TEXT NOT NULL, step INTEGER NOT NULL, time REAL NOT NULL,
    idx INTEGER, text TEXT NOT NULL
);
CREATE INDEX texts_by_indicator ON texts (indicator);
CREATE TABLE media (
    indicator TEXT NOT NULL, step INTEGER NOT NULL, time REAL NOT NULL,
    kind TEXT NOT NULL, data NOT NULL, extra TEXT NOT NULL
);
CREATE INDEX media_by_indicator ON media (indicator);
"""

CREATE = _POINTS + INDEXED + VALUES


def rows_name(number: int) -> str:
    """The name of a table for rows."""
    return f"rows_{number:d}"


def names_by_table(connection: sqlite3.Connection) -> dict[int, list[str]]:
    """For each table of rows, by its number, the indicators in the order of their columns."""
    tables: dict[int, list[str]] = {}
    query = "SELECT rows_table, indicator FROM columns ORDER BY rows_table, position"
    for number, name in connection.execute(query):
        tables.setdefault(number, []).append(name)
    return tables


def rows_table(number: int, width: int) -> str:
    """The statement that creates a table for rows of so many values."""
    values = "".join(f", v{i}" for i in range(width))
    return f"CREATE TABLE {rows_name(number)} (step INTEGER NOT NULL, time REAL NOT NULL{values})"


def scalars_view(widths: Mapping[int, int]) -> str:
    """The statement that creates the view over the tables, given their numbers and widths."""
    parts = ["SELECT indicator, step, time, value FROM points"]
    for number, width in widths.items():
        value = "".join(f" WHEN {i} THEN r.v{i}" for i in range(width))
        parts.append(
            f"SELECT c.indicator, r.step, r.time, CASE c.position{value} END"
            f" FROM columns AS c CROSS JOIN {rows_name(number)} AS r WHERE c.rows_table = {number}"
        )
    return "CREATE VIEW scalars AS " + " UNION ALL ".join(parts)
