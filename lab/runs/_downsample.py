"""Fewer points of a long series: the first, the last, and the lowest and highest of each part between.

A part with a NaN keeps one of these as well, so that a gap in a line stays one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from operator import index
from typing import Any

from lab.errors import RunError

__all__ = ["checked_points", "kept", "kept_rows"]

Row = tuple[Any, ...]  # step, time, value, and what else was asked for


def checked_points(points: Any) -> int | None:
    """The number of points that was asked for.

    Raises:
        RunError: it is none that can be.
    """
    if points is None:
        return None
    try:
        number = index(points)
    except TypeError:
        number = 0
    if number < 2 or isinstance(points, bool):
        raise RunError(f"points takes a whole number from 2 on, or None for all, got {points!r}")
    return number


def kept(values: Sequence[float], points: int) -> list[int]:
    """Which of the values to keep: their indices, at most so many."""
    count = len(values)
    if count <= points:
        return list(range(count))
    inner: list[int] = []
    for most in (2, 3):  # three of a part only where there are gaps, in fewer parts then
        inner = []
        for low, high in _parts(1, count - 2, (points - 2) // most):
            inner += _extremes(values, low, high + 1)
        if len(inner) + 2 <= points:
            break
    return [0, *inner, count - 1]


def kept_rows(
    connection: sqlite3.Connection, table: str, columns: Sequence[str], points: int
) -> list[Row] | None:
    """The rows of a table to keep, found by the database: far faster than to read them all.

    Args:
        connection: to the database.
        table: whose row numbers go on without gaps.
        columns: what is wanted of each row; the third one is the value.
        points: how many rows at most.

    Returns:
        The rows; None where there are no more than `points`, so that all of them are kept.
    """
    ends = connection.execute(f"SELECT min(rowid), max(rowid) FROM {table}").fetchone()
    if ends[0] is None or ends[1] - ends[0] < points:
        return None
    statements = _Statements(connection, table, columns)
    rows: dict[int, Row] = {}
    for most in (2, 3):
        rows = {number: row for end in ends for number, row in statements.row(end)}
        for low, high in _parts(ends[0] + 1, ends[1] - 1, (points - 2) // most):
            rows.update(statements.extremes(low, high))
        if len(rows) <= points:
            break
    return [rows[number] for number in sorted(rows)]


class _Statements:
    def __init__(self, connection: sqlite3.Connection, table: str, columns: Sequence[str]) -> None:
        self._execute = connection.execute
        listed = f"rowid, {', '.join(columns)}"
        value = columns[2]
        within = f"FROM {table} WHERE rowid BETWEEN ? AND ?"
        # beside min() or max(), the other columns are those of the row that has it
        # (https://www.sqlite.org/lang_select.html#bareagg)
        self._low = f"SELECT {listed}, min({value}), count({value}), count(*) {within}"
        self._high = f"SELECT {listed}, max({value}) {within}"
        self._gap = f"SELECT {listed} {within} AND {value} IS NULL LIMIT 1"
        self._row = f"SELECT {listed} {within}"

    def row(self, number: int) -> Iterator[tuple[int, Row]]:
        for key, *row in self._execute(self._row, (number, number)):
            yield key, tuple(row)

    def extremes(self, low: int, high: int) -> Iterator[tuple[int, Row]]:
        key, *row, _, numbers, all_rows = self._execute(self._low, (low, high)).fetchone()
        if numbers:
            yield key, tuple(row)
            key, *row, _ = self._execute(self._high, (low, high)).fetchone()
            yield key, tuple(row)
        if numbers < all_rows:
            key, *row = self._execute(self._gap, (low, high)).fetchone()
            yield key, tuple(row)


def _parts(first: int, last: int, count: int) -> Iterator[tuple[int, int]]:
    """So many ranges of about the same length, their ends included."""
    total = last - first + 1
    for i in range(count):
        low, high = first + total * i // count, first + total * (i + 1) // count - 1
        if low <= high:
            yield low, high


def _extremes(values: Sequence[float], start: int, end: int) -> list[int]:
    part = values[start:end]
    total = sum(part)
    if total == total:  # no NaN is in it
        return sorted({start + part.index(min(part)), start + part.index(max(part))})
    numbers = [(value, i) for i, value in enumerate(part, start) if value == value]
    gap = next((i for i, value in enumerate(part, start) if value != value), None)
    found = {min(numbers)[1], max(numbers)[1]} if numbers else set()
    return sorted(found if gap is None else {*found, gap})
