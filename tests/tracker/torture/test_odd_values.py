from __future__ import annotations

import csv
import math
import sqlite3
from typing import Any

import pytest

from lab.errors import TrackerError
from lab.runs import Layout, Run
from lab.steps import Steps
from lab.testing import recorded_log
from lab.tracker import Tracker, indicators, writers
from lab.tracker.writers.memory import Memory

HUGE = 10**400
NUMBERS: dict[str, tuple[Any, Any]] = {
    # what is given, and what the database holds of it
    "zero": (0, 0),
    "minus zero": (-0.0, -0.0),
    "nan": (math.nan, math.nan),
    "inf": (math.inf, math.inf),
    "-inf": (-math.inf, -math.inf),
    "tiny": (5e-324, 5e-324),
    "large": (1.7976931348623157e308, 1.7976931348623157e308),
    "2**53 + 1": (2**53 + 1, 2**53 + 1),
    "2**63 - 1": (2**63 - 1, 2**63 - 1),
    "-2**63": (-(2**63), -(2**63)),
    "2**63": (2**63, float(2**63)),
    "2**70": (2**70, float(2**70)),
    "-2**70": (-(2**70), -float(2**70)),
    "10**400": (HUGE, math.inf),
    "-10**400": (-HUGE, -math.inf),
    "10**5000": (10**5000, math.inf),
    "True": (True, 1),
    "False": (False, 0),
    "a list": ([1, 2.0, [3]], 2.0),
    "a list of -0.0": ([-0.0], -0.0),
    "a list of what is too large": ([HUGE, 0.5], math.inf),
    "what is too large, twice": ([HUGE, HUGE], math.inf),
    "a mean beyond floats": ([1e308, 1e308], math.inf),
}
NAMES = [
    "x" * 10_000,
    "y" * 10_000 + "'",
    "'); DROP TABLE points; --",
    '"; DROP VIEW scalars; --',
    "a\nb",
    "a\r\nb",
    "\ttab",
    "nul\0inside",
    "train/loss",
    "train.loss",
    "a/../../../etc/passwd",
    "/absolute",
    "C:\\windows\\nul",
    "CON",
    "ünï¢ødé",
    "損失",
    "🤖 loss",
    "e\u0301",
    "é",
    " leading and trailing ",
    "null",
    "~",
    "1e3",
    "- item",
    "key: value # no comment",
    "{}",
    "%s%d",
    "a,b;c",
    "*args",
    "\u202eright to left",
    "\x1b[31mred",
    "select",
]


def _same(one: Any, other: Any) -> bool:
    return repr(one) == repr(other)  # tells -0.0 from 0.0, 1 from 1.0, and nan is itself


@pytest.mark.parametrize("kinds", [["sqlite", "csv"], ["sqlite", "csv", "tensorboard"]])
def test_every_number_is_written_as_it_is(layout: Layout, kinds: list[str]) -> None:
    if "tensorboard" in kinds:
        pytest.importorskip("tensorboard")
    with recorded_log() as log:
        run = Tracker(Steps(), [writers.create(kind) for kind in kinds], layout)
        for step in range(3):  # the first takes the long way, the others the short ones
            for name, (value, _) in NUMBERS.items():
                run.save(step, name, value)
            run.save(10 + step, {f"together {n}": value for n, (value, _) in NUMBERS.items()})
        run.close()
    assert not [line for line in log.lines if "warning" in line]
    stored = Run(layout.path)
    for name, (_, expected) in NUMBERS.items():
        for prefix, steps in (("", [0, 1, 2]), ("together ", [10, 11, 12])):
            series = stored.series(prefix + name)
            assert series.steps == steps
            assert all(_same(value, expected) for value in series.values), (name, series.values)


@pytest.mark.parametrize("kind", ["queue", "histogram", "scalar"])
def test_numbers_of_other_kinds_raise_nothing(layout: Layout, kind: str) -> None:
    with recorded_log() as log:
        run = Tracker(Steps(), [writers.create("sqlite"), writers.create("screen")], layout)
        for name in NUMBERS:
            run.declare(indicators.KINDS[kind](f"{kind} {name}"))
        for step in range(3):
            for name, (value, _) in NUMBERS.items():
                run.add(f"{kind} {name}", value)
                run.add(f"{kind} {name}", 0.5)
                run.add(f"{kind} {name}", value)
            run.save(step)
        run.close()
    assert not [line for line in log.lines if "warning" in line]
    assert Run(layout.path).series(f"{kind} zero").values == [0.5 / 3, *[0.5 / 3] * 2]


def test_names_are_stored_and_shown_as_they_are(layout: Layout) -> None:
    kinds = ["sqlite", "csv", "screen"]
    with recorded_log() as log:
        run = Tracker(Steps(), [writers.create(kind) for kind in kinds], layout)
        for step in range(3):
            for number, name in enumerate(NAMES):
                run.save(step, name, number)
            run.save(10 + step, {f"{name}!": n for n, name in enumerate(NAMES)})
        run.close()
    assert not [line for line in log.lines if "warning" in line]
    stored = Run(layout.path)
    assert set(stored.indicators) == {*NAMES, *(f"{name}!" for name in NAMES)}
    for number, name in enumerate(NAMES):
        assert stored.series(name).values == [number] * 3, name
        assert stored.series(f"{name}!").values == [number] * 3, name
    assert stored.last == {
        **{name: n for n, name in enumerate(NAMES)},
        **{f"{name}!": n for n, name in enumerate(NAMES)},
    }
    with sqlite3.connect(layout.database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        query = "SELECT DISTINCT indicator FROM scalars"
        assert len(connection.execute(query).fetchall()) == 2 * len(NAMES)
    connection.close()
    with open(layout.path / "csv" / "scalars.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.reader(line.replace("\0", "\\0") for line in file))
    assert {row[0] for row in rows[1:]} >= {name.replace("\0", "\\0") for name in NAMES}
    assert sorted(path.name for path in layout.path.parent.iterdir()) == [layout.path.name]


def test_media_under_names_that_are_paths_stay_in_the_folder(layout: Layout) -> None:
    with recorded_log() as log:
        run = Tracker(Steps(), [writers.create("csv"), writers.create("sqlite")], layout)
        for name in NAMES:
            run.declare(indicators.Table(f"{name}?"))
            run.add(f"{name}?", [{"a": 1}])
        run.save(1)
        run.close()
    assert not log.lines
    assert len(list((layout.path / "csv" / "media").iterdir())) == len(NAMES)
    assert (
        {entry.indicator for entry in Run(layout.path).values(f"{NAMES[2]}?")} == {f"{NAMES[2]}?"}
        if hasattr(Run, "values")
        else True
    )


@pytest.mark.parametrize("name", ["\ud800", "half \udfff of a pair"])
def test_a_name_that_no_file_can_hold_is_an_error_at_once(name: str) -> None:
    run = Tracker(Steps(), [Memory()])
    for _ in range(3):
        with pytest.raises(TrackerError, match="is text that can be written"):
            run.add(name, 1.0)
    run.save(1, fine=1.0)
    run.close()


def test_steps_go_as_they_like(layout: Layout) -> None:
    steps = [5, 5, 3, -1, -(2**63), 2**31, 2**31 + 1, 2**40, 2**63 - 1, 0, 5]
    run = Tracker(Steps(), [writers.create("sqlite"), writers.create("csv")], layout)
    for number, step in enumerate(steps):
        run.save(step, loss=number)
        run.save(step, {"a": number, "b": 0.5})
    run.close()
    for name in ("loss", "a"):
        series = Run(layout.path).series(name)
        assert series.steps == steps
        assert series.values == list(range(len(steps)))


def test_nothing_in_them_is_nothing_saved() -> None:
    numpy = pytest.importorskip("numpy")
    torch = pytest.importorskip("torch")
    memory = Memory()
    run = Tracker(Steps(), [memory])
    for step in range(3):
        for empty in ([], (), [[]], numpy.zeros(0), numpy.zeros((3, 0)), torch.zeros(0, 2)):
            run.save(step, a=empty)
            run.save(step, {"a": empty, "b": 1})
    run.save(9, a=3)
    run.close()
    assert memory.series("a") == [(9, 3)]
    assert memory.series("b") == [(step, 1) for step in range(3) for _ in range(6)]


def test_arrays_of_small_floats_are_summed_in_large_ones() -> None:
    numpy = pytest.importorskip("numpy")
    memory = Memory()
    run = Tracker(Steps(), [memory])
    run.save(1, half=numpy.full(10_000, 100.0, "float16"), ints=numpy.full(1000, 100, "int8"))
    run.save(2, single=numpy.full(1000, 1e38, "float32"))
    run.close()
    assert memory.series("half") == [(1, 100.0)]
    assert memory.series("ints") == [(1, 100.0)]
    assert memory.series("single") == [(2, pytest.approx(1e38))]


def test_two_hundred_and_fifty_names_at_once(layout: Layout) -> None:
    run = Tracker(Steps(), [writers.create("sqlite")], layout)
    for step in range(20):
        run.save(step, {f"n{i}": step * i for i in range(250)})
    run.close()
    last = Run(layout.path).last
    assert last == {f"n{i}": 19 * i for i in range(250)}
    assert Run(layout.path).series("n249").values == [step * 249 for step in range(20)]


def test_fifteen_hundred_sets_of_names_twice_over(layout: Layout) -> None:
    with recorded_log() as log:
        memory = Memory()
        run = Tracker(Steps(), [writers.create("sqlite"), memory], layout)
        for turn in range(2):
            for i in range(1500):
                run.save(turn, {"common": i, f"own{i}": i / 2})
        run.close()
    assert not log.lines
    stored = Run(layout.path)
    assert stored.series("common").values == [*range(1500), *range(1500)]
    assert len(stored.last) == 1501
    for i in (0, 99, 100, 1499):
        assert stored.series(f"own{i}").values == [i / 2, i / 2]
    assert len(memory.rows) == 3000


def test_a_step_that_was_set_beyond_files_by_others_holds_nothing_up(layout: Layout) -> None:
    steps = Steps()
    with recorded_log() as log:
        run = Tracker(steps, [writers.create("sqlite"), writers.create("csv")], layout)
        run.declare(indicators.Text("text"))
        steps.step = 2**70
        run.save(loss=0.5)
        run.save(text="hello")
        run.save(7, loss=1.5)
        run.flush(10)
        run.close()
    assert Run(layout.path).series("loss").values == [0.5, 1.5]
    assert not log.lines
