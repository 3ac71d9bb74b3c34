from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from lab import experiment, logger, loop, runs, tracker
from lab.errors import ExperimentError
from lab.runs import Histogram, Text
from lab.testing import Memory, recorded_indicators, recorded_log


def train(steps: int) -> None:
    tracker.set_histogram("weights")
    for step in loop.loop(steps):
        with tracker.namespace("train"):
            tracker.add(".loss", 1 / (step + 1))
        tracker.add("weights", [0.0, 1.0])
        tracker.save()


def test_what_was_saved_can_be_read_at_once() -> None:
    with recorded_indicators() as memory:
        tracker.save(1, loss=0.5)
        assert memory.series("loss") == [(1, 0.5)]
        tracker.save(2, loss=0.25, accuracy=1)
        assert memory.last == {"loss": 0.25, "accuracy": 1}
    assert memory.indicators == ["accuracy", "loss"]
    assert memory.series("nothing") == memory.values("nothing") == []


def test_values_that_are_no_numbers_are_kept_too() -> None:
    with recorded_indicators() as memory, recorded_log():
        tracker.set_text("note")
        tracker.save(3, "note", "begins")
        train(2)
    assert memory.values("note") == [(3, Text("begins"))]
    histograms = memory.values("weights")
    assert [step for step, _ in histograms] == [3, 4]  # the loop goes on from there
    assert all(isinstance(value, Histogram) for _, value in histograms)
    assert memory.indicators == ["note", "train.loss", "weights"]


def test_each_recording_begins_anew_and_ends_with_its_block() -> None:
    outer = tracker.set_current(None)
    with recorded_log(), recorded_indicators() as first:
        train(3)
        with recorded_indicators() as second:
            tracker.save(loss=1)
        tracker.save(7, loss=2)
    assert second.series("loss") == [(0, 1)]
    assert first.series("loss") == [(7, 2)]
    with recorded_log(), contextlib.suppress(ZeroDivisionError), recorded_indicators():
        raise ZeroDivisionError
    assert tracker.set_current(outer) is None


def test_an_experiment_of_a_program_is_tested_in_a_folder_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    memory = Memory()
    with recorded_log() as log:
        experiment.create(name="tested", writers=memory)
        with experiment.start() as run:
            train(2)
            tracker.flush()
            assert memory.series("train.loss") == [(0, 1.0), (1, 0.5)]
    assert memory.last["train.loss"] == 0.5
    assert log.lines[0].startswith("tested")
    assert "train.loss" in log.text
    assert run.path.parent == home / "logs" / "tested"
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
    assert [path.name for path in home.iterdir()] == ["logs"]
    assert runs.get(run.uuid).info.status == "completed"
    with pytest.raises(ExperimentError):
        experiment.current()


def test_what_is_shown_is_recorded_as_text_lines_and_styles() -> None:
    with recorded_log() as log:
        logger.log([("a", logger.Text.value), "b"])
        logger.warn("careful")
    assert log.lines[0] == "ab"
    assert log.text.splitlines() == log.lines
    assert ("a", logger.Text.value) in log.styled
    assert "careful" in log.lines[1]
