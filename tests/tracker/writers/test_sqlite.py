from __future__ import annotations

import re
import shutil
import sqlite3
from pathlib import Path

import pytest

from lab import runs
from lab.runs import Batch, Saved
from lab.tracker.writers import Target
from lab.tracker.writers.sqlite import Sqlite

SAVED = Saved([Batch(("loss",), [1, 1.0, 0.5])])


@pytest.fixture
def layout(tmp_path: Path) -> runs.Layout:
    layout = runs.new_layout(tmp_path, "e")
    layout.create()
    return layout


@pytest.fixture
def writer(layout: runs.Layout) -> Sqlite:
    writer = Sqlite()
    writer.open(Target(layout))
    return writer


def test_a_folder_that_is_gone_is_told_by_its_name(writer: Sqlite, layout: runs.Layout) -> None:
    writer.write(SAVED)
    shutil.rmtree(layout.path)
    with pytest.raises(FileNotFoundError, match=re.escape(f"the folder {layout.path} is gone")):
        writer.write(SAVED)


def test_what_sqlite_says_is_told_with_the_name_of_the_file(
    writer: Sqlite, layout: runs.Layout
) -> None:
    layout.database.write_bytes(b"no database" * 1000)
    told = f"file is not a database: {layout.database}"
    with pytest.raises(sqlite3.DatabaseError, match=re.escape(told)):
        writer.write(SAVED)
