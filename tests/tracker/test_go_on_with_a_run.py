from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lab import runs
from lab.errors import RunError
from lab.runs import Layout, Run, RunInfo
from lab.steps import Steps
from lab.tracker import Tracker, indicators, writers
from lab.tracker.writers.memory import Memory


def _layout(path: Path) -> Layout:
    layout = runs.new_layout(path, "e")
    layout.create()
    runs.write_info(layout, RunInfo(uuid=layout.path.name, experiment="e"))
    return layout


def _tracker(layout: Layout) -> Tracker:
    return Tracker(Steps(), [writers.create("sqlite")], layout)


def test_a_run_is_cut_back_to_a_cursor_and_gone_on_with(tmp_path: Path) -> None:
    layout = _layout(tmp_path)
    first = _tracker(layout)
    first.declare(indicators.Text("note"))
    for step in range(3):
        first.save(step, {"loss": 0.5 + step, "note": f"step {step}"})
    first.flush(10)
    cursor = Run(layout.path).cursor()
    first.save(3, {"loss": 9.0, "note": "too far"})
    first.save(3, other=1.0)
    first.close()

    runs.cut(layout, cursor)
    run = Run(layout.path)
    assert run.series("loss").steps == [0, 1, 2]
    assert [entry.value for entry in run.entries("note")] == [
        runs.Text(f"step {step}") for step in range(3)
    ]
    assert run.last == {"loss": 2.5}

    second = Tracker(Steps(), [writers.create("sqlite")], _layout(tmp_path), is_held=True)
    second.go_on(layout, run.indicators)
    second.save(3, loss=3.5)
    second.start()
    second.close()
    assert run.series("loss").values == [0.5, 1.5, 2.5, 3.5]
    assert set(run.indicators) == {"loss", "note", "other"}


def test_a_cursor_of_another_run_cuts_nothing(tmp_path: Path) -> None:
    layouts = [_layout(tmp_path), _layout(tmp_path)]
    for layout in layouts:
        tracker = _tracker(layout)
        tracker.save(1, loss=0.5)
        tracker.close()
    cursor = Run(layouts[0].path).cursor()
    with pytest.raises(RunError, match="there is other data in its place"):
        runs.cut(layouts[1], cursor)
    with pytest.raises(RunError, match="'far' is no cursor"):
        runs.cut(layouts[1], "far")
    assert Run(layouts[1].path).last == {"loss": 0.5}


@pytest.mark.parametrize("is_declared_first", [True, False])
def test_queues_and_sums_go_on_in_another_process(is_declared_first: bool) -> None:
    def act(tracker: Tracker, values: list[float]) -> None:
        for value in values:
            tracker.add("queue", value)
            tracker.add("mean", value)
            tracker.add({"mean": value, "other": 1})

    def declare(tracker: Tracker) -> None:
        tracker.declare(indicators.Queue("queue", 3))

    whole, first, second = Memory(), Memory(), Memory()
    uninterrupted = Tracker(Steps(), [whole])
    declare(uninterrupted)
    act(uninterrupted, [1.0, 2.0, 4.0, 0.1, 0.2])
    uninterrupted.save(5)
    uninterrupted.close()

    stopped = Tracker(Steps(), [first])
    declare(stopped)
    act(stopped, [1.0, 2.0, 4.0])
    state: dict[str, Any] = json.loads(json.dumps(stopped.state()))
    stopped.save(3)
    stopped.close()

    resumed = Tracker(Steps(), [second])
    if is_declared_first:
        declare(resumed)
    resumed.restore(state)
    if not is_declared_first:
        declare(resumed)
    act(resumed, [0.1, 0.2])
    resumed.save(5)
    resumed.close()
    for name in ("queue", "mean", "other"):
        assert second.series(name) == whole.series(name)
