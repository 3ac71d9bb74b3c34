from __future__ import annotations

import contextlib
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab import experiment, steps, tracker
from lab.errors import ExperimentError, MissingExtra
from lab.experiment._pulse import Pulse
from lab.runs import Saved
from lab.testing import Memory, RecordedLog, recorded_log
from lab.tracker import system

LONG = 60.0  # seconds for which a test waits for what it knows to come


@pytest.fixture(autouse=True)
def log() -> Iterator[RecordedLog]:
    with recorded_log() as log:
        yield log
        with contextlib.suppress(ExperimentError):
            experiment.current().close()


class Watched(Memory):
    """Tells when there is a measurement of the machine."""

    def __init__(self) -> None:
        super().__init__()
        self.is_measured = threading.Event()

    def write(self, saved: Saved) -> None:
        super().write(saved)
        if any(name.startswith("system.") for batch in saved.batches for name in batch.names):
            self.is_measured.set()

    def wait_for(self, step: int) -> None:
        while step not in dict(self.series("system.ones")):
            assert self.is_measured.wait(LONG)
            self.is_measured.clear()


class Ones(system.Sensor):
    name = "ones"

    def read(self) -> dict[str, float]:
        return {"ones": 1.0}


@pytest.fixture
def ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine of which one number is known, whatever is installed."""
    monkeypatch.setattr("lab.tracker.system.check_installed", lambda: None)
    monkeypatch.setattr("lab.tracker.system._sampler._all", lambda: [Ones()])


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate() if thread.name.startswith("lab-")}


def test_a_run_gives_a_sign_of_life_until_it_is_closed() -> None:
    experiment.create(name="e", writers=[])
    with experiment.start() as run:
        assert run.run.layout.heartbeat.exists()
    assert not run.layout.heartbeat.exists()
    assert threads() == set()


@pytest.mark.usefixtures("ones")
def test_the_machine_is_measured_beside_what_the_program_saves(log: RecordedLog) -> None:
    memory = Watched()
    experiment.create(name="e", writers=memory, system_indicators=0.01)
    with experiment.start():
        tracker.save(7, loss=1.0)
        tracker.add("half", 2.0)
        memory.wait_for(7)
        assert steps.current().step == 7
        tracker.save(8)
    assert memory.series("loss") == [(7, 1.0)]
    assert memory.series("half") == [(8, 2.0)]
    assert {step for step, _ in memory.series("system.ones")} <= {0, 7, 8}
    assert "system." not in log.text
    assert threads() == set()


@pytest.mark.usefixtures("ones")
def test_measuring_shows_no_line_of_its_own(log: RecordedLog) -> None:
    memory = Watched()
    experiment.create(name="e", writers=memory, system_indicators=0.01)
    with experiment.start():
        tracker.save(7, loss=1.0)
        tracker.flush()
        memory.wait_for(7)
        tracker.flush()
    assert [line for line in log.lines if "loss" in line] == ["7:  loss: 1.0000"]


@pytest.mark.usefixtures("ones")
@pytest.mark.parametrize("is_in_file", [True, False])
def test_the_machine_is_not_measured_where_that_is_not_wanted(is_in_file: bool) -> None:
    if is_in_file:
        Path("lab.yaml").write_text("system_indicators: false\n")
        experiment.create(name="e", writers=Memory())
    else:
        Path("lab.yaml").write_text("system_indicators: 0.01\n")
        experiment.create(name="e", writers=Memory(), system_indicators=False)
    with experiment.start():
        assert "lab-system" not in threads()


@pytest.mark.usefixtures("ones")
def test_how_often_it_is_measured_may_stand_in_the_settings_of_the_project() -> None:
    Path("lab.yaml").write_text("system_indicators: 0.01\n")
    memory = Watched()
    experiment.create(name="e", writers=memory)
    with experiment.start():
        assert memory.is_measured.wait(LONG)


def test_what_cannot_be_measured_is_silently_left_out(
    monkeypatch: pytest.MonkeyPatch, log: RecordedLog
) -> None:
    monkeypatch.setitem(sys.modules, "psutil", None)
    monkeypatch.setitem(sys.modules, "pynvml", None)
    experiment.create(name="e", writers=[])
    with experiment.start():
        [thread] = [t for t in threading.enumerate() if t.name == "lab-system"] or [None]
        if thread is not None:
            thread.join(LONG)
    assert "system" not in log.text


def test_what_is_asked_for_and_cannot_be_measured_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "psutil", None)
    with pytest.raises(MissingExtra, match=r"psutil .*lab-experiments\[system\]"):
        experiment.create(name="e", system_indicators=True)


@pytest.mark.parametrize("wrong", ["yes", 0, -1.0, float("inf"), float("nan"), [10]])
def test_neither_yes_nor_no_nor_seconds_is_an_error(wrong: Any) -> None:
    with pytest.raises(ExperimentError, match="system_indicators is True, False or a number"):
        experiment.create(name="e", system_indicators=wrong)


@pytest.mark.usefixtures("ones")
def test_a_run_whose_folder_is_deleted_ends_normally(log: RecordedLog) -> None:
    memory = Watched()
    experiment.create(name="e", writers=memory, system_indicators=0.01)
    with experiment.start() as run:
        shutil.rmtree(run.path.rename("deleted"))  # at once: files are still being added to it
        tracker.save(7, loss=1.0)
        memory.wait_for(7)
    assert run.is_closed
    assert "lab-heartbeat" not in log.text
    assert "lab-system" not in log.text
    assert threads() == set()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forked processes here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
@pytest.mark.usefixtures("ones")
def test_a_forked_child_stops_nothing_and_waits_for_nothing() -> None:
    experiment.create(name="e", writers=[], system_indicators=0.01)
    with experiment.start() as run:
        assert run.run.info.status == "running"  # and its threads are there
        child = os.fork()
        if child == 0:
            run.close()
            run._heartbeat.stop()
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert run.layout.heartbeat.exists()
        assert {"lab-heartbeat", "lab-system"} <= threads()


def test_a_call_that_fails_is_reported_once_and_made_again(log: RecordedLog) -> None:
    calls: list[int] = []
    is_enough = threading.Event()

    def fail() -> None:
        calls.append(len(calls))
        if len(calls) == 3:
            is_enough.set()
        raise OSError("no")

    pulse = Pulse("lab-test", fail, [0.0] * 3)
    pulse.start()
    assert is_enough.wait(LONG)
    pulse.stop()
    assert calls == [0, 1, 2]
    assert len([line for line in log.lines if "lab-test fails" in line]) == 1


def test_a_call_that_says_no_is_not_made_again() -> None:
    calls: list[bool] = []

    def once() -> bool:
        calls.append(True)
        return False

    pulse = Pulse("lab-test", once, [0.0] * 3)
    pulse.start()
    pulse._thread.join(LONG)
    pulse.stop()
    assert calls == [True]


def test_a_call_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.experiment._pulse._PATIENCE", 0.01)
    is_begun, is_free = threading.Event(), threading.Event()
    order: list[str] = []

    def hang() -> None:
        is_begun.set()
        is_free.wait(LONG)

    pulse = Pulse(
        "lab-test", hang, [0.0], lambda: order.append("start"), lambda: order.append("end")
    )
    pulse.stop()
    assert order == []  # what was not started does not end
    pulse.start()
    assert is_begun.wait(LONG)
    pulse.stop()
    assert order == ["start", "end"]
    assert pulse._thread.is_alive()
    is_free.set()
    pulse._thread.join(LONG)
