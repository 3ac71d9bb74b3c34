"""Writing `sqlite.db`."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Any

from lab.runs import _migrations, _schema, _statements
from lab.runs._kinds import Batch, Saved
from lab.runs._layout import FORMAT

__all__ = ["Database"]

# Values of one statement. Python lets other threads run at each statement, and may wait for its
# turn after it as long as they like to compute: thousands of rows are a few statements, therefore.
_MOST_VALUES = 12_000 if sqlite3.sqlite_version_info >= (3, 32) else 999
_BUSY = 1.0  # seconds to wait for another process that writes
# The start of an INSERT, and the part of a row's values that it takes; where that has no end, the
# values become points.
_Target = tuple[str, int, int]
_Point = tuple[str, int, float, Any]


class Database:
    """The values of a run's indicators, written in batches.

    It belongs to the thread that made it. What is written at once is written whole or not at all.

    Args:
        path: the file, which is made where there is none.

    Raises:
        sqlite3.Error: it cannot be opened; so do all methods where it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = sqlite3.connect(
            path, timeout=_BUSY, isolation_level=None, cached_statements=16
        )
        try:
            self._targets: dict[tuple[str, ...], list[_Target]] = {}
            self._widths: dict[int, int] = {}
            self._prepare()
            self._file = _identity(path)
        except BaseException:
            self._connection.close()
            raise

    @property
    def is_gone(self) -> bool:
        """Whether the file was deleted, or another one is in its place."""
        try:
            return _identity(self._path) != self._file
        except OSError:
            return True

    def write(self, saved: Saved) -> None:
        """Write what was saved."""
        try:
            self._write(saved)
        except OverflowError:  # integers that the database cannot hold
            batches = [
                Batch(names, list(map(_statements.held, values))) for names, values in saved.batches
            ]
            self._write(Saved(batches, saved.entries))

    def delete(self, places: Callable[[sqlite3.Connection], Iterable[tuple[str, int]]]) -> None:
        """Delete rows of tables.

        Args:
            places: gives, within the transaction, tables and the last row of each that stays.
        """
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for table, number in list(places(self._connection)):
                self._connection.execute(f"DELETE FROM {table} WHERE rowid > ?", (number,))
            self._connection.execute("COMMIT")
        except BaseException:
            self._rollback()
            raise

    def close(self) -> None:
        """Close the file; everything written stays."""
        with contextlib.suppress(
            sqlite3.OperationalError
        ):  # while someone reads it, it stays as it is
            self._connection.execute("PRAGMA busy_timeout = 0")
            # a file that is still in WAL mode can be read only by those who may write beside it
            self._connection.execute("PRAGMA journal_mode = DELETE")
        self._connection.close()

    def abandon(self) -> None:
        """Close a file that could not be written."""
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()

    def _prepare(self) -> None:
        execute = self._connection.execute
        execute("PRAGMA journal_mode = WAL")  # readers and the writer do not wait for each other
        execute("PRAGMA synchronous = NORMAL")
        execute("BEGIN IMMEDIATE")
        try:
            version = execute("PRAGMA user_version").fetchone()[0]
            if not version:
                for statement in (_schema.CREATE + _schema.scalars_view({})).split(";"):
                    execute(statement)
            elif version != FORMAT:
                _migrations.migrate(self._connection, version)
            execute(f"PRAGMA user_version = {FORMAT}")
            execute("COMMIT")
        except BaseException:
            self._rollback()
            raise
        self._load()

    def _write(self, saved: Saved) -> None:
        known = dict(self._targets), dict(self._widths)
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            points: list[_Point] = []
            for batch in saved.batches:
                self._write_batch(batch, points)
            # of several sets of names, in the order of saving, which is told by nothing else
            points.sort(key=itemgetter(2))
            self._insert("INSERT INTO points VALUES ", 4, list(chain.from_iterable(points)))
            for start, width, values in _statements.of_entries(saved.entries):
                self._insert(start, width, values)
            self._connection.execute("COMMIT")
        except BaseException:
            self._targets, self._widths = known
            self._rollback()
            raise

    def _write_batch(self, batch: Batch, points: list[_Point]) -> None:
        names = batch.names
        for start, first, end in self._targets.get(names) or self._place(names):
            if not end:
                points += (point for row in batch.rows() for point in _as_points(names, row))
            elif end - first == len(names):
                self._insert(start, batch.width, batch.values)
            else:
                part = [x for row in batch.rows() for x in (*row[:2], *row[first + 2 : end + 2])]
                self._insert(start, end - first + 2, part)

    def _insert(self, start: str, width: int, values: Sequence[Any]) -> None:
        """Insert rows of so many values, given flat."""
        marks = "(?" + ",?" * (width - 1) + ")"
        most = _MOST_VALUES // width * width
        for i in range(0, len(values), most):
            part = values[i : i + most]
            self._connection.execute(start + ",".join([marks] * (len(part) // width)), part)

    def _rollback(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _place(self, names: tuple[str, ...]) -> list[_Target]:
        """Where rows of a new set of names go; makes the tables that they need."""
        parts = range(0, len(names), _schema.MOST_COLUMNS)
        if len(self._widths) + len(parts) > _schema.MOST_TABLES:
            targets = [("", 0, 0)]
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
        return _insert_into(number), start, start + len(part)

    def _load(self) -> None:
        """Take up the tables of a run that is written to again."""
        tables = _schema.names_by_table(self._connection)
        self._widths = {number: len(names) for number, names in tables.items()}
        for number, names in tables.items():
            if len(names) < _schema.MOST_COLUMNS:  # a full one may be a part of a wider set
                target = _insert_into(number), 0, len(names)
                self._targets.setdefault(tuple(names), [target])


def _as_points(names: tuple[str, ...], row: tuple[Any, ...]) -> Iterator[_Point]:
    step, time, *values = row
    return ((name, step, time, value) for name, value in zip(names, values, strict=True))


def _insert_into(number: int) -> str:
    return f"INSERT INTO {_schema.rows_name(number)} VALUES "


def _identity(path: Path) -> tuple[int, int]:
    found = os.stat(path)
    return found.st_dev, found.st_ino
