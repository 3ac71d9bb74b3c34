"""The kinds of indicators, one a file."""

from __future__ import annotations

from collections.abc import Callable

from lab.tracker.indicators._base import Indicator
from lab.tracker.indicators.audio import Audio
from lab.tracker.indicators.figure import Figure
from lab.tracker.indicators.histogram import Histogram
from lab.tracker.indicators.image import Image
from lab.tracker.indicators.indexed_scalar import IndexedScalar
from lab.tracker.indicators.indexed_text import IndexedText
from lab.tracker.indicators.queue import Queue
from lab.tracker.indicators.scalar import Scalar
from lab.tracker.indicators.table import Table
from lab.tracker.indicators.text import Text

__all__ = [
    "KINDS",
    "Audio",
    "Figure",
    "Histogram",
    "Image",
    "IndexedScalar",
    "IndexedText",
    "Indicator",
    "Queue",
    "Scalar",
    "Table",
    "Text",
]

_CLASSES: tuple[type[Indicator], ...] = (
    Audio,
    Figure,
    Histogram,
    Image,
    IndexedScalar,
    IndexedText,
    Queue,
    Scalar,
    Table,
    Text,
)
KINDS: dict[str, Callable[..., Indicator]] = {kind.kind: kind for kind in _CLASSES}
