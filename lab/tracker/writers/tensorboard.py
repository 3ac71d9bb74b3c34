"""Indicators into event files of TensorBoard; `train.loss` is `train/loss` there."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lab import optional
from lab.errors import TrackerError
from lab.runs import Batch, Histogram, Saved
from lab.tracker.writers._appended import Appended
from lab.tracker.writers._base import Target, Writer
from lab.tracker.writers._order import ordered
from lab.tracker.writers._tags import Tags

__all__ = ["Tensorboard"]

_MOST_SETS = 1000  # sets of names whose encoding is kept


class Tensorboard(Writer):
    """Writes one event for all scalars that were saved together, and one for each other value.

    What TensorBoard cannot show is passed over: indexed scalars, and figures of plotly. It holds
    scalars as float32: numbers are rounded, and what is too large is infinite. The mean of a
    histogram `weights` is `weights/mean`. The page HParams lists the run with its hyperparameters.

    Each time that the run is opened, it gets a file of its own, with its first values. Steps that go
    back are all in the file, but TensorBoard's faster loading takes them for a restart and shows the
    last pass only; `tensorboard --load_fast=false` shows all.
    """

    name = "tensorboard"

    def __init__(self) -> None:
        self._target = Target()
        self._file: Appended | None = None
        self._tags = Tags()
        self._histograms: set[str] = set()
        self._encoders: dict[tuple[str, ...], Any] = {}
        # looked for here, so that a missing one is an error of whoever asked for it
        for module in ("tensorboard", "google_crc32c"):
            optional.module(module, "tensorboard", "the writer 'tensorboard'")

    def open(self, target: Target) -> None:
        """Begin; the file is made with the first values."""
        if target.layout is None:
            raise TrackerError(
                "the writer 'tensorboard' needs an experiment: its files are the run's"
            )
        self._target = target
        self.declare(dict(target.records))

    def declare(self, records: Mapping[str, Mapping[str, Any]]) -> None:
        """Take note of which means are those of histograms, and of the order of the names."""
        kinds = {name: record.get("kind") for name, record in records.items()}
        self._know({name for name, kind in kinds.items() if kind == "histogram"})
        for name in records:
            self._tags.of(name)

    def write(self, saved: Saved) -> None:
        """Write events, and hand them to the operating system."""
        if not saved:
            return
        if self._file is None:
            self._file = self._begin()
        self._know({e.indicator for e in saved.entries if type(e.value) is Histogram})
        self._file.append(b"".join(self._events(saved)))

    def close(self) -> None:
        """End; what comes later goes to another file."""
        self._file = None

    def _begin(self) -> Appended:
        from lab.tracker.writers import _events, _summaries

        layout = self._target.layout
        if layout is None:
            raise TrackerError("the writer 'tensorboard' was not opened")
        session = _summaries.encode_session(layout.path.name, dict(self._target.hyperparams))
        head = _events.file_head(time.time()) + _events.record(session)
        return Appended(_new_file(layout.tensorboard), head)

    def _events(self, saved: Saved) -> Iterator[bytes]:
        for batch in ordered(saved.batches):
            yield from self._encoder(batch).encode(batch)
        if saved.entries:
            from lab.tracker.writers import _events, _summaries

            for entry in saved.entries:
                data = _summaries.encode(entry, self._tags.of(entry.indicator))
                if data is not None:
                    yield _events.record(data)

    def _encoder(self, batch: Batch) -> Any:
        encoder = self._encoders.get(batch.names)
        if encoder is None:
            from lab.tracker.writers._events import ScalarEvents

            if len(self._encoders) >= _MOST_SETS:
                self._encoders.clear()
            tags, means = self._tags, self._histograms
            encoder = ScalarEvents(
                [tags.of_mean(n) if n in means else tags.of(n) for n in batch.names]
            )
            self._encoders[batch.names] = encoder
        return encoder

    def _know(self, histograms: set[str]) -> None:
        if not histograms <= self._histograms:
            self._histograms |= histograms
            self._encoders.clear()


def _new_file(folder: Path) -> Path:
    """A name by which TensorBoard reads the file after those that are there."""
    stamp = int(time.time())
    for file in folder.glob("events.out.tfevents.*"):
        digits = file.name.split(".")[3]
        stamp = max(stamp, int(digits) + 1 if digits.isdecimal() else 0)
    host = socket.gethostname().replace(os.sep, "-")
    return folder / f"events.out.tfevents.{stamp:010}.{host}.{os.getpid()}.lab"
