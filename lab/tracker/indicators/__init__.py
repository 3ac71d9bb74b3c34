"""The kinds of indicators, one a file."""

from __future__ import annotations

from lab.tracker.indicators._base import Indicator
from lab.tracker.indicators.histogram import Histogram
from lab.tracker.indicators.queue import Queue
from lab.tracker.indicators.scalar import Scalar

__all__ = ["Histogram", "Indicator", "Queue", "Scalar"]
