"""A number for each of many samples, such as the loss of every image. Their mean is a number too."""

from __future__ import annotations

from typing import Any, ClassVar

from lab import runs
from lab.errors import TrackerError
from lab.tracker._deferred import Deferred
from lab.tracker._given import as_float, described
from lab.tracker.indicators._base import Indicator
from lab.tracker.indicators._copies import Copy, Made, is_array, is_tensor
from lab.tracker.indicators._indexed import as_pair, check_indices

__all__ = ["IndexedScalar"]


class IndexedScalar(Indicator):
    """Pairs of an index and a number, all that were added since the last save; and their mean.

    Args:
        name: the full name.
        is_print: whether the mean is shown on screen.
        axis: the indicator that the mean is drawn over, in place of the step.
    """

    kind: ClassVar[str] = "indexed_scalar"

    def __init__(self, name: str, is_print: bool = False, *, axis: str | None = None) -> None:
        super().__init__(name, is_print, axis)
        self._pairs: list[tuple[Any, Any]] = []
        self._mean: _Pairs | None = None
        self._values: _Pairs | None = None

    def add(self, value: Any) -> None:
        """Take `(indices, values)` or `{index: value}` in: lists, arrays or tensors, copied."""
        indices, values = as_pair(self.name, value, "values")
        pair = _copied(self.name, indices, "int"), _copied(self.name, values, "float")
        if _length(pair[0]) != _length(pair[1]):
            raise TrackerError(
                f"{self.name!r} takes an index for each value, got {_length(pair[0])} indices and "
                f"{_length(pair[1])} values: {described(indices)} and {described(values)}"
            )
        if _length(pair[0]):
            self._pairs.append(pair)

    def take(self) -> float | Deferred[float] | None:
        """The mean of the values."""
        self._close()
        pairs, self._mean = self._mean, None
        return None if pairs is None else Made(pairs.mean)

    def take_value(self) -> runs.Value | Deferred[runs.Value] | None:
        """The pairs."""
        self._close()
        pairs, self._values = self._values, None
        return None if pairs is None else Made(pairs.read, weight=pairs.weight)

    def _close(self) -> None:
        if self._pairs:
            self._mean = self._values = _Pairs(self.name, self._pairs)
            self._pairs = []


class _Pairs:
    """Pairs that are read once, for themselves and for the mean."""

    def __init__(self, name: str, pairs: list[tuple[Any, Any]]) -> None:
        self._name, self._pairs = name, pairs
        self._values: tuple[float, ...] = ()
        self.weight = 2 * sum(_length(values) for _, values in pairs)

    def read(self) -> runs.IndexedScalars:
        indices = [int(one) for pair in self._pairs for one in _plain(pair[0])]
        check_indices(self._name, indices)
        return runs.IndexedScalars(tuple(indices), self._numbers())

    def mean(self) -> float:
        values = self._numbers()
        return sum(values) / len(values)

    def _numbers(self) -> tuple[float, ...]:
        if not self._values:
            self._values = tuple(as_float(one) for _, given in self._pairs for one in _plain(given))
        return self._values


def _copied(name: str, given: Any, kind: str) -> Any:
    """A copy of an array or a tensor, or a list of plain numbers."""
    allowed = ("int",) if kind == "int" else ("int", "float", "bool")
    if is_tensor(given) or is_array(given):
        copy = Copy(given)
        if copy.kind in allowed:
            return copy
    else:
        several = given if isinstance(given, (list, tuple, range)) else [given]
        numbers = [_number(one) for one in several]
        types = (int,) if kind == "int" else (int, float)
        if all(
            isinstance(number, types) and not (kind == "int" and isinstance(number, bool))
            for number in numbers
        ):
            return numbers
    what = "whole numbers as indices" if kind == "int" else "numbers as values"
    raise TrackerError(f"{name!r} is an indexed scalar and takes {what}, got {described(given)}")


def _number(one: Any) -> Any:
    """A plain number of an array or tensor of one element."""
    return one.item() if (is_tensor(one) or is_array(one)) and one.shape in ((), (1,)) else one


def _length(copied: Any) -> int:
    return copied.size if isinstance(copied, Copy) else len(copied)


def _plain(copied: Any) -> list[Any]:
    if isinstance(copied, Copy):
        numbers: list[Any] = copied.numpy().reshape(-1).tolist()
        return numbers
    return list(copied)
