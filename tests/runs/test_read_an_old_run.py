from __future__ import annotations

import contextlib
import hashlib
import math
import shutil
import sqlite3
from pathlib import Path

import pytest

from lab import runs
from lab.errors import RunError
from lab.runs import Database, Entry, IndexedScalars, Run, Text

from ._making import made_in, query, save

OLD = Path(__file__).parent / "old" / "format_1"
_INDEXED = "INSERT INTO indexed_points (indicator, step, idx, value) VALUES (?, ?, ?, ?)"


@pytest.fixture
def old(tmp_path: Path) -> Run:
    """A run of format 1, and two values of a kind that its program did not use."""
    path = tmp_path / "logs" / "old" / "35fb02be-6285-47ed-aaeb-cfe75fb8aaa8"
    shutil.copytree(OLD, path)
    with contextlib.closing(sqlite3.connect(path / "sqlite.db")) as connection, connection:
        connection.executemany(_INDEXED, [("wrong", 3, 7, 0.5), ("wrong", 3, 8, None)])
    return Run(path)


def _check_values(run: Run) -> None:
    loss = run.series("train.loss")
    assert loss.steps == list(range(20))
    assert loss.values[:3] == pytest.approx([0.5, 0.375, (0.5 + 0.25 + 0.5 / 3) / 3])
    grad = run.series("grad").values
    assert math.isnan(grad[7])
    assert grad[-1] == 5.25
    assert run.last["valid.accuracy"] == 0.95
    assert run.last["epoch"] == 3
    indexed = run.indexed("wrong")
    assert indexed[3][7] == 0.5
    assert math.isnan(indexed[3][8])
    assert run.kinds["wrong"] == "indexed_scalar"


def _prints(run: Run) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in run.path.iterdir()}


def test_a_run_of_format_1_reads_and_stays_as_it_is(old: Run) -> None:
    before = _prints(old)
    _check_values(old)
    assert old.info.comment == "written with format 1"
    assert old.info.status == "completed"
    assert old.hyperparams == {"lr": 0.5}
    assert old.indicators["train.loss"]["kind"] == "queue"
    assert runs.find(where="lr == 0.5 and valid.accuracy > 0.9") == [old]
    assert not old.changes(old.changes().cursor)
    assert _prints(old) == before


def test_a_run_of_format_1_that_is_written_to_keeps_its_values(old: Run) -> None:
    cursor = old.changes().cursor
    new = [Entry("wrong", 30, 5.0, IndexedScalars((7,), (0.1,))), Entry("t", 30, 5.0, Text("x"))]
    save(old, (("train.loss", "grad"), 30, 2e9, (0.1, 0.2)), entries=new)
    assert query(old, "PRAGMA user_version") == [(runs.FORMAT,)]
    assert old.series("train.loss").values.pop() == 0.1
    added = old.changes(cursor)
    assert not added.is_new
    assert added.entries == new
    assert added.series["grad"].values == [0.2]
    first = old.entries("wrong")[0]
    assert math.isnan(first.time)
    assert query(old, "SELECT * FROM indexed_scalars ORDER BY step, idx") == [
        ("wrong", 3, 7, 0.5),
        ("wrong", 3, 8, None),
        ("wrong", 30, 7, 0.1),
    ]


def test_opening_a_run_of_format_1_to_write_changes_no_value(old: Run) -> None:
    Database(old.layout.database).close()
    assert query(old, "PRAGMA user_version") == [(runs.FORMAT,)]
    _check_values(old)


def test_a_migrated_database_has_the_tables_of_a_new_one(old: Run, tmp_path: Path) -> None:
    Database(old.layout.database).close()
    new = made_in(tmp_path / "new")
    Database(new.layout.database).close()
    names = "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'rows_%' AND name != 'scalars'"
    assert sorted(query(old, names)) == sorted(query(new, names))


def test_a_newer_database_is_refused_with_words(tmp_path: Path) -> None:
    run = made_in(tmp_path)
    save(run, (("a",), 1, 1.0, (1.0,)))
    with contextlib.closing(sqlite3.connect(run.layout.database)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(RunError, match="has format 99, this version of lab reads 1 to 2; a newer"):
        run.series("a")
    with pytest.raises(RunError, match="has format 99"):
        run.changes()


def test_what_is_written_about_an_old_run_has_the_format_of_today(old: Run) -> None:
    info = old.info
    assert info.format == 1
    runs.write_info(old.layout, info)
    assert old.info.format == runs.FORMAT
    assert old.info.process_start is None
