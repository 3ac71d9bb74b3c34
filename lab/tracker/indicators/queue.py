"""A number that follows slowly: the mean of the last few values, also of those saved before."""

from __future__ import annotations

from collections import deque
from typing import Any

from lab.errors import TrackerError
from lab.tracker._deferred import Deferred
from lab.tracker._reading import read
from lab.tracker._tensors import DeferredMean, divided
from lab.tracker.indicators._base import Indicator

__all__ = ["Queue"]


class Queue(Indicator):
    """The mean of the last `queue_size` values, written when something was added."""

    kind = "queue"

    def __init__(
        self,
        name: str,
        queue_size: int = 10,
        is_print: bool = False,
        *,
        axis: str | None = None,
        is_over_ranks: bool = False,
    ) -> None:
        super().__init__(name, is_print, axis, is_over_ranks)
        if isinstance(queue_size, bool) or not isinstance(queue_size, int) or queue_size < 1:
            raise TrackerError(f"the queue {name!r} takes a size of at least 1, got {queue_size!r}")
        self._values: deque[Any] = deque(maxlen=queue_size)
        self._is_new = False

    def settings(self) -> dict[str, Any]:
        """Its size beside the rest."""
        return {**super().settings(), "queue_size": self._values.maxlen}

    def add(self, value: Any) -> None:
        """Take one value in; an array counts as its mean."""
        total, count = read(self.name, value)
        if count:
            self._values.append(
                total.divided(count) if hasattr(total, "divided") else divided(total, count)
            )
            self._is_new = True

    def state(self) -> Any:
        """The values, and whether some of them are not saved yet."""
        values = [
            mean if isinstance(mean, (int, float)) else mean.number() for mean in self._values
        ]
        return {"values": values, "is_new": self._is_new} if values else None

    def restore(self, state: Any) -> None:
        """Go on from them."""
        if isinstance(state, dict):
            self._values.extend(state["values"])
            self._is_new = bool(state["is_new"])

    def take(self) -> float | Deferred[float] | None:
        """The mean of the last values."""
        taken = self.take_sum()
        return float(divided(*taken)) if isinstance(taken, tuple) else taken

    def take_sum(self) -> tuple[float, int] | DeferredMean | None:
        """The sum and the number of the last values."""
        if not self._is_new:
            return None
        self._is_new = False
        known = [mean for mean in self._values if isinstance(mean, (int, float))]
        if len(known) < len(self._values):
            tensors = [mean for mean in self._values if not isinstance(mean, (int, float))]
            return DeferredMean(self.name, sum(known), len(self._values), tensors, is_kept=True)
        return sum(known), len(known)
