from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab import experiment, loop, monit, runs, steps, tracker
from lab.configs import BaseConfigs
from lab.errors import CalculationFailed, ExperimentError, PlanError
from lab.runs import Run
from lab.testing import Memory, RecordedLog, recorded_log


class Configs(BaseConfigs):
    lr: float = 0.1
    rate: float
    unused: float

    def run(self) -> None:
        tracker.save(1, rate=self.rate)


@Configs.calc(Configs.rate)
def rate(c: Configs, factor: int = 2) -> float:
    return c.lr * factor


@Configs.calc(Configs.unused)
def unused(c: Configs) -> float:
    raise AssertionError("nobody reads it")


@pytest.fixture(autouse=True)
def log() -> Iterator[RecordedLog]:
    with recorded_log() as log:
        yield log
        with contextlib.suppress(ExperimentError):
            experiment.current().close()


def test_a_class_runs_from_its_overrides_to_its_end(log: RecordedLog) -> None:
    run = experiment.run(
        Configs, {"lr": 0.5, "rate.factor": 4}, "e", writers="sqlite", tags=["a"], comment="why"
    )
    assert isinstance(run, Run)
    assert (run.info.status, run.info.experiment) == ("completed", "e")
    assert (run.info.tags, run.info.comment) == (["a"], "why")
    assert run.hyperparams == {"lr": 0.5, "rate.factor": 4}
    assert run.last == {"rate": 2.0}
    assert run.configs["rate"]["value"] == 2.0
    assert run.configs["unused"]["order"] == -1
    assert log.lines[:3] == [f"e  {run.uuid}", "  lr: 0.5", "  rate.factor: 4"]
    with pytest.raises(ExperimentError, match="no experiment in progress"):
        experiment.current()


def test_an_object_runs_with_what_was_set_on_it() -> None:
    conf = Configs()
    conf.lr = 0.25
    assert experiment.run(conf, name="e").last == {"rate": 0.5}


def test_the_seed_comes_first_and_main_stands_in_for_run() -> None:
    calls: list[str] = []

    class Seeded(BaseConfigs):
        data: int

        def set_seed(self) -> None:
            calls.append("set_seed")

        def main(self) -> None:
            calls.append(f"main {self.data}")

    @Seeded.calc(Seeded.data)
    def data() -> int:
        calls.append("data")
        return 5

    experiment.run(Seeded, name="e", writers=[])
    assert calls == ["set_seed", "data", "main 5"]


def test_a_calculated_main_is_called_where_it_can_be() -> None:
    calls: list[str] = []

    class Calculated(BaseConfigs):
        main: Any

    @Calculated.calc(Calculated.main)
    def first() -> Any:
        return lambda: calls.append("called")

    @Calculated.calc(Calculated.main)
    def second() -> int:
        calls.append("computed")
        return 5

    experiment.run(Calculated, name="e", writers=[])
    experiment.run(Calculated, {"main": "second"}, name="e", writers=[])
    assert calls == ["called", "computed"]


def test_an_order_names_items_to_compute_and_methods_to_call() -> None:
    calls: list[str] = []

    class Ordered(BaseConfigs):
        function: Any

        def train(self) -> None:
            calls.append("train")

        @staticmethod
        def check() -> None:
            calls.append("check")

    @Ordered.calc(Ordered.function)
    def function() -> Any:
        calls.append("computed")
        return lambda: calls.append("called")

    experiment.run(Ordered, name="e", run_order=["check", "function", "train"], writers=[])
    assert calls == ["check", "computed", "train"]


def test_what_cannot_work_leaves_no_run_and_no_experiment() -> None:
    with pytest.raises(PlanError, match="unknown config 'l_rate'"):
        experiment.run(Configs, {"l_rate": 0.5}, "e")
    assert not Path("logs").exists()
    with pytest.raises(ExperimentError, match="no experiment in progress"):
        experiment.current()


def test_a_warning_is_said_once(log: RecordedLog) -> None:
    experiment.run(Configs, {"unused": 1.0}, "e", writers=[])
    assert len([line for line in log.lines if "nothing in this run reads it" in line]) == 1


class Failing(BaseConfigs):
    broken: int

    def run(self) -> None:
        tracker.save(1, loss=0.5)
        self.broken  # noqa: B018


@Failing.calc(Failing.broken)
def broken() -> int:
    raise OSError("no data")


def test_a_failure_ends_the_run_and_goes_on() -> None:
    with pytest.raises(CalculationFailed, match="no data"):
        experiment.run(Failing, name="e")
    [run] = runs.find()
    assert run.info.status == "failed"
    assert run.info.exception is not None
    assert run.info.exception.endswith("<- OSError: no data")
    assert "no data" in run.layout.traceback.read_text()
    assert steps.current().step == 0


@pytest.mark.parametrize(
    ("conf", "message"),
    [
        (dict, "what runs is a class of configs .* not dict; .* `with experiment"),
        ({"lr": 1}, "not dict"),
        (BaseConfigs, "BaseConfigs has neither 'run' nor 'main'.*run_order"),
    ],
)
def test_what_is_no_run_is_one_clear_error(conf: Any, message: str) -> None:
    with pytest.raises(ExperimentError, match=message):
        experiment.run(conf)
    assert not Path("logs").exists()


left_open: list[Any] = []


class Grid(BaseConfigs):
    kind: str = "scalar"
    seen: list[Any] = []

    def run(self) -> None:
        self.seen.extend((loop.get_global_step(), steps.current().stop_reason))
        (tracker.set_queue if self.kind == "queue" else tracker.set_scalar)("loss")
        if self.kind == "queue":
            loop.set_global_step(70)
            tracker.add("left", 5.0)
            left_open.extend((monit.section("left open"), tracker.namespace("open")))
            for block in left_open:
                block.__enter__()
            experiment.add_pytorch_models({})
        tracker.save(".loss" if self.kind == "queue" else "loss", 1.0)


def test_runs_of_a_grid_inherit_nothing_of_each_other() -> None:
    before, threads = _descriptors(), _threads()
    memories = [Memory(), Memory()]
    first = Grid()
    experiment.run(first, {"kind": "queue"}, "e", writers=memories[0], system_indicators=False)
    assert _threads() <= threads
    second = Grid()
    experiment.run(second, {"kind": "scalar"}, "e", writers=memories[1], system_indicators=False)
    assert first.seen == second.seen == [0, None]
    assert not steps.current().line.is_running
    assert memories[0].series("open.loss") == [(70, 1.0)]
    assert memories[1].last == {"loss": 1.0}
    assert _threads() <= threads
    assert _descriptors() <= before


def test_signals_are_what_they_were_after_a_run() -> None:
    numbers = [signal.SIGINT, signal.SIGTERM]
    before = [signal.getsignal(number) for number in numbers]
    experiment.run(Configs, name="e", writers=[])
    assert [signal.getsignal(number) for number in numbers] == before


def _threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


def _descriptors() -> set[str]:
    folder = Path("/proc/self/fd")
    if not folder.exists():
        return set()
    found = set()
    for entry in folder.iterdir():
        with contextlib.suppress(OSError):
            found.add(f"{entry.name} {os.readlink(entry)}")
    return {one for one in found if "/proc/" not in one}


def test_a_run_works_in_another_thread_than_the_main_one() -> None:
    found: list[Run] = []
    thread = threading.Thread(target=lambda: found.append(experiment.run(Configs, name="e")))
    thread.start()
    thread.join()
    assert found[0].info.status == "completed"
    assert found[0].last == {"rate": 0.2}


def test_a_handler_of_the_program_for_sigterm_stays() -> None:
    calls: list[int] = []

    class Signalled(BaseConfigs):
        def run(self) -> None:
            signal.raise_signal(signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, lambda number, frame: calls.append(number))
    try:
        run = experiment.run(Signalled, name="e", writers=[])
    finally:
        signal.signal(signal.SIGTERM, before)
    assert calls == [signal.SIGTERM]
    assert run.info.status == "completed"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forked processes here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_worker_dies_of_sigterm_as_ever() -> None:
    experiment.create(name="e", writers=[])
    with experiment.start() as run:
        child = os.fork()
        if child == 0:
            signal.raise_signal(signal.SIGTERM)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status == -signal.SIGTERM
    assert run.run.info.status == "completed"
