"""Rows of numbers and text under named columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from lab import runs
from lab.errors import TrackerError
from lab.tracker._deferred import Deferred
from lab.tracker.indicators._copies import Copy, Made, described, is_array, is_tensor
from lab.tracker.indicators._media import Media

__all__ = ["Table"]

_Rows = tuple[tuple[str, ...], list[Sequence[Any]]]


class Table(Media):
    """A table: the rows of everything added since the last save, which all have the same columns.

    Args:
        name: the full name.
    """

    kind: ClassVar[str] = "table"

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._columns: tuple[str, ...] = ()
        self._rows: list[Sequence[Any]] = []

    def add(self, value: Any) -> None:
        """Take rows in.

        They are a list of dictionaries (what one of them lacks is None), a dictionary of columns,
        `(columns, rows)`, an array or tensor of two dimensions, or a data frame of pandas. Cells are
        numbers, text, True, False and None; of anything else its text is stored.
        """
        columns, rows = _read(self.name, value)
        for row in rows:
            if len(row) != len(columns):
                raise TrackerError(
                    f"{self.name!r} is a table with {len(columns)} columns {_list(columns)}, "
                    f"got a row of {len(row)}: {described(row)}"
                )
        if len(set(columns)) < len(columns):
            raise TrackerError(f"{self.name!r} is a table with a column twice: {_list(columns)}")
        if self._rows and columns != self._columns:
            raise TrackerError(
                f"{self.name!r} is a table with the columns {_list(self._columns)} until it is "
                f"saved, got the columns {_list(columns)}"
            )
        self._columns = columns
        self._rows += rows

    def take_value(self) -> runs.Value | Deferred[runs.Value] | None:
        """The table."""
        columns, rows = self._columns, self._rows
        self._columns, self._rows = (), []
        if not columns:
            return None
        return Made(_made, columns, rows, weight=len(columns) * (len(rows) + 1))


def _read(name: str, value: Any) -> _Rows:
    """The columns and the rows of any form."""
    if hasattr(value, "columns") and hasattr(value, "itertuples"):
        return _names(value.columns), [
            _kept(row) for row in value.itertuples(index=False, name=None)
        ]
    if isinstance(value, Mapping):
        return _of_columns(name, value)
    if is_tensor(value) or is_array(value):
        if len(value.shape) == 2:
            rows = value.tolist()
            return tuple(str(i) for i in range(value.shape[1])), rows
    elif isinstance(value, list) and value and all(isinstance(row, Mapping) for row in value):
        keys = list(dict.fromkeys(key for row in value for key in row))
        return _names(keys), [_kept([row.get(key) for key in keys]) for row in value]
    elif isinstance(value, (list, tuple)) and len(value) == 2 and _is_columns(value[0]):
        columns, rows = value
        if is_tensor(rows) or is_array(rows):
            rows = rows.tolist()
        if isinstance(rows, (list, tuple)) and all(isinstance(r, (list, tuple)) for r in rows):
            return _names(columns), [_kept(row) for row in rows]
    raise TrackerError(
        f"{name!r} is a table and takes a list of dictionaries, a dictionary of columns, (columns, "
        f"rows), an array of two dimensions or a data frame; got {described(value)}"
    )


def _of_columns(name: str, value: Mapping[Any, Any]) -> _Rows:
    columns = []
    for key, column in value.items():
        if isinstance(column, str) or not hasattr(column, "__len__"):
            raise TrackerError(
                f"{name!r} is a table and takes a list for each column, got {described(column)} "
                f"for {key!r}"
            )
        columns.append(column.tolist() if hasattr(column, "tolist") else list(column))
    lengths = {str(key): len(column) for key, column in zip(value, columns, strict=True)}
    if len(set(lengths.values())) > 1:
        raise TrackerError(f"{name!r} is a table with columns of one length, got {lengths}")
    return _names(value), [_kept(row) for row in zip(*columns, strict=True)]


def _is_columns(given: Any) -> bool:
    return isinstance(given, (list, tuple)) and all(isinstance(one, str) for one in given)


def _names(keys: Any) -> tuple[str, ...]:
    return tuple(str(key) for key in keys)


def _kept(row: Sequence[Any]) -> list[Any]:
    return [Copy(cell) if is_tensor(cell) or is_array(cell) else cell for cell in row]


def _list(columns: Sequence[str]) -> str:
    shown = ", ".join(repr(one) for one in columns[:10])
    return f"{shown}, ... ({len(columns)} in all)" if len(columns) > 10 else shown


def _made(columns: tuple[str, ...], rows: list[Sequence[Any]]) -> runs.Table:
    return runs.Table(columns, tuple(tuple(_plain(cell) for cell in row) for row in rows))


def _plain(cell: Any) -> Any:
    if isinstance(cell, Copy):
        cell = cell.numpy().tolist()
    if cell is None or type(cell) in (bool, int, float, str):
        return cell
    for kind in (str, bool, int, float):  # subclasses, such as members of an IntEnum
        if isinstance(cell, kind):
            return kind(cell)
    if type(cell).__name__ in ("NAType", "NaTType"):  # what pandas has for a cell without a value
        return None
    return str(cell)
