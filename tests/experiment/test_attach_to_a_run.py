from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import experiment, loop, tracker
from lab.configs import BaseConfigs
from lab.errors import ExperimentError, RunError
from lab.runs import Run
from lab.testing import Memory, RecordedLog, recorded_log


class Configs(BaseConfigs):
    lr: float = 0.1

    def run(self) -> None:
        tracker.set_queue("loss", 2, True)
        tracker.save(3, loss=1.0)
        tracker.save(7, loss=2.0)


@pytest.fixture(autouse=True)
def log() -> Iterator[RecordedLog]:
    with recorded_log() as log:
        yield log
        with contextlib.suppress(ExperimentError):
            experiment.current().close()


@pytest.fixture
def run() -> Run:
    return experiment.run(Configs, {"lr": 0.5}, "e", tags=["a"])


def test_indicators_tags_notes_and_files_are_added(run: Run) -> None:
    Path("report.txt").write_text("good")
    with experiment.attach(run.uuid[:8]) as attached:
        assert attached.path == run.path
        tracker.save(accuracy=0.9)
        experiment.add_tags("tested", "a")
        experiment.add_note("better than before")
        experiment.add_note("on all scans")
        path = experiment.add_artifact("report.txt")
    assert run.last == {"loss": 1.5, "accuracy": 0.9}
    assert run.series("accuracy").steps == [7]
    assert run.info.tags == ["a", "tested"]
    assert run.info.notes == "better than before\non all scans"
    assert path == run.path / "artifacts" / "report.txt"
    assert path.read_text() == "good"


def test_what_is_known_of_the_run_stays(run: Run) -> None:
    before, configs = run.info, run.configs
    with experiment.attach(run.uuid):
        tracker.save(9, accuracy=0.9)
    assert run.info == before
    assert run.configs == configs
    assert run.hyperparams == {"lr": 0.5}
    assert run.indicators["loss"]["kind"] == "queue"
    assert set(run.indicators) == {"loss", "accuracy"}
    assert not run.layout.heartbeat.exists()


def test_an_indicator_goes_on_where_it_ended(run: Run) -> None:
    with experiment.attach(run):
        tracker.set_queue("loss", 2, True)
        tracker.save(8, loss=4.0)
    assert run.series("loss").steps == [3, 7, 8]
    assert run.indicators["loss"]["queue_size"] == 2


def test_an_exception_while_attached_does_not_change_how_the_run_ended(run: Run) -> None:
    with pytest.raises(ValueError, match="bad"), experiment.attach(run):
        raise ValueError("bad")
    assert (run.info.status, run.info.exception) == ("completed", None)
    assert not run.layout.traceback.exists()


def test_a_failed_run_stays_failed() -> None:
    experiment.create(name="e")
    with pytest.raises(ValueError, match="bad"), experiment.start() as failed:
        raise ValueError("bad")
    with experiment.attach(failed.uuid):
        pass
    assert (failed.run.info.status, failed.run.info.exception) == ("failed", "ValueError: bad")


def test_a_crashed_run_reads_as_crashed_while_and_after_it_is_added_to() -> None:
    code = (
        "import os, signal\nfrom lab import experiment, tracker\nexperiment.create(name='e')\n"
        "run = experiment.start()\ntracker.save(5, loss=0.5)\ntracker.flush()\n"
        "print(run.uuid, os.getpid(), flush=True)\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL
    uuid, process = done.stdout.splitlines()[-1].split()
    with experiment.attach(uuid) as attached:
        assert attached.run.info.status == "crashed"
        tracker.save(accuracy=0.5)
    info = attached.run.info
    assert (info.status, info.process, info.host) == ("crashed", int(process), socket.gethostname())
    assert attached.run.series("accuracy").steps == [5]


def test_a_run_that_goes_on_is_refused_and_named() -> None:
    code = (
        "from lab import experiment\nexperiment.create(name='e')\nrun = experiment.start()\n"
        "print(run.uuid, flush=True)\ninput()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        lines = iter(child.stdout.readline, "")
        uuid = next(
            line.split()[-1] for line in lines if line.startswith(("e  ", "-")) or "-" in line
        )
        with pytest.raises(
            ExperimentError,
            match=rf"has not ended: the process {child.pid} on {socket.gethostname()} writes to it",
        ):
            experiment.attach(uuid)
        child.communicate("\n")


def test_the_run_of_this_process_is_refused_too_while_it_goes_on() -> None:
    experiment.create(name="e")
    own = experiment.start()
    with pytest.raises(ExperimentError, match=f"the process {os.getpid()} on"):
        experiment.attach(own.uuid)
    tracker.save(1, loss=0.5)
    own.close()
    assert own.run.last == {"loss": 0.5}


def test_there_is_no_run_of_that_name() -> None:
    with pytest.raises(RunError, match="no run 'abc'"):
        experiment.attach("abc")


def test_nothing_of_the_life_of_a_run_can_be_repeated(run: Run) -> None:
    with experiment.attach(run) as attached:
        assert loop.get_global_step() == 7
        with pytest.raises(ExperimentError, match="was started already"):
            experiment.start()
        with pytest.raises(ExperimentError, match="its configs stay what they were"):
            experiment.calculate_configs(Configs())
    with pytest.raises(ExperimentError, match="cannot add tags: the experiment 'e' is closed"):
        attached.add_tags("late")


def test_a_run_without_indicators_begins_at_step_0() -> None:
    experiment.create(name="e", writers=[])
    with experiment.start() as empty:
        pass
    memory = Memory()
    with experiment.attach(empty.uuid, writers=memory):
        tracker.save(accuracy=1.0)
    assert memory.series("accuracy") == [(0, 1.0)]


def test_what_others_wrote_meanwhile_is_kept(run: Run) -> None:
    with experiment.attach(run) as attached:
        Path(run.layout.info).write_text(
            run.layout.info.read_text().replace("comment: ''", "comment: by hand")
        )
        attached.add_tags("tested")
    assert (run.info.comment, run.info.tags) == ("by hand", ["a", "tested"])


@pytest.mark.parametrize("name", ["", "..", "../x", "/x", "a/../../x"])
def test_an_artifact_stays_within_the_run(run: Run, name: str) -> None:
    Path("report.txt").write_text("good")
    with experiment.attach(run), pytest.raises(ExperimentError, match="a path within the run's"):
        experiment.add_artifact("report.txt", name)


def test_a_folder_is_an_artifact_and_takes_the_place_of_one_before(run: Run) -> None:
    Path("plots").mkdir()
    Path("plots/a").write_text("1")
    with experiment.attach(run):
        experiment.add_artifact("plots", "figures/all")
        Path("plots/a").unlink()
        Path("plots/b").write_text("2")
        path = experiment.add_artifact("plots", "figures/all")
        with pytest.raises(ExperimentError, match="there is no file missing"):
            experiment.add_artifact("missing")
    assert [one.name for one in path.iterdir()] == ["b"]
