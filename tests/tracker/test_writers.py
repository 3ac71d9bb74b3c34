from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lab import runs, tracker
from lab.errors import TrackerError
from lab.runs import Layout, Run, RunInfo, Saved
from lab.steps import Steps
from lab.testing import recorded_indicators, recorded_log
from lab.tracker import Tracker, Writer, writers
from lab.tracker.writers.memory import Memory


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = runs.new_layout(tmp_path, "e")
    layout.create()
    runs.write_info(layout, RunInfo(uuid=layout.path.name, experiment="e"))
    return layout


def test_who_first_added_is_recorded(layout: Layout) -> None:
    class Trainer:
        def step(self, run: Tracker) -> None:
            run.save(1, loss=0.5)

    run = Tracker(Steps(), [writers.create("sqlite")], layout)
    run.declare(tracker.indicators.Scalar("loss"))  # declared elsewhere
    Trainer().step(run)
    run.close()
    record = Run(layout.path).indicators["loss"]
    assert record["kind"] == "scalar"
    assert record["class"].endswith("Trainer")
    assert record["file"] == __file__


def test_values_can_be_read_while_the_run_goes_on(layout: Layout) -> None:
    run = Tracker(Steps(), [writers.create("sqlite")], layout)
    run.save(1, loss=0.5)
    assert run.flush(10)
    assert Run(layout.path).last == {"loss": 0.5}
    run.close()


def test_what_was_written_survives_a_kill(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from lab import runs, tracker\n"
        "from lab.steps import Steps\n"
        "layout = runs.new_layout(Path(sys.argv[1]), 'e'); layout.create()\n"
        "runs.write_info(layout, runs.RunInfo(layout.path.name, 'e'))\n"
        "run = tracker.Tracker(Steps(), [tracker.writers.create('sqlite')], layout)\n"
        "for step in range(1000): run.save(step, loss=0.5)\n"
        "run.flush()\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    [folder] = (tmp_path / "e").iterdir()
    run = Run(folder)
    assert len(run.series("loss").steps) == 1000
    assert run.info.status == "crashed"


class _Failing(Writer):
    name = "failing"

    def __init__(self, times: int) -> None:
        self.times = times
        self.steps: list[int] = []

    def write(self, saved: Saved) -> None:
        if self.times:
            self.times -= 1
            raise OSError("disk full")
        self.steps.extend(row[0] for batch in saved.batches for row in batch.rows())


def test_a_writer_that_fails_is_named_once_and_gets_its_rows_later() -> None:
    failing, memory = _Failing(3), Memory()
    with recorded_log() as log:
        run = Tracker(Steps(), [failing, memory])
        for step in range(5):
            run.save(step, loss=0.5)
            run.flush(10)
        run.close()
    assert failing.steps == list(range(5))
    assert len(memory.rows) == 5
    assert len(log.lines) == 1
    assert "the writer 'failing' fails, training goes on" in log.lines[0]
    assert "OSError: disk full" in log.lines[0]


def test_what_a_writer_never_took_is_counted() -> None:
    with recorded_log() as log:
        run = Tracker(Steps(), [_Failing(10**9)])
        run.save(1, loss=0.5)
        run.close()
    assert "did not write 1 saved rows" in log.lines[-1]


def test_values_that_a_writer_refuses_do_not_hold_up_those_behind_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("lab.tracker._lane._AGAIN", 0.01)

    class Refusing(_Failing):
        def write(self, saved: Saved) -> None:
            if any("odd" in batch.names for batch in saved.batches):
                raise ValueError("odd")
            super().write(saved)

    refusing = Refusing(0)
    with recorded_log() as log:
        run = Tracker(Steps(), [refusing])
        run.save(1, odd=0.5)
        run.flush(10)
        run.save(2, loss=0.5)
        while refusing.steps != [2]:
            run.flush(10)
        run.close()
    assert "cannot write 1 saved rows, which are dropped: ValueError: odd" in log.lines[1]
    assert log.lines[2:] == ["warning: the writer 'failing' did not write 1 saved rows"]
    assert run.dropped == 1


@pytest.fixture
def _low_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("_background.BOUND", "_rows.BOUND", "_rows._LEAST_ROOM", "_lane.KEPT"):
        monkeypatch.setattr(f"lab.tracker.{place}", 30)  # ten rows of step, time, value


@pytest.mark.usefixtures("_low_bounds")
def test_a_loop_that_outruns_the_writers_waits_and_loses_nothing() -> None:
    memory = Memory()
    run = Tracker(Steps(), [memory])
    for step in range(200):
        run.save(step, loss=0.5)
    run.close()
    assert [row[0] for row in memory.rows] == list(range(200))
    assert run.waited > 0


@pytest.mark.usefixtures("_low_bounds")
def test_past_the_bound_a_failing_writer_loses_the_newest_rows_and_says_how_many() -> None:
    failing = _Failing(10**9)
    with recorded_log() as log:
        run = Tracker(Steps(), [failing])
        for step in range(25):
            run.save(step, loss=0.5)
            run.flush(10)
        failing.times = 0
        run.flush(10)
        run.save(30, loss=0.5)
        run.close()
    assert failing.steps == [*range(10), 30]
    assert log.lines[-1] == "warning: the writer 'failing' did not write 15 saved rows"
    assert run.dropped == 15


@pytest.mark.usefixtures("_low_bounds")
def test_what_is_saved_before_the_start_is_kept_up_to_the_bound() -> None:
    memory = Memory()
    with recorded_log() as log:
        run = Tracker(Steps(), [memory], is_held=True)
        for step in range(25):
            run.save(step, loss=0.5)
        run.start()
        run.close()
    assert [row[0] for row in memory.rows] == list(range(10))
    assert run.dropped == 15
    assert len(log.lines) == 1
    assert "what is saved now is dropped" in log.lines[0]


def test_a_device_that_fails_costs_its_own_rows_only(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)

    class Lost(torch.Tensor):  # type: ignore[misc]  # torch is only known at run time here
        is_cpu = property(lambda self: False)

        def tolist(self) -> float:
            raise RuntimeError("device lost")

    memory = Memory()
    with recorded_log() as log:
        run = Tracker(Steps(), [memory])
        run.save(1, a=torch.Tensor._make_subclass(Lost, torch.tensor(1.0)))
        run.save(2, a=torch.Tensor._make_subclass(Lost, torch.tensor(1.0)))
        run.save(3, b=0.5)
        run.close()
    assert memory.series("b") == [(3, 0.5)]
    assert log.lines == [
        ("warning: a at step 1 cannot be read and is not recorded: RuntimeError: device lost"),
        "warning: 2 saved values could not be read and are not recorded",
    ]


@pytest.mark.parametrize("kind", ["sqlite", "tensorboard"])
def test_a_writer_of_files_without_an_experiment_says_what_it_needs(kind: str) -> None:
    if kind == "tensorboard":
        pytest.importorskip("tensorboard")
    with pytest.raises(TrackerError, match="needs an experiment"):
        writers.create(kind).open(writers.Target())


def test_without_an_experiment_values_are_shown() -> None:
    before = tracker.set_current(None)
    try:
        with recorded_log() as log:
            tracker.set_scalar("hidden")
            tracker.save(1200, {"loss": 0.12345, "tiny": 1e-7, "hidden": 1.0})
            assert tracker.flush(10)
            mine = tracker.set_current(None)
            assert mine is not None
            mine.close()
    finally:
        tracker.set_current(before)
    assert log.lines == ["1,200:  loss: 0.1235  tiny: 1.000e-07"]


def test_a_recording_holds_what_a_program_saved() -> None:
    with recorded_indicators() as memory:
        tracker.save(3, loss=0.5)
    assert memory.series("loss") == [(3, 0.5)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_is_silent_after_one_warning(layout: Layout, tmp_path: Path) -> None:
    run = Tracker(Steps(), [writers.create("sqlite")], layout)
    before = tracker.set_current(run)
    run.save(1, loss=0.5)
    assert run.flush(10)
    try:
        child = os.fork()
        if not child:
            _child(tmp_path / "seen.txt")
        assert os.waitpid(child, 0)[1] == 0
        run.save(2, loss=0.25)
        run.close()
    finally:
        tracker.set_current(before)
    assert (tmp_path / "seen.txt").read_text() == (
        "warning: values added to the tracker in a worker process are not recorded"
    )
    assert Run(layout.path).series("loss").values == [0.5, 0.25]


def _child(seen: Path) -> None:
    try:
        with recorded_log() as log:
            for step in range(3):
                tracker.add("loss", 7.0)
                tracker.save(step)
            tracker.flush(1)
        seen.write_text("\n".join(log.lines))
        os._exit(0)
    except BaseException:
        os._exit(1)


def test_a_spawned_worker_is_silent_after_one_warning(tmp_path: Path) -> None:
    code = (
        "import multiprocessing\n"
        "from lab import tracker\n"
        "def work():\n"
        "    for step in range(3): tracker.save(step, loss=7.0)\n"
        "if __name__ == '__main__':\n"
        "    child = multiprocessing.get_context('spawn').Process(target=work)\n"
        "    child.start(); child.join()\n"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.splitlines() == [
        "warning: values added to the tracker in a worker process are not recorded"
    ]
