from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.errors import RunError
from lab.runs import Batch, Run, Saved

from ._making import made_in, save, save_series, writing


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return made_in(tmp_path)


def test_the_ends_and_the_extremes_are_kept(run: Run) -> None:
    values = [math.sin(i / 50) for i in range(10_000)]
    values[4321], values[8765] = 99.0, -99.0
    save_series(run, "loss", values)
    series = run.series("loss", points=100)
    assert len(series) <= 100
    assert series.steps[0] == 0
    assert series.steps[-1] == 9_999
    assert {99.0, -99.0}.issubset(series.values)
    assert all(
        values[step] == value for step, value in zip(series.steps, series.values, strict=True)
    )
    assert series.times == [float(step) for step in series.steps]


def test_each_part_keeps_its_lowest_and_highest(run: Run) -> None:
    values = [float((i * 7919) % 1009) for i in range(2_002)]
    save_series(run, "loss", values)
    series = run.series("loss", points=22)  # ten parts of 200 between the ends
    for start in range(1, 2_001, 200):
        part = values[start : start + 200]
        kept = [
            v for s, v in zip(series.steps, series.values, strict=True) if start <= s < start + 200
        ]
        assert sorted(kept) == [min(part), max(part)]


def test_gaps_stay_visible(run: Run) -> None:
    values = [float(i) for i in range(1_000)]
    values[500] = math.nan
    values[700:900] = [math.nan] * 200
    save_series(run, "loss", values)
    series = run.series("loss", points=50)
    gaps = [
        step for step, value in zip(series.steps, series.values, strict=True) if math.isnan(value)
    ]
    assert 500 in gaps
    assert any(700 <= step < 900 for step in gaps)
    assert len(series) <= 50


def test_a_constant_needs_few_points(run: Run) -> None:
    save_series(run, "loss", [1.0] * 1_000)
    assert len(run.series("loss", points=100)) <= 51


def test_a_short_series_is_kept_whole(run: Run) -> None:
    save_series(run, "loss", [3.0, math.nan, 1.0])
    assert repr(run.series("loss", points=3)) == repr(run.series("loss"))
    assert run.series("loss", points=2).values == [3.0, 1.0]


@pytest.mark.parametrize("points", [1, 0, -5, 2.0, "10", True])
def test_a_number_of_points_that_cannot_be_is_an_error(run: Run, points: Any) -> None:
    save_series(run, "loss", [1.0])
    with pytest.raises(RunError, match="points takes a whole number from 2 on, or None for all"):
        run.series("loss", points=points)


_VALUES = st.sampled_from([-3, -1.5, 0.0, 2, 7.25, math.nan, math.nan, math.inf, -math.inf])


@settings(max_examples=40, deadline=None)
@given(
    values=st.lists(_VALUES, min_size=1, max_size=80),
    sets=st.lists(st.sampled_from([(), ("other",), ("third",)]), min_size=1, max_size=3),
    points=st.integers(2, 40),
)
def test_what_is_kept_was_there_and_its_range_is_the_same(
    tmp_path_factory: pytest.TempPathFactory,
    values: list[float],
    sets: list[tuple[str, ...]],
    points: int,
) -> None:
    run = made_in(tmp_path_factory.mktemp("run"))
    rows = []
    for i, value in enumerate(values):
        beside = sets[i * len(sets) // len(values)]
        rows.append((("loss", *beside), i, float(i), (value, *[1.0] * len(beside))))
    save(run, *rows)
    whole, few = run.series("loss"), run.series("loss", points=points)
    assert [v if v == v else None for v in whole.values] == [v if v == v else None for v in values]
    assert len(few) <= max(points, 0) or len(values) <= points
    assert few.steps == sorted(set(few.steps))
    for step, time, value in zip(*few, strict=True):
        assert time == step
        assert value == values[step] or (math.isnan(value) and math.isnan(values[step]))
    assert (few.steps[0], few.steps[-1]) == (0, len(values) - 1)
    numbers = [v for v in values if v == v]
    if points >= 5 and len(numbers) == len(values):
        kept = [v for v in few.values if v == v]
        assert (min(kept), max(kept)) == (min(numbers), max(numbers))
    if points >= 5 and any(map(math.isnan, values)):
        assert any(map(math.isnan, few.values))


def test_fewer_points_of_narrow_rows(run: Run) -> None:
    with writing(run) as database:
        names = [f"n{i}" for i in range(150)]
        database.write(
            Saved([Batch((n, "all"), [i, float(i), 0.0, i]) for i, n in enumerate(names)])
        )
        database.write(Saved([Batch(("z", "all"), [i, float(i), 0, i]) for i in range(150, 400)]))
    few = run.series("all", points=20)
    assert len(few) <= 20
    assert few.steps == few.values
    assert (few.steps[0], few.steps[-1]) == (0, 399)
