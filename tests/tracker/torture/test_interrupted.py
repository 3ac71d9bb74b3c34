from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from lab.runs import Layout, Run
from lab.steps import Steps
from lab.testing import recorded_log
from lab.tracker import Tracker, indicators, writers
from lab.tracker.writers.memory import Memory

Script = Callable[..., "subprocess.CompletedProcess[str]"]
needs_alarm = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs setitimer")


class Alarm:
    """Calls something at random moments, as a signal handler."""

    def __init__(self, call: Callable[[], None], mean: float) -> None:
        self._call, self._mean = call, mean
        self._chance = random.Random()
        self.count = 0

    def __enter__(self) -> Alarm:
        self._before = signal.signal(signal.SIGALRM, self._handle)
        self._again()
        return self

    def __exit__(self, *error: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self._before)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        try:
            self._call()
        finally:
            self._again()  # only now: one within another is more than is promised

    def _again(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, self._chance.uniform(0.2, 1.8) * self._mean)


class Interrupt:
    """Raises once each time that it is armed."""

    is_armed = False

    def __call__(self) -> None:
        if self.is_armed:
            self.is_armed = False
            raise KeyboardInterrupt


def _calls(run: Tracker, step: int) -> None:
    """One save of each way that values may take."""
    way = step % 4
    if way == 0:
        run.add({"a": step, "b": 0.5})
    elif way == 1:
        run.add("a", step)
        run.add("b", 0.5)
    elif way == 2:
        run.add({"a": step, "b": 0.5})
        run.add({"a": step, "b": 0.5})
        run.add("b", 0.5)
    else:
        run.add({"a": step, "b": 0.5, "hist": step})
    run.save(step)


@needs_alarm
def test_a_signal_handler_may_add_and_save() -> None:
    memory = Memory()
    run = Tracker(Steps(), [memory])
    run.declare(indicators.Histogram("hist"))
    run.start()  # Python's own threads are not made for interrupts while they start
    handled: list[int] = []

    def handle() -> None:
        number = len(handled)
        handled.append(number)
        if number % 3 == 0:
            run.add("from_handler", number)
            run.save()
        elif number % 3 == 1:
            run.save({"from_handler": number, "b": 0.5})
        else:
            run.add({"from_handler": number})
            run.add("b", 0.5)
            run.save()

    until = time.monotonic() + 2
    step = 0
    with Alarm(handle, 0.0003) as alarm:
        while time.monotonic() < until:
            _calls(run, step)
            step += 1
    run.save(step)
    assert run.flush(30)
    run.close()
    assert alarm.count > 100
    # of each step one value, and no other one: not lost, not twice, not mixed up; where a step adds
    # the same twice, a handler between the two saves the first
    values = [value for _, value in memory.series("a")]
    assert list(dict.fromkeys(values)) == list(range(step))
    assert [value for value in values if value % 4 != 2] == [n for n in range(step) if n % 4 != 2]
    # what a handler saves within another save is saved after that one, with a second one's, maybe
    from_handler = [value for _, value in memory.series("from_handler")]
    assert set(from_handler) <= {half / 2 for half in range(2 * len(handled))}
    assert len(handled) * 0.9 < len(from_handler) <= len(handled)
    assert {value for _, value in memory.series("b")} == {0.5}
    assert sum(sum(e.value.counts) for e in memory.entries) == len(range(3, step, 4))  # type: ignore[union-attr]


@needs_alarm
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # in a callback
def test_an_interrupt_at_any_moment_leaves_the_tracker_as_it_should_be(layout: Layout) -> None:
    memory = Memory()
    run = Tracker(Steps(), [writers.create("sqlite"), memory], layout)
    run.declare(indicators.Histogram("hist"))
    run.start()  # Python's own threads are not made for interrupts while they start

    interrupt = Interrupt()
    saved: list[int] = []
    until = time.monotonic() + 3
    step = 0
    with Alarm(interrupt, 0.002) as alarm:
        while time.monotonic() < until:
            try:
                interrupt.is_armed = True
                while time.monotonic() < until:
                    step += 1
                    _calls(run, step)
                    saved.append(step)
                    if step % 1000 == 0:
                        run.flush(30)
                interrupt.is_armed = False
            except KeyboardInterrupt:
                pass
    assert alarm.count > 100
    run.save(-1)  # what was added, and not saved
    assert run.flush(30)
    run.close()
    whole = set(saved)
    assert {number for number, _ in memory.series("a")} >= whole
    assert Run(layout.path).series("a").steps == [number for number, _ in memory.series("a")]
    assert {value for _, value in memory.series("b")} == {0.5}
    exact = {number: value for number, value in memory.series("a") if number in whole}
    odd = {number: value for number, value in exact.items() if value != number}
    # what was added before an interrupt belongs to the save after it, and to no other
    assert len(odd) <= alarm.count
    for number, value in odd.items():  # on a busy machine many steps in a row are interrupted
        before = max((done for done in whole if done < number), default=0)
        assert before < value <= number


@needs_alarm
def test_closing_may_be_interrupted_and_taken_up_again(layout: Layout) -> None:
    class Held(Memory):
        go = threading.Event()

        def write(self, saved: Any) -> None:
            self.go.wait()
            super().write(saved)

    memory = Held()
    run = Tracker(Steps(), [memory, writers.create("sqlite")], layout)
    for step in range(100):
        run.save(step, loss=0.5)

    interrupt = Interrupt()
    for call in (run.close, run.flush):
        interrupt.is_armed = True
        with Alarm(interrupt, 0.05), pytest.raises(KeyboardInterrupt):
            call()
    memory.go.set()
    run.close()
    assert len(memory.rows) == 100
    assert Run(layout.path).series("loss").steps == list(range(100))


def test_after_closing_everything_is_silent_and_does_nothing() -> None:
    memory = Memory()
    with recorded_log() as log:
        run = Tracker(Steps(), [memory])
        run.save(1, a=1.0, b=2.0)
        run.add({"a": 1.0, "b": 2.0})  # never saved
        run.close()
        run.close()
        for step in range(5):
            run.add("a", 3.0)
            run.add({"a": 3.0, "b": 2.0})
            run.save(step)
            run.save(step, a=3.0)
            run.save_row(("a",), (3.0,))
        assert run.flush()
        assert run.flush(1)
        run.start()
        run.close()
    assert len(memory.rows) == 1
    assert not log.lines
    assert not [t for t in threading.enumerate() if t.name.startswith("lab-tracker")]


def test_a_tracker_that_took_nothing_closes_at_once() -> None:
    run = Tracker(Steps(), [Memory()])
    run.save()
    run.save(3)
    assert run.flush()
    run.close()
    assert run.dropped == 0


def test_threads_that_go_on_adding_do_not_disturb_the_end(layout: Layout) -> None:
    memory = Memory()
    with recorded_log() as log:
        run = Tracker(Steps(), [writers.create("sqlite"), memory], layout)
        stop = threading.Event()
        errors: list[BaseException] = []

        def work(name: str) -> None:
            try:
                while not stop.is_set():
                    run.add(name, 0.5)
                    run.add({name: 0.5, "common": 0.5})
                    run.save()
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=work, args=(f"n{i}",)) for i in range(3)]
        for thread in threads:
            thread.start()
        while len(memory.rows) < 1000:
            time.sleep(0.001)
        run.close()
        rows = len(memory.rows)
        stop.set()
        for thread in threads:
            thread.join()
    assert not errors
    assert not log.lines
    assert len(memory.rows) == rows
    assert {value for _, value in memory.series("common")} == {0.5}
    assert Run(layout.path).series("common").values == [v for _, v in memory.series("common")]


def test_two_threads_that_save_at_once_lose_nothing() -> None:
    memory = Memory()
    run = Tracker(Steps(), [memory])
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        run.save(0, {"a": 0, "b": 0})

        def work() -> None:
            for _ in range(3000):
                run.add({"a": 1, "b": 1})
                run.save()

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    run.close()
    assert memory.series("a")[1:] == [(0, 1)] * len(memory.rows[1:])
    assert len(memory.rows) > 3000


ENDS = {
    "without a word": ("", 0, "completed"),
    "sys.exit": ("sys.exit(3)", 3, None),
    "an exception": ("1 / 0", 1, "failed"),
    "os.kill": ("os.kill(os.getpid(), signal.SIGINT)", None, None),
}


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("is_block", [True, False])
def test_however_a_program_ends_all_that_was_saved_is_there(
    script: Script, tmp_path: Path, end: str, is_block: bool
) -> None:
    code, returned, status = ENDS[end]
    run = f"for step in range(5000): tracker.save(step, loss=step / 2)\n    {code or 'pass'}"
    start = "with experiment.start():" if is_block else "experiment.start()\nif True:"
    done = script(
        f"""
import os, signal, sys
from lab import experiment, tracker
experiment.create("e", writers={{"sqlite"}}, system_indicators=False)
{start}
    {run}
"""
    )
    assert returned is None or done.returncode == returned, done.stderr
    [path] = (tmp_path / "logs" / "e").iterdir()
    assert Run(path).series("loss").values == [step / 2 for step in range(5000)]
    assert status is None or Run(path).info.status == status
    assert Run(path).info.status != "crashed"
