"""Reading the numbers in `sqlite.db`."""

from __future__ import annotations

import math
import sqlite3
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from operator import itemgetter
from pathlib import Path
from typing import Any

from lab.runs._connect import reading
from lab.runs._downsample import kept, kept_rows
from lab.runs._schema import rows_name
from lab.runs._series import Series

__all__ = [
    "OWN_AXES",
    "UnknownAxis",
    "merged",
    "names_in",
    "read_last",
    "read_last_step",
    "read_series",
    "with_nan",
]

OWN_AXES = ("step", "time")  # what is saved with each value
Row = tuple[Any, ...]


class UnknownAxis(Exception):
    """There is no indicator of that name to draw another one over."""


@dataclass(frozen=True)
class _Part:
    """Where values of an indicator are: a column of a table, or rows of `points`."""

    table: str
    value: str
    where: str = ""
    arguments: tuple[str, ...] = ()

    def read(
        self, connection: sqlite3.Connection, points: int | None, beside: str | None
    ) -> list[list[Any]]:
        """Steps, times, values; and the values of another column, if one is named."""
        columns = ["step", "time", self.value, *([beside] if beside else ())]
        if points is not None and not self.where:
            rows = kept_rows(connection, self.table, columns, points)
            if rows is not None:
                return [[row[i] for row in rows] for i in range(len(columns))]
        query = f"SELECT {', '.join(columns)} FROM {self.table}{self.where} ORDER BY rowid"
        flat = list(chain.from_iterable(connection.execute(query, self.arguments)))
        return [flat[i :: len(columns)] for i in range(len(columns))]


def read_series(
    path: Path, indicator: str, points: int | None = None, axis: str = "step"
) -> Series | None:
    """The values of an indicator; None where there is none of that name.

    Raises:
        RunError: the database cannot be read.
        UnknownAxis: there is no indicator of the name of the axis.
    """
    with reading(path) as (connection, version):
        parts = _parts(connection, indicator) if version else []
        if not parts:
            return None
        over = [] if axis in OWN_AXES else _parts(connection, axis)
        if axis not in OWN_AXES and not over:
            raise UnknownAxis(axis)
        beside = {part.table: part.value for part in over if not part.where}
        is_beside = bool(over) and all(not p.where and p.table in beside for p in parts)
        found = [
            part.read(connection, points, beside[part.table] if is_beside else None)
            for part in parts
        ]
        columns = merged(found)
        if points is not None and len(columns[0]) > points:
            chosen = kept([math.nan if v is None else v for v in columns[2]], points)
            columns = [[column[i] for i in chosen] for column in columns]
        columns[2:] = map(with_nan, columns[2:])
        if over and not is_beside:
            others = merged([part.read(connection, None, None) for part in over])
            columns.append(with_nan(_aligned(columns, others)))
    return Series(columns[0], columns[1], columns[2], axis, *columns[3:])


def read_last(path: Path) -> dict[str, float]:
    """The last value of every indicator."""
    last: dict[str, tuple[float, float]] = {}
    with reading(path) as (connection, version):
        if not version:
            return {}
        # the narrow rows are asked for in passing: mostly there are none
        query = (
            "SELECT rows_table, indicator FROM columns"
            " UNION ALL SELECT 0, EXISTS (SELECT 1 FROM points) ORDER BY rows_table"
        )
        tables: dict[int, list[str]] = {}
        for number, name in connection.execute(query):
            tables.setdefault(number, []).append(name)
        has_narrow = tables.pop(0)[0]
        for number, names in tables.items():
            newest = f"SELECT * FROM {rows_name(number)} ORDER BY rowid DESC LIMIT 1"
            for _, time, *values in connection.execute(newest):
                _keep_newer(last, zip(names, values, strict=True), time)
        if has_narrow:
            for name in names_in(connection, "points"):
                newest = (
                    "SELECT time, value FROM points WHERE indicator = ? ORDER BY rowid DESC LIMIT 1"
                )
                for time, value in connection.execute(newest, (name,)):
                    _keep_newer(last, [(name, value)], time)
    return {name: value for name, (_, value) in last.items()}


def read_last_step(path: Path) -> int | None:
    """The highest step at which anything was saved; None where nothing was."""
    with reading(path) as (connection, _):
        query = (
            "SELECT tables.name FROM sqlite_master AS tables, pragma_table_info(tables.name) AS own"
            " WHERE tables.type = 'table' AND own.name = 'step'"
        )
        tables = [name for (name,) in connection.execute(query)]
        found = [connection.execute(f'SELECT max(step) FROM "{t}"').fetchone()[0] for t in tables]
        return max((step for step in found if step is not None), default=None)


def names_in(connection: sqlite3.Connection, table: str) -> list[str]:
    """The indicators of a table that has an index of them, found without reading it all."""
    query = (
        "WITH RECURSIVE names (name) AS ("
        f" SELECT min(indicator) FROM {table} UNION ALL"
        f" SELECT (SELECT min(indicator) FROM {table} WHERE indicator > name)"
        " FROM names WHERE name IS NOT NULL)"
        " SELECT name FROM names WHERE name IS NOT NULL"
    )
    return [name for (name,) in connection.execute(query)]


def merged(parts: Sequence[list[list[Any]]]) -> list[list[Any]]:
    """Columns of several tables (the second one are the times) as one, in the order of saving.

    The order within a table stays even where the clock was set back.
    """
    if len(parts) == 1:
        return parts[0]
    rows: list[Row] = []
    for part in parts:
        rows += zip(accumulate(part[1], max), *part, strict=True)
    rows.sort(key=itemgetter(0))
    return [[row[i] for row in rows] for i in range(1, len(parts[0]) + 1)]


def _parts(connection: sqlite3.Connection, indicator: str) -> list[_Part]:
    parts = [
        _Part(rows_name(number), f"v{position:d}")
        for number, position in connection.execute(
            "SELECT rows_table, position FROM columns WHERE indicator = ?", (indicator,)
        )
    ]
    query = "SELECT EXISTS (SELECT 1 FROM points WHERE indicator = ?)"
    if connection.execute(query, (indicator,)).fetchone()[0]:
        parts.append(_Part("points", "value", " WHERE indicator = ?", (indicator,)))
    return parts


def _aligned(columns: Sequence[list[Any]], others: Sequence[list[Any]]) -> list[Any]:
    """For each row the other indicator's value: at its step, else the last one before it."""
    moments = sorted(zip(others[0], others[1], range(len(others[0])), strict=True))
    keys = [(step, time) for step, time, _ in moments]
    found: list[Any] = []
    for step, time in zip(columns[0], columns[1], strict=True):
        i = bisect_right(keys, (step, time))
        # saved later than this row, but at the same step: better than one of a step before
        if (not i or keys[i - 1][0] != step) and i < len(keys) and keys[i][0] == step:
            i += 1
        found.append(others[2][moments[i - 1][2]] if i else None)
    return found


def _keep_newer(
    last: dict[str, tuple[float, float]], values: Iterable[tuple[str, float | None]], time: float
) -> None:
    for name, value in values:
        if name not in last or last[name][0] <= time:
            last[name] = (time, math.nan if value is None else value)


def with_nan(values: list[Any]) -> list[float]:
    return [math.nan if v is None else v for v in values] if None in values else values
