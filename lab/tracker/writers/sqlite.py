"""Indicators into the run's own database, `sqlite.db`."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from lab.errors import TrackerError
from lab.runs import Database, Layout, Saved, write_indicators
from lab.tracker.writers._base import Busy, Target, Writer

__all__ = ["Sqlite"]


class Sqlite(Writer):
    """Writes to the database of the run, and to its `indicators.yaml`. It holds every kind of value."""

    name = "sqlite"

    def __init__(self) -> None:
        self._layout: Layout | None = None
        self._database: Database | None = None

    def open(self, target: Target) -> None:
        """Begin; the file is made with the first values."""
        if target.layout is None:
            raise TrackerError("the writer 'sqlite' needs an experiment: its file is the run's")
        self._layout = target.layout

    def declare(self, records: Mapping[str, Mapping[str, Any]]) -> None:
        """Write what is known of the indicators."""
        if self._layout is not None:
            write_indicators(self._layout, records)

    def write(self, saved: Saved) -> None:
        """Write in one transaction."""
        if self._layout is None or not saved:
            return
        try:
            if self._database is not None and self._database.is_gone:
                self._abandon()
            if self._database is None:
                self._database = Database(self._layout.database)
            self._database.write(saved)
        except sqlite3.Error as error:
            self._abandon()
            if _is_busy(error):
                raise Busy(f"{self._layout.database} is locked by another process") from error
            if not self._layout.path.is_dir():
                raise FileNotFoundError(f"the folder {self._layout.path} is gone") from error
            raise type(error)(f"{error}: {self._layout.database}") from error

    def close(self) -> None:
        """Close the database."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def _abandon(self) -> None:
        """Leave a database that failed; the next attempt opens it anew."""
        if self._database is not None:
            self._database.abandon()
            self._database = None


def _is_busy(error: sqlite3.Error) -> bool:
    return isinstance(error, sqlite3.OperationalError) and "locked" in str(error)
