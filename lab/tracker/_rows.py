"""What was saved and not yet taken over: rows of numbers, one list for each set of names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lab.tracker._deferred import Deferred
from lab.tracker.indicators import Indicator

__all__ = ["BOUND", "Row", "Rows", "Shortcuts"]

BOUND = 600_000  # values that may wait; a loop that is further ahead of the writers waits for them
_MOST_ROWS = 1000  # sets of names that are kept apart
_LEAST_ROOM = 1000  # values


class Row:
    """What was saved under one set of names and not yet taken over.

    Attributes:
        names: the indicators.
        values: flat: step, time, a value for each name, and so on; whole rows at any time.
        last: the newest row that was taken over.
        is_deferred: whether some values are still to be read.
        is_known: whether a shortcut leads here.
    """

    __slots__ = ("is_deferred", "is_known", "last", "names", "values")

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self.values: list[Any] = []
        self.last: Sequence[Any] = ()
        self.is_deferred = self.is_known = False

    def newest(self) -> Sequence[Any]:
        """The newest row that is known."""
        tail = self.values[-len(self.names) - 2 :]
        if not tail or any(isinstance(value, Deferred) for value in tail):
            return self.last
        return tail


class Rows:
    """The rows by their names.

    Attributes:
        room: how many values may wait in one of them before it is asked whether there is room.
    """

    def __init__(self) -> None:
        self.room = BOUND // 2
        self._rows: dict[tuple[str, ...], Row] = {}
        self._is_behind = False
        self._most = _MOST_ROWS

    def of(self, names: tuple[str, ...]) -> Row:
        """The row of these names, which is made where there is none."""
        row = self._rows.get(names)
        if row is None:
            if len(self._rows) >= self._most:  # keep those in use
                self._rows = {n: r for n, r in self._rows.items() if r.values or r.is_known}
                self._most = max(_MOST_ROWS, 2 * len(self._rows))
            row = self._rows[names] = Row(names)
            self.limit(self._is_behind)
        return row

    def now(self) -> list[Row]:
        """All rows; any thread may ask."""
        return list(self._rows.values())

    def limit(self, is_behind: bool) -> None:
        """Say whether a writer is so far behind that there may be no room."""
        self._is_behind = is_behind
        self.room = 0 if is_behind else max(BOUND // 2 // max(len(self._rows), 1), _LEAST_ROOM)

    def newest(self) -> dict[str, float]:
        """The newest number of each indicator."""
        newest = [(row.names, row.newest()) for row in self.now()]
        numbers: dict[str, float] = {}
        for names, values in sorted((one for one in newest if one[1]), key=lambda one: one[1][1]):
            numbers.update(zip(names, values[2:], strict=True))
        return numbers


class Shortcuts:
    """What names stand for in a namespace, of those that were added before.

    Attributes:
        rows: of names that were added together, all of them scalars: where they are saved.
        names: of a scalar: its full name.
        others: of what is no scalar: the indicator.
    """

    def __init__(self) -> None:
        self.rows: dict[tuple[str, ...], Row] = {}
        self.names: dict[str, str] = {}
        self.others: dict[str, Indicator] = {}

    def learn_scalars(self, given: tuple[str, ...], names: tuple[str, ...], rows: Rows) -> None:
        """Keep names as they were given together, and their full names."""
        if len(self.names) < _MOST_ROWS:
            self.names.update(zip(given, names, strict=True))
        is_each_once = len(set(names)) == len(names)
        if len(given) > 1 and is_each_once and len(self.rows) < _MOST_ROWS:
            row = self.rows[given] = rows.of(names)
            row.is_known = True

    def learn_other(self, given: str, indicator: Indicator) -> None:
        """Keep the name of what is no scalar."""
        if len(self.others) < _MOST_ROWS:
            self.others[given] = indicator
