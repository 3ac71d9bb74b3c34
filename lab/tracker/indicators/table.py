"""Rows of numbers and text under named columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from lab import runs
from lab.errors import TrackerError
from lab.tracker._deferred import Deferred
from lab.tracker._given import described
from lab.tracker.indicators._copies import Copy, Made, is_array, is_tensor
from lab.tracker.indicators._media import Media

__all__ = ["Table"]

_PLAIN = frozenset((bool, int, float, str, type(None)))


class Table(Media):
    """A table: the rows of everything added since the last save, which all have the same columns.

    Args:
        name: the full name.
    """

    kind: ClassVar[str] = "table"

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._columns: tuple[str, ...] = ()
        self._pieces: list[_Piece] = []

    def add(self, value: Any) -> None:
        """Take rows in.

        They are a list of dictionaries (what one of them lacks is None), a dictionary of columns,
        `(columns, rows)`, an array or tensor of two dimensions, or a data frame of pandas. Cells are
        numbers, text, True, False and None; of anything else its text is stored.
        """
        columns, piece = _read(self.name, value)
        for width, example in piece.widths():
            if width != len(columns):
                raise TrackerError(
                    f"{self.name!r} is a table with {len(columns)} columns {_list(columns)}, "
                    f"got a row of {width}: {example!r:.60}"
                )
        if len(set(columns)) < len(columns):
            raise TrackerError(f"{self.name!r} is a table with a column twice: {_list(columns)}")
        if self._pieces and columns != self._columns:
            raise TrackerError(
                f"{self.name!r} is a table with the columns {_list(self._columns)} until it is "
                f"saved, got the columns {_list(columns)}"
            )
        self._columns = columns
        self._pieces.append(piece)

    def take_value(self) -> runs.Value | Deferred[runs.Value] | None:
        """The table."""
        columns, pieces = self._columns, self._pieces
        self._columns, self._pieces = (), []
        if not columns:
            return None
        weight = len(columns) * (1 + sum(piece.height for piece in pieces))
        return Made(_made, columns, pieces, weight=weight)


class _Piece:
    """Rows that were added together.

    Args:
        parts: the rows, or the columns; each may be one array.
        is_columns: whether `parts` are columns.
    """

    def __init__(self, parts: list[list[Any] | Copy] | Copy, is_columns: bool = False) -> None:
        self._parts, self._is_columns = parts, is_columns
        first = parts[0] if is_columns and isinstance(parts, list) and parts else parts
        self.height = first.shape[0] if isinstance(first, Copy) else len(first)

    def widths(self) -> Iterator[tuple[int, Any]]:
        """How many cells the rows have, and such a row for an error."""
        if isinstance(self._parts, Copy):
            yield self._parts.shape[1], self._parts
        elif not self._is_columns:
            for row in self._parts:
                yield len(row), row  # type: ignore[arg-type]  # rows are lists

    def rows(self) -> Iterable[Sequence[Any]]:
        """The rows; waits for the device."""
        parts = _list_of(self._parts)
        return zip(*map(_list_of, parts), strict=True) if self._is_columns else parts


def _list_of(part: Any) -> Any:
    return part.numpy().tolist() if isinstance(part, Copy) else part


def _read(name: str, value: Any) -> tuple[tuple[str, ...], _Piece]:
    """The columns and the rows of any form."""
    if hasattr(value, "columns") and hasattr(value, "itertuples"):
        return _names(value.columns), _piece(value.itertuples(index=False, name=None))
    if isinstance(value, Mapping):
        return _of_columns(name, value)
    if _is_matrix(value):
        return _names(range(value.shape[1])), _Piece(Copy(value))
    if isinstance(value, list) and value and all(isinstance(row, Mapping) for row in value):
        keys = list(dict.fromkeys(key for row in value for key in row))
        return _names(keys), _piece([row.get(key) for key in keys] for row in value)
    if isinstance(value, (list, tuple)) and len(value) == 2 and _is_columns(value[0]):
        columns, rows = value
        if _is_matrix(rows):
            return _names(columns), _Piece(Copy(rows))
        if isinstance(rows, (list, tuple)) and all(isinstance(r, (list, tuple)) for r in rows):
            return _names(columns), _piece(rows)
    raise TrackerError(
        f"{name!r} is a table and takes a list of dictionaries, a dictionary of columns, (columns, "
        f"rows), an array of two dimensions or a data frame; got {described(value)}"
    )


def _of_columns(name: str, value: Mapping[Any, Any]) -> tuple[tuple[str, ...], _Piece]:
    lengths: dict[str, int] = {}
    for key, column in value.items():
        is_one = getattr(column, "shape", None) == ()
        if isinstance(column, str) or not hasattr(column, "__len__") or is_one:
            raise TrackerError(
                f"{name!r} is a table and takes a list for each column, got {described(column)} "
                f"for {key!r}"
            )
        lengths[str(key)] = len(column)
    if len(set(lengths.values())) > 1:
        raise TrackerError(f"{name!r} is a table with columns of one length, got {lengths}")
    return _names(value), _Piece([_column(one) for one in value.values()], is_columns=True)


def _column(column: Any) -> list[Any] | Copy:
    if is_tensor(column):
        return Copy(column)
    return _cells(column.tolist() if hasattr(column, "tolist") else column)


def _cells(cells: Iterable[Any]) -> list[Any]:
    return [cell if type(cell) in _PLAIN else _kept(cell) for cell in cells]


def _piece(rows: Iterable[Iterable[Any]]) -> _Piece:
    return _Piece([_cells(row) for row in rows])


def _kept(cell: Any) -> Any:
    if is_tensor(cell):
        return Copy(cell)
    return cell.tolist() if is_array(cell) else cell


def _is_matrix(value: Any) -> bool:
    return (is_tensor(value) or is_array(value)) and len(value.shape) == 2


def _is_columns(given: Any) -> bool:
    return isinstance(given, (list, tuple)) and all(isinstance(one, str) for one in given)


def _names(keys: Any) -> tuple[str, ...]:
    return tuple(str(key) for key in keys)


def _list(columns: Sequence[str]) -> str:
    shown = ", ".join(repr(one) for one in columns[:10])
    return f"{shown}, ... ({len(columns)} in all)" if len(columns) > 10 else shown


def _made(columns: tuple[str, ...], pieces: list[_Piece]) -> runs.Table:
    return runs.Table(
        columns, tuple(tuple(map(_plain, row)) for piece in pieces for row in piece.rows())
    )


def _plain(cell: Any) -> Any:
    if isinstance(cell, Copy):
        cell = cell.numpy().tolist()
    if type(cell) in _PLAIN:
        return cell
    for kind in (str, bool, int, float):  # subclasses, such as members of an IntEnum
        if isinstance(cell, kind):
            return kind(cell)
    if type(cell).__name__ in ("NAType", "NaTType"):  # what pandas has for a cell without a value
        return None
    return str(cell)
