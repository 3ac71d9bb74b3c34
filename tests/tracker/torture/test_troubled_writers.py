from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from lab.runs import Saved
from lab.steps import Steps
from lab.testing import RecordedLog, recorded_log
from lab.tracker import Tracker
from lab.tracker.writers import Target
from lab.tracker.writers.memory import Memory


@pytest.fixture
def log() -> Iterator[RecordedLog]:
    with recorded_log() as log:
        yield log


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.tracker._lane._AGAIN", 0.01)
    monkeypatch.setattr("lab.tracker._background.PERIOD", 0.01)


class Odd(BaseException):
    def __str__(self) -> str:
        raise RuntimeError("no words for it")


class Troubled(Memory):
    """Raises in one of its methods, as often as wanted."""

    name = "troubled"

    def __init__(self, method: str, error: Callable[[], BaseException], times: int) -> None:
        super().__init__()
        self._method, self._error, self._times = method, error, times
        self.opened = self.closed = 0

    def _may_fail(self, method: str) -> None:
        if method == self._method and self._times:
            self._times -= 1
            raise self._error()

    def open(self, target: Target) -> None:
        self._may_fail("open")
        self.opened += 1

    def declare(self, records: object) -> None:
        self._may_fail("declare")

    def write(self, saved: Saved) -> None:
        self._may_fail("write")
        super().write(saved)

    def close(self) -> None:
        self._may_fail("close")
        self.closed += 1


ERRORS: dict[str, Callable[[], BaseException]] = {
    "OSError": lambda: OSError(28, "No space left on device"),
    "SystemExit": lambda: SystemExit(1),
    "KeyboardInterrupt": KeyboardInterrupt,
    "GeneratorExit": GeneratorExit,
    "MemoryError": MemoryError,
    "Odd": Odd,
}


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("method", ["open", "declare", "write", "close"])
def test_whatever_a_writer_raises_costs_one_warning_and_no_value(
    log: RecordedLog, method: str, error: str
) -> None:
    troubled, memory = Troubled(method, ERRORS[error], 3), Memory()
    run = Tracker(Steps(), [troubled, memory])
    for step in range(20):
        run.save(step, loss=step / 2)
        run.flush(10)
    run.close()
    expected = [(step, step / 2) for step in range(20)]
    assert memory.series("loss") == expected
    assert troubled.series("loss") == expected
    assert (troubled.opened, troubled.closed) == (1, method != "close")
    assert len(log.lines) == 1
    assert log.lines[0].startswith("warning: the writer 'troubled' fails")
    assert error in log.lines[0]


@pytest.mark.parametrize("method", ["open", "write"])
def test_a_writer_that_fails_to_the_end_is_counted(log: RecordedLog, method: str) -> None:
    troubled, memory = Troubled(method, ERRORS["SystemExit"], 10**9), Memory()
    run = Tracker(Steps(), [troubled, memory])
    for step in range(20):
        run.save(step, loss=step / 2)
    assert run.flush(10) is False
    run.close()
    assert len(memory.rows) == 20
    assert len(log.lines) == 2
    assert log.lines[1] == "warning: the writer 'troubled' did not write 20 saved rows"
    assert run.dropped == 20


class Hanging(Memory):
    """Does not come back from its nth call of `write` until it is let go."""

    name = "hanging"

    def __init__(self, at: int = 1) -> None:
        super().__init__()
        self.go, self.has_begun = threading.Event(), threading.Event()
        self._left = at

    def write(self, saved: Saved) -> None:
        self._left -= 1
        if self._left == 0:
            self.has_begun.set()
            self.go.wait()
        super().write(saved)


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hanging]:
    monkeypatch.setattr("lab.tracker._lane._STUCK", 0.05)
    monkeypatch.setattr("lab.tracker._background.CLOSING", 0.05)
    hanging = Hanging()
    yield hanging
    hanging.go.set()


def test_a_writer_that_hangs_for_ever_holds_up_nothing(log: RecordedLog, hanging: Hanging) -> None:
    memory = Memory()
    run = Tracker(Steps(), [hanging, memory])
    run.save(0, loss=0.0)
    assert hanging.has_begun.wait(10)
    for step in range(1, 5000):
        run.save(step, loss=step / 2)
    assert run.flush() is False  # comes back, without a limit of time too
    assert len(memory.rows) == 5000
    run.close()
    assert log.lines == ["warning: the writer 'hanging' did not write 5,000 saved rows"]
    assert run.dropped == 5000


@pytest.mark.usefixtures("log")
def test_several_writers_that_hang_are_waited_for_together(
    monkeypatch: pytest.MonkeyPatch, hanging: Hanging
) -> None:
    monkeypatch.setattr("lab.tracker._background.CLOSING", 0.5)
    others = [Hanging() for _ in range(10)]
    memory = Memory()
    run = Tracker(Steps(), [hanging, *others, memory])
    run.save(0, loss=0.0)
    began = time.monotonic()
    run.close()
    assert time.monotonic() - began < 4  # and not ten times as long
    assert len(memory.rows) == 1
    for other in others:
        other.go.set()


def test_a_writer_that_hung_for_a_while_gets_all_of_it(log: RecordedLog, hanging: Hanging) -> None:
    run = Tracker(Steps(), [hanging])
    for step in range(1000):
        run.save(step, loss=step / 2)
    assert hanging.has_begun.wait(10)
    assert run.flush() is False
    hanging.go.set()
    while not run.flush(10):
        pass
    assert hanging.series("loss") == [(step, step / 2) for step in range(1000)]
    run.close()
    assert not log.lines


class Slow(Memory):
    """Takes its time for each write, as a loop of it would."""

    name = "slow"

    def __init__(self, turn: threading.Semaphore) -> None:
        super().__init__()
        self._turn = turn

    def write(self, saved: Saved) -> None:
        self._turn.acquire()
        super().write(saved)


@pytest.fixture
def _low_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("_background.BOUND", "_rows.BOUND", "_rows._LEAST_ROOM"):
        monkeypatch.setattr(f"lab.tracker.{place}", 300)  # a hundred rows of step, time, value


@pytest.mark.usefixtures("_low_bounds")
def test_others_are_not_delayed_by_a_slow_writer_and_the_loop_waits_at_the_bound(
    log: RecordedLog,
) -> None:
    turn = threading.Semaphore(0)
    slow, memory = Slow(turn), Memory()
    run = Tracker(Steps(), [slow, memory])
    saved = threading.Event()

    def loop() -> None:
        for step in range(1000):
            run.save(step, loss=0.5)
        saved.set()

    thread = threading.Thread(target=loop)
    thread.start()
    deadline = time.monotonic() + 10
    while len(memory.rows) < 100 and time.monotonic() < deadline:
        pass  # the slow one has taken nothing yet
    assert len(memory.rows) >= 100
    assert not slow.rows
    assert not saved.is_set()  # it waits for the slow one
    while not saved.wait(0.001):
        turn.release()
    for _ in range(2000):
        turn.release()
    thread.join()
    run.close()
    assert [row[0] for row in slow.rows] == list(range(1000))
    assert [row[0] for row in memory.rows] == list(range(1000))
    assert not log.lines


@pytest.mark.usefixtures("_low_bounds")
def test_a_writer_busy_with_many_pieces_is_not_taken_for_one_that_hangs(
    monkeypatch: pytest.MonkeyPatch, log: RecordedLog
) -> None:
    monkeypatch.setattr("lab.tracker._lane._STUCK", 0.25)
    monkeypatch.setattr("lab.tracker._lane.KEPT", 300)

    class Steady(Memory):
        def write(self, saved: Saved) -> None:
            threading.Event().wait(0.02)
            super().write(saved)

    steady = Steady()
    run = Tracker(Steps(), [steady])
    for step in range(600):
        run.save(step, {f"a{step % 100}": 0.5})
    run.close()
    assert len(steady.rows) == 600
    assert not log.lines


def test_flush_comes_back_while_others_go_on_saving() -> None:
    memory = Memory()
    run = Tracker(Steps(), [memory])
    stop = threading.Event()

    def loop() -> None:
        while not stop.is_set():
            run.save_row(("other",), (0.5,), 1)

    threads = [threading.Thread(target=loop) for _ in range(2)]
    for thread in threads:
        thread.start()
    for step in range(20):
        run.save(step, loss=0.5)
        assert run.flush(30)
        assert memory.series("loss")[-1] == (step, 0.5)
    stop.set()
    for thread in threads:
        thread.join()
    run.close()


@pytest.mark.usefixtures("_low_bounds")
def test_after_flush_everything_is_there_however_far_behind_the_writer_was() -> None:
    memory = Memory()
    run = Tracker(Steps(), [memory])
    for step in range(5000):
        run.save(step, loss=0.5)
    assert run.flush(30)
    assert len(memory.rows) == 5000
    run.close()


def test_values_that_cannot_be_made_cost_themselves_alone(log: RecordedLog) -> None:
    from lab.tracker.indicators import Text

    class Lost(Text):
        def take_value(self):  # type: ignore[no-untyped-def]
            from lab.tracker._deferred import Deferred

            class Never(Deferred[object]):
                def read(self) -> object:
                    raise RuntimeError("lost")

            return Never()

    memory = Memory()
    run = Tracker(Steps(), [memory])
    run.declare(Lost("lost"))
    for step in range(3):
        run.save(step, lost="text", loss=0.5)
    run.close()
    assert memory.series("loss") == [(step, 0.5) for step in range(3)]
    assert log.lines == [
        "warning: lost at step 0 cannot be read and is not recorded: RuntimeError: lost",
        "warning: 3 saved values could not be read and are not recorded",
    ]


def test_a_console_that_is_closed_ends_no_training(monkeypatch: pytest.MonkeyPatch) -> None:
    from lab import logger

    class Closed(logger.Output):
        def write(self, parts: object, end: str = "\n") -> None:
            raise BrokenPipeError

    before = logger.set_current(logger.Logger(Closed()))
    try:
        troubled, memory = Troubled("write", ERRORS["OSError"], 5), Memory()
        run = Tracker(Steps(), [troubled, memory], is_held=True)
        for step in range(20):
            run.save(step, loss=0.5)
        run.start()
        run.close()
    finally:
        logger.set_current(before)
    assert len(memory.rows) == 20


def test_where_there_are_no_more_threads_training_goes_on(
    monkeypatch: pytest.MonkeyPatch, log: RecordedLog
) -> None:
    memory = Memory()
    run = Tracker(Steps(), [memory])
    with monkeypatch.context() as patch:

        def refuse(self: threading.Thread) -> None:
            raise RuntimeError("can't start new thread")

        patch.setattr(threading.Thread, "start", refuse)
        for step in range(10):
            run.save(step, loss=0.5)
    run.save(10, loss=0.5)
    run.close()
    assert len(memory.rows) == 11
    assert log.lines == [
        "warning: nothing is written, for no thread can be started: can't start new thread"
    ]


def test_a_failing_writer_keeps_few_pictures_however_many_are_saved(log: RecordedLog) -> None:
    from lab.runs import Entry, Image
    from lab.tracker._lane import KEPT, size

    picture = Entry("picture", 1, 1.0, Image(bytes(1_000_000), 1000, 1000))
    assert KEPT // size(Saved(entries=[picture])) < 100  # of a megabyte each
    assert not log.lines
