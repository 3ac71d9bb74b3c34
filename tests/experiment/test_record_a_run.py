from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab import experiment, loop, monit, runs, steps, tracker
from lab.configs import BaseConfigs
from lab.errors import ExperimentError, PlanError, ProjectError, TrackerError
from lab.runs import Run
from lab.testing import Memory, RecordedLog, recorded_log


class Configs(BaseConfigs):
    lr: float = 0.1
    epochs: int = 3
    rate: float
    unused: float


@Configs.calc(Configs.rate)
def rate(c: Configs) -> float:
    return c.lr * 2


@Configs.calc(Configs.unused)
def unused(c: Configs) -> float:
    return c.lr * 3


@pytest.fixture(autouse=True)
def log() -> Iterator[RecordedLog]:
    with recorded_log() as log:
        yield log
        with contextlib.suppress(ExperimentError):
            experiment.current().close()


def _run(code: str, *, check: bool = False) -> tuple[Run, subprocess.CompletedProcess[str]]:
    """The run that a program leaves behind, and how the program ended."""
    Path("train.py").write_text("from lab import experiment, tracker, loop\n" + code)
    done = subprocess.run(
        [sys.executable, "train.py", "--flag"], capture_output=True, text=True, check=check
    )
    [run] = runs.find()
    return run, done


def test_a_block_that_ends_well_completes_the_run() -> None:
    experiment.create(name="e", comment="why", tags=["b", "a"], writers={"sqlite"})
    with experiment.start() as run:
        assert run.run.info.status == "running"
        tracker.save(1, loss=0.5)
    info = run.run.info
    assert (info.status, info.exception, info.experiment) == ("completed", None, "e")
    assert (info.comment, info.tags) == ("why", ["a", "b"])
    assert (info.host, info.process) == (socket.gethostname(), os.getpid())
    assert info.created is not None
    assert info.started is not None
    assert info.ended is not None
    assert info.created <= info.started <= info.ended
    assert run.path == Path.cwd() / "logs" / "e" / run.uuid
    assert run.run.last == {"loss": 0.5}
    assert not list(run.path.glob(".*"))


def test_a_block_that_raises_fails_the_run() -> None:
    experiment.create(name="e")
    run = experiment.start()

    def train() -> None:
        with run:
            tracker.save(1, loss=0.5)
            raise ValueError("bad\nluck")

    with pytest.raises(ValueError, match="bad"):
        train()
    assert (run.run.info.status, run.run.info.exception) == ("failed", "ValueError: bad luck")
    assert run.run.last == {"loss": 0.5}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (KeyboardInterrupt(), "interrupted"),
        (SystemExit(0), "completed"),
        (SystemExit(None), "completed"),
        (SystemExit(3), "failed"),
    ],
)
def test_every_way_out_of_a_block_is_told_apart(error: BaseException, status: str) -> None:
    experiment.create(name="e")
    run = experiment.start()

    def train() -> None:
        with run:
            raise error

    with pytest.raises(type(error)):
        train()
    assert run.run.info.status == status


def test_the_configs_are_recorded_with_the_run() -> None:
    experiment.create(name="e")
    conf = Configs()
    experiment.calculate_configs(conf, {"lr": 0.5}, ["rate"])
    with experiment.start() as run:
        recorded = run.run.configs
        assert recorded["unused"]["order"] == -1
        assert conf.unused == 1.5
    recorded = run.run.configs
    assert run.run.hyperparams == {"lr": 0.5}
    assert recorded["rate"]["computed"]
    assert recorded["rate"]["value"] == 1.0
    assert recorded["rate"]["reads"] == ["lr"]
    assert recorded["lr"]["is_explicitly_specified"]
    assert not recorded["epochs"]["is_explicitly_specified"]
    assert recorded["unused"]["order"] >= 0


def test_a_run_that_cannot_work_is_not_begun() -> None:
    experiment.create(name="e")
    with pytest.raises(PlanError, match="unknown config 'l_rate'"):
        experiment.calc_configs(Configs(), {"l_rate": 0.5})
    assert not Path("logs").exists()


def test_hyperparameters_are_shown_at_the_start(log: RecordedLog) -> None:
    experiment.create(name="digits")
    experiment.calculate_configs(Configs(), {"lr": 0.5}, ["rate"])
    with experiment.start() as run:
        pass
    assert log.lines[:2] == [f"digits  {run.uuid}", "  lr: 0.5"]


def test_a_second_experiment_starts_clean() -> None:
    experiment.create(name="e")
    first = experiment.start()
    loop.set_global_step(70)
    tracker.set_queue("loss", 5, True)
    tracker.save(loss=1.0)
    tracker.add(".left", 2.0)
    experiment.create(name="e")
    assert first.run.info.status == "completed"
    assert loop.get_global_step() == 0
    with experiment.start() as second:
        tracker.set_scalar("loss")
        tracker.save(loss=2.0)
    assert second.run.series("loss").steps == [0]
    assert second.run.last == {"loss": 2.0}
    assert first.run.last == {"loss": 1.0}


def test_closing_empties_every_slot() -> None:
    experiment.create(name="e")
    with experiment.start():
        mine = steps.current()
        section = monit.section("left open")
        section.__enter__()
    assert steps.current() is not mine
    assert not steps.current().line.is_running
    with pytest.raises(ExperimentError, match="no experiment in progress"):
        experiment.current()


def test_indicators_declared_before_the_start_are_the_runs() -> None:
    experiment.create(name="e", writers={"sqlite"})
    tracker.set_queue("loss", 2)
    tracker.save(1, loss=1.0)
    assert not Path("logs").exists()
    with experiment.start() as run:
        tracker.save(2, loss=2.0)
    assert run.run.series("loss").values == [1.0, 1.5]
    assert run.run.indicators["loss"]["kind"] == "queue"


def test_plain_calls_are_closed_at_the_end_of_the_process() -> None:
    code = "experiment.create()\nexperiment.start()\nfor i in range(5): tracker.save(i, loss=i)\n"
    run, done = _run(code, check=True)
    assert run.info.status == "completed"
    assert run.info.experiment == "train"
    assert run.info.python_file == str(Path("train.py").absolute())
    assert run.info.command[-2:] == ["train.py", "--flag"]
    assert run.series("loss").values == [0, 1, 2, 3, 4]
    assert done.stderr == ""


def test_an_exception_that_nobody_caught_is_the_end_of_plain_calls_too() -> None:
    run, done = _run("experiment.create()\nexperiment.start()\n1 / 0\n")
    assert run.info.status == "failed"
    assert run.info.exception == "ZeroDivisionError: division by zero"
    assert done.returncode == 1


def test_a_killed_run_reads_as_crashed() -> None:
    code = (
        "import os, signal\nexperiment.create()\nexperiment.start()\n"
        "tracker.save(1, loss=0.5)\ntracker.flush()\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    run, done = _run(code)
    assert done.returncode == -signal.SIGKILL
    assert run.info.status == "crashed"
    assert run.last == {"loss": 0.5}


def test_a_forked_child_closes_no_run() -> None:
    code = (
        "import os, sys\nexperiment.create()\nexperiment.start()\ntracker.save(1, loss=0.5)\n"
        "tracker.flush()\nchild = os.fork()\n"
        "if not child: sys.exit(3)\n"
        "os.waitpid(child, 0)\n"
        "from lab import runs\n"
        "print(runs.find()[0].info.status)\ntracker.save(2, loss=0.25)\n"
    )
    run, done = _run(code)
    assert "running" in done.stdout.splitlines()
    assert run.info.status == "completed"
    assert run.series("loss").values == [0.5, 0.25]


def test_the_commit_is_recorded() -> None:
    _git("init", "-q")
    _git("commit", "-q", "--allow-empty", "-m", "first")
    commit = _git("rev-parse", "HEAD").strip()
    run, _ = _run("experiment.create()\nexperiment.start()\n", check=True)
    assert run.info.git_commit == commit
    assert run.info.git_dirty is False


def test_a_dirty_repository_is_refused_where_that_is_wanted() -> None:
    _git("init", "-q")
    Path("lab.yaml").write_text("check_repo_dirty: true\n")
    _git("add", "lab.yaml")
    _git("commit", "-q", "-m", "first")
    Path("lab.yaml").write_text("check_repo_dirty: true\nwriters: [sqlite]\n")
    experiment.create(name="e")
    with pytest.raises(ExperimentError, match="has changes that are not committed"):
        experiment.start()
    assert not Path("logs").exists()


def test_a_commit_made_meanwhile_is_seen_by_the_next_experiment() -> None:
    _git("init", "-q")
    Path("lab.yaml").write_text("check_repo_dirty: true\n")
    _git("add", "lab.yaml")
    experiment.create(name="e")
    with pytest.raises(ExperimentError, match="has changes that are not committed"):
        experiment.start()
    _git("commit", "-q", "-m", "first")
    experiment.create(name="e")
    with experiment.start() as run:
        pass
    assert run.run.info.git_commit == _git("rev-parse", "HEAD").strip()
    assert run.run.info.git_dirty is False


def _git(*arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
    return subprocess.run(
        ["git", *identity, *arguments], capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize("name", ["a/b", "..", "", " ", "a\\b"])
def test_a_name_that_is_no_folder_is_an_error(name: str) -> None:
    with pytest.raises(ExperimentError, match="becomes a folder's"):
        experiment.create(name=name)


def test_an_unknown_writer_is_an_error_before_anything_is_written() -> None:
    with pytest.raises(TrackerError, match="unknown writer 'sqllite'; did you mean 'sqlite'"):
        experiment.create(name="e", writers={"sqllite"})
    assert not Path("logs").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"tags": 5}, "tags are words, such as .'baseline'., not 5"),
        ({"tags": [1, "a"]}, "tags are words"),
        ({"writers": 5}, "writers are names, .* not 5"),
        ({"writers": [["sqlite"]]}, "writers are names"),
        ({"comment": 5}, "a comment is text, not 5"),
        ({"python_file": 5}, "python_file is a path, not 5"),
    ],
)
def test_an_argument_of_a_wrong_kind_is_one_clear_error(
    arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ExperimentError, match=message):
        experiment.create(name="e", **arguments)


def test_a_writer_may_be_given_alone() -> None:
    memory = Memory()
    experiment.create(name="e", writers=memory)
    with experiment.start():
        tracker.save(1, loss=0.5)
    assert memory.series("loss") == [(1, 0.5)]


def test_a_folder_that_cannot_be_written_is_one_clear_error() -> None:
    Path("logs").write_text("not a folder")
    experiment.create(name="e")
    with pytest.raises(ExperimentError, match=r"cannot begin a run in .*logs.*experiments_path"):
        experiment.start()
    Path("logs").unlink()
    with experiment.start() as run:
        pass
    assert run.run.info.status == "completed"


def test_the_project_says_where_runs_and_which_writers() -> None:
    Path("lab.yaml").write_text("experiments_path: elsewhere\nwriters: [screen]\n")
    experiment.create(name="e")
    with experiment.start() as run:
        tracker.save(1, loss=0.5)
    assert run.path.parent == Path.cwd() / "elsewhere" / "e"
    assert not (run.path / "sqlite.db").exists()


def test_wrong_settings_of_the_project_are_one_clear_error() -> None:
    Path("lab.yaml").write_text("writer: [screen]\n")
    with pytest.raises(ProjectError, match=r"unknown key .writer. .*did you mean .writers."):
        experiment.create(name="e")


def test_a_block_of_what_was_only_created_is_an_error() -> None:
    with (
        pytest.raises(ExperimentError, match=r"is not started: write `with experiment\.start\(\)"),
        experiment.create(name="e"),
    ):
        pass


def test_calls_in_the_wrong_order_are_errors() -> None:
    experiment.create(name="e").close()
    for call in (
        experiment.start,
        experiment.save_checkpoint,
        lambda: experiment.calc_configs(Configs()),
    ):
        with pytest.raises(ExperimentError, match=r"call experiment\.create"):
            call()  # type: ignore[operator]
    experiment.create(name="e")
    experiment.start()
    with pytest.raises(ExperimentError, match="was started already"):
        experiment.start()


def test_configs_may_be_computed_in_several_calls_and_after_the_start() -> None:
    experiment.create(name="e")
    conf = Configs()
    experiment.calculate_configs(conf, {"lr": 0.5}, ["rate"])
    with experiment.start() as run:
        experiment.calculate_configs(conf, {"epochs": 7}, ["unused"])
        assert run.run.configs["unused"]["value"] == 1.5
        assert run.run.hyperparams == {"lr": 0.5, "epochs": 7}
    assert run.run.hyperparams == {"lr": 0.5, "epochs": 7}


def test_configs_of_a_run_that_was_started_without_are_recorded() -> None:
    experiment.create(name="e")
    with experiment.start() as run:
        assert run.run.configs == {}
        experiment.calculate_configs(Configs(), {"lr": 0.5}, ["rate"])
        assert run.run.configs["rate"]["value"] == 1.0


def test_a_run_has_one_object_of_configs() -> None:
    experiment.create(name="e")
    experiment.calculate_configs(Configs(), {}, ["rate"])
    with pytest.raises(ExperimentError, match="has one of Configs: make Configs a part of it, or"):
        experiment.calculate_configs(Configs(), {}, ["rate"])


def test_configs_that_could_not_be_computed_may_be_replaced() -> None:
    experiment.create(name="e")
    with pytest.raises(PlanError):
        experiment.calculate_configs(Configs(), {"l_rate": 1})
    experiment.calculate_configs(Configs(), {"lr": 1.0}, ["rate"])
    with experiment.start() as run:
        pass
    assert run.run.hyperparams == {"lr": 1.0}


def test_a_closed_experiment_says_what_cannot_be_done_with_it() -> None:
    closed = experiment.create(name="e")
    closed.close()
    closed.close()
    for call, what in (
        (closed.start, "start"),
        (lambda: closed.calculate_configs(Configs()), "compute configs"),
        (lambda: closed.add_tags("a"), "add tags"),
        (lambda: closed.add_note("a"), "add a note"),
    ):
        with pytest.raises(ExperimentError, match=f"cannot {what}: the experiment 'e' is closed"):
            call()  # type: ignore[operator]
    assert not Path("logs").exists()


def test_tags_and_notes_may_come_before_the_start() -> None:
    experiment.create(name="e", tags=["a"])
    experiment.add_tags("b")
    experiment.add_note("first")
    with experiment.start() as run:
        experiment.add_note("second")
        assert run.run.info.notes == "first\nsecond"
    assert run.run.info.tags == ["a", "b"]


@pytest.mark.parametrize(("call", "value"), [("add_tags", 5), ("add_note", 5)])
def test_tags_and_notes_are_text(call: str, value: Any) -> None:
    experiment.create(name="e")
    with pytest.raises(ExperimentError, match="not"):
        getattr(experiment, call)(value)


def test_an_experiment_that_was_never_started_leaves_nothing() -> None:
    threads = {thread.name for thread in threading.enumerate()}
    experiment.create(name="e")
    tracker.save(1, loss=0.5)
    experiment.current().close()
    assert not Path("logs").exists()
    left = {thread.name for thread in threading.enumerate()} - threads
    assert left <= {"lab-provenance", "lab-git-timer"}  # which end by themselves


def test_a_full_disk_at_the_start_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    experiment.create(name="e")
    with monkeypatch.context() as patch:
        patch.setattr("lab.files.write_bytes", fail)
        with pytest.raises(ExperimentError, match=r"cannot begin a run in .*: No space left"):
            experiment.start()
    assert not list(Path("logs/e").iterdir())
    with experiment.start() as run:
        pass
    assert run.run.info.status == "completed"


def test_a_full_disk_at_the_end_is_said_and_ends_no_program(
    monkeypatch: pytest.MonkeyPatch, log: RecordedLog
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    experiment.create(name="e", writers=[])
    run = experiment.start()
    run._recorder.settle()
    with monkeypatch.context() as patch:
        patch.setattr("lab.files.write_bytes", fail)
        run.close()
    assert "recording how it ended failed: OSError: [Errno 28] No space left on device" in log.text


def test_a_full_disk_ends_no_training(monkeypatch: pytest.MonkeyPatch, log: RecordedLog) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    experiment.create(name="e", writers=[])
    with experiment.start() as run:
        run._recorder.settle()
        with monkeypatch.context() as patch:
            patch.setattr("lab.files.write_bytes", fail)
            experiment.add_note("lost for now")
            experiment.calculate_configs(Configs(), {"lr": 0.5}, ["rate"])
    assert "what was added to the run" in log.text
    assert "the configs of the run" in log.text
    assert run.run.info.notes == "lost for now"  # there was room again at the end
    assert run.run.hyperparams == {"lr": 0.5}


def test_an_interrupt_while_closing_waits_for_the_status(monkeypatch: pytest.MonkeyPatch) -> None:
    experiment.create(name="e")
    run = experiment.start()

    def interrupt() -> None:
        raise KeyboardInterrupt

    run._closers.append(("waiting", interrupt))
    with pytest.raises(KeyboardInterrupt):
        run.close()
    assert run.run.info.status == "completed"
    assert steps.current() is not run._steps


def test_an_exception_that_cannot_be_shown_is_recorded() -> None:
    class Strange(Exception):
        def __str__(self) -> str:
            raise ValueError("no")

    experiment.create(name="e")
    run = experiment.start()
    run.close(Strange())
    assert run.run.info.exception == "Strange: (it cannot be shown: ValueError)"
    assert "Strange" in run.layout.traceback.read_text()


def test_a_run_closed_by_hand_is_completed() -> None:
    code = "experiment.create()\nexperiment.start()\nexperiment.current().close()\n1 / 0\n"
    run, _ = _run(code)
    assert run.info.status == "completed"


def test_an_exception_of_before_is_not_the_end_of_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "last_value", ValueError("of an earlier cell"), raising=False)
    experiment.create(name="e")
    run = experiment.start()
    experiment.create(name="e")
    assert run.run.info.status == "completed"
