"""Counting numbers into bins: exact, whatever the numbers.

A histogram promises that its counts are those of the edges that are stored with it, to the last
number: `edges[i] <= x < edges[i + 1]`, compared as float64, the last bin with its upper edge.
"""

from __future__ import annotations

import math
import sys
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["count_array", "count_sorted", "edges_between"]

_BLOCK = 1 << 16  # numbers at a time: what is computed in between stays in the processor's cache
_MOST = sys.float_info.max


def edges_between(
    lowest: float, highest: float, bins: int, rounded: Callable[[float], float] = float
) -> list[float]:
    """The edges of bins of one width; of fewer bins where floats lie too far apart for as many.

    Args:
        lowest: the first edge.
        highest: the last edge; where it is the first one, a single bin is put round it.
        bins: how many bins.
        rounded: makes an edge a number of the type that is counted.
    """
    if lowest == highest:
        margin = abs(lowest) / 2 or 0.5
        low = min(lowest - margin, math.nextafter(lowest, -math.inf))
        high = max(lowest + margin, math.nextafter(lowest, math.inf))
        return [max(low, -_MOST), min(high, _MOST)]
    width = (highest - lowest) / bins
    if math.isinf(width):  # the range is wider than a float; halves of it are not
        width = highest / bins - lowest / bins
    edges = [lowest]
    for edge in (rounded(lowest + width * i) for i in range(1, bins)):
        if edges[-1] < edge < highest:
            edges.append(edge)
    return [*edges, highest]


def count_sorted(numbers: Sequence[float], edges: Sequence[float]) -> list[int]:
    """How many of the rising, finite numbers each bin holds."""
    starts = [bisect_left(numbers, edge) for edge in edges[1:-1]]
    return [end - start for start, end in zip([0, *starts], [*starts, len(numbers)], strict=True)]


def count_array(array: Any, edges: Sequence[float]) -> list[int]:
    """How many numbers of a flat array of floats each bin holds; all lie between the edges.

    Args:
        array: the numbers, of float32 or float64.
        edges: of one width but for rounding, and exact in the type of the array.
    """
    import numpy

    limits = numpy.array(edges, array.dtype)
    is_even = _is_even(edges, array.dtype)
    bins = len(edges) - 1
    # the guess is at most one bin too low and never too high, so one comparison sets it right
    scale = numpy.array(bins / (edges[-1] - edges[0]) if is_even else 0.0, array.dtype)
    start = numpy.array(edges[0] + (edges[-1] - edges[0]) / bins / 16, array.dtype)
    upper = limits[1:]
    counts = numpy.zeros(bins + 1, numpy.int64)
    for first in range(0, len(array), _BLOCK):
        block = array[first : first + _BLOCK]
        if is_even:
            guess = block - start
            guess *= scale
            index = guess.astype(numpy.intp)
            index += block >= upper.take(index, mode="clip")
        else:
            index = numpy.searchsorted(limits, block, "right") - 1
        counts += numpy.bincount(index, minlength=bins + 1)
    counts[-2] += counts[-1]  # the last edge belongs to the last bin
    return [int(count) for count in counts[:-1]]


def _is_even(edges: Sequence[float], dtype: Any) -> bool:
    """Whether a bin can be guessed by a division: its width stands clear of rounding."""
    import numpy

    limits = numpy.finfo(dtype)
    bins, span = len(edges) - 1, edges[-1] - edges[0]
    largest = max(abs(edges[0]), abs(edges[-1]))
    return bool(
        span <= float(limits.max)
        and span / bins >= 32 * float(limits.eps) * largest
        and span / bins >= 4 * float(limits.tiny)
        and bins <= 1 << 14
    )
