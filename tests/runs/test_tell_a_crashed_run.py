from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import runs
from lab.runs import Heartbeat, Layout, Run, RunInfo

from ._making import make

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is asked")
_BEGIN = """
import sys, time
from pathlib import Path
from lab.runs import Heartbeat, Layout, RunInfo, write_info
layout = Layout(Path(sys.argv[1]))
layout.create()
write_info(layout, RunInfo(uuid=layout.path.name, experiment="e"))
Heartbeat(layout).beat()
print("ready", flush=True)
time.sleep(600)
"""


@pytest.fixture
def process(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Run]]:
    path = tmp_path / "logs" / "e" / "run"
    command = [sys.executable, "-c", _BEGIN, str(path)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    yield child, Run(path)
    child.kill()
    child.wait()
    child.stdout.close()


def _age(layout: Layout, seconds: float) -> None:
    moment = time.time() - seconds
    for path in (layout.info, layout.heartbeat):
        if path.exists():
            os.utime(path, (moment, moment))


def _replace(run: Run, **settings: object) -> None:
    info = run.info
    for key, value in settings.items():
        setattr(info, key, value)
    info.status = "running"
    runs.write_info(run.layout, info)


def test_a_run_whose_process_is_gone_is_crashed_at_once(
    process: tuple[subprocess.Popen[str], Run],
) -> None:
    child, run = process
    assert run.info.status == "running"
    child.kill()
    child.wait()
    assert run.info.status == "crashed"
    assert "status: running" in run.layout.info.read_text()  # nothing is written by looking


@linux
def test_a_process_that_nobody_has_waited_for_yet_is_gone(
    process: tuple[subprocess.Popen[str], Run],
) -> None:
    child, run = process
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert run.info.status == "crashed"


@pytest.mark.skipif(os.name == "nt", reason="there are no such signals")
def test_a_stopped_process_is_not_crashed_however_old_its_heartbeat(
    process: tuple[subprocess.Popen[str], Run],
) -> None:
    child, run = process
    os.kill(child.pid, signal.SIGSTOP)
    _age(run.layout, 10_000)
    assert run.info.status == "running"


@linux
def test_a_process_that_was_given_the_id_since_is_another_one() -> None:
    run = make(process_start="dead")
    start = RunInfo(uuid="x", experiment="e").process_start
    assert start is not None
    _replace(run, process_start=start)
    assert run.info.status == "running"
    _replace(run, process_start=start + "0")
    assert run.info.status == "crashed"


def test_without_the_start_of_the_process_its_id_tells() -> None:
    assert make(process=os.getpid(), process_start=None).info.status == "running"
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert make(process=gone.pid, process_start=None).info.status == "crashed"


@pytest.mark.parametrize("elsewhere", [{"host": "elsewhere"}, {"process_start": "boot/pid:[1]/7"}])
def test_a_run_elsewhere_is_crashed_when_its_heartbeat_is_a_minute_old(
    elsewhere: dict[str, str],
) -> None:
    run = make(**elsewhere)
    assert Heartbeat(run.layout).beat()
    assert run.info.status == "running"
    another = make(**elsewhere)
    assert Heartbeat(another.layout).beat()
    _age(another.layout, 61)
    assert another.info.status == "crashed"


def test_a_run_elsewhere_that_never_beat_is_given_its_minute() -> None:
    run = make(host="elsewhere")
    assert run.info.status == "running"
    _age(run.layout, 61)
    assert run.info.status == "crashed"


def test_a_clock_that_is_ahead_makes_no_run_crash() -> None:
    run = make(host="elsewhere")
    Heartbeat(run.layout).beat()
    _age(run.layout, -600)
    assert run.info.status == "running"


def test_a_clock_that_is_behind_is_seen_through_when_the_heartbeat_moves() -> None:
    run = make(host="elsewhere")
    Heartbeat(run.layout).beat()
    _age(run.layout, 600)
    assert run.info.status == "crashed"
    _age(run.layout, 590)  # ten seconds later there
    assert run.info.status == "running"
    assert run.info.status == "running"


def test_what_has_ended_is_as_it_says() -> None:
    run = make(host="elsewhere", status="completed")
    _age(run.layout, 10_000)
    assert run.info.status == "completed"


def test_the_end_of_a_run_removes_its_heartbeat() -> None:
    run = make()
    heartbeat = Heartbeat(run.layout)
    assert heartbeat.beat()
    assert heartbeat.beat()
    run.layout.heartbeat.unlink()
    assert heartbeat.beat()
    heartbeat.end()
    heartbeat.end()
    assert not run.layout.heartbeat.exists()


def test_a_heartbeat_that_cannot_be_written_raises_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    heartbeat = Heartbeat(Layout(tmp_path / "file"))
    assert not heartbeat.beat()
    assert not Heartbeat(Layout(tmp_path / "gone")).beat()
    heartbeat.end()


def test_a_forked_child_does_not_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    run = make()
    heartbeat = Heartbeat(run.layout)
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert not heartbeat.beat()
    assert not run.layout.heartbeat.exists()
