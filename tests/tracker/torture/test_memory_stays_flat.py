from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")

Script = Callable[..., "subprocess.CompletedProcess[str]"]
HEAD = """
import resource, sys, time
from pathlib import Path
from lab import runs
from lab.steps import Steps
from lab.tracker import Tracker, writers

layout = runs.new_layout(Path.cwd(), "e")
layout.create()

def now():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6

def peak():  # not of getrusage, which counts the program that started this one
    [line] = [l for l in open("/proc/self/status") if l.startswith("VmHWM")]
    return int(line.split()[1]) * 1.024e-3

run = Tracker(Steps(), [writers.create(kind) for kind in sys.argv[2].split(",")], layout)
run.save(0, {f"x{i}": 0.5 for i in range(10)})
run.flush()
before = now()
count = int(sys.argv[1])
"""


def _numbers(done: subprocess.CompletedProcess[str]) -> list[float]:
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning" not in done.stdout
    return [float(word) for word in done.stdout.split()]


@pytest.mark.parametrize(
    "kinds", ["sqlite", pytest.param("sqlite,csv,tensorboard", marks=pytest.mark.slow)]
)
def test_a_million_steps_of_a_tight_loop_stay_within_two_hundred_megabytes(
    script: Script, tmp_path: Path, kinds: str
) -> None:
    if "tensorboard" in kinds:
        pytest.importorskip("tensorboard")
    done = script(
        HEAD
        + """
names = [f"x{i}" for i in range(10)]
for step in range(1, count):
    run.add({name: step for name in names})
    run.save(step)
run.close()
print(peak() - before, run.dropped)
""",
        "1000000",
        kinds,
    )
    megabytes, dropped = _numbers(done)
    print(f"{megabytes:.0f} MB over the baseline")
    assert megabytes < 200
    assert dropped == 0
    [path] = (tmp_path / "e").iterdir()
    with sqlite3.connect(path / "sqlite.db") as connection:
        query = "SELECT count(*), count(DISTINCT step), sum(v9), max(v9) FROM rows_1"
        assert connection.execute(query).fetchone()[:2] == (1_000_000, 1_000_000)
    connection.close()


@pytest.mark.parametrize("count", [2_000_000, pytest.param(10_000_000, marks=pytest.mark.slow)])
def test_millions_of_adds_with_saves_leave_memory_flat(script: Script, count: int) -> None:
    done = script(
        HEAD
        + """
seen = []
for number in range(1, count):
    run.add("loss", 0.5)
    if number % 10 == 0:
        run.add({"a": 0.5, "b": 1})
        run.save(number)
    if number % (count // 20) == 0:
        run.flush()
        seen.append(now())
run.close()
print(*seen)
""",
        str(count),
        "sqlite",
    )
    seen = _numbers(done)
    print(seen)
    half = seen[len(seen) // 2 :]
    assert max(half) - max(seen[: len(seen) // 2]) < 10  # megabytes


def test_an_experiment_that_never_starts_keeps_a_bounded_number_of_values(script: Script) -> None:
    done = script(
        HEAD
        + """
held = Tracker(Steps(), [], is_held=True)
from lab.testing import recorded_log
with recorded_log() as log:
    for step in range(count):
        held.add({"a": 0.5, "b": step})
        held.save(step)
print(peak() - before, len(log.lines), int(held.dropped > 0))
held.close()
run.close()
""",
        "1000000",
        "sqlite",
    )
    megabytes, lines, is_dropped = _numbers(done)
    assert 0 < megabytes < 100
    assert (lines, is_dropped) == (1, 1)


def test_many_adds_without_a_save_take_no_room(script: Script) -> None:
    done = script(
        HEAD
        + """
for number in range(count):
    run.add("loss", 0.5)
    run.add({"a": 0.5, "b": 1})
print(peak() - before)
run.close()
""",
        "300000",
        "sqlite",
    )
    assert _numbers(done)[0] < 20
