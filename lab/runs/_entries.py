"""Reading what is no plain number in `sqlite.db`: histograms, indexed values, texts, media."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from lab.runs._connect import reading
from lab.runs._kinds import (
    Audio,
    Entry,
    Figure,
    Histogram,
    Image,
    IndexedScalars,
    IndexedTexts,
    Table,
    Text,
    Value,
)
from lab.runs._values import names_in

__all__ = [
    "TABLES",
    "columns_of",
    "entries_of",
    "read_entries",
    "read_kinds",
    "tables_of",
    "time_in",
]

Row = tuple[Any, ...]

# what a row of each table holds after indicator, step and time
TABLES: dict[str, tuple[str, ...]] = {
    "histograms": ("edges", "counts", "total", "not_finite"),
    "indexed_points": ("idx", "value"),
    "texts": ("idx", "text"),
    "media": ("kind", "data", "extra"),
}


def read_entries(path: Path, indicator: str) -> list[Entry]:
    """All values of an indicator but plain numbers, in the order of saving."""
    found: list[Entry] = []
    with reading(path) as (connection, version):
        for table in tables_of(version):
            query = (
                f"SELECT {columns_of(table, version)} FROM {table}"
                " WHERE indicator = ? ORDER BY rowid"
            )
            found += entries_of(table, connection.execute(query, (indicator,)))
    return found


def read_kinds(path: Path) -> dict[str, str]:
    """The kind of value that is stored of each indicator, by name."""
    with reading(path) as (connection, version):
        if not version:
            return {}
        names = [name for (name,) in connection.execute("SELECT indicator FROM columns")]
        kinds = dict.fromkeys([*names, *names_in(connection, "points")], "scalar")
        for table in tables_of(version):
            for name in names_in(connection, table):
                kinds[name] = _kind(connection, table, name)
        return dict(sorted(kinds.items()))


def columns_of(table: str, version: int) -> str:
    """The columns to select of a table, for `entries_of`."""
    return ", ".join(("indicator", "step", time_in(table, version), *TABLES[table]))


def tables_of(version: int) -> Iterable[str]:
    """Those of the tables that a database of this format has."""
    return TABLES if version > 1 else TABLES.keys() & {"indexed_points"} if version else ()


def time_in(table: str, version: int) -> str:
    """What is the time in a table of a database of this format."""
    return "NULL" if table == "indexed_points" and version < 2 else "time"


def entries_of(table: str, rows: Iterable[Row]) -> Iterator[Entry]:
    """The entries that rows of a table hold; rows of one save are one entry."""
    for (indicator, step, time), group in groupby(rows, itemgetter(0, 1, 2)):
        moment = math.nan if time is None else time
        for value in _READERS[table]([row[3:] for row in group]):
            yield Entry(indicator, step, moment, value)


def _kind(connection: sqlite3.Connection, table: str, name: str) -> str:
    if table == "histograms":
        return "histogram"
    if table == "indexed_points":
        return "indexed_scalar"
    column = "kind" if table == "media" else "idx"
    query = f"SELECT {column} FROM {table} WHERE indicator = ? LIMIT 1"
    (value,) = connection.execute(query, (name,)).fetchone()
    if table == "media":
        return str(value)
    return "text" if value is None else "indexed_text"


def _histograms(rows: list[Row]) -> Iterator[Value]:
    for edges, counts, total, not_finite in rows:
        yield Histogram(
            tuple(json.loads(edges)),
            tuple(json.loads(counts)),
            math.nan if total is None else total,
            not_finite,
        )


def _indexed(rows: list[Row]) -> Iterator[Value]:
    values = tuple(math.nan if value is None else value for _, value in rows)
    yield IndexedScalars(tuple(i for i, _ in rows), values)


def _texts(rows: list[Row]) -> Iterator[Value]:
    plain = [text for i, text in rows if i is None]
    yield from map(Text, plain)
    if len(plain) < len(rows):
        pairs = [(i, text) for i, text in rows if i is not None]
        yield IndexedTexts(tuple(i for i, _ in pairs), tuple(text for _, text in pairs))


def _media(rows: list[Row]) -> Iterator[Value]:
    for kind, data, extra in rows:
        if kind in _MEDIA:  # another one is of a later version, or someone else's
            yield _MEDIA[kind](data, json.loads(extra) if extra else {})


def _table(data: Any, extra: dict[str, Any]) -> Table:
    content = json.loads(data)
    return Table(tuple(content["columns"]), tuple(tuple(row) for row in content["rows"]))


def _figure(data: Any, extra: dict[str, Any]) -> Figure:
    return Figure(data.decode() if isinstance(data, bytes) else data)


_MEDIA: dict[str, Callable[[Any, dict[str, Any]], Value]] = {
    "image": lambda data, extra: Image(data, extra.get("width", 0), extra.get("height", 0)),
    "figure": _figure,
    "table": _table,
    "audio": lambda data, extra: Audio(data, extra.get("rate", 0)),
}
_READERS: dict[str, Callable[[list[Row]], Iterator[Value]]] = {
    "histograms": _histograms,
    "indexed_points": _indexed,
    "texts": _texts,
    "media": _media,
}
