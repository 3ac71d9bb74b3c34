from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lab import logger, loop, monit, steps
from lab.steps import Steps
from lab.testing import RecordedLog, recorded_log


@pytest.fixture(autouse=True)
def log() -> Iterator[RecordedLog]:
    before = steps.set_current(Steps()), monit.set_current(None), loop.set_current(None)
    with recorded_log() as log:
        yield log
    steps.set_current(before[0])
    monit.set_current(before[1])
    loop.set_current(before[2])


def test_a_section_ends_as_done_with_its_time(log: RecordedLog) -> None:
    with monit.section("Load data"):
        assert log.lines == []
    [line] = log.lines
    assert line.startswith("Load data...[DONE]  ")
    assert line.endswith("ms")


def test_a_section_that_raises_shows_fail(log: RecordedLog) -> None:
    def load() -> None:
        with monit.section("Load data", is_timed=False):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        load()
    assert log.lines == ["Load data...[FAIL]"]


def test_a_section_can_be_failed_by_hand(log: RecordedLog) -> None:
    with monit.section("Load data", is_timed=False):
        monit.fail()
    assert log.lines == ["Load data...[FAIL]"]


def test_sections_within_each_other_are_indented(log: RecordedLog) -> None:
    with monit.section("Outer", is_timed=False):
        with monit.section("One", is_timed=False):
            pass
        with monit.section("Two", is_timed=False):
            pass
    assert log.lines == ["Outer...", "  One...[DONE]", "  Two...[DONE]", "Outer...[DONE]"]


def test_progress_is_on_the_line_while_a_section_runs(log: RecordedLog) -> None:
    with monit.section("Load", total_steps=8, is_timed=False):
        monit.progress(2)
        logger.draw_line()
    assert log.drawn == ["Load... 25%"]


def test_a_partial_section_keeps_its_progress(log: RecordedLog) -> None:
    with monit.section("Load", total_steps=8, is_timed=False, is_partial=True):
        monit.progress(2)
    assert log.lines == ["Load...[25%]"]


def test_a_silent_section_shows_nothing(log: RecordedLog) -> None:
    with monit.section("Load", is_silent=True):
        logger.draw_line()
    assert list(monit.iterate("Train", 3, is_silent=True)) == [0, 1, 2]
    assert log.lines == []


def test_progress_outside_a_section_is_nothing(log: RecordedLog) -> None:
    monit.progress(1)
    monit.fail()
    assert log.lines == []


def test_iterating_gives_every_item_and_shows_how_far_it_is(log: RecordedLog) -> None:
    seen = []
    for item in monit.iterate("Train", ["a", "b", "c", "d"], is_timed=False):
        seen.append(item)
        logger.draw_line()
    assert seen == ["a", "b", "c", "d"]
    assert log.drawn == ["Train... 25%", "Train... 50%", "Train... 75%", "Train... 100%"]
    assert log.lines == ["Train...[DONE]"]


def test_items_of_unknown_number_are_counted(log: RecordedLog) -> None:
    for _ in monit.iterate("Read", (i for i in range(3)), is_timed=False):
        logger.draw_line()
    assert log.drawn[-1] == "Read... 3"
    for _ in monit.iterate("Read", iter(range(4)), 4, is_timed=False):
        logger.draw_line()
    assert log.drawn[-2:] == ["Read... 75%", "Read... 100%"]


def test_a_loop_that_is_left_early_does_not_end_as_done(log: RecordedLog) -> None:
    for item in monit.iterate("Train", 4, is_timed=False):
        if item == 1:
            break
    assert log.lines == ["Train...[50%]"]


def test_a_loop_whose_body_raises_does_not_end_as_done(log: RecordedLog) -> None:
    def train() -> None:
        for item in monit.iterate("Train", 4, is_timed=False):
            if item == 2:
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        train()
    assert log.lines == ["Train...[75%]"]


def test_enumerating_numbers_the_items() -> None:
    assert list(monit.enum("Train", "ab")) == [(0, "a"), (1, "b")]
    assert list(monit.enum("Train", 2)) == [(0, 0), (1, 1)]


def test_an_iteration_can_be_asked_for_items_one_by_one_and_again() -> None:
    items = monit.iterate("Train", [1, 2], is_silent=True)
    assert next(items) == 1
    assert list(items) == [1, 2]
    assert len(items) == 2
    with pytest.raises(TypeError, match="'Read' iterates over something of unknown length"):
        len(monit.iterate("Read", iter([])))


def test_empty_iteration_is_done(log: RecordedLog) -> None:
    assert list(monit.iterate("Train", [], is_timed=False)) == []
    assert log.lines == ["Train...[DONE]"]


def test_within_a_loop_sections_are_a_part_of_its_line(log: RecordedLog) -> None:
    for epoch in loop.loop(2, is_print_iteration_time=False):
        for _ in monit.iterate("Train", 2, is_timed=False):
            logger.draw_line()
        with monit.section("Valid", is_timed=False):
            if epoch:
                monit.fail()
    assert log.drawn[0].startswith("0:  Train: 50%  0:00")
    assert [line.split("  0:00")[0] for line in log.lines] == [
        "0:  Train: done  Valid: done",
        "1:  Train: done  Valid: FAIL",
    ]


def test_a_loop_within_a_section_leaves_the_section_whole(log: RecordedLog) -> None:
    with monit.section("Fit", is_timed=False):
        for _ in loop.loop(2):
            list(monit.iterate("Train", 2))
    assert len(log.lines) == 3
    assert log.lines[-1] == "Fit...[DONE]"
    assert not steps.current().line.is_running


def test_items_that_cannot_be_had_fail_their_section(log: RecordedLog) -> None:
    class Broken:
        def __iter__(self) -> Iterator[int]:
            raise OSError("no data")

    with pytest.raises(OSError, match="no data"):
        iter(monit.iterate("Train", Broken(), is_timed=False))
    assert log.lines == ["Train...[FAIL]"]


def test_a_number_may_be_of_any_library_and_a_sequence_of_the_old_kind(log: RecordedLog) -> None:
    class Number:
        def __index__(self) -> int:
            return 2

    class Old:
        def __getitem__(self, index: int) -> int:
            return [7, 8][index]

    number: Any = Number()
    old: Any = Old()
    assert list(monit.iterate("Train", number)) == [0, 1]
    assert list(monit.enum("Train", old)) == [(0, 7), (1, 8)]


def _report(done: Any) -> None:
    with monit.section("Load"):
        monit.progress(done)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: monit.iterate("Train", 1.5), "items or a number of times, not over 1.5"),
        (lambda: monit.enum("Train", None), "items or a number of times, not over None"),
        (lambda: monit.iterate("Train", 2, "all"), "total_steps is a number, not 'all'"),
        (lambda: iter(monit.iterate([1, 2], "Train")), "section is text, not \\[1, 2\\]"),
        (lambda: monit.section(5).__enter__(), "the name of a section is text, not 5"),
        (lambda: _report("half"), "the progress of a section is a number, not 'half'"),
    ],
)
def test_a_wrong_call_is_one_clear_error(log: RecordedLog, call: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        call()
    assert not steps.current().line.is_running
