from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lab import logger, loop, monit, steps
from lab.errors import LoopError
from lab.steps import LoopPosition, Steps
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
    with pytest.raises(LoopError, match=f"number of iterations or a range, not {wrong!r}"):
        loop.loop(wrong)
    with pytest.raises(LoopError, match=f"a step is a whole number, not {wrong!r}"):
        loop.set_global_step(wrong)
    with pytest.raises(LoopError, match=f"counted in whole numbers, not {wrong!r}"):
        loop.add_global_step(wrong)
    assert loop.get_global_step() == 0


@pytest.mark.parametrize("wrong", [-1, -(2**70)])
def test_less_than_no_iterations_is_an_error(wrong: int) -> None:
    with pytest.raises(LoopError, match=f"number of iterations or a range, not {wrong}"):
        loop.loop(wrong)


def test_a_step_has_at_most_64_bits() -> None:
    message = f"a step is a whole number of at most 64 bits, not {2**63}"
    with pytest.raises(LoopError, match=message):
        loop.set_global_step(2**63)
    loop.set_global_step(2**63 - 1)
    with pytest.raises(LoopError, match=message):
        loop.add_global_step()
    with pytest.raises(LoopError, match="not those of range"):
        loop.loop(range(2**63 - 5, 2**63 + 5))
    assert loop.get_global_step() == 2**63 - 1


def test_an_interval_that_is_no_number_is_an_error() -> None:
    interval: Any = "often"
    with pytest.raises(LoopError, match="new_line_interval is a whole number, not 'often'"):
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


def test_a_stop_that_is_asked_for_ends_every_loop_after_its_iteration(log: RecordedLog) -> None:
    current, seen, calls = steps.current(), [], []
    current.at_stop.append(lambda: calls.append(loop.get_global_step()))
    for epoch in loop.loop(5):
        for batch in loop.loop(5):
            seen.append((epoch, batch))
            if len(seen) == 7:
                current.request_stop("time is up")
        seen.append((epoch, "end"))
    assert seen[-2:] == [(1, 0), (1, "end")]
    assert calls == [loop.get_global_step()]
    assert list(loop.loop(3)) == []
    assert log.lines[-1].startswith("stopped by time is up at step")
    assert not current.line.is_running


def test_a_hook_that_raises_is_said_and_does_not_keep_the_others_from_running(
    log: RecordedLog,
) -> None:
    current, calls = steps.current(), []

    def broken() -> None:
        raise OSError("disk full")

    current.at_stop += [broken, lambda: calls.append(1)]
    for _ in loop.loop(5):
        current.request_stop("test")
    assert calls == [1]
    assert "warning: at the end, by test: OSError: disk full" in log.lines


def test_hooks_at_the_beginning_are_called_once_by_the_first_loop() -> None:
    calls: list[int] = []
    steps.current().at_loop_begin.append(lambda: calls.append(loop.get_global_step()))
    list(loop.loop(0))
    assert calls == []
    loop.set_global_step(4)
    list(loop.loop(2))
    list(loop.loop(2))
    assert calls == [4]


def test_the_position_counts_an_iteration_at_whose_end_it_is_asked_for() -> None:
    current, positions = steps.current(), []
    assert current.position is None
    for _ in loop.loop(3):
        for _ in monit.iterate("Train", 2, is_silent=True):
            inner = current.position
            assert inner is not None
            assert inner.done == len(positions)
        with monit.section("Save", is_silent=True):
            positions.append(current.position)
    assert positions == [
        LoopPosition(0, 3, 1, done, is_count=True, global_step=done) for done in (1, 2, 3)
    ]
    assert current.position == positions[-1]


def test_the_position_of_a_range_is_the_step_that_comes_next() -> None:
    current = steps.current()
    for value in loop.loop(range(10, 40, 10)):
        if value == 20:
            assert current.position == LoopPosition(10, 40, 10, 2, global_step=30)
            break
    assert current.position == LoopPosition(10, 40, 10, 2, global_step=30)


@pytest.mark.parametrize(
    ("saved", "iterations", "expected"),
    [
        (LoopPosition(0, 5, 1, 3, True, 3), 5, [(3, 3), (4, 4)]),
        (LoopPosition(0, 5, 1, 3, True, 60), 7, [(3, 60), (4, 61), (5, 62), (6, 63)]),
        (LoopPosition(0, 50, 10, 3, False, 30), range(0, 50, 10), [(30, 30), (40, 40)]),
        (LoopPosition(0, 50, 10, 3, False, 30), range(30, 50, 10), [(30, 30), (40, 40)]),
        (LoopPosition(0, 50, 10, 5, False, 50), range(0, 50, 10), []),
        (LoopPosition(0, 50, 1, 48, True, 48), range(48, 50), [(48, 48), (49, 49)]),
    ],
)
def test_a_resumed_loop_goes_on_after_what_is_done(
    saved: LoopPosition, iterations: int | range, expected: list[tuple[int, int]]
) -> None:
    steps.current().resume_position = saved
    assert [(value, loop.get_global_step()) for value in loop.loop(iterations)] == expected
    assert steps.current().resume_position is None
    assert loop.get_global_step() >= saved.global_step - 10


def test_only_the_first_loop_goes_on_from_a_saved_position() -> None:
    steps.current().resume_position = LoopPosition(0, 3, 1, 2, True, 2)
    seen = [(i, j) for i in loop.loop(3) for j in loop.loop(3)]
    assert seen == [(2, 0), (2, 1), (2, 2)]
    assert list(loop.loop(3)) == [0, 1, 2]


def test_a_saved_position_goes_round_through_every_kind_of_loop() -> None:
    for iterations in (6, range(0, 60, 10), range(60, 0, -10)):
        for stop in range(1, 6):
            steps.set_current(Steps())
            first: list[int] = []
            for value in loop.loop(iterations):
                first.append(value)
                if len(first) == stop:
                    break
            saved = steps.current().position
            steps.set_current(Steps())
            steps.current().resume_position = saved
            second = list(loop.loop(iterations))
            everything = iterations if isinstance(iterations, range) else range(iterations)
            assert first + second == list(everything)
