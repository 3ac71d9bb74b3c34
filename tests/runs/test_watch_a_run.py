from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.errors import RunError
from lab.runs import Changes, Entry, Histogram, IndexedScalars, Run, Saved, Text

from ._making import Row, batches, made_in, save, writing


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return made_in(tmp_path)


def test_before_anything_is_saved_there_is_nothing_and_then_all(run: Run) -> None:
    nothing = run.changes()
    assert not nothing
    save(run, (("a",), 1, 1.0, (0.5,)))
    assert run.changes(nothing.cursor).series["a"].values == [0.5]
    assert not run.changes(nothing.cursor).is_new
    assert run.changes(run.cursor()) == Changes(cursor=run.cursor())


def test_a_cursor_goes_on_where_it_stopped_also_into_new_tables(run: Run) -> None:
    with writing(run) as database:
        database.write(Saved(batches((("a",), 1, 1.0, (0.5,)))))
        first = run.changes()
        database.write(
            Saved(
                batches((("a",), 2, 2.0, (0.25,)), (("a", "b"), 3, 3.0, (0.1, 7))),
                [Entry("h", 3, 3.0, Histogram((0.0, 1.0), (5,)))],
            )
        )
        second = run.changes(first.cursor)
        third = run.changes(second.cursor)
    assert second.series["a"].steps == [2, 3]
    assert second.series["b"].values == [7]
    assert second.entries == [Entry("h", 3, 3.0, Histogram((0.0, 1.0), (5,)))]
    assert not third
    assert third.cursor == second.cursor


def test_a_cursor_is_plain_text_that_another_process_may_use(run: Run) -> None:
    save(run, (("a",), 1, 1.1, (0.5,)))
    cursor = run.changes().cursor
    assert json.loads(cursor)
    save(run, (("a",), 2, 2.2, (0.25,)))
    code = "import sys; from lab.runs import Run; r = Run(sys.argv[1]).changes(sys.argv[2]);"
    code += "print(r.series['a'].values, r.is_new)"
    command = [sys.executable, "-c", code, str(run.path), cursor]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[0] == "[0.25] False"


def test_another_database_in_its_place_begins_anew(run: Run) -> None:
    save(run, *((("a",), i, float(i), (0.5,)) for i in range(3)))
    cursor = run.changes().cursor
    run.layout.database.unlink()
    assert run.changes(cursor) == Changes(cursor=cursor)
    for rows in (2, 5):
        run.layout.database.unlink(missing_ok=True)
        save(run, *((("b",), i, i + 0.5, (0.5,)) for i in range(rows)))
        changes = run.changes(cursor)
        assert changes.is_new
        assert len(changes.series["b"]) == rows
        assert not run.changes(changes.cursor)


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "[1]",
        "7",
        '{"rows_1; DROP TABLE columns": [1, 1, 1.0]}',
        '{"points": 3}',
        5,
        '{"rows_1": [99999999999999999999, 1, 1.0]}',
        "[" * 100_000,
    ],
)
def test_what_is_no_cursor_is_an_error(run: Run, cursor: str) -> None:
    save(run, (("a",), 1, 1.0, (0.5,)))
    with pytest.raises(RunError, match="is no cursor: give the one of the last changes"):
        run.changes(cursor)


_ROWS = st.lists(st.sampled_from([("a",), ("a", "b"), ("b", "a"), ("c",)]), min_size=0, max_size=4)
_KINDS = st.lists(
    st.sampled_from([Text("t"), IndexedScalars((1, 2), (0.5, 1.5)), Histogram((0.0, 1.0), (2,))]),
    max_size=2,
)


@settings(max_examples=30, deadline=None)
@given(saves=st.lists(st.tuples(_ROWS, _KINDS, st.booleans()), max_size=8))
def test_read_in_slices_nothing_is_lost_and_nothing_comes_twice(
    tmp_path_factory: pytest.TempPathFactory, saves: list[tuple[list, list, bool]]
) -> None:
    run = made_in(tmp_path_factory.mktemp("run"))
    slices = [run.changes()]
    moment = 0
    with writing(run) as database:
        for sets, values, is_read in saves:
            rows: list[Row] = []
            for names in sets:
                moment += 1
                rows.append((names, moment, float(moment), (float(moment),) * len(names)))
            moment += 1
            entries = [
                Entry(type(v).__name__, moment, float(moment) + i, v) for i, v in enumerate(values)
            ]
            moment += len(entries)
            database.write(Saved(batches(*rows), entries))
            if is_read:
                slices.append(run.changes(slices[-1].cursor))
        slices.append(run.changes(slices[-1].cursor))
    whole = run.changes()
    assert not any(part.is_new for part in slices)
    for name, series in whole.series.items():
        found = [part.series[name] for part in slices if name in part.series]
        assert [step for part in found for step in part.steps] == series.steps
        assert [value for part in found for value in part.values] == series.values
        assert series == run.series(name)
    assert {name for part in slices for name in part.series} == set(whole.series)
    for kind in ("Text", "IndexedScalars", "Histogram"):
        found = [e for part in slices for e in part.entries if e.indicator == kind]
        assert found == [e for e in whole.entries if e.indicator == kind]
        assert not found or found == run.entries(kind)


_WRITE = """
import sys
from pathlib import Path
from lab.runs import Batch, Database, Entry, Saved, Text
database = Database(Path(sys.argv[1]))
for i in range(300):
    names = ("a", f"b{i // 20}")
    values = [x for j in range(5) for x in (i * 5 + j, float(i * 5 + j), j, i)]
    database.write(Saved([Batch(names, values)], [Entry("t", i, float(i), Text(str(i)))]))
database.close()
"""


def test_a_run_is_watched_while_another_process_writes(run: Run) -> None:
    child = subprocess.Popen([sys.executable, "-c", _WRITE, str(run.layout.database)])
    steps: list[int] = []
    texts: list[int] = []
    cursor = None
    is_over = False
    while not is_over:
        is_over = child.poll() is not None  # what is read after the end is the rest
        changes = run.changes(cursor)
        cursor = changes.cursor
        assert not changes.is_new
        steps += changes.series["a"].steps if "a" in changes.series else []
        texts += [entry.step for entry in changes.entries]
    assert child.returncode == 0
    assert steps == list(range(1500))
    assert texts == list(range(300))
