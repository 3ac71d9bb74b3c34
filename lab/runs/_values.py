"""Reading `sqlite.db`."""

from __future__ import annotations

import contextlib
import math
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from lab.errors import RunError

__all__ = ["Series", "read_last", "read_names", "read_series"]


class Series(NamedTuple):
    """The values of one indicator, in the order in which they were saved."""

    steps: list[int]
    times: list[float]
    values: list[float]


def read_series(path: Path, indicator: str) -> Series:
    """All values of an indicator; empty where there is none of that name."""
    rows: list[tuple[int, float, float | None]] = []
    with _reading(path) as connection:
        places = connection.execute(
            "SELECT rows_table, position FROM columns WHERE indicator = ?", (indicator,)
        ).fetchall()
        for number, position in places:
            query = f"SELECT step, time, v{position:d} FROM rows_{number:d} ORDER BY rowid"
            rows += connection.execute(query).fetchall()
        narrow = "SELECT step, time, value FROM points WHERE indicator = ? ORDER BY rowid"
        narrow_rows = connection.execute(narrow, (indicator,)).fetchall()
    if len(places) + bool(narrow_rows) > 1:
        rows = sorted(rows + narrow_rows, key=lambda row: row[1])
    else:
        rows = rows or narrow_rows
    return Series(
        [row[0] for row in rows],
        [row[1] for row in rows],
        [math.nan if row[2] is None else row[2] for row in rows],
    )


def read_last(path: Path) -> dict[str, float]:
    """The last value of every indicator."""
    last: dict[str, tuple[float, float]] = {}
    with _reading(path) as connection:
        query = "SELECT rows_table, indicator FROM columns ORDER BY rows_table, position"
        tables: dict[int, list[str]] = {}
        for number, name in connection.execute(query):
            tables.setdefault(number, []).append(name)
        for number, names in tables.items():
            newest = f"SELECT * FROM rows_{number:d} ORDER BY rowid DESC LIMIT 1"
            for _, time, *values in connection.execute(newest):
                _keep_newer(last, dict(zip(names, values, strict=True)), time)
        ids = "SELECT max(rowid) FROM points GROUP BY indicator"
        narrow = f"SELECT indicator, time, value FROM points WHERE rowid IN ({ids})"
        for name, time, value in connection.execute(narrow):
            _keep_newer(last, {name: value}, time)
    return {name: value for name, (_, value) in last.items()}


def read_names(path: Path) -> list[str]:
    """The names of all indicators that have a value."""
    with _reading(path) as connection:
        query = (
            "SELECT indicator FROM columns UNION SELECT indicator FROM points"
            " UNION SELECT indicator FROM indexed_points"
        )
        return sorted(name for (name,) in connection.execute(query))


def _keep_newer(
    last: dict[str, tuple[float, float]], values: dict[str, float | None], time: float
) -> None:
    for name, value in values.items():
        if name not in last or last[name][0] <= time:
            last[name] = (time, math.nan if value is None else value)


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    if not path.is_file():
        raise RunError(f"{path.parent} has no {path.name}: nothing was saved, or by other writers")
    try:
        connection = sqlite3.connect(path, timeout=30.0)
        try:
            yield connection
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise RunError(f"cannot read {path}: {error}") from error
