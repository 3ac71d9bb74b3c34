"""Values that are no plain numbers, as rows of the tables of `sqlite.db`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from lab import files
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
)

__all__ = ["held", "of_entries"]

Rows = tuple[str, int, Sequence[Any]]  # the start of an INSERT, the width of a row, flat values


def of_entries(entries: Sequence[Entry]) -> Iterator[Rows]:
    """For each entry the start of its INSERT, the width of a row, and the values, row after row."""
    for entry in entries:
        table, columns = _TABLES[type(entry.value)]
        width, values = _flat(entry, columns(entry.value))
        yield f"INSERT INTO {table} VALUES ", width, values


def held(value: Any) -> Any:
    """The value as the database can hold it: integers beyond 64 bits as floats."""
    if not isinstance(value, int) or -(2**63) <= value < 2**63:
        return value
    try:
        return float(value)
    except OverflowError:  # beyond floats too
        return float("inf") if value > 0 else float("-inf")


def _flat(entry: Entry, rows: Iterable[tuple[Any, ...]]) -> tuple[int, list[Any]]:
    flat: list[Any] = []
    width = 0
    for row in rows:
        width = 3 + len(row)
        flat += entry.indicator, held(entry.step), entry.time, *map(held, row)
    return width, flat


def _histogram(value: Histogram) -> Iterable[tuple[Any, ...]]:
    edges, counts = json.dumps(value.edges), json.dumps(value.counts)
    yield edges, counts, value.total, value.not_finite


def _indexed_scalars(value: IndexedScalars) -> Iterable[tuple[Any, ...]]:
    return zip(value.indices, value.values, strict=True)


def _text(value: Text) -> Iterable[tuple[Any, ...]]:
    yield None, _encodable(value.text)


def _indexed_texts(value: IndexedTexts) -> Iterable[tuple[Any, ...]]:
    return zip(value.indices, map(_encodable, value.texts), strict=True)


def _encodable(text: str) -> str:
    """The text, with what is half of a letter written out."""
    return files.encoded(text).decode("utf-8")


def _image(value: Image) -> Iterable[tuple[Any, ...]]:
    yield "image", value.png, json.dumps({"width": value.width, "height": value.height})


def _figure(value: Figure) -> Iterable[tuple[Any, ...]]:
    yield "figure", value.json, "{}"


def _table(value: Table) -> Iterable[tuple[Any, ...]]:
    yield "table", json.dumps({"columns": value.columns, "rows": value.rows}), "{}"


def _audio(value: Audio) -> Iterable[tuple[Any, ...]]:
    yield "audio", value.wav, json.dumps({"rate": value.rate})


_TABLES: dict[type, tuple[str, Callable[[Any], Iterable[tuple[Any, ...]]]]] = {
    Histogram: ("histograms", _histogram),
    IndexedScalars: ("indexed_points", _indexed_scalars),
    Text: ("texts", _text),
    IndexedTexts: ("texts", _indexed_texts),
    Image: ("media", _image),
    Figure: ("media", _figure),
    Table: ("media", _table),
    Audio: ("media", _audio),
}
