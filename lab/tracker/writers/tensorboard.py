"""Indicators into event files of TensorBoard; `train.loss` is `train/loss` there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lab import optional
from lab.errors import TrackerError
from lab.runs import Row
from lab.tracker.writers._base import Target, Writer

__all__ = ["Tensorboard"]


class Tensorboard(Writer):
    """Writes one event for all scalars that were saved together."""

    name = "tensorboard"

    def __init__(self) -> None:
        self._folder = ""
        self._events: Any = None
        self._files: Any = None
        # looked for here, so that a missing one is an error of whoever asked for it
        optional.module("tensorboard", "tensorboard", "the writer 'tensorboard'")

    def open(self, target: Target) -> None:
        """Begin; the file is made with the first rows."""
        if target.layout is None:
            raise TrackerError(
                "the writer 'tensorboard' needs an experiment: its files are the run's"
            )
        self._folder = str(target.layout.tensorboard)

    def write(self, rows: Sequence[Row]) -> None:
        """Write events."""
        if self._files is None:
            events = "tensorboard.summary.writer.event_file_writer"
            purpose = "the writer 'tensorboard'"
            self._files = optional.module(events, "tensorboard", purpose).EventFileWriter(
                self._folder, filename_suffix=".lab"
            )
            self._events = optional.module("tensorboard.compat.proto.event_pb2", "tensorboard")
        summaries = optional.module("tensorboard.compat.proto.summary_pb2", "tensorboard")
        for names, step, time, values in rows:
            summary = summaries.Summary(
                value=[
                    summaries.Summary.Value(tag=name.replace(".", "/"), simple_value=value)
                    for name, value in zip(names, values, strict=True)
                ]
            )
            self._files.add_event(self._events.Event(wall_time=time, step=step, summary=summary))
        self._files.flush()

    def close(self) -> None:
        """Close the files."""
        if self._files is not None:
            self._files.close()
            self._files = None
