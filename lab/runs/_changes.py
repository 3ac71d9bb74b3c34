"""Reading a run while it goes on: what has come since the last time.

A cursor is text (JSON): for each table the number of the last row that was read, with the step and time
of that row, by which a database that was put in the place of the one before is known.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from lab.errors import RunError
from lab.runs._connect import reading
from lab.runs._entries import TABLES, columns_of, entries_of, tables_of, time_in
from lab.runs._kinds import Entry
from lab.runs._layout import FORMAT
from lab.runs._schema import names_by_table, rows_name
from lab.runs._series import Series
from lab.runs._values import merged, with_nan

__all__ = ["Changes", "is_behind_rows", "read_changes", "read_cursor", "rows_behind"]

_Place = tuple[int, int | None, float | None]  # the number of a row, its step and time


@dataclass(frozen=True)
class Changes:
    """What a run has saved since a cursor.

    Attributes:
        series: the new numbers by indicator.
        entries: the new values of other kinds, in the order of saving within each kind.
        cursor: where to go on; plain text that any process may use.
        is_new: whether all that was read before does not count any more, for there is another
            database in its place.
    """

    series: dict[str, Series] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    cursor: str = ""
    is_new: bool = False

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.series or self.entries or self.is_new)


def read_changes(path: Path, cursor: str | None = None) -> Changes:
    """What was saved since the cursor; without one, everything.

    Raises:
        RunError: the cursor is none, or the database cannot be read.
    """
    places = _parse(cursor)
    if not path.is_file():  # nothing was saved yet
        return Changes(cursor=_text(places))
    with reading(path) as (connection, version):
        is_new = bool(places) and not _is_same(connection, places, version)
        if is_new:
            places = {}
        parts: dict[str, list[list[list[Any]]]] = {}
        for name, columns in _numbers(connection, version, places):
            parts.setdefault(name, []).append(columns)
        entries = list(_others(connection, version, places))
        series = {}
        for name, found in parts.items():
            steps, times, values = merged(found)
            series[name] = Series(steps, times, with_nan(values))
        return Changes(series, entries, _text(places), is_new)


def read_cursor(path: Path) -> str:
    """A cursor behind all that was saved until now."""
    places: dict[str, _Place] = {}
    if not path.is_file():
        return _text(places)
    with reading(path) as (connection, version):
        for table in _existing(connection, version):
            _move(connection, table, version, places)
        return _text(places)


def rows_behind(
    connection: sqlite3.Connection, cursor: str, path: Path
) -> Iterator[tuple[str, int]]:
    """For each table of a database of today's format the number of the last row before the cursor.

    Raises:
        RunError: it is no cursor, or one of another database.
    """
    places = _parse(cursor)
    if not _is_same(connection, places, FORMAT):
        raise RunError(f"the cursor is not one of {path}: there is other data in its place")
    for table in _existing(connection, FORMAT):
        yield table, _last(places, table)


def is_behind_rows(cursor: str) -> bool:
    """Whether anything had been saved at the cursor.

    Raises:
        RunError: it is no cursor.
    """
    return bool(_parse(cursor))


def _numbers(
    connection: sqlite3.Connection, version: int, places: dict[str, _Place]
) -> Iterator[tuple[str, list[list[Any]]]]:
    """The new numbers: an indicator, with columns of steps, times and values."""
    if not version:
        return
    for number, names in names_by_table(connection).items():
        table = rows_name(number)
        query = f"SELECT * FROM {table} WHERE rowid > ? ORDER BY rowid"
        rows = connection.execute(query, (_last(places, table),))
        flat = list(chain.from_iterable(rows))
        width = len(names) + 2
        if flat:
            for i, name in enumerate(names, 2):
                yield name, [flat[::width], flat[1::width], flat[i::width]]
            _move(connection, table, version, places)
    narrow: dict[str, list[list[Any]]] = {}
    query = "SELECT indicator, step, time, value FROM points WHERE rowid > ? ORDER BY rowid"
    for name, *row in connection.execute(query, (_last(places, "points"),)):
        for column, value in zip(narrow.setdefault(name, [[], [], []]), row, strict=True):
            column.append(value)
    if narrow:
        yield from narrow.items()
        _move(connection, "points", version, places)


def _others(
    connection: sqlite3.Connection, version: int, places: dict[str, _Place]
) -> Iterator[Entry]:
    for table in tables_of(version):
        columns = columns_of(table, version)
        query = f"SELECT {columns} FROM {table} WHERE rowid > ? ORDER BY rowid"
        rows = connection.execute(query, (_last(places, table),)).fetchall()
        if rows:
            yield from entries_of(table, rows)
            _move(connection, table, version, places)


def _existing(connection: sqlite3.Connection, version: int) -> Iterable[str]:
    if not version:
        return []
    numbers = connection.execute("SELECT DISTINCT rows_table FROM columns").fetchall()
    return [*(rows_name(number) for (number,) in numbers), "points", *tables_of(version)]


def _last(places: dict[str, _Place], table: str) -> int:
    return places[table][0] if table in places else -(2**63)


def _move(
    connection: sqlite3.Connection, table: str, version: int, places: dict[str, _Place]
) -> None:
    """Set the place behind the last row of a table."""
    query = (
        f"SELECT rowid, step, {time_in(table, version)} FROM {table} ORDER BY rowid DESC LIMIT 1"
    )
    place = connection.execute(query).fetchone()
    if place is not None:
        places[table] = tuple(place)


def _is_same(connection: sqlite3.Connection, places: dict[str, _Place], version: int) -> bool:
    """Whether the rows that were read last are still where they were."""
    existing = set(_existing(connection, version))
    for table, (number, step, time) in places.items():
        if table not in existing:
            return False
        query = f"SELECT step, {time_in(table, version)} FROM {table} WHERE rowid = ?"
        if connection.execute(query, (number,)).fetchone() != (step, time):
            return False
    return True


def _text(places: dict[str, _Place]) -> str:
    return json.dumps(places, separators=(",", ":"))


def _parse(cursor: str | None) -> dict[str, _Place]:
    if cursor is None:
        return {}
    try:
        places = json.loads(cursor)
        found: dict[str, _Place] = {}
        for table, (number, step, time) in places.items():
            is_table = table == "points" or table in TABLES or table.removeprefix("rows_").isdigit()
            if not is_table or not isinstance(number, int) or not -(2**63) <= number < 2**63:
                raise ValueError(table)
            found[table] = number, step, time
    except (TypeError, ValueError, AttributeError, RecursionError) as error:
        raise RunError(
            f"{cursor!r:.200} is no cursor: give the one of the last changes, or None for everything"
        ) from error
    return found
