"""Runs on disk: finding them, and reading what they recorded.

::

    from lab import runs

    run = runs.find("mnist_loop", where="valid.accuracy > 0.9")[0]
    print(run.info.status, run.hyperparams, run.last["valid.accuracy"])
    steps, times, values = run.series("train.loss", points=2000)

A run is a folder, `logs/<experiment>/<uuid>/`; this room alone knows what is in it. `sqlite.db` can
be read by anyone with SQL, through the views `scalars(indicator, step, time, value)` and
`indexed_scalars(indicator, step, idx, value)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab import files
from lab.runs._changes import Changes
from lab.runs._cut import cut
from lab.runs._database import Database
from lab.runs._find import Damaged, DamagedRunWarning, Found, find, get
from lab.runs._heartbeat import HEARTBEAT_PERIOD, Heartbeat
from lab.runs._info import RunInfo, now, write_info
from lab.runs._kinds import (
    Audio,
    Batch,
    Entry,
    Figure,
    Histogram,
    Image,
    IndexedScalars,
    IndexedTexts,
    Saved,
    Table,
    Text,
    Value,
)
from lab.runs._layout import FORMAT, Layout, new_layout
from lab.runs._ranks import RankInfo, first_failure, forget_ranks, is_lost, read_ranks, write_rank
from lab.runs._run import Run
from lab.runs._series import Series

__all__ = [
    "FORMAT",
    "HEARTBEAT_PERIOD",
    "Audio",
    "Batch",
    "Changes",
    "Damaged",
    "DamagedRunWarning",
    "Database",
    "Entry",
    "Figure",
    "Found",
    "Heartbeat",
    "Histogram",
    "Image",
    "IndexedScalars",
    "IndexedTexts",
    "Layout",
    "RankInfo",
    "Run",
    "RunInfo",
    "Saved",
    "Series",
    "Table",
    "Text",
    "Value",
    "cut",
    "find",
    "first_failure",
    "forget_ranks",
    "get",
    "is_lost",
    "new_layout",
    "now",
    "read_ranks",
    "write_configs",
    "write_indicators",
    "write_info",
    "write_rank",
]


def write_configs(layout: Layout, records: Mapping[str, Mapping[str, Any]]) -> None:
    """Write `configs.yaml`: for each config its value, option, source, and so on, as plain data."""
    files.write_text(layout.configs, files.to_yaml({k: dict(v) for k, v in records.items()}))


def write_indicators(layout: Layout, records: Mapping[str, Mapping[str, Any]]) -> None:
    """Write `indicators.yaml`: for each indicator its kind and where it is first added to."""
    files.write_text(layout.indicators, files.to_yaml({k: dict(v) for k, v in records.items()}))
