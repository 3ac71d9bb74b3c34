from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab import runs
from lab.runs import Layout, Run, RunInfo
from lab.steps import Steps
from lab.testing import RecordedLog, recorded_log
from lab.tracker import Tracker, writers
from lab.tracker.writers.memory import Memory

KINDS = ["sqlite", "csv", "tensorboard"]
Script = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def log() -> Iterator[RecordedLog]:
    with recorded_log() as log:
        yield log


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.tracker._lane._AGAIN", 0.02)
    monkeypatch.setattr("lab.tracker._background.PERIOD", 0.02)


def _mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"cannot mount here: {done.stderr.strip()}")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes."""
    if not sys.platform.startswith("linux") or os.geteuid() or not shutil.which("mount"):
        pytest.skip("needs root on Linux, to mount a disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    _mount("-t", "tmpfs", "-o", "size=2m", "lab-test", str(folder))
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def _begin(folder: Path) -> Layout:
    layout = runs.new_layout(folder, "e")
    layout.create()
    runs.write_info(layout, RunInfo(layout.path.name, "e"))
    return layout


def _writer(kind: str) -> writers.Writer:
    if kind == "tensorboard":
        pytest.importorskip("tensorboard")
    return writers.create(kind)


def _read(kind: str, layout: Layout, name: str) -> list[float]:
    if kind == "sqlite":
        return Run(layout.path).series(name).values
    if kind == "csv":
        lines = (layout.path / "csv" / "scalars.csv").read_text().splitlines()
        return [float(line.split(",")[3]) for line in lines if line.startswith(f"{name},")]
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    events = accumulator.EventAccumulator(
        str(layout.tensorboard), size_guidance={accumulator.SCALARS: 0}
    )
    events.Reload()
    return [event.value for event in events.Scalars(name)]


def _fill(folder: Path) -> Path:
    """Leave no room on a disk."""
    filler = folder / "filler"
    with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
    return filler


@pytest.mark.parametrize("kind", KINDS)
def test_on_a_full_disk_training_goes_on_and_values_are_written_once_there_is_space(
    small_disk: Path, log: RecordedLog, kind: str
) -> None:
    layout = _begin(small_disk)
    memory = Memory()
    run = Tracker(Steps(), [_writer(kind), memory], layout)
    for step in range(500):
        run.save(step, loss=step / 2)
    assert run.flush(30)
    filler = _fill(small_disk)
    for step in range(500, 5000):
        run.save(step, loss=step / 2)
    assert run.flush(30) is False
    assert len(memory.rows) == 5000  # others go on
    filler.unlink()
    for _ in range(100):
        if run.flush(30):
            break
    run.close()
    assert _read(kind, layout, "loss") == [step / 2 for step in range(5000)]
    assert len(log.lines) == 1
    assert f"the writer '{kind}' fails, training goes on" in log.lines[0]
    assert run.dropped == 0


@pytest.mark.parametrize("kind", KINDS)
def test_on_a_disk_that_stays_full_the_end_says_how_much_is_missing(
    small_disk: Path, log: RecordedLog, kind: str
) -> None:
    layout = _begin(small_disk)
    run = Tracker(Steps(), [_writer(kind)], layout)
    run.save(0, loss=0.0)
    assert run.flush(30)
    _fill(small_disk)
    for step in range(1, 5001):
        run.save(step, loss=step / 2)
    run.flush(30)
    run.close()
    values = _read(kind, layout, "loss")  # what there was can be read
    assert values == [step / 2 for step in range(len(values))]
    assert values
    missing = 5001 - len(values)
    assert len(log.lines) == 2
    assert log.lines[1] == f"warning: the writer '{kind}' did not write {missing:,} saved rows"
    assert run.dropped == missing


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_that_becomes_read_only_is_written_to_when_it_is_not_any_more(
    small_disk: Path, log: RecordedLog, kind: str
) -> None:
    layout = _begin(small_disk)
    run = Tracker(Steps(), [_writer(kind)], layout)
    run.save(0, loss=0.0)
    assert run.flush(30)
    # what is open for writing would keep the disk from being read-only: it is sealed by another way
    done = subprocess.run(
        ["mount", "-o", "remount,ro,size=2m", str(small_disk)], capture_output=True, check=False
    )
    if done.returncode:  # a database that is open
        run.close()
        _mount("-o", "remount,ro,size=2m", str(small_disk))
        run = Tracker(Steps(), [_writer(kind)], layout)
    for step in range(1, 100):
        run.save(step, loss=step / 2)
    assert run.flush(30) is False
    _mount("-o", "remount,rw,size=2m", str(small_disk))
    for _ in range(100):
        if run.flush(30):
            break
    run.close()
    assert _read(kind, layout, "loss")[-100:] == [step / 2 for step in range(100)][-100:]
    assert len(log.lines) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_deleted_under_the_run_ends_no_training(
    layout: Layout, log: RecordedLog, kind: str
) -> None:
    memory = Memory()
    run = Tracker(Steps(), [_writer(kind), memory], layout)
    for step in range(100):
        run.save(step, loss=step / 2)
    assert run.flush(30)
    shutil.rmtree(layout.path)
    for step in range(100, 200):
        run.save(step, loss=step / 2)
    assert run.flush(30) is False
    run.close()
    assert len(memory.rows) == 200
    assert not layout.path.exists()
    assert len(log.lines) == 2
    assert f"the writer '{kind}' fails, training goes on" in log.lines[0]
    assert log.lines[1] == f"warning: the writer '{kind}' did not write 100 saved rows"


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_that_comes_back_gets_what_was_saved_meanwhile(
    layout: Layout, log: RecordedLog, kind: str
) -> None:
    run = Tracker(Steps(), [_writer(kind)], layout)
    run.save(0, loss=0.0)
    assert run.flush(30)
    shutil.rmtree(layout.path)
    for step in range(1, 100):
        run.save(step, loss=step / 2)
    assert run.flush(30) is False
    layout.create()
    for _ in range(100):
        if run.flush(30):
            break
    run.close()
    assert _read(kind, layout, "loss") == [step / 2 for step in range(1, 100)]
    assert len(log.lines) == 1


def test_a_database_that_another_process_locks_for_a_while_loses_nothing(
    layout: Layout, log: RecordedLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.runs._database._BUSY", 0.02)
    memory = Memory()
    run = Tracker(Steps(), [writers.create("sqlite"), memory], layout)
    run.save(0, loss=0.0)
    assert run.flush(30)
    other = sqlite3.connect(layout.database, isolation_level=None)
    for how in ("IMMEDIATE", "EXCLUSIVE"):
        other.execute(f"BEGIN {how}")
        for step in range(1000):
            run.save(step, {how: step})
        for _ in range(20):
            assert run.flush(30) is False
        assert len(memory.series(how)) == 1000
        other.execute("COMMIT")
        while not run.flush(30):
            pass
    other.close()
    run.close()
    for how in ("IMMEDIATE", "EXCLUSIVE"):
        assert Run(layout.path).series(how).values == list(range(1000))
    assert not log.lines


@pytest.mark.slow
def test_a_database_locked_for_ten_seconds_beside_a_quick_loop_loses_nothing(
    script: Script, tmp_path: Path
) -> None:
    done = script(
        """
import sqlite3, sys, threading, time
from lab import experiment, tracker
experiment.create("e", writers={"sqlite"}, system_indicators=False)
with experiment.start() as run:
    tracker.save(0, loss=0.0)
    tracker.flush()
    def lock():
        other = sqlite3.connect(run.layout.database, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        time.sleep(10)
        other.close()
    thread = threading.Thread(target=lock)
    thread.start()
    step = 0
    while thread.is_alive():
        step += 1
        tracker.save(step, loss=step / 2)
        time.sleep(0.0005)
print(step)
"""
    )
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stdout + done.stderr
    [path] = (tmp_path / "logs" / "e").iterdir()
    last = int(done.stdout.splitlines()[-1])
    assert Run(path).series("loss").values == [step / 2 for step in range(last + 1)]
    assert Run(path).info.status == "completed"


def test_a_database_locked_to_the_end_is_waited_for_no_longer_than_said(
    layout: Layout, log: RecordedLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.runs._database._BUSY", 0.02)
    monkeypatch.setattr("lab.tracker._lane._PATIENCE", 0.3)
    run = Tracker(Steps(), [writers.create("sqlite")], layout)
    run.save(0, loss=0.0)
    assert run.flush(30)
    other = sqlite3.connect(layout.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for step in range(1, 100):
        run.save(step, loss=step / 2)
    run.close()
    other.close()
    assert Run(layout.path).series("loss").values == [0.0]
    assert "is locked by another process" in log.lines[0]
    assert log.lines[1:] == ["warning: the writer 'sqlite' did not write 99 saved rows"]


def test_an_experiment_on_a_full_disk_ends_as_it_would(script: Script, small_disk: Path) -> None:
    done = script(
        """
import os, sys
from lab import experiment, tracker
os.chdir(sys.argv[1])
open("lab.yaml", "w").close()
experiment.create("e", "train.py", writers={"sqlite"}, system_indicators=False)
with experiment.start() as run:
    tracker.save(0, loss=0.0)
    tracker.flush()
    with open("filler", "wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)): pass
        except OSError:
            pass
    for step in range(1, 5000):
        tracker.save(step, loss=0.5)
print("the end", run.run.info.status)
""",
        str(small_disk),
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("fails, training goes on") == 1, done.stdout
    assert "did not write" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("the end")
