"""A program that tracks in a loop until it is killed.

It notes in a shared file when each `save` came back, and what its threads waited for a processor:
what the machine did to it, as against what the tracker did.
"""

from __future__ import annotations

import mmap
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from lab import runs
from lab.steps import Steps
from lab.tracker import Tracker, indicators, writers

NOTES = 4000  # times 16 bytes: when, and the seconds of waiting until then
STEPS = 2_000_000  # times 8 bytes: when that step was saved
SIZE = 16 * NOTES + 8 * STEPS


def waited(file: Any) -> float:
    """How many seconds a thread was ready to run and had no processor."""
    file.seek(0)
    return int(file.read().split()[1]) / 1e9


def note_waiting(shared: mmap.mmap) -> None:
    """What the threads that matter waited for a processor, every 25 ms."""
    files: dict[int, Any] = {}
    for place in range(NOTES):
        for thread in threading.enumerate():
            is_ours = thread.name.startswith("lab-") or thread is threading.main_thread()
            if is_ours and thread.native_id and thread.native_id not in files:
                path = f"/proc/self/task/{thread.native_id}/schedstat"
                files[thread.native_id] = open(path, "rb", buffering=0)  # noqa: SIM115
        total = sum(map(waited, files.values()))
        struct.pack_into("dd", shared, 16 * place, time.monotonic(), total)
        time.sleep(0.025)


def tight(run: Tracker) -> Iterator[int]:
    step = 0
    while True:
        run.add({"a": step, "b": 0.5, "c": 1.5, "d": -step})
        yield step
        step += 1


def computing(run: Tracker) -> Iterator[int]:
    for step in range(STEPS):
        until = time.perf_counter() + 50e-6
        while time.perf_counter() < until:
            pass
        run.add({"a": step, "b": 0.5})
        yield step


def sleeping(run: Tracker) -> Iterator[int]:
    for step in range(STEPS):
        time.sleep(0.003)
        run.add("a", step)
        run.add("b", 0.5)
        yield step


def new_names(run: Tracker) -> Iterator[int]:
    for step in range(STEPS):
        time.sleep(0.002)
        run.add({"a": step, f"own{step}": 0.5})
        yield step


def rich(run: Tracker) -> Iterator[int]:
    run.declare(indicators.Histogram("weights"))
    run.declare(indicators.Text("words"))
    run.declare(indicators.IndexedScalar("samples"))
    for step in range(STEPS):
        time.sleep(0.005)
        run.add("a", step)
        run.add("weights", [step, 1.0, 2.0, 3.0])
        run.add("words", f"step {step}")
        run.add("samples", {1: step, 2: 0.5})
        yield step


LOOPS: dict[str, Callable[[Tracker], Iterator[int]]] = {
    loop.__name__: loop for loop in (tight, computing, sleeping, new_names, rich)
}


def main(kind: str, folder: Path, kinds: list[str]) -> None:
    layout = runs.new_layout(folder, "e")
    layout.create()
    runs.write_info(layout, runs.RunInfo(layout.path.name, "e"))
    with open(folder / "notes", "r+b") as file:
        shared = mmap.mmap(file.fileno(), SIZE)
    if Path("/proc/self/schedstat").exists():
        threading.Thread(target=note_waiting, args=(shared,), daemon=True).start()
    run = Tracker(Steps(), [writers.create(one) for one in kinds], layout)
    for step in LOOPS[kind](run):
        run.save(step)
        struct.pack_into("d", shared, 16 * NOTES + 8 * step, time.monotonic())


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
