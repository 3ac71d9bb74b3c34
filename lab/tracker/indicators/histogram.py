"""A distribution: of everything that was added since it was last saved. Its mean is a number too."""

from __future__ import annotations

from typing import Any, ClassVar

from lab import runs
from lab.errors import TrackerError
from lab.tracker._deferred import Deferred
from lab.tracker.indicators._base import Indicator
from lab.tracker.indicators._copies import Made
from lab.tracker.indicators._pile import MOST_NUMBERS, Pile

__all__ = ["Histogram"]

_MOST_BINS = 10_000
_EXACT = 2**53  # integers that are floats as they are


class Histogram(Indicator):
    """The distribution of everything added since the last save, and its mean.

    Args:
        name: the full name.
        is_print: whether the mean is shown on screen.
        bins: how many bins are counted and stored. 64 are as many as a chart shows apart, and take
            about 2 kB a save.
        axis: the indicator that it is drawn over, in place of the step.
    """

    kind: ClassVar[str] = "histogram"

    def __init__(
        self, name: str, is_print: bool = False, bins: int = 64, *, axis: str | None = None
    ) -> None:
        super().__init__(name, is_print, axis)
        if isinstance(bins, bool) or not isinstance(bins, int) or not 1 <= bins <= _MOST_BINS:
            raise TrackerError(
                f"the histogram {name!r} takes a number of bins from 1 to {_MOST_BINS}, got {bins!r}"
            )
        self._bins = bins
        self._mean: _Counting | None = None
        self._counts: _Counting | None = None
        self._renew(Pile())

    def settings(self) -> dict[str, Any]:
        """Its bins beside the rest."""
        return {**super().settings(), "bins": self._bins}

    def add(self, value: Any) -> None:
        """Take a number in, or every number of a list, an array or a tensor, which are copied."""
        if type(value) is float or (type(value) is int and -_EXACT < value < _EXACT):
            self._append(value)
            if len(self._numbers) < MOST_NUMBERS:
                return
            self._pile.fold()
        else:
            self._pile.add(self.name, value)
        self._renew(self._pile)

    def take(self) -> float | Deferred[float] | None:
        """The mean."""
        self._close()
        counting, self._mean = self._mean, None
        if counting is None:
            return None
        mean = counting.pile.mean()
        return Made(counting.mean) if mean is None else mean

    def take_value(self) -> runs.Value | Deferred[runs.Value] | None:
        """The counts, which the writer's thread counts."""
        self._close()
        counting, self._counts = self._counts, None
        return None if counting is None else Made(counting.histogram, weight=counting.weight)

    def _close(self) -> None:
        """Have what was added ready for both, whichever is taken first."""
        if not self._pile.is_empty():
            self._mean = self._counts = _Counting(self._pile, self._bins)
            self._renew(Pile())

    def _renew(self, pile: Pile) -> None:
        self._pile, self._numbers = pile, pile.numbers
        self._append = pile.numbers.append


class _Counting:
    """A pile that is counted once, for the counts and for the mean."""

    def __init__(self, pile: Pile, bins: int) -> None:
        self.pile, self.weight = pile, pile.weight()
        self._bins = bins
        self._result: tuple[runs.Histogram, float] | None = None

    def histogram(self) -> runs.Histogram:
        return self._counted()[0]

    def mean(self) -> float:
        return self._counted()[1]

    def _counted(self) -> tuple[runs.Histogram, float]:
        if self._result is None:
            self._result = self.pile.histogram(self._bins)
        return self._result
