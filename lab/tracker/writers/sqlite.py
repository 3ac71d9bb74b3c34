"""Indicators into the run's own database, `sqlite.db`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lab.errors import TrackerError
from lab.runs import Database, Layout, Row, write_indicators
from lab.tracker.writers._base import Target, Writer

__all__ = ["Sqlite"]


class Sqlite(Writer):
    """Writes to the database of the run, and to its `indicators.yaml`."""

    name = "sqlite"

    def __init__(self) -> None:
        self._layout: Layout | None = None
        self._database: Database | None = None

    def open(self, target: Target) -> None:
        """Begin; the file is made with the first rows."""
        if target.layout is None:
            raise TrackerError("the writer 'sqlite' needs an experiment: its file is the run's")
        self._layout = target.layout

    def declare(self, records: Mapping[str, Mapping[str, Any]]) -> None:
        """Write what is known of the indicators."""
        if self._layout is not None:
            write_indicators(self._layout, records)

    def write(self, rows: Sequence[Row]) -> None:
        """Write rows in one transaction."""
        if self._database is None and self._layout is not None:
            self._database = Database(self._layout.database)
        if self._database is not None:
            self._database.write(rows)

    def close(self) -> None:
        """Close the database."""
        if self._database is not None:
            self._database.close()
            self._database = None
