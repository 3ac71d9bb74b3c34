"""What a run records beside numbers, and how saved values are handed to whoever writes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

__all__ = [
    "Audio",
    "Batch",
    "Entry",
    "Figure",
    "Histogram",
    "Image",
    "IndexedScalars",
    "IndexedTexts",
    "Saved",
    "Table",
    "Text",
    "Value",
]


class Batch(NamedTuple):
    """Numbers that were saved together, step after step.

    Attributes:
        names: the indicators.
        values: flat: a step, its time (seconds since 1970), a number for each name; and so on.
    """

    names: tuple[str, ...]
    values: Sequence[Any]

    @property
    def width(self) -> int:
        """How many of `values` make up a row."""
        return len(self.names) + 2

    @property
    def length(self) -> int:
        """How many rows there are."""
        return len(self.values) // self.width

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """The rows: step, time, a number for each name."""
        return zip(*[iter(self.values)] * self.width, strict=True)


@dataclass(frozen=True)
class Histogram:
    """A distribution.

    Attributes:
        edges: the limits of the bins, one more than there are bins, rising; a bin holds its lower
            limit, the last bin its upper one too.
        counts: how many values each bin holds.
        total: the sum of the finite values.
        not_finite: how many values were NaN or infinite; these are in no bin.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    total: float = 0.0
    not_finite: int = 0


@dataclass(frozen=True)
class IndexedScalars:
    """Numbers of the samples of a dataset, for example: an index and a value each."""

    indices: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class Image:
    """A picture, as a PNG file (https://www.w3.org/TR/png/); sizes in pixels."""

    png: bytes
    width: int
    height: int


@dataclass(frozen=True)
class Text:
    """Some text."""

    text: str


@dataclass(frozen=True)
class IndexedTexts:
    """Texts of the samples of a dataset, for example: an index and a text each."""

    indices: tuple[int, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Figure:
    """An interactive figure, as plotly's JSON (https://plotly.com/chart-studio-help/json-chart-schema/)."""

    json: str


@dataclass(frozen=True)
class Table:
    """Rows of plain values (numbers, text, True, False, None) under named columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class Audio:
    """Sound, as a WAV file of 16-bit samples; the rate in samples a second."""

    wav: bytes
    rate: int


Value = Histogram | IndexedScalars | Image | Text | IndexedTexts | Figure | Table | Audio


class Entry(NamedTuple):
    """A value that is no plain number.

    Attributes:
        indicator: its full name.
        step: the global step.
        time: when it was saved, in seconds since 1970.
        value: the value.
    """

    indicator: str
    step: int
    time: float
    value: Value


class Saved(NamedTuple):
    """What was saved since the last time, for a writer to write."""

    batches: Sequence[Batch] = ()
    entries: Sequence[Entry] = ()

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.batches or self.entries)
