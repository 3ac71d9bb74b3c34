from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lab import logger, loop, steps
from lab.steps import Steps
from lab.testing import RecordedLog, recorded_indicators, recorded_log


@pytest.fixture(autouse=True)
def log() -> Iterator[RecordedLog]:
    before = steps.set_current(Steps()), loop.set_current(None)
    with recorded_log() as log:
        yield log
    steps.set_current(before[0])
    loop.set_current(before[1])


def test_a_number_counts_iterations_and_the_step() -> None:
    seen = [(i, loop.get_global_step()) for i in loop.loop(3)]
    assert seen == [(0, 0), (1, 1), (2, 2)]
    assert loop.get_global_step() == 3


def test_a_body_that_counts_steps_itself_is_left_to_it() -> None:
    seen = []
    for _ in loop.loop(3):
        seen.append(loop.get_global_step())
        for _ in range(5):
            loop.add_global_step()
            logger.add_global_step()
    assert seen == [0, 5, 10]
    assert loop.get_global_step() == 15


def test_the_values_of_a_range_are_the_steps() -> None:
    seen = []
    for value in loop.loop(range(0, 30, 10)):
        seen.append((value, loop.get_global_step()))
        loop.add_global_step(10)
    assert seen == [(0, 0), (10, 10), (20, 20)]


def test_a_second_loop_goes_on_from_the_step() -> None:
    for _ in loop.loop(2):
        pass
    assert [loop.get_global_step() for _ in loop.loop(2)] == [2, 3]


def test_the_step_can_be_set() -> None:
    loop.set_global_step(7)
    loop.add_global_step()
    assert loop.get_global_step() == 8


def test_each_of_a_few_iterations_leaves_a_line(log: RecordedLog) -> None:
    for _ in loop.loop(3):
        pass
    assert [line.split(":")[0] for line in log.lines] == ["0", "1", "2"]
    assert "left" in log.lines[0]
    assert "left" not in log.lines[-1]


def test_many_quick_iterations_leave_few_lines(log: RecordedLog) -> None:
    for _ in loop.loop(1000):
        pass
    assert [line.split(":")[0] for line in log.lines] == ["  999"]


def test_a_loop_that_is_left_takes_its_line_away(log: RecordedLog) -> None:
    for i in loop.loop(3):
        if i:
            break
    assert len(log.lines) == 1
    assert not steps.current().line.is_running


def test_finishing_ends_the_loop_after_the_iteration(log: RecordedLog) -> None:
    seen = []
    for i in loop.loop(5):
        seen.append(i)
        if i == 1:
            loop.finish_loop()
    assert seen == [0, 1]


def test_a_loop_of_none_is_nothing(log: RecordedLog) -> None:
    assert list(loop.loop(0)) == []
    assert list(loop.loop(range(0))) == []
    assert log.lines == []


def test_printed_indicators_are_on_the_line() -> None:
    from lab import tracker

    with recorded_indicators(), recorded_log() as log:
        before = tracker.set_current(
            tracker.Tracker(steps.current(), [tracker.writers.create("screen")])
        )
        tracker.set_scalar("hidden")
        tracker.save(0, ready=1)
        tracker.flush(10)
        for _ in loop.loop(2, is_print_iteration_time=False):
            tracker.save(loss=0.5, hidden=1)
        mine = tracker.set_current(before)
        assert mine is not None
        mine.close()
    assert [line.split("  0:0")[0] for line in log.lines[-2:]] == [
        "0:  ready: 1  loss: 0.5000",
        "1:  ready: 1  loss: 0.5000",
    ]


@pytest.mark.parametrize("wrong", [1.5, "3", None])
def test_what_is_no_number_of_iterations_is_an_error(wrong: Any) -> None:
    with pytest.raises(TypeError, match=f"number of iterations or a range, not {wrong!r}"):
        loop.loop(wrong)
    with pytest.raises(TypeError, match=f"a step is a whole number, not {wrong!r}"):
        loop.set_global_step(wrong)
    with pytest.raises(TypeError, match=f"counted in whole numbers, not {wrong!r}"):
        loop.add_global_step(wrong)
    assert loop.get_global_step() == 0


def test_an_interval_that_is_no_number_is_an_error() -> None:
    interval: Any = "often"
    with pytest.raises(TypeError, match="new_line_interval is a whole number, not 'often'"):
        loop.loop(2, new_line_interval=interval)


def test_a_loop_within_a_loop_leaves_the_outer_one_whole(log: RecordedLog) -> None:
    seen = []
    for i in loop.loop(3):
        for j in loop.loop(5):
            if j == 1:
                loop.finish_loop()
        logger.draw_line()
        seen.append(i)
        if i == 1:
            loop.finish_loop()
    assert seen == [0, 1]
    assert len(log.drawn) == 2
