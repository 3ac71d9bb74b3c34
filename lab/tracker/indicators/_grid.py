"""A histogram that grows: counts of numbers of any range in a bounded room."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence

from lab.tracker.indicators._bins import edges_between

__all__ = ["Grid"]

_CELLS = 4096
_MOST = sys.float_info.max


class Grid:
    """Counts in cells whose width is a power of two and whose limits are multiples of it.

    Where numbers come that lie outside, two cells become one of twice the width, until all have
    room. No number has to be looked at again: the counts stay exact.

    Attributes:
        lowest: the smallest number that it covers.
        highest: the largest one.
    """

    def __init__(self) -> None:
        self.lowest, self.highest = math.inf, -math.inf
        self._exponent = 0  # a cell is 2 ** exponent wide
        self._first = 0  # the first cell begins at this many widths
        self._counts: list[int] = []

    def cover(self, lowest: float, highest: float) -> list[float]:
        """Make room for numbers between these two; gives the limits of the cells."""
        self.lowest, self.highest = min(self.lowest, lowest), max(self.highest, highest)
        exponent = _exponent(self.lowest, self.highest)
        if self._counts:
            exponent = max(exponent, self._exponent)
        first, last = _cell(self.lowest, exponent), _cell(self.highest, exponent)
        counts = [0] * (last - first + 1)
        for i, count in enumerate(self._counts):
            counts[((self._first + i) >> (exponent - self._exponent)) - first] += count
        self._exponent, self._first, self._counts = exponent, first, counts
        return [_limit(first + i, exponent) for i in range(len(counts) + 1)]

    def add(self, counts: Sequence[int]) -> None:
        """Count numbers in: so many in each cell that `cover` made."""
        self._counts = [mine + new for mine, new in zip(self._counts, counts, strict=True)]

    def bins(self, most: int) -> tuple[list[float], list[int]]:
        """The edges and counts of bins that are whole cells, at most so many."""
        if self.lowest >= self.highest:  # of one value alone, or of none
            count = sum(self._counts)
            return (edges_between(self.lowest, self.lowest, 1), [count]) if count else ([], [])
        group = -(-len(self._counts) // most)
        edges, counts = [self.lowest], []
        for i in range(0, len(self._counts), group):
            edge = _limit(self._first + i, self._exponent)
            if i and edges[-1] < edge < self.highest:
                edges.append(edge)
                counts.append(0)
            elif not counts:
                counts.append(0)
            counts[-1] += sum(self._counts[i : i + group])
        return [*edges, self.highest], counts


def _exponent(lowest: float, highest: float) -> int:
    """The smallest width that covers a range, and no finer than floats lie there."""
    largest = max(abs(lowest), abs(highest))
    exponent = math.frexp(math.ulp(largest))[1] - 1
    span = highest / _CELLS - lowest / _CELLS  # the range itself may be wider than a float
    if span:
        exponent = max(exponent, math.frexp(span)[1] - 1)
    while _cell(highest, exponent) - _cell(lowest, exponent) >= _CELLS:
        exponent += 1
    return exponent


def _cell(number: float, exponent: int) -> int:
    widths = math.ldexp(number, -exponent)
    return math.floor(widths) if widths or number >= 0 else -1  # so small that it became -0.0


def _limit(cell: int, exponent: int) -> float:
    try:
        return math.ldexp(cell, exponent)
    except OverflowError:  # the upper limit of the last cell of all floats
        return _MOST if cell > 0 else -_MOST
