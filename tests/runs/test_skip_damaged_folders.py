from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lab import runs
from lab.errors import RunError
from lab.runs import DamagedRunWarning, Entry, Histogram, Table

from ._making import make, save, save_values


def _old(path: Path) -> None:
    past = time.time() - 3600
    os.utime(path, (past, past))


def _empty(path: Path) -> None:
    path.mkdir()
    _old(path)


def _file(path: Path) -> None:
    path.write_text("notes")


def _with_info(content: bytes) -> Callable[[Path], None]:
    def make_folder(path: Path) -> None:
        path.mkdir()
        (path / "run.yaml").write_bytes(content)

    return make_folder


def _folder_as_info(path: Path) -> None:
    (path / "run.yaml").mkdir(parents=True)


DAMAGED = {
    "empty folder": (_empty, "it has no run.yaml"),
    "file": (_file, "it is a file, not a folder"),
    "just text": (_with_info(b"just text"), "does not describe a run"),
    "empty file": (_with_info(b""), "does not describe a run"),
    "binary": (_with_info(b"\xff\x00\x01"), "is no text in UTF-8"),
    "cut off": (_with_info(b"uuid: [1, 2"), "is no readable YAML"),
    "object": (_with_info(b"!!python/object:os.system x"), "is no readable YAML"),
    "newer": (_with_info(b"{uuid: a, experiment: e, format: 99}"), "has format 99, this version"),
    "odd version": (_with_info(b"{uuid: a, experiment: e, format: x}"), "has format 'x'"),
    "wrong type": (
        _with_info(b"{uuid: a, experiment: e, format: 2, tags: {a: 1}}"),
        "'tags' takes a list of words, got {'a': 1}",
    ),
    "folder": (_folder_as_info, "cannot read the run"),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_what_is_no_run_is_named_and_skipped(kind: str) -> None:
    run = make()
    make_damaged, reason = DAMAGED[kind]
    path = run.path.parent / "damaged"
    make_damaged(path)
    with pytest.warns(DamagedRunWarning, match="1 thing is no run that can be read, skipped") as w:
        found = runs.find()
    assert found == [run]
    assert [one.path for one in found.damaged] == [path]
    assert reason in str(found.damaged[0])
    assert str(path) in str(w[0].message)
    with pytest.raises(RunError, match="damaged"):
        runs.get("damaged")


def test_hidden_things_and_files_beside_experiments_are_nobodys_business() -> None:
    run = make()
    (run.path.parent / ".DS_Store").write_text("")
    (run.path.parent.parent / "README").write_text("")
    assert runs.find() == [run]


def test_a_folder_that_was_made_just_now_may_become_a_run() -> None:
    run = make()
    (run.path.parent / "soon").mkdir()
    assert runs.find() == [run]


def test_a_file_that_is_being_written_aside_makes_no_damaged_run() -> None:
    run = make()
    (run.path.parent / "soon").mkdir()
    (run.path.parent / "soon" / ".run.yaml.123.abcd").write_text("uuid: ")
    assert runs.find() == [run]


def test_a_run_that_vanishes_while_it_is_listed_is_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    stays, goes = make(), make()
    read = runs.Run.info.fget  # type: ignore[attr-defined]

    def vanish(run: runs.Run) -> object:
        shutil.rmtree(goes.path, ignore_errors=True)
        return read(run)

    monkeypatch.setattr(runs.Run, "info", property(vanish))
    assert runs.find() == [stays]


def test_a_damaged_database_is_named_where_a_filter_needs_it() -> None:
    good, bad, worse = make(), make(), make()
    for run in (good, bad):
        save_values(run, 1, {"loss": 0.5})
    bad.layout.database.write_bytes(bad.layout.database.read_bytes()[:5000])
    worse.layout.database.write_bytes(b"no database" * 1000)
    assert runs.find(where="status == 'running'") != []
    with pytest.warns(DamagedRunWarning, match="2 things are no runs that can be read"):
        found = runs.find(where="loss < 1")
    assert found == [good]
    assert {one.path for one in found.damaged} == {bad.path, worse.path}
    with pytest.raises(RunError, match=r"cannot read .*sqlite\.db: file is not a database"):
        worse.last  # noqa: B018


def test_damaged_configs_are_named_where_a_filter_needs_them() -> None:
    run = make()
    run.layout.configs.write_text("lr: 0.1")
    with pytest.warns(DamagedRunWarning, match=r"configs\.yaml is damaged"):
        assert runs.find(where="lr == 0.1") == []


def test_hands_may_write_what_is_close_enough() -> None:
    run = make()
    text = run.layout.info.read_text().replace("tags: []", "tags: one")
    run.layout.info.write_text(text.replace("comment: ''", "comment: 5"))
    assert run.info.tags == ["one"]
    assert run.info.comment == "5"


FOREIGN = {
    "edges": "UPDATE histograms SET edges = '5'",
    "json": "UPDATE media SET data = '{'",
    "columns": "UPDATE media SET data = '{}'",
    "a column too many": "INSERT INTO columns VALUES (1, 9, 'zz')",
    "a name that is no text": "UPDATE columns SET indicator = x'ff'",
    "no such table": "INSERT INTO columns VALUES (77, 0, 'zz')",
    "a step that is no number": "UPDATE rows_1 SET step = x'ff'",
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_what_others_wrote_into_the_database_is_one_clear_error(kind: str) -> None:
    run = make()
    entries = [
        Entry("weights", 1, 1.0, Histogram((0.0, 1.0), (2,))),
        Entry("rows", 1, 1.0, Table(("a",), ((1,),))),
    ]
    save(run, (("loss", "other"), 1, 1.0, (0.5, 0.5)), entries=entries)
    with contextlib.closing(sqlite3.connect(run.layout.database)) as connection:
        connection.execute(FOREIGN[kind])
        connection.commit()
    problems = []
    looks: list[Callable[[], object]] = [
        lambda: run.entries("weights"),
        lambda: run.entries("rows"),
        lambda: run.last,
        lambda: run.kinds,
        lambda: run.last_step,
        run.changes,
    ]
    for look in looks:
        try:
            look()
        except RunError as error:
            problems.append(str(error))
    assert problems
    assert all(p.startswith(f"cannot read {run.layout.database}: ") for p in problems)


def test_a_series_reads_beside_damaged_indicators_where_its_axis_is_given() -> None:
    run = make()
    save_values(run, 1, {"loss": 0.5})
    run.layout.indicators.write_text("{")
    with pytest.raises(RunError, match=r"axis='step' reads the series without it"):
        run.series("loss")
    assert run.series("loss", axis="step").values == [0.5]


def test_a_folder_that_is_gone_is_told() -> None:
    run = make()
    shutil.rmtree(run.path)
    looks: list[Callable[[], object]] = [
        lambda: run.configs,
        lambda: run.indicators,
        run.changes,
        run.cursor,
    ]
    for look in looks:
        with pytest.raises(RunError, match="is no run: there is no such folder"):
            look()
