"""A number: the mean of everything that was added since it was last saved."""

from __future__ import annotations

from typing import Any

from lab.tracker._deferred import Deferred
from lab.tracker._reading import Mean
from lab.tracker._tensors import DeferredMean
from lab.tracker.indicators._base import Indicator

__all__ = ["Scalar"]


class Scalar(Indicator):
    """The mean of everything added since the last save.

    Attributes:
        mean: what was added so far.
    """

    kind = "scalar"

    def __init__(
        self,
        name: str,
        is_print: bool = True,
        *,
        axis: str | None = None,
        is_over_ranks: bool = False,
    ) -> None:
        super().__init__(name, is_print, axis, is_over_ranks)
        self.mean = Mean()

    def add(self, value: Any) -> None:
        """Take a number in, or every number of an array."""
        self.mean.add(self.name, value)

    def state(self) -> Any:
        """The sum and the number of what was added."""
        return self.mean.state() or None

    def restore(self, state: Any) -> None:
        """Go on from them."""
        if isinstance(state, list) and len(state) == 2:
            self.mean.restore(state)

    def take(self) -> float | Deferred[float] | None:
        """The mean."""
        return self.mean.take(self.name)

    def take_sum(self) -> tuple[float, int] | DeferredMean | None:
        """The sum and the number of what was added."""
        return self.mean.take_sum(self.name)
