from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.runs import Run

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]

Script = Callable[..., "subprocess.CompletedProcess[str]"]
WARNING = "values added to the tracker in a worker process are not recorded"
HEAD = """
import gc, multiprocessing, os, signal, sys, threading, time, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads
from lab import experiment, tracker

def work(number=0):
    for step in range(3):
        tracker.add("loss", 7.0)
        tracker.add({"loss": 7.0, "other": 7.0})
        tracker.save(step)
        tracker.save(100 + step, loss=7.0)

def wait(child):
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)
"""


def _run(folder: Path) -> Run:
    [path] = (folder / "logs" / "e").iterdir()
    return Run(path)


def _is_whole(folder: Path, count: int) -> None:
    run = _run(folder)
    series = run.series("loss")
    assert (series.steps, series.values) == (
        list(range(count)),
        [step / 2 for step in range(count)],
    )
    assert run.info.status == "completed"
    assert run.indicators["loss"]["kind"] == "scalar"


LOADER = (
    HEAD
    + """
import torch
class Data(torch.utils.data.Dataset):
    def __len__(self):
        return 16
    def __getitem__(self, i):
        work()
        tracker.flush(1)
        return i

if __name__ == "__main__":
    experiment.create("e", writers={"sqlite"}, system_indicators=False)
    with experiment.start():
        tracker.save(0, loss=0.0)
        step = 1
        for epoch in range(2):
            loader = torch.utils.data.DataLoader(
                Data(), batch_size=2, num_workers=4, multiprocessing_context=sys.argv[1],
                persistent_workers=False)
            for batch in loader:
                tracker.save(step, loss=step / 2)
                step += 1
"""
)


@pytest.mark.parametrize("method", ["fork", pytest.param("spawn", marks=pytest.mark.slow)])
def test_workers_of_a_data_loader_fall_silent_after_one_warning(
    script: Script, tmp_path: Path, method: str
) -> None:
    pytest.importorskip("torch")
    done = script(LOADER, method)
    assert done.returncode == 0, done.stderr
    said = (done.stdout + done.stderr).count(WARNING)
    if method == "fork":
        assert said == 1
    else:  # spawned ones know of those that live beside them
        assert 1 <= said <= 2
    _is_whole(tmp_path, 17)


def test_forked_children_of_every_end_leave_the_run_alone(script: Script, tmp_path: Path) -> None:
    done = script(
        HEAD
        + """
experiment.create("e", writers={"sqlite", "csv"}, system_indicators=False)
experiment.start()
for step in range(100):
    tracker.save(step, loss=step / 2)
ends = {
    "exit": lambda: sys.exit(3),
    "_exit": lambda: os._exit(4),
    "raise": lambda: 1 / 0,
    "close": lambda: experiment.current().close(),
    "end": lambda: None,
}
for name, end in ends.items():
    child = os.fork()
    if not child:
        work()
        gc.collect()
        end()
        sys.exit(0)
    print(name, wait(child), flush=True)
pool = multiprocessing.get_context("fork").Pool(3)
pool.map(work, range(20))
pool.close(); pool.join()
for step in range(100, 200):
    tracker.save(step, loss=step / 2)
"""
    )
    assert done.returncode == 0, done.stderr
    assert (done.stdout + done.stderr).count(WARNING) == 1
    lines = [line for line in done.stdout.splitlines() if len(line.split()) == 2]
    assert {"exit 3", "_exit 4", "raise 1", "close 0", "end 0"} <= set(lines)
    _is_whole(tmp_path, 200)


def test_forks_while_everything_is_being_written_hang_nowhere(
    script: Script, tmp_path: Path
) -> None:
    """The locks of other threads, held for ever in a child, are what this is about."""
    done = script(
        HEAD
        + """
from lab.testing import recorded_log
experiment.create("e", writers={"sqlite", "screen", "csv"}, system_indicators=False)
experiment.start()
stop = threading.Event()
def more():
    n = 0
    while not stop.is_set():
        for _ in range(200):
            tracker.add("more", n); n += 1
        tracker.save()
        time.sleep(0.0005)
thread = threading.Thread(target=more)
tracker.save(0, loss=0.0)
thread.start()
for step in range(1, 100):
    tracker.save(step, loss=step / 2)
    child = os.fork()
    if not child:
        signal.alarm(20)  # ends a child that hangs
        work(); tracker.flush(5); gc.collect()
        os._exit(0) if step % 2 else sys.exit(0)
    assert wait(child) == 0, "a child hangs"
stop.set(); thread.join()
experiment.current().close()
"""
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (done.stdout + done.stderr).count(WARNING) == 1
    run = _run(tmp_path)
    assert run.series("loss").values == [step / 2 for step in range(100)]


def test_a_forked_child_may_run_an_experiment_of_its_own(script: Script, tmp_path: Path) -> None:
    done = script(
        HEAD
        + """
experiment.create("e", writers={"sqlite"}, system_indicators=False)
experiment.start()
for step in range(50):
    tracker.save(step, loss=step / 2)
child = os.fork()
if not child:
    experiment.create("child", writers={"sqlite"}, system_indicators=False)
    with experiment.start():
        for step in range(30):
            tracker.save(step, loss=step / 4)
        assert tracker.flush(20)
    sys.exit(0)
assert wait(child) == 0
for step in range(50, 60):
    tracker.save(step, loss=step / 2)
"""
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert WARNING not in done.stdout
    _is_whole(tmp_path, 60)
    [path] = (tmp_path / "logs" / "child").iterdir()
    assert Run(path).series("loss").values == [step / 4 for step in range(30)]
    assert Run(path).info.status == "completed"


def test_workers_that_start_at_once_warn_once(script: Script, tmp_path: Path) -> None:
    done = script(
        HEAD
        + """
experiment.create("e", writers={"sqlite"}, system_indicators=False)
experiment.start()
import mmap
go = mmap.mmap(-1, 1)
tracker.save(0, loss=0.0)
children = []
for _ in range(6):
    child = os.fork()
    if not child:
        while not go[0]:
            pass
        work()
        os._exit(0)
    children.append(child)
time.sleep(0.1)
go[0] = 1
for child in children:
    assert wait(child) == 0
"""
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (done.stdout + done.stderr).count(WARNING) == 1
    _is_whole(tmp_path, 1)


def test_four_processes_track_in_one_project(tmp_path: Path, script: Script) -> None:
    """Each has a run of its own, complete and exact."""
    done = script(
        HEAD
        + """
from lab.tracker import set_histogram
def train(number):
    from lab import experiment, tracker
    experiment.create("e", writers={"sqlite", "csv"}, tags=[f"n{number}"], system_indicators=False)
    with experiment.start():
        tracker.set_histogram("h")
        for step in range(3000):
            tracker.save(step, a=step * number, b=number / 3)
            if step % 100 == 0:
                tracker.save(step, h=[step, number])
if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    children = [context.Process(target=train, args=(number,)) for number in range(4)]
    for child in children: child.start()
    for child in children: child.join()
    assert [child.exitcode for child in children] == [0] * 4
"""
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = [Run(path) for path in (tmp_path / "logs" / "e").iterdir()]
    assert sorted(run.info.tags for run in found) == [[f"n{number}"] for number in range(4)]
    for run in found:
        number = int(run.info.tags[0][1:])
        assert run.info.status == "completed"
        assert run.info.dropped == 0
        assert run.series("a").steps == list(range(3000))
        assert run.series("a").values == [step * number for step in range(3000)]
        assert run.series("b").values == [number / 3] * 3000
        assert run.series("h").values == [(step + number) / 2 for step in range(0, 3000, 100)]
