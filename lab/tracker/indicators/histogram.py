"""A distribution: of everything that was added since it was last saved. Its mean is a scalar too."""

from __future__ import annotations

from lab.tracker.indicators.scalar import Scalar

__all__ = ["Histogram"]


class Histogram(Scalar):
    """The distribution of everything added since the last save."""

    kind = "histogram"

    def __init__(self, name: str, is_print: bool = False) -> None:
        super().__init__(name, is_print)
