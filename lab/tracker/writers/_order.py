"""The order in which numbers were saved, for formats that show them in the order of writing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, groupby
from operator import itemgetter

from lab.runs import Batch

__all__ = ["ordered"]


def ordered(batches: Sequence[Batch]) -> Sequence[Batch]:
    """Batches such that the numbers of each indicator are in the order of saving."""
    names = list(chain.from_iterable(batch.names for batch in batches))
    if len(names) == len(set(names)):
        return batches
    rows = [(row[1], number, row) for number, batch in enumerate(batches) for row in batch.rows()]
    rows.sort(key=itemgetter(0))
    return [
        Batch(batches[number].names, list(chain.from_iterable(row for _, _, row in group)))
        for number, group in groupby(rows, itemgetter(1))
    ]
