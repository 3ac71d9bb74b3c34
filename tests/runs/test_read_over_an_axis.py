from __future__ import annotations

import math
import pickle
from pathlib import Path
from typing import Any

import pytest

from lab import runs
from lab.errors import RunError
from lab.runs import Run, Series

from ._making import made_in, save


@pytest.fixture
def run(tmp_path: Path) -> Run:
    run = made_in(tmp_path)
    save(
        run,
        (("loss", "samples"), 1, 10.0, (0.9, 64)),
        (("loss", "samples"), 2, 11.0, (0.8, 128)),
        (("accuracy",), 0, 11.5, (0.1,)),
        (("accuracy",), 2, 12.0, (0.5,)),
        (("accuracy",), 7, 13.0, (0.6,)),
    )
    return run


def test_a_series_is_over_the_step(run: Run) -> None:
    series = run.series("loss")
    assert (series.axis, series.x) == ("step", series.steps)
    steps, times, values = series
    assert (steps, times, values) == ([1, 2], [10.0, 11.0], [0.9, 0.8])
    assert len(series) == 2


def test_a_series_may_be_over_another_indicator_or_time(run: Run) -> None:
    assert run.series("loss", axis="samples").x == [64, 128]
    assert run.series("loss", axis="time").x == [10.0, 11.0]
    assert run.series("loss", axis="step").x == [1, 2]


def test_where_the_axis_has_no_value_at_a_step_the_last_one_before_counts(run: Run) -> None:
    series = run.series("accuracy", axis="samples")
    assert math.isnan(series.x[0])
    assert series.x[1:] == [128, 128]
    assert series.axis == "samples"


def test_a_value_saved_later_at_the_same_step_counts_too(run: Run) -> None:
    save(run, (("loss",), 3, 14.0, (0.7,)), (("epoch",), 3, 15.0, (1,)))
    assert run.series("loss", axis="epoch").x[-1] == 1


def test_values_saved_at_one_step_are_paired_by_row(tmp_path: Path) -> None:
    run = made_in(tmp_path)
    save(run, *((("loss", "n"), 0, float(i), (float(i), i * 10)) for i in range(5)))
    assert run.series("loss", axis="n").x == [0, 10, 20, 30, 40]


def test_an_axis_is_declared_and_another_may_be_chosen(run: Run) -> None:
    runs.write_indicators(run.layout, {"loss": {"kind": "scalar", "axis": "samples"}})
    assert run.series("loss").x == [64, 128]
    assert run.series("loss", axis="step").x == [1, 2]


def test_a_declared_axis_without_values_is_the_step(run: Run) -> None:
    runs.write_indicators(run.layout, {"loss": {"kind": "scalar", "axis": "tokens"}})
    assert run.series("loss").axis == "step"


def test_an_unknown_axis_is_an_error(run: Run) -> None:
    with pytest.raises(RunError, match=r"has no axis 'sample'; did you mean 'samples'"):
        run.series("loss", axis="sample")
    with pytest.raises(RunError, match=r"has no axis 'steps'; did you mean 'step'"):
        run.series("loss", axis="steps")
    with pytest.raises(RunError, match=r"has no axis ''; there are 'step', 'time', "):
        run.series("loss", axis="")


@pytest.mark.parametrize("name", [5, None, ["loss"]])
def test_names_are_text(name: Any, run: Run) -> None:
    for look in (run.series, run.entries, run.indexed):
        with pytest.raises(RunError, match="the name of an indicator is text, got "):
            look(name)
    if name is not None:
        with pytest.raises(RunError, match="the name of an axis is text, got "):
            run.series("loss", axis=name)


def test_fewer_points_keep_their_places_on_the_axis(tmp_path: Path) -> None:
    run = made_in(tmp_path)
    rows = [(("loss", "n"), i, float(i), (float(i % 17), i * 3)) for i in range(500)]
    save(run, *rows, (("late",), 600, 600.0, (1.0,)))
    series = run.series("loss", points=30, axis="n")
    assert series.x == [step * 3 for step in series.steps]
    assert run.series("late", points=30, axis="n").x == [499 * 3]


def test_a_series_compares_and_pickles() -> None:
    series = Series([1], [2.0], [3.0], "n", [4.0])
    assert pickle.loads(pickle.dumps(series)) == series
    assert series != Series([1], [2.0], [3.0])
