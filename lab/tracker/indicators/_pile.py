"""What was added to a histogram since the last save, and what becomes of it."""

from __future__ import annotations

import math
import sys
from array import array
from typing import Any

from lab.errors import TrackerError
from lab.runs import Histogram
from lab.tracker._given import as_float, described
from lab.tracker.indicators._bins import count_array, count_sorted, edges_between
from lab.tracker.indicators._copies import (
    Fences,
    is_array,
    is_tensor,
    kind_of,
    to_numpy,
)
from lab.tracker.indicators._grid import Grid

__all__ = ["Pile"]

MOST_NUMBERS = 1 << 16
_MOST_ELEMENTS = 1 << 23
_MOST_PARTS = 1024
_FEW = 256  # so many are counted sooner without arrays


class Pile:
    """Numbers, and copies of arrays and tensors, until they are counted.

    It is bounded: what is more than 65,536 numbers, or 8 million elements of arrays and tensors
    after which yet others come, is counted at once, into cells of a width that is a power of two.

    Attributes:
        numbers: the plain numbers; its `append` is how one is added.
    """

    def __init__(self) -> None:
        self.numbers = array("d")
        self._parts: list[Any] = []
        self._elements = 0
        self._fences = Fences()
        self._grid: Grid | None = None
        self._sum, self._count, self._not_finite = 0.0, 0, 0
        self._finite_sum = 0.0

    def add(self, name: str, value: Any) -> None:
        """Take a value in; `name` is for the error where it holds what is no number."""
        numbers = array("d")
        parts: list[Any] = []
        _collect(name, value, numbers, parts)
        self.numbers.extend(numbers)
        for part in parts:
            self._add_part(part)
        if len(self.numbers) >= MOST_NUMBERS:
            self.fold()

    def fold(self) -> None:
        """Count what there is, to make room."""
        grid = self._grid = self._grid or Grid()
        finite = self._finite()
        if isinstance(finite, list):
            if finite:
                grid.add(count_sorted(finite, grid.cover(finite[0], finite[-1])))
        elif len(finite):
            edges = grid.cover(float(finite.min()), float(finite.max()))
            grid.add(count_array(finite.astype("float64", copy=False), edges))

    def weight(self) -> int:
        """How many numbers it holds."""
        return len(self.numbers) + self._elements

    def is_empty(self) -> bool:
        """Whether nothing was added."""
        return not (self.numbers or self._parts or self._count)

    def mean(self) -> float | None:
        """The mean, where it is known without counting: of plain numbers alone."""
        if self._parts or self._count:
            return None
        return sum(self.numbers) / len(self.numbers)

    def histogram(self, bins: int) -> tuple[Histogram, float]:
        """Count everything; gives the mean, too. Nothing may be added afterwards."""
        if self._grid is not None:
            self.fold()
            edges, counts = self._grid.bins(bins)
        else:
            edges, counts = _binned(self._finite(), bins)
        mean = self._sum / self._count if self._count else math.nan
        return Histogram(tuple(edges), tuple(counts), self._finite_sum, self._not_finite), mean

    def _add_part(self, part: Any) -> None:
        if not is_tensor(part):
            copy = part.flatten()
        else:
            copy = part.detach().clone()
            self._fences.mark(copy)
        if self._elements >= _MOST_ELEMENTS:
            self.fold()
        elif len(self._parts) >= _MOST_PARTS:
            self._join()
        self._parts.append(copy)
        self._elements += copy.numel() if is_tensor(copy) else copy.size

    def _join(self) -> None:
        """Make few large parts of many small ones."""
        if not self._fences.is_here():  # work that waits for another stream is not begun here
            self.fold()
            return
        self._parts = _joined(self._parts)
        for part in self._parts:
            if is_tensor(part):
                self._fences.mark(part)

    def _finite(self) -> Any:
        """Take out everything, as rising numbers or a flat array; note its sum and its odd ones."""
        numbers, self.numbers = self.numbers, array("d")
        parts, self._parts, self._elements = self._parts, [], 0
        numpy = sys.modules.get("numpy")
        if not parts and (len(numbers) <= _FEW or numpy is None):
            finite = sorted(filter(math.isfinite, numbers))
            total, finite_total = sum(numbers), sum(finite)
        else:
            self._fences.wait()
            values = _array(numbers, parts)
            finite, total, finite_total = _without_odd(values)
            numbers = values
        self._sum += total
        self._finite_sum += finite_total
        self._count += len(numbers)
        self._not_finite += len(numbers) - len(finite)
        return finite


def _collect(name: str, value: Any, numbers: array[float], parts: list[Any]) -> None:
    """Sort a value into plain numbers, and arrays and tensors."""
    if isinstance(value, (int, float)):
        numbers.append(as_float(value))
    elif isinstance(value, (list, tuple, range)):
        if {float}.issuperset(map(type, value)):
            numbers.extend(value)
            return
        for one in value:
            _collect(name, one, numbers, parts)
    elif (is_tensor(value) or is_array(value)) and kind_of(value) != "other":
        if is_tensor(value):
            is_one = value.numel() == 1 and value.device.type == "cpu"
        else:
            import numpy

            value = numpy.asarray(value)
            is_one = value.size == 1
        if is_one:
            numbers.append(as_float(value.item()))
        elif 0 not in value.shape:
            parts.append(value)
    else:
        raise TrackerError(
            f"{name!r} is a histogram and takes real numbers, arrays, tensors and lists of them, "
            f"got {described(value)}"
        )


def _joined(parts: list[Any]) -> list[Any]:
    """Small parts as few large ones: the tensors of each device and type, and the arrays."""
    groups: dict[Any, list[Any]] = {}
    for part in parts:
        key = (part.device, part.dtype, part.layout) if is_tensor(part) else part.dtype
        groups.setdefault(key, []).append(part)
    joined = []
    for group in groups.values():
        if len(group) == 1:
            joined.append(group[0])
        elif is_tensor(group[0]):
            import torch

            strided = [one if one.layout is torch.strided else one.to_dense() for one in group]
            joined.append(torch.cat([one.reshape(-1) for one in strided]))
        else:
            import numpy

            joined.append(numpy.concatenate(group))
    return joined


def _array(numbers: array[float], parts: list[Any]) -> Any:
    """Everything as one flat array: of float32 where that holds all of it exactly."""
    import numpy

    arrays = [to_numpy(part).reshape(-1) for part in _joined(parts)]
    if numbers:
        arrays.append(numpy.frombuffer(numbers))
    type_ = numpy.result_type(numpy.float32, *(one.dtype for one in arrays))
    if type_ not in (numpy.float32, numpy.float64):
        type_ = numpy.dtype(numpy.float64)  # numpy.longdouble
    with numpy.errstate(all="ignore"):
        if len(arrays) == 1:
            return arrays[0].astype(type_, copy=False)
        return numpy.concatenate(arrays, dtype=type_, casting="same_kind")


def _without_odd(values: Any) -> tuple[Any, float, float]:
    """The finite ones of an array, the sum of all, and the sum of the finite ones."""
    import numpy

    with numpy.errstate(all="ignore"):  # a sum of infinities is what it is
        total = float(values.sum(dtype=numpy.float64))
        if math.isfinite(total):
            return values, total, total
        finite = values[numpy.isfinite(values)]
        return finite, total, float(finite.sum(dtype=numpy.float64))


def _binned(finite: Any, bins: int) -> tuple[list[float], list[int]]:
    if not len(finite):
        return [], []
    if isinstance(finite, list):
        edges = edges_between(finite[0], finite[-1], bins)
        return edges, count_sorted(finite, edges)
    as_counted = finite.dtype.type
    lowest, highest = float(finite.min()), float(finite.max())
    edges = edges_between(lowest, highest, bins, lambda edge: float(as_counted(edge)))
    if len(edges) == 2:  # also of one value alone
        return edges, [len(finite)]
    return edges, count_array(finite, edges)
