from __future__ import annotations

import math
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.errors import RunError
from lab.runs import Database, Entry, IndexedScalars, Run, Saved, Series

from ._making import Row, batches, made_in, query, save, writing


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return made_in(tmp_path)


def test_anyone_reads_scalars_with_sql(run: Run) -> None:
    save(run, (("a", "b"), 1, 10.0, (0.5, 3)), (("a",), 2, 11.0, (0.25,)))
    assert query(run, "SELECT * FROM scalars ORDER BY indicator, step") == [
        ("a", 1, 10.0, 0.5),
        ("a", 2, 11.0, 0.25),
        ("b", 1, 10.0, 3),
    ]


def test_a_series_comes_back_in_the_order_of_saving(run: Run) -> None:
    save(
        run,
        (("a", "b"), 5, 10.0, (1.0, 2.0)),
        (("a",), 3, 11.0, (2.0,)),
        (("b", "a"), 3, 12.0, (3.0, 4.0)),
    )
    assert run.series("a") == Series([5, 3, 3], [10.0, 11.0, 12.0], [1.0, 2.0, 4.0])
    assert run.last == {"a": 4.0, "b": 3.0}


def test_special_values_survive(run: Run) -> None:
    values = (math.nan, math.inf, -math.inf, -0.0, 2**53 + 1, 2**63 - 1, 2**70, -(10**400))
    names = tuple(f"x{i}" for i in range(len(values)))
    save(run, (names, 2**40, 1.0, values))
    read = [run.series(name).values[0] for name in names]
    assert math.isnan(read[0])
    assert read[1:] == [math.inf, -math.inf, 0.0, 2**53 + 1, 2**63 - 1, float(2**70), -math.inf]
    assert math.copysign(1.0, read[3]) == -1.0
    assert query(run, "SELECT value, step FROM scalars WHERE indicator = 'x0'") == [(None, 2**40)]


def test_names_are_never_sql(run: Run) -> None:
    names = ("a'b", 'a"b', "x; DROP TABLE columns", "ünï/../..", "", "n" * 10_000, "v0")
    save(run, (names, 1, 1.0, tuple(range(len(names)))))
    assert run.last == {name: i for i, name in enumerate(names)}


def test_more_names_than_a_table_has_columns_are_kept(run: Run) -> None:
    names = tuple(f"n{i}" for i in range(1234))
    save(run, (names, 1, 1.0, tuple(map(float, range(1234)))))
    save(run, (names, 2, 2.0, tuple(map(float, range(1234)))))
    assert run.series("n1233").values == [1233.0, 1233.0]
    assert query(run, "SELECT count(*), sum(value) FROM scalars") == [
        (2468, float(sum(range(1234)) * 2))
    ]


def test_more_sets_of_names_than_a_view_has_parts_are_kept(run: Run) -> None:
    rows: list[Row] = [((f"n{i}", "all"), i, float(i), (1.0, float(i))) for i in range(700)]
    save(run, *rows)
    assert run.series("all").values == [float(i) for i in range(700)]
    assert run.last["n699"] == 1.0
    assert query(run, "SELECT count(*) FROM scalars") == [(1400,)]


def test_a_run_is_written_to_again(run: Run) -> None:
    for step in range(3):
        save(run, (("a", "b"), step, float(step), (1.0, 2.0)))
    assert run.series("b").steps == [0, 1, 2]
    assert query(run, "SELECT count(*) FROM columns") == [(2,)]


def test_a_batch_that_cannot_be_written_leaves_nothing_behind(run: Run) -> None:
    with writing(run) as database:
        bad = batches((("a",), 1, 1.0, (1.0,)), (("b",), 1, 1.0, (object(),)))  # type: ignore[arg-type]
        with pytest.raises(sqlite3.Error):
            database.write(Saved(bad))
        database.write(Saved(batches((("b",), 2, 1.0, (2.0,)))))
    assert run.last == {"b": 2.0}


def test_indexed_values_are_a_view_too(run: Run) -> None:
    save(run, entries=[Entry("loss", 1, 10.0, IndexedScalars((7,), (0.5,)))])
    assert query(run, "SELECT * FROM indexed_scalars") == [("loss", 1, 7, 0.5)]


def test_an_unknown_indicator_is_one_clear_error(run: Run) -> None:
    save(run, (("train.loss",), 1, 1.0, (1.0,)))
    with pytest.raises(RunError, match=r"has no indicator 'loss'; did you mean 'train\.loss'"):
        run.series("loss")


def test_a_run_that_saved_nothing_says_so(run: Run) -> None:
    with pytest.raises(RunError, match=r"has no sqlite\.db: nothing was saved"):
        run.last  # noqa: B018


_NUMBERS = st.floats(allow_nan=True) | st.integers(-(2**63), 2**63 - 1)


@settings(max_examples=30, deadline=None)
@given(
    rows=st.lists(
        st.dictionaries(st.text("abc.", max_size=3), _NUMBERS, min_size=1, max_size=3), max_size=8
    )
)
def test_what_is_written_reads_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, float]]
) -> None:
    run = made_in(tmp_path_factory.mktemp("run"))
    save(run, *((tuple(r), i, float(i), tuple(r.values())) for i, r in enumerate(rows)))
    for name in {name for row in rows for name in row}:
        expected = [(i, row[name]) for i, row in enumerate(rows) if name in row]
        series = run.series(name)
        assert series.steps == [i for i, _ in expected]
        assert repr(series.values) == repr([value for _, value in expected])


def test_a_closed_file_can_be_read_by_those_who_may_not_write_beside_it(run: Run) -> None:
    save(run, (("a",), 1, 10.0, (0.5,)))
    save(run, (("a",), 2, 11.0, (0.25,)))
    assert query(run, "PRAGMA journal_mode") == [("delete",)]
    assert run.series("a").values == [0.5, 0.25]


def test_closing_does_not_wait_for_a_reader(run: Run) -> None:
    database = Database(run.layout.database)
    database.write(Saved(batches((("a",), 1, 10.0, (0.5,)))))
    reader = sqlite3.connect(run.layout.database)
    try:
        rows = reader.execute("SELECT value FROM scalars")  # held open
        database.close()
        assert rows.fetchall() == [(0.5,)]
    finally:
        reader.close()
    assert run.series("a").values == [0.5]
