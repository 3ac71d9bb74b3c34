"""Runs on disk: finding them, and reading what they recorded.

::

    from lab import runs

    run = runs.find("mnist_loop")[0]
    print(run.info.status, run.hyperparams, run.last["valid.accuracy"])
    steps, times, values = run.series("train.loss")

A run is a folder, `logs/<experiment>/<uuid>/`; this room alone knows what is in it. `sqlite.db` can
be read by anyone with SQL, through the views `scalars(indicator, step, time, value)` and
`indexed_scalars(indicator, step, idx, value)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab import files
from lab.runs._database import Database, Row
from lab.runs._find import find, get
from lab.runs._info import RunInfo, now, write_info
from lab.runs._layout import FORMAT, Layout, new_layout
from lab.runs._run import Run
from lab.runs._values import Series

__all__ = [
    "FORMAT",
    "Database",
    "Layout",
    "Row",
    "Run",
    "RunInfo",
    "Series",
    "find",
    "get",
    "new_layout",
    "now",
    "write_configs",
    "write_indicators",
    "write_info",
]


def write_configs(layout: Layout, records: Mapping[str, Mapping[str, Any]]) -> None:
    """Write `configs.yaml`: for each config its value, option, source, and so on, as plain data."""
    files.write_text(layout.configs, files.to_yaml({k: dict(v) for k, v in records.items()}))


def write_indicators(layout: Layout, records: Mapping[str, Mapping[str, Any]]) -> None:
    """Write `indicators.yaml`: for each indicator its kind and where it is first added to."""
    files.write_text(layout.indicators, files.to_yaml({k: dict(v) for k, v in records.items()}))
