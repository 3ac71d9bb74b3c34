"""What reading an indicator gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Series"]


@dataclass(frozen=True)
class Series:
    """The numbers of one indicator, in the order in which they were saved.

    It unpacks as `steps, times, values = series`.

    Attributes:
        steps: the global step of each.
        times: when each was saved, in seconds since 1970.
        values: the numbers; NaN where it was NaN.
        axis: what it is drawn over: `step`, `time`, or another indicator.
        x: where each is on that axis; NaN where that indicator had no value yet.
    """

    steps: list[int]
    times: list[float]
    values: list[float]
    axis: str = "step"
    x: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.x:
            own = self.times if self.axis == "time" else self.steps
            object.__setattr__(self, "x", list(own))

    def __iter__(self) -> Iterator[list[Any]]:
        yield self.steps
        yield self.times
        yield self.values

    def __len__(self) -> int:
        return len(self.values)
