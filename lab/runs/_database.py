"""Writing `sqlite.db`."""

from __future__ import annotations

import contextlib
import math
import sqlite3
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from lab.runs import _schema
from lab.runs._layout import FORMAT

__all__ = ["Database", "Row"]

Row = tuple[tuple[str, ...], int, float, tuple[float, ...]]  # names, step, time, their values
# A statement for `executemany`, and the slice of a row's values that it takes.
_Target = tuple[str, int, int]


class Database:
    """The values of a run's indicators, written in batches.

    It belongs to the thread that made it. A batch is written whole or not at all.

    Args:
        path: the file, which is made where there is none.

    Raises:
        sqlite3.Error: it cannot be opened; so do all methods where it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, timeout=30.0, isolation_level=None)
        self._targets: dict[tuple[str, ...], list[_Target]] = {}
        self._widths: dict[int, int] = {}
        execute = self._connection.execute
        execute("PRAGMA journal_mode = WAL")  # readers and the writer do not wait for each other
        execute("PRAGMA synchronous = NORMAL")
        if not execute("PRAGMA user_version").fetchone()[0]:
            view = _schema.scalars_view({})
            self._connection.executescript(
                f"BEGIN IMMEDIATE; {_schema.CREATE} {view}; PRAGMA user_version = {FORMAT}; COMMIT;"
            )
        self._load()

    def write(self, rows: Sequence[Row]) -> None:
        """Write rows of values that were saved together."""
        try:
            self._write(rows)
        except OverflowError:  # integers that the database cannot hold
            self._write([(names, step, time, _held(values)) for names, step, time, values in rows])

    def write_indexed(self, rows: Iterable[tuple[str, int, int, float]]) -> None:
        """Write rows of indicator, step, index and value."""
        self._execute([("INSERT INTO indexed_points VALUES (?, ?, ?, ?)", rows)])

    def close(self) -> None:
        """Close the file; everything written stays."""
        with contextlib.suppress(
            sqlite3.OperationalError
        ):  # while someone reads it, it stays as it is
            self._connection.execute("PRAGMA busy_timeout = 0")
            # a file that is still in WAL mode can be read only by those who may write beside it
            self._connection.execute("PRAGMA journal_mode = DELETE")
        self._connection.close()

    def _write(self, rows: Sequence[Row]) -> None:
        batch: list[tuple[str, Iterable[Sequence[object]]]] = []
        known = dict(self._targets), dict(self._widths)
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for names, group in groupby(rows, itemgetter(0)):
                same = list(group)
                for statement, start, end in self._targets.get(names) or self._place(names):
                    if start < 0:
                        batch.extend((statement, _narrow(row)) for row in same)
                    elif end - start == len(names):
                        batch.append((statement, [(row[1], row[2], *row[3]) for row in same]))
                    else:
                        part = [(row[1], row[2], *row[3][start:end]) for row in same]
                        batch.append((statement, part))
            for statement, values in batch:
                self._connection.executemany(statement, values)
            self._connection.execute("COMMIT")
        except BaseException:
            self._targets, self._widths = known
            self._rollback()
            raise

    def _execute(self, batch: list[tuple[str, Iterable[Sequence[object]]]]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for statement, values in batch:
                self._connection.executemany(statement, values)
            self._connection.execute("COMMIT")
        except BaseException:
            self._rollback()
            raise

    def _rollback(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _place(self, names: tuple[str, ...]) -> list[_Target]:
        """Where rows of a new set of names go; makes the tables that they need."""
        parts = range(0, len(names), _schema.MOST_COLUMNS)
        if len(self._widths) + len(parts) > _schema.MOST_TABLES:
            targets = [("INSERT INTO points VALUES (?, ?, ?, ?)", -1, -1)]
        else:
            targets = [self._make_table(names, start) for start in parts]
            self._connection.execute("DROP VIEW scalars")
            self._connection.execute(_schema.scalars_view(self._widths))
        self._targets[names] = targets
        return targets

    def _make_table(self, names: tuple[str, ...], start: int) -> _Target:
        part = names[start : start + _schema.MOST_COLUMNS]
        number = len(self._widths) + 1
        self._connection.execute(_schema.rows_table(number, len(part)))
        self._connection.executemany(
            "INSERT INTO columns VALUES (?, ?, ?)", [(number, i, n) for i, n in enumerate(part)]
        )
        self._widths[number] = len(part)
        return _insert(number, start, len(part))

    def _load(self) -> None:
        """Take up the tables of a run that is written to again."""
        tables: dict[int, list[str]] = {}
        query = "SELECT rows_table, indicator FROM columns ORDER BY rows_table, position"
        for number, name in self._connection.execute(query):
            tables.setdefault(number, []).append(name)
        self._widths = {number: len(names) for number, names in tables.items()}
        for number, names in tables.items():
            if len(names) < _schema.MOST_COLUMNS:  # a full one may be a part of a wider set
                self._targets.setdefault(tuple(names), [_insert(number, 0, len(names))])


def _insert(number: int, start: int, width: int) -> _Target:
    marks = ", ?" * width
    return f"INSERT INTO rows_{number} VALUES (?, ?{marks})", start, start + width


def _narrow(row: Row) -> list[tuple[str, int, float, float]]:
    names, step, time, values = row
    return [(name, step, time, value) for name, value in zip(names, values, strict=True)]


def _held(values: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(map(_held_one, values))


def _held_one(value: float) -> float:
    if not isinstance(value, int) or -(2**63) <= value < 2**63:
        return value
    try:
        return float(value)
    except OverflowError:  # beyond floats too
        return math.inf if value > 0 else -math.inf
