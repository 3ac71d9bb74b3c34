from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from lab import logger, loop, monit, steps
from lab.errors import MonitError
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
    assert log.drawn == [
        "Train... 25%  1/4",
        "Train... 50%  2/4",
        "Train... 75%  3/4",
        "Train... 100%  4/4",
    ]
    assert log.lines == ["Train...[DONE]"]


def test_items_of_unknown_number_are_counted(log: RecordedLog) -> None:
    for _ in monit.iterate("Read", (i for i in range(3)), is_timed=False):
        logger.draw_line()
    assert log.drawn[-1] == "Read... 3"
    for _ in monit.iterate("Read", iter(range(4)), 4, is_timed=False):
        logger.draw_line()
    assert log.drawn[-2:] == ["Read... 75%  3/4", "Read... 100%  4/4"]


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
        (lambda: monit.section(5), "the name of a section is text, not 5"),
        (lambda: monit.iterate("Train", -1), "items or a number of times, not over -1"),
        (lambda: monit.section("Load", total_steps="all"), "total_steps is a number, not 'all'"),
        (lambda: monit.iterate("Train", 3, -1), "total_steps is a number from 0 on, not -1"),
        (lambda: monit.iterate(5), "the name of a section is text, not 5"),
        (lambda: monit.mix(2, ("a", 3, -3)), "total_steps is a number from 0 on, not -3"),
        (lambda: monit.section("Load")(3), "put round a function, not round 3"),
        (lambda: monit.iterate("Load")(3), "decorates a function that gives items, not 3"),
        (lambda: monit.mix(0, ("a", 1)), "the rounds of a mix are a number from 1 on, not 0"),
        (lambda: monit.mix("a", ("a", 1)), "the rounds of a mix .* not 'a'"),
        (lambda: monit.mix(2), "one or more sources of different names, not of \\[\\]"),
        (lambda: monit.mix(2, ("a", 1), ("a", 1)), "of different names, not of \\['a', 'a'\\]"),
        (lambda: monit.mix(2, [1, 2]), "is a name and what to iterate over, not \\[1, 2\\]"),
        (lambda: monit.mix(2, ("a", iter([]))), "'a' does not know how many items it has"),
        (lambda: _report(float("nan")), "the progress of a section is a number, not nan"),
        (lambda: _report("half"), "the progress of a section is a number, not 'half'"),
    ],
)
def test_a_wrong_call_is_one_clear_error(log: RecordedLog, call: Any, message: str) -> None:
    with pytest.raises(MonitError, match=message):
        call()
    assert not steps.current().line.is_running


def test_a_decorated_function_is_a_section_at_each_call(log: RecordedLog) -> None:
    @monit.section("Load", is_timed=False)
    def load(depth: int) -> int:
        """Loads."""
        return load(depth - 1) if depth else 7

    assert load(1) == load(0) == 7
    assert load.__doc__ == "Loads."
    assert log.lines == ["Load...", "  Load...[DONE]", "Load...[DONE]", "Load...[DONE]"]


def test_a_decorated_function_that_raises_shows_fail(log: RecordedLog) -> None:
    @monit.section("Load", is_timed=False)
    def load() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        load()
    assert log.lines == ["Load...[FAIL]"]


def test_decorated_generators_and_coroutines_are_sections_until_their_end(log: RecordedLog) -> None:
    @monit.section("Read", is_timed=False)
    def read() -> Iterator[int]:
        logger.log("reading")
        yield 1

    @monit.section("Wait", is_timed=False)
    async def wait() -> int:
        logger.log("waiting")
        return 2

    assert list(read()) == [1]
    with pytest.raises(StopIteration) as end:
        wait().send(None)
    assert end.value.value == 2
    assert log.lines == ["reading", "Read...[DONE]", "waiting", "Wait...[DONE]"]


def test_a_decorated_function_of_items_shows_how_far_they_are(log: RecordedLog) -> None:
    @monit.iterate("Read", total_steps=4, is_timed=False)
    def read(last: int) -> Iterator[int]:
        yield from range(last)

    for _ in read(4):
        logger.draw_line()
    assert log.drawn[1] == "Read... 50%  2/4"
    assert log.lines == ["Read...[DONE]"]


def test_a_mix_takes_the_same_share_of_each_every_round(log: RecordedLog) -> None:
    seen = "".join(f"{name}{item}" for name, item in monit.mix(3, ("t", 6), ("v", iter("abcd"), 4)))
    assert seen == "t0t1vat2t3vbt4t5vcvd"
    [line] = log.lines
    assert line.startswith("t, v...[DONE]")


def test_a_mix_is_two_sections_of_a_loop(log: RecordedLog) -> None:
    for _ in loop.loop(1, is_print_iteration_time=False):
        for _ in monit.mix(2, ("train", 4), ("valid", [1, 2]), is_timed=False):
            logger.draw_line()
    assert log.drawn[2].startswith("0:  train: done  valid: 50%")
    assert log.lines[-1].startswith("0:  train: done  valid: done")


def test_a_mix_that_is_left_ends_with_how_far_it_was(log: RecordedLog) -> None:
    for _, item in monit.mix(2, ("train", 4), ("valid", 2), is_timed=False):
        if item == 1:
            break
    assert log.lines == ["train, valid...[33%]"]


def test_sections_of_one_name_are_one_on_the_line_of_a_loop(log: RecordedLog) -> None:
    for _ in loop.loop(1, is_print_iteration_time=False):
        for _ in range(500):
            with monit.section("step", is_timed=False):
                pass
    assert [line.split("  0:00")[0] for line in log.lines] == ["0:  step: done"]


def test_the_rate_and_the_time_left_are_on_the_line(
    log: RecordedLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    for _ in monit.iterate("Train", 200):
        now[0] += 0.5
        if now[0] == 50:
            logger.draw_line()
    assert log.drawn == ["Train... 50%  100/200  2.0/s  0:50 / 0:50 left"]
    assert log.lines == ["Train...[DONE]  1:40  2.0/s"]


def test_the_seconds_of_sections_and_of_the_loop_are_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    rows: list[Any] = []
    steps.current().measured = lambda names, values: rows.append(
        (steps.current().step, dict(zip(names, values, strict=True)))
    )

    def work(name: str, seconds: float, **options: bool) -> None:
        with monit.section(name, **options):
            now[0] += seconds

    work("Load", 3)
    work("hidden", 1, is_timed=False)
    for epoch in loop.loop(2):
        for _ in range(2):
            work("Train", 1 + epoch, is_silent=True)
        for _ in monit.mix(2, ("a", 2), ("b", 1)):
            now[0] += 0.5
    assert rows == [
        (0, {"time.Load": 3}),
        (0, {"time.Train": 1, "time.a": 1, "time.b": 0.5, "time.loop": 3.5}),
        (1, {"time.Train": 2, "time.a": 1, "time.b": 0.5, "time.loop": 5.5}),
    ]


def test_a_list_that_grows_while_it_is_gone_through_is_no_error(log: RecordedLog) -> None:
    items = [1]
    for item in monit.iterate("Grow", items, is_timed=False):
        logger.draw_line()
        if item < 4:
            items.append(item + 1)
    assert log.lines == ["Grow...[DONE]"]


def test_a_name_of_several_lines_is_shown_in_one(log: RecordedLog) -> None:
    with monit.section("Load\nall\tof it", is_timed=False):
        pass
    assert log.lines == ["Load all of it...[DONE]"]
